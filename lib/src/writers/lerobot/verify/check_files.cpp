// Files, totals, splits and GR00T's modality against what is there.
#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <set>

#include "internal/checks.hpp"
#include "internal/codes.hpp"
#include "reelcell/base/error.hpp"

namespace reelcell::writers::lerobot {

namespace {
constexpr const char* kInfo = "meta/info.json";

std::optional<std::int64_t> info_count(const DataSet& set, const char* key) {
  const auto value = set.info.find(key);
  if (value == set.info.end() || !value->is_number_integer()) return std::nullopt;
  return value->get<std::int64_t>();
}

void hold(const DataSet& set, const char* key, std::int64_t truth, const char* of, Grouped& found) {
  const auto stated = info_count(set, key);
  if (stated && *stated != truth)
    found.error(code::kInfoTotals, kInfo, std::string("/") + key,
                fmt::format("is {}, there are {} {}", *stated, truth, of));
}

/// A file with the same name anywhere in `files`: where a wrong template should have led.
std::string same_name(const std::vector<std::string>& files, const std::string& wanted) {
  const std::string name = fs::path(wanted).filename().string();
  for (const std::string& file : files)
    if (fs::path(file).filename().string() == name) return file;
  return "";
}
}  // namespace

void check_data_files(DataSet& set, Grouped& found) {
  std::set<std::string> named;
  std::vector<std::int64_t> missing;
  std::string first_missing;
  for (EpisodeEntry& entry : set.episodes) {
    if (entry.data_path.empty()) continue;
    if (!is_file(set, entry.data_path)) {
      const std::string elsewhere =
          set.major == 2 ? same_name(set.data_files, entry.data_path) : "";
      if (!elsewhere.empty()) {
        found.error(code::kInfoPath, kInfo, "/data_path",
                    fmt::format("leads to {} for {}, the file is {}: readers do not find it",
                                entry.data_path, entry.where(), elsewhere));
        entry.data_path = elsewhere;
      } else {
        if (missing.empty()) first_missing = entry.data_path;
        missing.push_back(entry.index);
      }
    }
    named.insert(entry.data_path);
  }
  if (!missing.empty())
    found.error(code::kDataMissing, first_missing, "",
                "no data file for episodes " + ranges_text(missing));
  std::vector<std::string> stray;
  for (const std::string& file : set.data_files)
    if (!named.contains(file)) stray.push_back(file);
  if (!stray.empty() && set.episodes_listed)
    found.error(
        code::kDataUnreferenced, stray.front(), "",
        fmt::format("{} file(s) below data/ that no episode names; v3.0 readers load all of them",
                    stray.size()));
}

namespace {
/// "0:80", or several, "0:80,100:140": increasing, within the episodes that there are.
bool are_ranges(const std::string& text, std::int64_t episodes) {
  std::int64_t last = 0;
  const char *at = text.data(), *end = text.data() + text.size();
  for (;;) {
    std::int64_t from = -1, to = -1;
    const auto first = std::from_chars(at, end, from);
    if (first.ec != std::errc{} || first.ptr == end || *first.ptr != ':') return false;
    const auto second = std::from_chars(first.ptr + 1, end, to);
    if (second.ec != std::errc{} || from < last || to < from || to > episodes) return false;
    if (second.ptr == end) return true;
    if (*second.ptr != ',') return false;
    last = to;
    at = second.ptr + 1;
  }
}
}  // namespace

void check_splits(const DataSet& set, std::int64_t episodes, Grouped& found) {
  const auto splits = set.info.find("splits");
  if (splits == set.info.end() || !splits->is_object()) return;
  for (const auto& [name, value] : splits->items()) {
    const std::string text = value.is_string() ? value.get<std::string>() : value.dump();
    if (!are_ranges(text, episodes))
      found.error(code::kInfoSplits, kInfo, "/splits/" + name,
                  fmt::format("is '{}', expected a range within 0:{} (the episodes there are)",
                              text, episodes));
  }
}

namespace {
void check_ranges(const DataSet& set, Grouped& found) {
  std::int64_t expected = 0;
  for (const EpisodeEntry& entry : set.episodes) {
    if (!entry.from_index || !entry.to_index) continue;
    if (*entry.from_index != expected ||
        (entry.length && *entry.to_index - *entry.from_index != *entry.length))
      found.error(code::kEpisodesRange, "meta/episodes", entry.where(),
                  fmt::format("rows {}..{} (length {}), expected to start at {}", *entry.from_index,
                              *entry.to_index, entry.length.value_or(0), expected));
    expected = *entry.to_index;
  }
}

void check_task_texts(const DataSet& set, Grouped& found) {
  if (!set.tasks_listed || !set.episodes_listed) return;
  const std::set<std::string> known(set.tasks.begin(), set.tasks.end());
  for (const EpisodeEntry& entry : set.episodes)
    for (const std::string& task : entry.tasks)
      if (!known.contains(task))
        found.error(code::kTasksRange, set.major == 3 ? "meta/episodes" : "meta/episodes.jsonl",
                    entry.where(),
                    "names the task '" + task + "', which the task table does not have");
}
}  // namespace

void check_totals(const DataSet& set, const RowsResult& rows, Grouped& found) {
  const std::int64_t episodes =
      static_cast<std::int64_t>(set.episodes.empty() ? rows.episodes.size() : set.episodes.size());
  std::int64_t frames = 0;
  for (const EpisodeEntry& entry : set.episodes) frames += entry.length.value_or(0);
  if (!set.episodes_listed) frames = static_cast<std::int64_t>(rows.rows);
  hold(set, "total_episodes", episodes, "episodes", found);
  hold(set, "total_frames", frames, "frames", found);
  if (set.tasks_listed)
    hold(set, "total_tasks", static_cast<std::int64_t>(set.tasks.size()), "tasks", found);
  if (set.major == 2) {
    const auto cameras = std::count_if(set.features.begin(), set.features.end(),
                                       [](const Feature& f) { return f.is_video(); });
    hold(set, "total_videos", episodes * cameras, "videos (episodes x cameras)", found);
    hold(set, "total_chunks", (episodes + set.chunks_size - 1) / set.chunks_size, "chunks", found);
  }
  check_splits(set, episodes, found);
  check_ranges(set, found);
  check_task_texts(set, found);
}

namespace {
constexpr const char* kModalityPath = "meta/modality.json";

Json read_modality_file(const DataSet& set) {
  Json modality = parse_json(read_text_file(set.root / kModalityPath, 16ull << 20), kModalityPath);
  if (!modality.is_object()) throw InputError("is no object");
  return modality;
}

/// The feature that an entry stands for.
std::string original_of(const std::string& section, const std::string& key, const Json& entry) {
  const std::string fallback = section == "state"    ? "observation.state"
                               : section == "action" ? "action"
                               : section == "video"  ? "observation.images." + key
                                                     : "annotation." + key;
  return entry.is_object() ? entry.value("original_key", fallback) : fallback;
}

void check_modality_entry(const DataSet& set, const std::string& section, const std::string& key,
                          const Json& entry, Grouped& found) {
  const std::string where = "/" + section + "/" + key;
  const std::string original = original_of(section, key, entry);
  const Feature* feature = set.feature(original);
  if (!feature) {
    found.error(code::kModality, "meta/modality.json", where,
                "is '" + original + "', which is no feature of meta/info.json");
    return;
  }
  if (section == "annotation") {
    const auto type = feature->number();
    if (!type || is_float(*type) || *type == DType::kBool || feature->width() != 1)
      found.error(code::kAnnotationIndex, "meta/modality.json", where,
                  fmt::format("is '{}', {} of {} values a row; GR00T looks up the task text of one "
                              "whole number a row",
                              original, feature->dtype, feature->width()));
    return;
  }
  if (section != "state" && section != "action") return;
  const Json start = entry.value("start", Json()), end = entry.value("end", Json());
  if (!start.is_number_integer() || !end.is_number_integer() || start.get<std::int64_t>() < 0 ||
      end.get<std::int64_t>() <= start.get<std::int64_t>() ||
      end.get<std::int64_t>() > feature->width())
    found.error(code::kModality, "meta/modality.json", where,
                fmt::format("[{}, {}) is not within the {} values of '{}'", start.dump(),
                            end.dump(), feature->width(), original));
}
}  // namespace

void load_annotations(DataSet& set) {
  if (!is_file(set, kModalityPath)) return;
  try {
    const Json modality = read_modality_file(set);
    const auto section = modality.find("annotation");
    if (section == modality.end() || !section->is_object()) return;
    for (const auto& [key, entry] : section->items())
      set.annotations.push_back(original_of("annotation", key, entry));
  } catch (const std::exception&) {
    set.annotations.clear();  // check_modality() tells it
  }
  std::sort(set.annotations.begin(), set.annotations.end());
  set.annotations.erase(std::unique(set.annotations.begin(), set.annotations.end()),
                        set.annotations.end());
}

void check_modality(const DataSet& set, Grouped& found) {
  if (!is_file(set, kModalityPath)) return;
  try {
    const Json modality = read_modality_file(set);
    for (const auto& [section, entries] : modality.items())
      if (entries.is_object())
        for (const auto& [key, entry] : entries.items())
          check_modality_entry(set, section, key, entry, found);
  } catch (const std::exception& error) {
    found.error(code::kModality, kModalityPath, "", std::string("cannot be read: ") + error.what());
  }
}

}  // namespace reelcell::writers::lerobot
