#include "internal/lineage.hpp"

#include <algorithm>
#include <optional>

#include "reelcell/base/error.hpp"

namespace reelcell::pipeline {
namespace {

void add_role(SourceLineage& line, const std::string& role) {
  if (std::find(line.roles.begin(), line.roles.end(), role) == line.roles.end())
    line.roles.push_back(role);
}

/// One line for each range of a stream that was read, with all that it was read for; what one role
/// read in several goes is one range. The rows' line of a stream is its first.
class Collector {
 public:
  explicit Collector(const OpenSession& session) : session_(&session) {}

  void add_rows(const RowTimes& times) {
    const auto [low, high] = std::minmax_element(times.source.begin(), times.source.end());
    add_read({"rows", times.stream, "", *low, *high, true});
  }

  void add_native(const NativeSeries& native) {
    const std::vector<SessionTime>& times = native.samples.times;
    if (!times.empty()) add_read({"native", native.stream, "", times.front(), times.back(), true});
  }

  void add(const UsedSource& used) {
    if (used.stream.empty())
      add_role(file(used.file), used.role);
    else
      add_read(used);
  }

  std::vector<SourceLineage> take() {
    if (!session_->description().empty()) add_role(file(session_->description()), "session");
    for (const UsedSource& read : reads_) add_line(read);
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

  void add_read(const UsedSource& read) {
    for (UsedSource& known : reads_) {
      if (known.stream != read.stream || known.role != read.role) continue;
      if (!read.timed) return;
      known.first = known.timed ? std::min(known.first, read.first) : read.first;
      known.last = known.timed ? std::max(known.last, read.last) : read.last;
      known.timed = true;
      return;
    }
    reads_.push_back(read);
  }

  void add_line(const UsedSource& read) {
    for (SourceLineage& line : streams_) {
      const bool same = line.stream == read.stream && line.timed == read.timed &&
                        (!read.timed || (line.first == read.first && line.last == read.last));
      if (!same) continue;
      add_role(line, read.role);
      return;
    }
    SourceLineage line = stream(read.stream);
    add_role(line, read.role);
    if (read.timed) set_range(line, read.first, read.last);
    streams_.push_back(std::move(line));
  }

  SourceLineage stream(const std::string& name) const {
    const StreamSource& source = session_->session().stream(name)->source;
    const fs::path path = session_->source_path(name);
    SourceLineage line;
    line.stream = name;
    line.format = source.format;
    line.item = source.item;
    line.path = source.path.starts_with("/") || fs::path(source.path) == path
                    ? path.filename().string()
                    : source.path;
    take_content_or_file(line);
    line.clock_map = session_->clock(name).to_json();
    line.timed = false;
    return line;
  }

  /// None of a content that cannot be read to its end: what became rows of it stands all the same.
  void take_content_or_file(SourceLineage& line) const {
    try {
      set_digests(line, session_->source_digests(line.stream));
    } catch (const InputError& error) {
      if (!session_->has_content_hash(line.stream)) throw;
      line.no_hash = without_folder(error.what());
    }
  }

  /// Where the data lies is no part of a corpus, of a message neither.
  std::string without_folder(std::string text) const {
    const std::string folder = (fs::path(session_->session().folder) / "").string();
    for (std::size_t at = 0; (at = text.find(folder, at)) != std::string::npos;)
      text.erase(at, folder.size());
    return text;
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
    if (session_->session().stream(line.stream)->kind == StreamKind::kVideo) set_frames(line);
  }

  /// A frame's identity is its pts.
  void set_frames(SourceLineage& line) const {
    const auto times = session_->frame_times(line.stream);
    const FrameTable& table = session_->video(line.stream)->frames();
    const auto pts_at = [&](SessionTime time) -> std::optional<std::int64_t> {
      const auto at = std::lower_bound(times->begin(), times->end(), time);
      if (at == times->end() || *at != time) return std::nullopt;
      return table.frames[static_cast<std::size_t>(at - times->begin())].pts;
    };
    const auto first = pts_at(line.first), last = pts_at(line.last);
    if (!first || !last) return;
    line.time_base = table.time_base;
    line.first_pts = *first;
    line.last_pts = *last;
  }

  const OpenSession* session_;
  std::vector<UsedSource> reads_;
  std::vector<SourceLineage> streams_, files_;
};

}  // namespace

std::vector<SourceLineage> lineage_of(const Episode& episode, const std::vector<UsedSource>& used,
                                      const OpenSession& session) {
  Collector collector(session);
  for (const RowTimes& times : episode.row_times) collector.add_rows(times);
  for (const NativeSeries& native : episode.native) collector.add_native(native);
  for (const UsedSource& source : used) collector.add(source);
  return collector.take();
}

}  // namespace reelcell::pipeline
