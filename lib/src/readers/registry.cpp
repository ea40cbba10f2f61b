#include "reelcell/readers/registry.hpp"

#include <algorithm>
#include <cctype>

#include "reelcell/base/error.hpp"

namespace reelcell::readers {

const ReaderRow& lerobot_reader();
EpisodeParts lerobot_parts(const fs::path& path, const std::string& episode);

std::optional<EpisodeParts> parts_of(const ReaderRow& reader, const fs::path& path,
                                     const std::string& episode) {
  if (&reader != &lerobot_reader()) return std::nullopt;
  return lerobot_parts(path, episode);
}

const ReaderRow& reader_named(std::string_view name) {
  std::vector<std::string> names;
  for (const ReaderRow* row : all_readers()) {
    if (row->name == name) return *row;
    names.push_back(row->name);
  }
  throw InputError(unknown_name("input format", name, names));
}

const ReaderRow* sniff(const fs::path& path) {
  Bytes head;
  std::error_code error;
  const bool folder = fs::is_directory(path, error);
  if (!folder) {
    const InputFile file(path);
    head.resize(std::min<std::uint64_t>(file.size(), 64 * 1024));
    head.resize(file.read_at(0, head));
  }
  const ReaderRow* best = nullptr;
  int best_score = 0;
  for (const ReaderRow* row : all_readers()) {
    const int score = row->sniff ? row->sniff(path, head) : 0;
    if (score > best_score) {
      best = row;
      best_score = score;
    }
  }
  if (best || folder) return best;  // a folder named x.mp4 is no video
  std::string extension = path.extension().string();
  std::transform(extension.begin(), extension.end(), extension.begin(),
                 [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
  for (const ReaderRow* row : all_readers())
    if (!extension.empty() && std::find(row->extensions.begin(), row->extensions.end(),
                                        extension) != row->extensions.end())
      return row;
  return nullptr;
}

}  // namespace reelcell::readers
