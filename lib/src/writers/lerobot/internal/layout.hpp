// Where the files of a LeRobot data set lie, and which were written.
#pragma once

#include <compare>
#include <cstdint>
#include <string>
#include <vector>

#include "reelcell/model/corpus.hpp"

namespace reelcell::writers::lerobot {

/// Position of a file in the chunked folders: file indexes run 0..chunks_size-1, then the next
/// chunk starts.
struct ChunkFile {
  std::int64_t chunk = 0;
  std::int64_t file = 0;
  ChunkFile next(std::int64_t chunks_size) const;
  /// "chunk-000/file-000"
  std::string text() const;
  /// From the end of a path that text() is part of. Throws InputError.
  static ChunkFile of_path(const std::string& path);
  friend auto operator<=>(const ChunkFile&, const ChunkFile&) = default;
};

/// "chunk-000"
std::string chunk_text(std::int64_t chunk);
/// "episode_000012"
std::string episode_text(std::uint64_t episode);

/// What both versions let a recipe choose.
struct Settings {
  std::int64_t chunks_size = 1000;
  std::int64_t data_mib = 100;
  std::int64_t video_mib = 200;
  bool native = true;
  bool gr00t = false;
  std::uint64_t data_bytes() const { return static_cast<std::uint64_t>(data_mib) << 20; }
  std::uint64_t video_bytes() const { return static_cast<std::uint64_t>(video_mib) << 20; }
};
std::vector<OptionSpec> option_specs(bool with_file_sizes);
Settings read_settings(const OptionValues& values, bool with_file_sizes);

/// Rows a second as LeRobot wants it: a whole number. Throws PlanError.
std::int64_t whole_fps(const CorpusSchema& schema);

/// The folder of the data set. Refuses (PlanError) one that holds a finished set, and clears what
/// an interrupted run left: readers glob the folders, so a stray file would become part of the new
/// set.
class OutputFolder {
 public:
  explicit OutputFolder(const WriterContext& context);
  const fs::path& path() const { return path_; }
  /// Absolute path of a file to be written, its folder made, the file noted for the report.
  fs::path file(const std::string& relative);
  /// The same bytes as `source`, without writing them again.
  void carry(const fs::path& source, const std::string& relative);
  std::uint64_t carried() const { return carried_; }
  /// All noted files with their hashes, sorted, relative to the corpus root.
  std::vector<CorpusFile> report() const;
  /// Path of a file relative to the corpus root.
  std::string corpus_path(const std::string& relative) const;

 private:
  fs::path path_;
  std::string prefix_;
  std::vector<std::string> files_;
  std::uint64_t carried_ = 0;
};

/// One line of a .jsonl file.
std::string json_line(const Json& value);

}  // namespace reelcell::writers::lerobot
