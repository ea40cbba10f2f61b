// Stored statistics against the data.
#include <fmt/format.h>

#include <set>

#include "internal/checks.hpp"
#include "internal/codes.hpp"
#include "internal/figures.hpp"
#include "internal/json_lines.hpp"
#include "reelcell/base/error.hpp"
#include "reelcell/table/parquet.hpp"

namespace reelcell::writers::lerobot {

namespace {
constexpr std::uint64_t kStatsLimit = 256ull << 20;

/// Our writers keep the histograms of what they measured beside the figures.
bool is_ours(const DataSet& set) { return is_file(set, "meta/pixels.jsonl"); }

/// The pictures that each episode's figures say they are of, camera by camera.
struct Counted {
  std::map<std::string, double> pictures;
  std::map<std::string, std::set<std::int64_t>> episodes;
};

void check_nesting(const Feature& feature, const Json& figures, const StatsPlace& place,
                   Grouped& found) {
  if (!feature.is_picture()) return;
  for (const std::string& stat : flat_picture_stats(figures))
    found.error(code::kStatsShape, place.path, place.where,
                place.feature + " " + stat +
                    " is not nested 3 x 1 x 1 (channel, height, width), and LeRobot takes no other "
                    "shape for pictures");
}

/// Readers normalise with the first four and merge by count; quantiles came later.
void check_stats_named(const DataSet& set, const StoredFigures& stored, const StatsPlace& place,
                       Grouped& found) {
  std::vector<std::string> needed{"min", "max", "mean", "std"};
  if (set.major == 3 || place.path == "meta/episodes_stats.jsonl") needed.emplace_back("count");
  const auto missing = [&](const auto& names) {
    std::string text;
    for (const auto& name : names)
      if (!stored.contains(name)) text.append(text.empty() ? "" : ", ").append(name);
    return text;
  };
  if (const std::string names = missing(needed); !names.empty())
    found.error(code::kStatsMissing, place.path, place.where,
                place.feature + " has no " + names + "; readers normalise with it");
  const std::string names = missing(kShareNames);
  if (set.major == 3 && !names.empty())
    found.warning(code::kStatsMissing, place.path, place.where,
                  place.feature + " has no " + names +
                      "; who normalises by quantiles cannot use the feature");
}

/// Figures of one feature over one episode.
void check_episode_feature(const DataSet& set, const RowsResult& rows, const PictureTruths& truths,
                           std::int64_t episode, const std::string& name,
                           const StoredFigures& stored, const std::string& path, Counted& counted,
                           Grouped& found) {
  const Feature* feature = set.feature(name);
  const EpisodeRows* own = rows.find(episode);
  if (!feature || !own) return;
  const StatsPlace place{path, fmt::format("episode {}", episode), name};
  if (feature->number() || feature->is_picture()) check_stats_named(set, stored, place, found);
  if (feature->is_picture()) {
    if (const auto count = stored.find("count"); count != stored.end() && count->second.size() == 1)
      if (counted.episodes[name].insert(episode).second) counted.pictures[name] += count->second[0];
    check_picture(stored, own->rows, place, found);
    if (const auto camera = truths.find(name); camera != truths.end())
      if (const auto seen = camera->second.find(episode); seen != camera->second.end())
        compare_pictures(stored, seen->second, is_ours(set), place, found);
  } else if (const auto truth = own->figures.find(name); truth != own->figures.end()) {
    compare_numbers(stored, truth->second, {}, own->rows, place, found);
  }
}

/// Without figures of a number no policy can normalise it; of pictures many take those of ImageNet.
void check_missing(const DataSet& set, const std::set<std::string>& seen, const std::string& path,
                   Grouped& found) {
  // GR00T keeps no figures of pictures.
  const bool groot = path == "meta/stats.json" && is_file(set, "meta/modality.json");
  std::string read, others;
  for (const Feature& feature : set.features) {
    if (seen.contains(feature.name)) continue;
    if (!feature.number() && (!feature.is_picture() || (groot && set.major == 2))) continue;
    const bool policy =
        feature.name.starts_with("action") || feature.name.starts_with("observation");
    std::string& names = feature.number() && policy ? read : others;
    names += (names.empty() ? "" : ", ") + feature.name;
  }
  if (!read.empty())
    found.error(code::kStatsMissing, path, "",
                "has no figures of: " + read + "; policies stop where they normalise it");
  if (!others.empty()) found.warning(code::kStatsMissing, path, "", "has no figures of: " + others);
}

void check_lines(const DataSet& set, const RowsResult& rows, const PictureTruths& truths,
                 Counted& counted, Grouped& found) {
  constexpr const char* kPath = "meta/episodes_stats.jsonl";
  if (!is_file(set, kPath)) {
    found.error(code::kStatsMissing, kPath, "", "is missing; v2.1 readers need it");
    return;
  }
  std::set<std::string> seen;
  std::set<std::int64_t> episodes;
  for_each_line(set.root, kPath, code::kStatsMissing, found, [&](const Json& row, std::size_t) {
    const Json index = row.value("episode_index", Json());
    const Json stats = row.value("stats", Json());
    if (!index.is_number_integer() || !stats.is_object()) return;
    episodes.insert(index.get<std::int64_t>());
    for (const auto& [name, figures] : stats.items()) {
      seen.insert(name);
      const std::string where = fmt::format("episode {}", index.get<std::int64_t>());
      if (const Feature* feature = set.feature(name))
        check_nesting(*feature, figures, {kPath, where, name}, found);
      check_episode_feature(set, rows, truths, index.get<std::int64_t>(), name,
                            stored_from_json(figures), kPath, counted, found);
    }
  });
  check_missing(set, seen, kPath, found);
  std::vector<std::int64_t> without;
  for (const EpisodeRows& episode : rows.episodes)
    if (!episodes.contains(episode.episode)) without.push_back(episode.episode);
  if (!without.empty())
    found.error(code::kStatsMissing, kPath, "", "has no line for episodes " + ranges_text(without));
}

/// "stats/action/min" -> ("action", "min")
std::optional<std::pair<std::string, std::string>> stats_column(const std::string& name) {
  const std::size_t last = name.rfind('/');
  if (!name.starts_with("stats/") || last == std::string::npos || last <= 6) return std::nullopt;
  return std::pair{name.substr(6, last - 6), name.substr(last + 1)};
}

/// The statistics columns of one episode file, feature by feature: memory follows the feature.
void check_table(const DataSet& set, const RowsResult& rows, const PictureTruths& truths,
                 const std::string& path, std::set<std::string>& seen, Counted& counted,
                 Grouped& found) {
  std::map<std::string, std::vector<std::string>> by_feature;
  for (const table::ParquetColumn& column : table::parquet_info(set.root / path).columns)
    if (const auto parts = stats_column(column.name))
      by_feature[parts->first].push_back(column.name);
  for (const auto& [feature, columns] : by_feature) {
    seen.insert(feature);
    std::vector<std::string> wanted{"episode_index"};
    wanted.insert(wanted.end(), columns.begin(), columns.end());
    table::ParquetReader reader(set.root / path, wanted);
    std::vector<Column> batch;
    std::size_t count = 0;
    while (reader.next(batch, count))
      for (std::size_t row = 0; row < count; ++row) {
        StoredFigures stored;
        for (std::size_t c = 1; c < batch.size(); ++c)
          for (std::size_t e = 0; e < batch[c].spec.width; ++e)
            stored[stats_column(batch[c].spec.name)->second].push_back(batch[c].number(row, e));
        check_episode_feature(set, rows, truths, static_cast<std::int64_t>(batch[0].number(row)),
                              feature, stored, path, counted, found);
      }
  }
}

void check_tables(const DataSet& set, const RowsResult& rows, const PictureTruths& truths,
                  Counted& counted, Grouped& found) {
  std::set<std::string> seen;
  bool any = false;
  std::error_code ignored;
  if (!fs::is_directory(set.root / "meta/episodes", ignored))
    return;  // reported with the episode table
  for (const std::string& file : list_files(set.root / "meta/episodes")) {
    if (!file.ends_with(".parquet")) continue;
    const std::string path = "meta/episodes/" + file;
    try {
      check_table(set, rows, truths, path, seen, counted, found);
      any = true;
    } catch (const Error& error) {
      found.error(code::kStatsShape, path, "", "statistics cannot be read: " + error.message());
    }
  }
  if (any) check_missing(set, seen, "meta/episodes", found);
}

std::map<std::string, std::vector<ElementFigures>> figures_of_set(const RowsResult& rows) {
  std::map<std::string, std::vector<ElementFigures>> total;
  for (const EpisodeRows& episode : rows.episodes)
    for (const auto& [name, figures] : episode.figures) {
      std::vector<ElementFigures>& all = total[name];
      if (all.empty()) all.resize(figures.size());
      for (std::size_t e = 0; e < std::min(all.size(), figures.size()); ++e)
        merge(all[e], figures[e]);
    }
  return total;
}

/// The data set's figures are of as many pictures as those of its episodes together.
void check_sum(const Counted& counted, const RowsResult& rows, const StoredFigures& stored,
               const StatsPlace& place, Grouped& found) {
  const auto count = stored.find("count");
  const auto sum = counted.pictures.find(place.feature);
  if (count == stored.end() || count->second.size() != 1 || sum == counted.pictures.end()) return;
  if (counted.episodes.at(place.feature).size() != rows.episodes.size()) return;
  if (count->second[0] != sum->second)
    found.error(code::kStatsCount, place.path, place.where,
                fmt::format("{} count is {:g}, those of the episodes add up to {:g}", place.feature,
                            count->second[0], sum->second));
}

void check_total(const DataSet& set, const RowsResult& rows, const PictureTruths& truths,
                 const Counted& counted, bool required, Grouped& found) {
  constexpr const char* kPath = "meta/stats.json";
  if (!is_file(set, kPath)) {
    if (required)
      found.error(code::kStatsMissing, kPath, "", "is missing; readers normalise with it");
    return;
  }
  try {
    const Json stats = parse_json(read_text_file(set.root / kPath, kStatsLimit), kPath);
    const auto truth = figures_of_set(rows);
    std::set<std::string> seen;
    for (const auto& [name, figures] : stats.items()) {
      seen.insert(name);
      const Feature* feature = set.feature(name);
      const StatsPlace place{kPath, "/" + name, name};
      const StoredFigures stored = stored_from_json(figures);
      if (feature && (feature->number() || feature->is_picture()))
        check_stats_named(set, stored, place, found);
      if (feature && feature->is_picture()) {
        check_nesting(*feature, figures, place, found);
        check_sum(counted, rows, stored, place, found);
        check_picture(stored, rows.rows, place, found);
        if (const auto camera = truths.find(name); camera != truths.end()) {
          PictureTruth all;
          for (const auto& [episode, seen_there] : camera->second) all.merge(seen_there);
          // A camera whose other episodes have no file is not known as a whole.
          if (all.frames == rows.rows) compare_pictures(stored, all, is_ours(set), place, found);
        }
      } else if (const auto own = truth.find(name); feature && own != truth.end()) {
        const auto values = rows.values.find(name);
        compare_numbers(
            stored, own->second,
            values == rows.values.end() ? std::vector<std::vector<double>>{} : values->second,
            rows.rows, place, found);
      }
    }
    check_missing(set, seen, kPath, found);
  } catch (const Error& error) {
    found.error(code::kStatsMissing, kPath, "", "cannot be read: " + error.message());
  }
}
}  // namespace

void check_stats(const DataSet& set, const RowsResult& rows, const PictureTruths& truths,
                 Grouped& found) {
  if (rows.rows == 0) return;
  Counted counted;
  if (set.major == 3) {
    check_tables(set, rows, truths, counted, found);
    check_total(set, rows, truths, counted, true, found);
  } else {
    if (set.version != "v2.0") check_lines(set, rows, truths, counted, found);
    check_total(set, rows, truths, counted, set.version == "v2.0", found);
  }
}

}  // namespace reelcell::writers::lerobot
