// meta/info.json: keys, rate, features.
#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>

#include "../internal/verify.hpp"
#include "internal/codes.hpp"
#include "internal/data_set.hpp"
#include "reelcell/base/error.hpp"

namespace reelcell::writers::lerobot {

namespace {
constexpr const char* kInfo = "meta/info.json";
constexpr std::uint64_t kInfoLimit = 64ull << 20;

bool is_count(const Json& value) {
  return value.is_number_integer() && value.get<std::int64_t>() >= 0;
}

/// Without codebase_version the layout has to tell.
int major_from_layout(const fs::path& root) {
  return fs::exists(root / "meta" / "episodes") || fs::exists(root / "meta" / "tasks.parquet") ? 3
                                                                                               : 2;
}

void read_version(DataSet& set, Grouped& found) {
  const auto version = set.info.find("codebase_version");
  if (version == set.info.end() || !version->is_string()) {
    set.major = major_from_layout(set.root);
    found.error(code::kInfoVersion, kInfo, "/codebase_version",
                fmt::format("is missing, readers refuse the set; its layout looks like v{}",
                            set.major == 3 ? "3.0" : "2.1"));
    return;
  }
  set.version = version->get<std::string>();
  set.major = set.version.starts_with("v3")   ? 3
              : set.version.starts_with("v2") ? 2
                                              : major_from_layout(set.root);
  if (set.version != "v2.0" && set.version != "v2.1" && set.version != "v3.0")
    found.error(code::kInfoVersion, kInfo, "/codebase_version",
                "is '" + set.version + "', known are v2.0, v2.1 and v3.0");
}

void read_fps(DataSet& set, Grouped& found) {
  const auto fps = set.info.find("fps");
  if (fps == set.info.end()) {
    found.error(code::kInfoKey, kInfo, "/fps", "is missing; every time in the set depends on it");
  } else if (fps->is_number_integer() && fps->get<std::int64_t>() > 0 &&
             fps->get<std::int64_t>() <= 100'000) {
    set.fps = fps->get<std::int64_t>();
  } else if (fps->is_number_float() && fps->get<double>() >= 1 && fps->get<double>() <= 100'000 &&
             fps->get<double>() == std::floor(fps->get<double>())) {
    set.fps = static_cast<std::int64_t>(fps->get<double>());
    found.warning(code::kInfoFps, kInfo, "/fps",
                  "is " + fps->dump() + ", expected a whole number without a fraction");
  } else {
    found.error(code::kInfoFps, kInfo, "/fps",
                "is " + fps->dump() + ", expected a whole number above 0");
  }
}

bool known_dtype(const std::string& dtype) {
  constexpr std::array kKnown{"float16", "float32", "float64", "int8",    "int16",  "int32",
                              "int64",   "uint8",   "uint16",  "uint32",  "uint64", "bool",
                              "string",  "image",   "video",   "language"};
  return std::find(kKnown.begin(), kKnown.end(), dtype) != kKnown.end();
}

/// Channels first is fine when the names say so: readers look at them.
bool is_picture_shape(const Feature& feature) {
  if (feature.shape.size() != 3) return false;
  if (feature.shape[2] <= 4) return true;
  const Json names = feature.raw.value("names", Json());
  return feature.shape[0] <= 4 && names.is_array() && !names.empty() && names[0].is_string() &&
         names[0].get<std::string>().starts_with("channel");
}

void read_feature(DataSet& set, const std::string& name, const Json& raw, Grouped& found) {
  const std::string where = "/features/" + name;
  Feature feature{name, "", {}, raw};
  if (name.find('/') != std::string::npos)
    found.error(code::kFeatureSpec, kInfo, where, "the name has a '/', which LeRobot forbids");
  if (!raw.is_object() || !raw.contains("dtype") || !raw["dtype"].is_string()) {
    found.error(code::kFeatureSpec, kInfo, where, "has no \"dtype\"");
    return;
  }
  feature.dtype = raw["dtype"].get<std::string>();
  if (!known_dtype(feature.dtype))
    found.error(code::kFeatureSpec, kInfo, where,
                "dtype '" + feature.dtype +
                    "' is neither a numpy type nor string, image, video or language");
  const auto shape = raw.find("shape");
  bool good = shape != raw.end() && shape->is_array();
  for (std::size_t i = 0; good && i < shape->size(); ++i) {
    good = is_count((*shape)[i]) && (*shape)[i].get<std::int64_t>() <= 1'000'000;
    if (good) feature.shape.push_back((*shape)[i].get<std::int64_t>());
  }
  if (!good) found.error(code::kFeatureSpec, kInfo, where, "\"shape\" is not a list of sizes");
  if (good && feature.is_picture() && !is_picture_shape(feature))
    found.error(code::kFeatureSpec, kInfo, where,
                "shape is " + shape->dump() +
                    ", expected [height, width, channels] with names that say so");
  set.features.push_back(std::move(feature));
}

void check_mandatory(const DataSet& set, Grouped& found) {
  for (const char* name : {"timestamp", "frame_index", "episode_index", "index", "task_index"}) {
    const Feature* feature = set.feature(name);
    const std::string dtype = std::string_view(name) == "timestamp" ? "float32" : "int64";
    const std::string where = std::string("/features/") + name;
    if (!feature) {
      found.error(code::kFeatureMissing, kInfo, where,
                  "is missing; every LeRobot set has it, as " + dtype + " [1]");
    } else if (feature->dtype != dtype || feature->shape != std::vector<std::int64_t>{1}) {
      found.error(code::kFeatureSpec, kInfo, where,
                  fmt::format("is {} {}, expected {} [1]", feature->dtype,
                              feature->raw.value("shape", Json()).dump(), dtype));
    }
  }
}

void check_keys(const DataSet& set, Grouped& found) {
  for (const char* key :
       {"total_episodes", "total_frames", "total_tasks", "chunks_size", "data_path"}) {
    const auto value = set.info.find(key);
    const bool text = std::string_view(key) == "data_path";
    if (value == set.info.end()) {
      found.error(code::kInfoKey, kInfo, std::string("/") + key, "is missing");
    } else if (text ? !value->is_string() : !is_count(*value)) {
      found.error(code::kInfoKey, kInfo, std::string("/") + key,
                  "is " + value->dump() + ", expected " + (text ? "a path template" : "a count"));
    }
  }
  const bool video = std::any_of(set.features.begin(), set.features.end(),
                                 [](const Feature& f) { return f.is_video(); });
  if (video && !set.info.value("video_path", Json()).is_string())
    found.error(code::kInfoKey, kInfo, "/video_path",
                "is missing although there are video features");
}
}  // namespace

std::int64_t Feature::width() const {
  std::int64_t width = 1;
  for (const std::int64_t size : shape) width *= std::max<std::int64_t>(size, 1);
  return width;
}

std::optional<DType> Feature::number() const {
  if (dtype == "string" || is_picture() || dtype == "language" || dtype == "float16")
    return std::nullopt;
  try {
    return parse_dtype(dtype);
  } catch (const InputError&) {
    return std::nullopt;
  }
}

const Feature* DataSet::feature(std::string_view name) const {
  for (const Feature& feature : features)
    if (feature.name == name) return &feature;
  return nullptr;
}

bool load_info(DataSet& set, Grouped& found) {
  const fs::path file = set.info_file.empty() ? set.root / kInfo : set.info_file;
  try {
    set.info = parse_json(read_text_file(file, kInfoLimit), kInfo);
  } catch (const Error& error) {
    found.error(code::kInfoJson, kInfo, "",
                "cannot be read, so nothing else was checked: " + error.message());
    return false;
  }
  if (!set.info.is_object()) {
    found.error(code::kInfoJson, kInfo, "", "is no JSON object, so nothing else was checked");
    return false;
  }
  read_version(set, found);
  read_fps(set, found);
  const auto features = set.info.find("features");
  if (features == set.info.end() || !features->is_object()) {
    found.error(code::kInfoKey, kInfo, "/features",
                "is missing; readers cannot tell what the columns are");
  } else {
    for (const auto& [name, raw] : features->items()) read_feature(set, name, raw, found);
    check_mandatory(set, found);
  }
  check_keys(set, found);
  const Json chunks = set.info.value("chunks_size", Json());
  if (is_count(chunks) && chunks.get<std::int64_t>() > 0)
    set.chunks_size = chunks.get<std::int64_t>();
  return true;
}

int recognise_version(const fs::path& path, int major) {
  std::error_code ignored;
  const bool document = fs::is_regular_file(path, ignored) && path.filename() == "info.json";
  const fs::path folder = document ? fs::absolute(path).parent_path().parent_path() : path;
  const fs::path file = document ? path : folder / kInfo;
  if (!fs::is_regular_file(file, ignored)) return 0;
  try {
    const Json info = parse_json(read_text_file(file, kInfoLimit), kInfo);
    if (!info.is_object()) return 0;
    const Json version = info.value("codebase_version", Json());
    if (version.is_string() && version.get<std::string>().starts_with(major == 3 ? "v3" : "v2"))
      return 95;
    if (version.is_string() && version.get<std::string>().starts_with(major == 3 ? "v2" : "v3"))
      return 0;
    // Of a version that is not known, or without one: verification says so.
    return info.contains("features") && info.contains("fps") && major_from_layout(folder) == major
               ? 70
               : 0;
  } catch (const Error&) {
    // Broken JSON where LeRobot keeps its info, beside its data folder: verification says what is
    // wrong.
    return fs::is_directory(folder / "data", ignored) && major_from_layout(folder) == major ? 20
                                                                                            : 0;
  }
}

}  // namespace reelcell::writers::lerobot
