#include "internal/layout.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cinttypes>
#include <cstdio>
#include <system_error>

#include "reelcell/base/error.hpp"
#include "reelcell/base/file.hpp"
#include "reelcell/base/link_file.hpp"

namespace reelcell::writers::lerobot {

ChunkFile ChunkFile::next(std::int64_t chunks_size) const {
  return file + 1 < chunks_size ? ChunkFile{chunk, file + 1} : ChunkFile{chunk + 1, 0};
}

std::string ChunkFile::text() const { return fmt::format("chunk-{:03d}/file-{:03d}", chunk, file); }

ChunkFile ChunkFile::of_path(const std::string& path) {
  ChunkFile place;
  const std::size_t at = path.rfind("/chunk-");
  if (at == std::string::npos ||
      std::sscanf(path.c_str() + at, "/chunk-%" SCNd64 "/file-%" SCNd64, &place.chunk,
                  &place.file) != 2 ||
      place.chunk < 0 || place.file < 0)
    throw InputError("'" + path + "' names no numbered file of a chunk");
  return place;
}

std::string chunk_text(std::int64_t chunk) { return fmt::format("chunk-{:03d}", chunk); }

std::string episode_text(std::uint64_t episode) { return fmt::format("episode_{:06d}", episode); }

std::vector<OptionSpec> option_specs(bool with_file_sizes) {
  std::vector<OptionSpec> specs{
      {"chunks_size", OptionType::kInteger, "files", 1000,
       "Files in a chunk folder before the next one starts"},
      {"native", OptionType::kBool, "", true,
       "Keep series that are faster than the grid beside it, at their own rate, under native/"},
      {"gr00t", OptionType::kBool, "", false,
       "Write meta/modality.json for GR00T, and texts called annotation.* as indices of tasks"}};
  if (with_file_sizes) {
    specs.push_back({"data_files_size_in_mb", OptionType::kInteger, "MiB", 100,
                     "A data file that would grow past this starts a new one"});
    specs.push_back({"video_files_size_in_mb", OptionType::kInteger, "MiB", 200,
                     "A video file that would grow past this starts a new one"});
  }
  return specs;
}

namespace {
std::int64_t positive(const OptionValues& values, const char* name) {
  const std::int64_t value = values.integer(name);
  if (value < 1)
    throw PlanError(values.where(), fmt::format("/{} is {}, expected at least 1", name, value));
  return value;
}
}  // namespace

Settings read_settings(const OptionValues& values, bool with_file_sizes) {
  Settings settings;
  settings.chunks_size = positive(values, "chunks_size");
  settings.native = values.boolean("native");
  settings.gr00t = values.boolean("gr00t");
  if (with_file_sizes) {
    settings.data_mib = positive(values, "data_files_size_in_mb");
    settings.video_mib = positive(values, "video_files_size_in_mb");
  }
  return settings;
}

std::int64_t whole_fps(const CorpusSchema& schema) {
  if (!schema.rate.valid() || schema.rate.den != 1)
    throw PlanError(fmt::format(
        "the grid runs at {}/{} Hz, and LeRobot's fps must be a whole number: write \"grid\": "
        "{{\"rate_hz\": {}}} in the recipe (--recipe); frames keep their true times beside it",
        schema.rate.num, schema.rate.den,
        (2 * schema.rate.num + schema.rate.den) /
            (2 * std::max<std::int64_t>(1, schema.rate.den))));
  return schema.rate.num;
}

namespace {
/// Only names that this writer gives: a folder called "data" may hold other people's files.
bool is_ours(const std::string& part, const fs::path& file) {
  const std::string name = file.filename().string();
  if (part == "meta" && file.parent_path().filename() == "meta") {
    constexpr std::array kNames{"stats.json",     "tasks.parquet",        "tasks.jsonl",
                                "episodes.jsonl", "episodes_stats.jsonl", "modality.json",
                                "labels.jsonl",   "pixels.jsonl"};
    return std::find(kNames.begin(), kNames.end(), name) != kNames.end();
  }
  const bool chunked = file.parent_path().string().find("/chunk-") != std::string::npos;
  return chunked && (name.starts_with("file-") || name.starts_with("episode_")) &&
         (name.ends_with(".parquet") || name.ends_with(".mp4"));
}

void clear_leftovers(const fs::path& folder) {
  for (const char* part : {"data", "videos", "native", "meta"}) {
    if (!fs::is_directory(folder / part)) continue;
    for (const std::string& relative : list_files(folder / part)) {
      const fs::path file = folder / part / relative;
      std::error_code error;
      if (is_ours(part, file) && !fs::remove(file, error))
        throw OutputError(file.string(),
                          "left by an interrupted run and cannot be removed: " + error.message() +
                              ". Remove it by hand or choose another folder");
    }
  }
}
}  // namespace

OutputFolder::OutputFolder(const WriterContext& context)
    : path_(context.folder.empty() ? context.root : context.root / context.folder),
      prefix_(context.folder.empty() ? "" : context.folder + "/") {
  if (fs::exists(path_ / "meta" / "info.json"))
    throw PlanError(
        path_.string(),
        "holds a finished LeRobot data set (meta/info.json); remove it or choose another folder");
  make_folders(path_);
  clear_leftovers(path_);
}

fs::path OutputFolder::file(const std::string& relative) {
  fs::path path = path_ / relative;
  make_folders(path.parent_path());
  files_.push_back(relative);
  return path;
}

void OutputFolder::carry(const fs::path& source, const std::string& relative) {
  link_file(source, file(relative));
  ++carried_;
}

std::string OutputFolder::corpus_path(const std::string& relative) const {
  return prefix_ + relative;
}

std::vector<CorpusFile> OutputFolder::report() const {
  std::vector<CorpusFile> files;
  files.reserve(files_.size());
  for (const std::string& relative : files_)
    files.push_back({corpus_path(relative), hash_file(path_ / relative)});
  std::sort(files.begin(), files.end(),
            [](const CorpusFile& a, const CorpusFile& b) { return a.path < b.path; });
  return files;
}

std::string json_line(const Json& value) {
  return value.dump(-1, ' ', false, Json::error_handler_t::replace) + "\n";
}

}  // namespace reelcell::writers::lerobot
