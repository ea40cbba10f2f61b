#include "internal/identity.hpp"

#include <sys/stat.h>

#include "internal/placeless.hpp"
#include "internal/unreachable.hpp"
#include "reelcell/base/error.hpp"
#include "reelcell/readers/registry.hpp"

namespace reelcell::pipeline {
namespace {

std::string stat_text(const fs::path& path) {
  struct stat info {};
  if (::stat(path.c_str(), &info) != 0) return "missing";
  return std::to_string(info.st_size) + "@" + std::to_string(info.st_mtim.tv_sec) + "." +
         std::to_string(info.st_mtim.tv_nsec);
}

/// What a file is to the session, and where it should be.
using NamedFiles = std::vector<std::pair<std::string, fs::path>>;
struct Parts {
  NamedFiles files;
  std::string description;  ///< of data sets' episodes, in their metadata
};

/// Of a data set only what the episode is made of: the set may gain others. False for a recording
/// that is no data set.
bool add_episode(const ReaderRow& reader, const fs::path& path, const std::string& name,
                 const std::string& episode, Parts& parts) {
  const auto found = readers::parts_of(reader, path, episode);
  if (!found) return false;
  const fs::path root = fs::is_directory(path) ? path : path.parent_path();
  for (const fs::path& file : found->files)
    parts.files.emplace_back(name + " " + file.lexically_relative(root).generic_string(), file);
  parts.description += found->description + "\n";
  return true;
}

void add_source(const SessionRef& ref, const StreamSpec& spec, Parts& parts) {
  const fs::path path = safe_join(ref.path, spec.source.path);
  std::error_code error;
  const ReaderRow* reader = nullptr;
  if (fs::exists(path, error))
    reader = spec.source.format.empty() ? readers::sniff(path)
                                        : &readers::reader_named(spec.source.format);
  if (!reader || !add_episode(*reader, path, spec.source.path, spec.source.episode, parts))
    parts.files.emplace_back(spec.source.path, path);
  if (!reader || !reader->files_of) return;
  const OptionValues options =
      OptionValues::parse(spec.source.options, reader->options, "stream '" + spec.name + "'");
  for (const SourceFile& file : reader->files_of(path, options))
    parts.files.emplace_back(spec.name + " " + file.role, file.path);
}

Parts parts_of(const SessionRef& ref, const SessionDescription& session, const Recipe& recipe) {
  Parts parts;
  NamedFiles& files = parts.files;
  for (const StreamSpec& spec : session.streams) add_source(ref, spec, parts);
  if (!session.plan_file.empty())
    files.emplace_back("plan", safe_join(ref.path, session.plan_file));
  for (const SegmentRule& rule : recipe.segments)
    if (rule.row->files_of)
      for (const SourceFile& file : rule.row->files_of(rule.options, session))
        files.emplace_back(rule.row->name + " " + file.role, file.path);
  for (const OptionValues& rule : recipe.objects)
    for (const char* option : {"file", "frame_table"})
      if (rule.has(option)) files.emplace_back("objects", safe_join(ref.path, rule.text(option)));
  return parts;
}

/// As Collector in lineage.cpp has it.
std::string path_in_lineage(const fs::path& path, const fs::path& folder) {
  const fs::path relative = path.lexically_normal().lexically_relative(folder.lexically_normal());
  const bool inside = !relative.empty() && *relative.begin() != "..";
  return inside ? relative.generic_string() : path.filename().string();
}

std::string line_of(const std::string& path, const std::string& state) {
  return "\n" + state + " " + path;
}

std::map<std::string, std::string> states_of(const std::string& input) {
  std::map<std::string, std::string> states;
  for (std::size_t at = input.find('\n'); at != std::string::npos;) {
    const std::size_t end = input.find('\n', at + 1);
    const std::string line = input.substr(at + 1, end - std::min(end, at + 1));
    const std::size_t space = std::min(line.find(' '), line.size());
    // Two files outside of the folder may share a name.
    states[line.substr(std::min(space + 1, line.size()))] += line.substr(0, space) + " ";
    at = end;
  }
  return states;
}

bool is_described(const SessionRef& ref) {
  std::error_code error;
  return fs::is_directory(ref.path, error) && fs::exists(ref.path / "session.json", error);
}

}  // namespace

std::vector<fs::path> files_of_session(const SessionRef& ref, const Recipe& recipe) {
  if (!is_described(ref)) return {ref.path};
  const fs::path description = ref.path / "session.json";
  std::vector<fs::path> files{description};
  for (auto& [name, path] : parts_of(ref, read_session_file(description), recipe).files)
    files.push_back(std::move(path));
  return files;
}

std::optional<std::set<std::string>> changed_files(const std::string& before,
                                                   const std::string& now) {
  const auto was = states_of(before), is = states_of(now);
  if (was.empty() || is.empty()) return std::nullopt;
  std::set<std::string> changed;
  for (const auto& [path, state] : is)
    if (const auto known = was.find(path); known == was.end() || known->second != state)
      changed.insert(path);
  for (const auto& [path, state] : was)
    if (!is.contains(path)) changed.insert(path);
  return changed;
}

std::string fingerprint_of(ByteView bytes) {
  Hasher hasher(Hasher::Kinds::kXxh3Only);
  hasher.update(bytes);
  return hasher.finish().xxh3_128;
}

std::string InputIdentity::of_path(const fs::path& path) {
  {
    const std::lock_guard lock(mutex_);
    const auto at = known_.find(path.string());
    if (at != known_.end()) return at->second;
  }
  std::string text;
  std::error_code error;
  if (!fs::is_directory(path, error)) {
    text = stat_text(path);
  } else {
    for (const std::string& file : list_files(path))
      text += file + " " + stat_text(path / file) + "\n";
    text = fingerprint_of(as_bytes(text));
  }
  const std::lock_guard lock(mutex_);
  known_.emplace(path.string(), text);
  return text;
}

std::string InputIdentity::of(const SessionRef& ref) {
  return fingerprint_of(as_bytes(ref.id + "\n" + of_files(ref)));
}

std::string InputIdentity::of_files(const SessionRef& ref) {
  std::string text = ref.episode + "\n", lines;
  try {
    Parts parts;
    if (is_described(ref)) {
      const fs::path file = ref.path / "session.json";
      const std::string description = read_text_file(file);
      text += description;
      lines = line_of("session.json", fingerprint_of(as_bytes(description)));
      parts = parts_of(ref, read_session_file(file), *recipe_);
      for (const auto& [name, path] : parts.files)
        lines += line_of(path_in_lineage(path, ref.path), of_path(path));
    } else {
      const ReaderRow* reader = ref.episode.empty() ? nullptr : readers::sniff(ref.path);
      if (!reader || !add_episode(*reader, ref.path, "", ref.episode, parts))
        return fingerprint_of(as_bytes(text + of_path(ref.path)));
    }
    text += parts.description;
    for (const auto& [name, path] : parts.files) text += "\n" + name + " " + of_path(path);
  } catch (const InputError& bad) {
    text += placeless(bad.what(), ref, *recipe_);
    lines.clear();
  } catch (const fs::filesystem_error& bad) {
    text += placeless(why_unreachable(bad), ref, *recipe_);
    lines.clear();
  }
  return fingerprint_of(as_bytes(text)) + lines;
}

}  // namespace reelcell::pipeline
