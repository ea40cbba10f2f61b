#include "internal/lineage.hpp"

#include <algorithm>

#include "reelcell/base/error.hpp"

namespace reelcell::pipeline {
namespace {

void add_role(SourceLineage& line, const std::string& role) {
  if (std::find(line.roles.begin(), line.roles.end(), role) == line.roles.end())
    line.roles.push_back(role);
}

class Collector {
 public:
  explicit Collector(const OpenSession& session) : session_(&session) {}

  void add_rows(const Episode& episode, const RowTimes& times) {
    SourceLineage& line = stream(times.stream);
    add_role(line, "rows");
    const auto [low, high] = std::minmax_element(times.source.begin(), times.source.end());
    set_range(line, *low, *high);
    for (const EpisodeClip& clip : episode.clips) {
      if (clip.stream != times.stream) continue;
      const FrameTable& table = clip.source->frames();
      line.time_base = table.time_base;
      line.first_pts = table.frames[*std::min_element(clip.frame.begin(), clip.frame.end())].pts;
      line.last_pts = table.frames[*std::max_element(clip.frame.begin(), clip.frame.end())].pts;
    }
  }

  void add(const UsedSource& used) {
    if (used.stream.empty()) {
      add_role(file(used.file), used.role);
      return;
    }
    SourceLineage& line = stream(used.stream);
    add_role(line, used.role);
    if (!used.timed || line.gave_rows()) return;
    set_range(line, line.timed ? std::min(line.first, used.first) : used.first,
              line.timed ? std::max(line.last, used.last) : used.last);
  }

  std::vector<SourceLineage> take() {
    if (!session_->description().empty()) add_role(file(session_->description()), "session");
    for (const SourceLineage& line : streams_)
      for (const SourceFile& beside : session_->files_beside(line.stream))
        add_role(file(beside.path), beside.role);
    std::move(files_.begin(), files_.end(), std::back_inserter(streams_));
    return std::move(streams_);
  }

 private:
  /// Relative to the session's folder; where the data lies is no part of a corpus.
  std::string path_text(const fs::path& path) const {
    const fs::path relative =
        path.lexically_normal().lexically_relative(fs::path(session_->session().folder));
    const bool inside = !relative.empty() && *relative.begin() != "..";
    return inside ? relative.generic_string() : path.filename().string();
  }

  SourceLineage& stream(const std::string& name) {
    for (SourceLineage& line : streams_)
      if (line.stream == name) return line;
    const StreamSource& source = session_->session().stream(name)->source;
    const fs::path path = session_->source_path(name);
    SourceLineage& line = streams_.emplace_back();
    line.stream = name;
    line.format = source.format;
    line.item = source.item;
    line.path = source.path.starts_with("/") || fs::path(source.path) == path
                    ? path.filename().string()
                    : source.path;
    set_digests(line, digests_of(name));
    line.clock_map = session_->clock(name).to_json();
    line.timed = false;
    return line;
  }

  /// None of a content that cannot be read to its end: what became rows of it stands all the same.
  Digests digests_of(const std::string& stream) const {
    try {
      return session_->source_digests(stream);
    } catch (const InputError&) {
      if (!session_->has_content_hash(stream)) throw;
      return {};
    }
  }

  SourceLineage& file(const fs::path& path) {
    const std::string text = path_text(path);
    for (SourceLineage& line : files_)
      if (line.path == text) return line;
    SourceLineage& line = files_.emplace_back();
    line.path = text;
    line.timed = false;
    set_digests(line, session_->file_digests(path));
    return line;
  }

  static void set_digests(SourceLineage& line, const Digests& digests) {
    line.xxh3_128 = digests.xxh3_128;
    line.sha256 = digests.sha256;
  }

  void set_range(SourceLineage& line, SessionTime first, SessionTime last) const {
    line.timed = true;
    line.first = first;
    line.last = last;
    line.first_pts = ns_of(session_->clock(line.stream).to_stream(first));
    line.last_pts = ns_of(session_->clock(line.stream).to_stream(last));
  }

  const OpenSession* session_;
  std::vector<SourceLineage> streams_, files_;
};

}  // namespace

std::vector<SourceLineage> lineage_of(const Episode& episode, const std::vector<UsedSource>& used,
                                      const OpenSession& session) {
  Collector collector(session);
  for (const RowTimes& times : episode.row_times) collector.add_rows(episode, times);
  for (const UsedSource& source : used) collector.add(source);
  return collector.take();
}

}  // namespace reelcell::pipeline
