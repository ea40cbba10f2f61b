#include "internal/identity.hpp"

#include <sys/stat.h>

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

}  // namespace

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

std::string InputIdentity::of_session(const SessionRef& ref, const SessionDescription& session) {
  std::string text;
  const auto add = [&](const std::string& name, const fs::path& path) {
    text += "\n" + name + " " + of_path(path);
  };
  for (const StreamSpec& spec : session.streams) {
    const fs::path path = safe_join(ref.path, spec.source.path);
    add(spec.source.path, path);
    std::error_code error;
    if (!fs::exists(path, error)) continue;
    const ReaderRow* reader = spec.source.format.empty()
                                  ? readers::sniff(path)
                                  : &readers::reader_named(spec.source.format);
    if (!reader || !reader->files_of) continue;
    const OptionValues options =
        OptionValues::parse(spec.source.options, reader->options, "stream '" + spec.name + "'");
    for (const SourceFile& file : reader->files_of(path, options))
      add(spec.name + " " + file.role, file.path);
  }
  if (!session.plan_file.empty()) add("plan", safe_join(ref.path, session.plan_file));
  for (const SegmentRule& rule : recipe_->segments)
    if (rule.row->files_of)
      for (const SourceFile& file : rule.row->files_of(rule.options, session))
        add(rule.row->name + " " + file.role, file.path);
  for (const OptionValues& rule : recipe_->objects)
    for (const char* option : {"file", "frame_table"})
      if (rule.has(option)) add("objects", safe_join(ref.path, rule.text(option)));
  return text;
}

std::string InputIdentity::of(const SessionRef& ref) {
  std::string text = ref.id + "\n" + ref.episode + "\n";
  const fs::path file = ref.path / "session.json";
  std::error_code error;
  if (!fs::is_directory(ref.path, error) || !fs::exists(file, error))
    return fingerprint_of(as_bytes(text + of_path(ref.path)));
  try {
    text += read_text_file(file);
    text += of_session(ref, read_session_file(file));
  } catch (const InputError& bad) {
    text += bad.what();
  }
  return fingerprint_of(as_bytes(text));
}

}  // namespace reelcell::pipeline
