#include "internal/identity.hpp"

#include <sys/stat.h>

#include "reelcell/base/error.hpp"

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

std::string InputIdentity::of(const SessionRef& ref) {
  std::string text = ref.id + "\n" + ref.episode + "\n";
  const fs::path file = ref.path / "session.json";
  std::error_code error;
  if (!fs::is_directory(ref.path, error) || !fs::exists(file, error))
    return fingerprint_of(as_bytes(text + of_path(ref.path)));
  try {
    text += read_text_file(file);
    for (const StreamSpec& spec : read_session_file(file).streams)
      text += "\n" + spec.source.path + " " + of_path(safe_join(ref.path, spec.source.path));
  } catch (const InputError& bad) {
    text += bad.what();
  }
  return fingerprint_of(as_bytes(text));
}

}  // namespace reelcell::pipeline
