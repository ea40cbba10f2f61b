// The task and episode tables of both versions.
#include <fmt/format.h>

#include <algorithm>
#include <set>

#include "internal/codes.hpp"
#include "internal/data_set.hpp"
#include "internal/json_lines.hpp"
#include "reelcell/base/error.hpp"
#include "reelcell/table/parquet.hpp"

namespace reelcell::writers::lerobot {

namespace {
constexpr std::uint64_t kMostRows = 5'000'000;

std::vector<std::string> files_below(const fs::path& root, const std::string& folder,
                                     std::string_view suffix) {
  std::vector<std::string> files;
  std::error_code ignored;
  if (!fs::is_directory(root / folder, ignored)) return files;
  for (const std::string& file : list_files(root / folder))
    if (file.ends_with(suffix)) files.push_back(folder + "/" + file);
  return files;
}

std::optional<std::int64_t> integer(const Json& row, const std::string& key) {
  const auto value = row.find(key);
  if (value == row.end() || !value->is_number_integer()) return std::nullopt;
  return value->get<std::int64_t>();
}

std::optional<double> number(const Json& row, const std::string& key) {
  const auto value = row.find(key);
  if (value == row.end() || !value->is_number()) return std::nullopt;
  return value->get<double>();
}

void add_task(DataSet& set, std::optional<std::int64_t> index, const Json& task, const char* path,
              Grouped& found) {
  const std::string where = fmt::format("row {}", set.tasks.size());
  if (!index || *index != static_cast<std::int64_t>(set.tasks.size()))
    found.error(code::kTasksOrder, path, where,
                fmt::format("task_index is {}, expected {}: readers take the row with that number",
                            index ? std::to_string(*index) : "missing", set.tasks.size()));
  set.tasks.push_back(task.is_string() ? task.get<std::string>() : task.dump());
}

/// Which column pandas takes as index; empty when none (then it numbers the rows).
std::string pandas_index(const table::ParquetInfo& info) {
  for (const auto& [key, value] : info.key_values) {
    if (key != "pandas") continue;
    try {
      const Json json = parse_json(value, "pandas");
      const Json columns = json.value("index_columns", Json::array());
      if (columns.is_array() && !columns.empty() && columns[0].is_string())
        return columns[0].get<std::string>();
    } catch (const Error&) {
      return "";
    }
  }
  return "";
}

void load_tasks_parquet(DataSet& set, Grouped& found) {
  constexpr const char* kPath = "meta/tasks.parquet";
  if (!fs::exists(set.root / kPath)) {
    found.error(code::kTasksMissing, kPath, "", "is missing; v3.0 readers need it");
    return;
  }
  try {
    const table::ParquetInfo info = table::parquet_info(set.root / kPath);
    std::string text;
    for (const table::ParquetColumn& column : info.columns)
      if (column.name != "task_index" && column.dtype == DType::kString) text = column.name;
    if (text.empty()) {
      found.error(code::kTasksIndex, kPath, "", "has no column of task texts");
      return;
    }
    if (const std::string index = pandas_index(info); index != text)
      found.error(code::kTasksIndex, kPath, "footer key 'pandas'",
                  fmt::format("index_columns {}, expected [\"{}\"]: pandas numbers the rows "
                              "instead and the task texts "
                              "silently turn into integers",
                              index.empty() ? "is missing" : "is [\"" + index + "\"]", text));
    for (const Json& row : table::read_parquet_rows(set.root / kPath, kMostRows))
      add_task(set, integer(row, "task_index"), row.value(text, Json()), kPath, found);
    set.tasks_listed = true;
  } catch (const Error& error) {
    found.error(code::kTasksMissing, kPath, "", "cannot be read: " + error.message());
  }
}

void load_tasks_lines(DataSet& set, Grouped& found) {
  constexpr const char* kPath = "meta/tasks.jsonl";
  if (!fs::exists(set.root / kPath)) {
    found.error(code::kTasksMissing, kPath, "", "is missing; v2 readers need it");
    return;
  }
  set.tasks_listed =
      for_each_line(set.root, kPath, code::kTasksMissing, found, [&](const Json& row, std::size_t) {
        add_task(set, integer(row, "task_index"), row.value("task", Json()), kPath, found);
      });
}

std::vector<std::string> texts(const Json& list) {
  std::vector<std::string> result;
  if (list.is_array())
    for (const Json& item : list)
      if (item.is_string()) result.push_back(item.get<std::string>());
  return result;
}

void check_order(const DataSet& set, const EpisodeEntry& entry, const std::string& path,
                 Grouped& found) {
  const std::int64_t expected = static_cast<std::int64_t>(set.episodes.size());
  if (entry.index != expected)
    found.error(
        code::kEpisodesOrder, path, fmt::format("row {}", expected),
        fmt::format("episode_index is {}, expected {}: readers look episodes up by position",
                    entry.index, expected));
  if (!entry.length || *entry.length <= 0)
    found.error(code::kEpisodesOrder, path, entry.where(), "has no length above 0");
}

void load_episode_lines(DataSet& set, Grouped& found) {
  constexpr const char* kPath = "meta/episodes.jsonl";
  if (!fs::exists(set.root / kPath)) {
    found.error(code::kEpisodesMissing, kPath, "",
                "is missing; the episodes were taken from the data files instead");
    return;
  }
  set.episodes_listed = for_each_line(set.root, kPath, code::kEpisodesMissing, found,
                                      [&](const Json& row, std::size_t) {
                                        EpisodeEntry entry;
                                        entry.index = integer(row, "episode_index").value_or(-1);
                                        entry.length = integer(row, "length");
                                        entry.tasks = texts(row.value("tasks", Json()));
                                        check_order(set, entry, kPath, found);
                                        set.episodes.push_back(std::move(entry));
                                      });
}

/// The statistics are most of the table and have a check of their own.
std::vector<Json> rows_without_stats(const fs::path& path) {
  std::vector<std::string> columns;
  for (const table::ParquetColumn& column : table::parquet_info(path).columns)
    if (!column.name.starts_with("stats/")) columns.push_back(column.name);
  return table::read_parquet_rows(path, kMostRows, columns);
}

std::string usual_template(int major, std::string_view key) {
  if (key == "data_path")
    return major == 3 ? "data/chunk-{chunk_index:03d}/file-{file_index:03d}.parquet"
                      : "data/chunk-{episode_chunk:03d}/episode_{episode_index:06d}.parquet";
  return major == 3
             ? "videos/{video_key}/chunk-{chunk_index:03d}/file-{file_index:03d}.mp4"
             : "videos/chunk-{episode_chunk:03d}/{video_key}/episode_{episode_index:06d}.mp4";
}

/// Fills a template of info.json; a template that cannot be filled is reported once a file.
std::string place(const DataSet& set, const char* key,
                  const std::map<std::string, std::int64_t>& numbers,
                  const std::map<std::string, std::string>& words, Grouped& found) {
  const Json given = set.info.value(key, Json());
  // Where there is no template (reported with info.json), the usual place is tried.
  const std::string text =
      given.is_string() ? given.get<std::string>() : usual_template(set.major, key);
  std::string trouble;
  const auto filled = fill_template(text, numbers, words, &trouble);
  if (!filled) {
    found.error(code::kInfoPath, "meta/info.json", std::string("/") + key,
                fmt::format("'{}': {}; a v{} reader gives {}", text, trouble,
                            set.major == 3 ? "3.0" : "2.1",
                            set.major == 3 ? "chunk_index, file_index and video_key"
                                           : "episode_chunk, episode_index and video_key"));
    return "";
  }
  return *filled;
}

void place_v3(const DataSet& set, const Json& row, EpisodeEntry& entry, const std::string& path,
              Grouped& found) {
  const auto chunk = integer(row, "data/chunk_index"), file = integer(row, "data/file_index");
  entry.from_index = integer(row, "dataset_from_index");
  entry.to_index = integer(row, "dataset_to_index");
  if (!chunk || !file || !entry.from_index || !entry.to_index) {
    found.error(
        code::kEpisodesMissing, path, entry.where(),
        "data/chunk_index, data/file_index, dataset_from_index or dataset_to_index is missing");
  } else {
    entry.data_path =
        place(set, "data_path", {{"chunk_index", *chunk}, {"file_index", *file}}, {}, found);
  }
  for (const Feature& feature : set.features) {
    if (!feature.is_video()) continue;
    const std::string prefix = "videos/" + feature.name + "/";
    VideoPlace video;
    video.from = number(row, prefix + "from_timestamp");
    video.to = number(row, prefix + "to_timestamp");
    const auto video_chunk = integer(row, prefix + "chunk_index"),
               video_file = integer(row, prefix + "file_index");
    if (video_chunk && video_file && video.from && video.to) {
      video.path =
          place(set, "video_path", {{"chunk_index", *video_chunk}, {"file_index", *video_file}},
                {{"video_key", feature.name}}, found);
    } else {
      found.error(code::kEpisodesMissing, path, entry.where(),
                  "the place of '" + feature.name + "' (" + prefix + "*) is missing");
    }
    entry.videos[feature.name] = video;
  }
}

void load_episode_tables(DataSet& set, Grouped& found) {
  const std::vector<std::string> files = files_below(set.root, "meta/episodes", ".parquet");
  if (files.empty()) {
    found.error(
        code::kEpisodesMissing, "meta/episodes", "",
        "has no chunk-*/file-*.parquet; the episodes were taken from the data files instead");
    return;
  }
  set.episodes_listed = true;
  for (const std::string& file : files) {
    try {
      for (const Json& row : rows_without_stats(set.root / file)) {
        EpisodeEntry entry;
        entry.index = integer(row, "episode_index").value_or(-1);
        entry.length = integer(row, "length");
        entry.tasks = texts(row.value("tasks", Json()));
        check_order(set, entry, file, found);
        place_v3(set, row, entry, file, found);
        set.episodes.push_back(std::move(entry));
      }
    } catch (const Error& error) {
      found.error(code::kEpisodesMissing, file, "", "cannot be read: " + error.message());
    }
  }
}

void place_v2(const DataSet& set, EpisodeEntry& entry, Grouped& found) {
  const std::map<std::string, std::int64_t> numbers{
      {"episode_chunk", entry.index / set.chunks_size}, {"episode_index", entry.index}};
  entry.data_path = place(set, "data_path", numbers, {}, found);
  for (const Feature& feature : set.features)
    if (feature.is_video())
      entry.videos[feature.name].path =
          place(set, "video_path", numbers, {{"video_key", feature.name}}, found);
}

/// No episode table: one episode per file named episode_N, for what can still be checked.
void episodes_from_files(DataSet& set) {
  for (const std::string& file : set.data_files) {
    const std::string name = fs::path(file).stem().string();
    if (!name.starts_with("episode_") || name.size() > 24) continue;
    EpisodeEntry entry;
    entry.index = std::strtoll(name.c_str() + 8, nullptr, 10);
    entry.data_path = file;
    try {
      entry.length = static_cast<std::int64_t>(table::parquet_info(set.root / file).rows);
    } catch (const Error&) {
      entry.length.reset();  // the pass over the rows reports it
    }
    set.episodes.push_back(std::move(entry));
  }
  std::sort(set.episodes.begin(), set.episodes.end(),
            [](const EpisodeEntry& a, const EpisodeEntry& b) { return a.index < b.index; });
}
}  // namespace

bool is_file(const DataSet& set, const std::string& relative) {
  if (relative.empty()) return false;
  try {
    std::error_code ignored;
    return fs::is_regular_file(safe_join(set.root, relative), ignored);
  } catch (const InputError&) {
    return false;
  }
}

void load_files(DataSet& set) {
  set.data_files = files_below(set.root, "data", ".parquet");
  set.video_files = files_below(set.root, "videos", ".mp4");
}

void load_tasks(DataSet& set, Grouped& found) {
  if (set.major == 3) {
    load_tasks_parquet(set, found);
  } else {
    load_tasks_lines(set, found);
  }
}

void load_episodes(DataSet& set, Grouped& found) {
  if (set.major == 3) {
    load_episode_tables(set, found);
  } else {
    load_episode_lines(set, found);
  }
  const bool listed = !set.episodes.empty();
  if (!listed) episodes_from_files(set);
  for (EpisodeEntry& entry : set.episodes) {
    if (set.major == 2) {
      place_v2(set, entry, found);
    } else if (!listed) {
      // v3.0 without its table cannot say where anything is; its templates still must be fillable.
      place(set, "data_path", {{"chunk_index", 0}, {"file_index", 0}}, {}, found);
      for (const Feature& feature : set.features)
        if (feature.is_video())
          place(set, "video_path", {{"chunk_index", 0}, {"file_index", 0}},
                {{"video_key", feature.name}}, found);
    }
  }
}

}  // namespace reelcell::writers::lerobot
