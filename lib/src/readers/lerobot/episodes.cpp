// The list of episodes: meta/episodes.jsonl of v2, meta/episodes/*/*.parquet of v3.
#include <algorithm>

#include "internal/dataset.hpp"
#include "reelcell/base/error.hpp"
#include "reelcell/table/parquet.hpp"
#include "reelcell/table/parquet_rows.hpp"

namespace reelcell::readers::lerobot {

namespace {
/// An episode index names files and sessions: what info.json says is not believed beyond this.
constexpr std::int64_t kMostEpisodes = 10'000'000;

std::int64_t integer_at(const Json& row, const std::string& key, const std::string& where) {
  const auto found = row.find(key);
  if (found == row.end() || !found->is_number_integer())
    throw InputError(where, "'" + key + "' is missing; an integer is expected");
  return found->get<std::int64_t>();
}

double number_at(const Json& row, const std::string& key, const std::string& where) {
  const auto found = row.find(key);
  if (found == row.end() || !found->is_number())
    throw InputError(where, "'" + key + "' is missing; a number is expected");
  return found->get<double>();
}

std::vector<std::string> texts_at(const Json& row, const std::string& key) {
  std::vector<std::string> out;
  const auto found = row.find(key);
  if (found == row.end() || !found->is_array()) return out;
  for (const Json& item : *found)
    if (item.is_string()) out.push_back(item.get<std::string>());
  return out;
}

EpisodeEntry entry_from_table(const Json& row, const std::vector<Feature>& features,
                              const std::string& where) {
  EpisodeEntry entry;
  entry.index = integer_at(row, "episode_index", where);
  const std::string place = where + ": " + episode_name(entry.index);
  entry.tasks = texts_at(row, "tasks");
  entry.data_chunk = integer_at(row, "data/chunk_index", place);
  entry.data_file = integer_at(row, "data/file_index", place);
  entry.from_row = integer_at(row, "dataset_from_index", place);
  entry.to_row = integer_at(row, "dataset_to_index", place);
  entry.length = entry.to_row - entry.from_row;
  if (entry.index < 0 || entry.from_row < 0 || entry.length < 0)
    throw InputError(place, "rows [" + std::to_string(entry.from_row) + ", " +
                                std::to_string(entry.to_row) + ") are not a range");
  for (const Feature& feature : features) {
    if (!feature.is_video()) continue;
    const std::string prefix = "videos/" + feature.name + "/";
    const auto chunk = row.find(prefix + "chunk_index");
    if (chunk == row.end() || chunk->is_null()) continue;  // this camera was off
    entry.videos[feature.name] = {integer_at(row, prefix + "chunk_index", place),
                                  integer_at(row, prefix + "file_index", place),
                                  number_at(row, prefix + "from_timestamp", place),
                                  number_at(row, prefix + "to_timestamp", place)};
  }
  return entry;
}
}  // namespace

void Dataset::read_episodes() {
  if (shared_files_)
    read_episode_tables();
  else if (fs::exists(root_ / "meta" / "episodes.jsonl"))
    read_episodes_jsonl();
  else
    count_episodes_from_info();
  std::stable_sort(episodes_.begin(), episodes_.end(),
                   [](const EpisodeEntry& a, const EpisodeEntry& b) { return a.index < b.index; });
  for (std::size_t i = 1; i < episodes_.size(); ++i)
    if (episodes_[i].index == episodes_[i - 1].index)
      throw InputError(root_.string(),
                       episode_name(episodes_[i].index) +
                           " is listed twice in the metadata; each once is expected");
  place_rows();
}

void Dataset::read_episodes_jsonl() {
  const fs::path path = root_ / "meta" / "episodes.jsonl";
  const std::string text = read_text_file(path);
  std::size_t number = 0;
  for (std::size_t at = 0; at < text.size();) {
    ++number;
    const std::size_t end = std::min(text.find('\n', at), text.size());
    const std::string line = text.substr(at, end - at);
    at = end + 1;
    if (line.find_first_not_of(" \t\r") == std::string::npos) continue;
    const std::string where = path.string() + ": line " + std::to_string(number);
    const Json row = parse_json(line, where);
    EpisodeEntry entry;
    entry.index = integer_at(row, "episode_index", where);
    if (entry.index < 0) throw InputError(where, "episode_index is negative");
    entry.length = row.contains("length") ? integer_at(row, "length", where) : -1;
    entry.tasks = texts_at(row, "tasks");
    episodes_.push_back(std::move(entry));
  }
}

void Dataset::count_episodes_from_info() {
  const std::int64_t total =
      info_.contains("total_episodes") && info_["total_episodes"].is_number_integer()
          ? info_["total_episodes"].get<std::int64_t>()
          : 0;
  if (total < 0 || total > kMostEpisodes)
    throw InputError((root_ / "meta" / "info.json").string() + ": /total_episodes",
                     "found " + std::to_string(total) + ", 0 to 10,000,000 are expected");
  for (std::int64_t i = 0; i < total; ++i) {
    EpisodeEntry entry;
    entry.index = i;
    episodes_.push_back(entry);
  }
  warnings_.emplace_back("lerobot-no-episodes", "meta/episodes.jsonl is missing; episodes 0 to " +
                                                    std::to_string(total - 1) +
                                                    " are taken from total_episodes");
}

void Dataset::read_episode_tables() {
  const fs::path folder = root_ / "meta" / "episodes";
  if (!fs::is_directory(folder))
    throw InputError(folder.string(),
                     "is missing; a " + version_ + " data set lists its episodes there");
  for (const std::string& name : list_files(folder)) {
    if (!name.ends_with(".parquet")) continue;
    const fs::path path = folder / name;
    // Without the statistics, which are most of the table.
    std::vector<std::string> columns;
    for (const table::ParquetColumn& column : table::parquet_info(path).columns)
      if (!column.name.starts_with("stats/")) columns.push_back(column.name);
    table::for_each_parquet_row(path, columns, [&](const Json& row) {
      if (static_cast<std::int64_t>(episodes_.size()) >= kMostEpisodes)
        throw InputError(path.string(), "more than " + std::to_string(kMostEpisodes) +
                                            " episodes are listed up to here");
      episodes_.push_back(entry_from_table(row, features_, path.string()));
    });
  }
}

void Dataset::place_rows() {
  if (!shared_files_) return;
  // dataset_from_index counts through the data set; a file begins with its earliest episode.
  std::map<std::pair<std::int64_t, std::int64_t>, std::int64_t> first;
  for (const EpisodeEntry& entry : episodes_) {
    const auto [found, is_new] =
        first.try_emplace({entry.data_chunk, entry.data_file}, entry.from_row);
    if (!is_new) found->second = std::min(found->second, entry.from_row);
  }
  for (EpisodeEntry& entry : episodes_)
    entry.file_row = entry.from_row - first[{entry.data_chunk, entry.data_file}];
}

}  // namespace reelcell::readers::lerobot
