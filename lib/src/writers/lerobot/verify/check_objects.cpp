// meta/objects.parquet against the rows and cameras of the set.
#include <fmt/format.h>

#include <cmath>

#include "internal/checks.hpp"
#include "reelcell/base/error.hpp"
#include "reelcell/model/object_rules.hpp"
#include "reelcell/table/parquet_rows.hpp"

namespace reelcell::writers::lerobot {

namespace {
constexpr const char* kPath = "meta/objects.parquet";
/// docs/objects.md, "In LeRobot".
const std::vector<std::string> kColumns = {
    "episode_index",  "frame_index", "feature",  "stream",       "width",      "height", "label",
    "track",          "shape",       "x0",       "y0",           "x1",         "y1",     "points",
    "outline_points", "mask_runs",   "occluded", "interpolated", "attributes", "source"};

double number(const Json& row, const char* key) {
  const Json& value = row.at(key);  // NaN comes as null
  return value.is_number() ? value.get<double>() : NAN;
}

class ObjectsCheck {
 public:
  ObjectsCheck(const DataSet& set, const RowsResult& rows, Grouped& found)
      : set_(set), rows_(rows), found_(found) {}

  void row(const Json& row) {
    where_ = fmt::format("row {}", count_++);
    try {
      check_place(row);
      const PictureObject object = read(row);
      labels_.add(object.label, where_);
      for (const ObjectFault& fault :
           faults_of(object, row.at("width").get<int>(), row.at("height").get<int>()))
        found_.add(fault.level, fault.code, kPath, where_,
                   object.source + (object.source.empty() ? "" : ": ") + fault.message);
    } catch (const InputError& error) {
      found_.error("OBJ-DOCUMENT", kPath, where_, error.message());
    } catch (const Json::exception& error) {
      found_.error("OBJ-DOCUMENT", kPath, where_,
                   std::string("has a value of the wrong type: ") + error.what());
    }
  }

  std::uint64_t finish() {
    Findings spelling;
    labels_.report(kPath, spelling);
    for (const Finding& finding : spelling.all())
      found_.add(finding.level, finding.code, finding.path, finding.where, finding.message);
    return count_;
  }

 private:
  void check_place(const Json& row) {
    const auto episode = row.at("episode_index").get<std::int64_t>();
    const auto frame = row.at("frame_index").get<std::int64_t>();
    const EpisodeRows* known = rows_.find(episode);
    if (!known)
      found_.error("OBJ-EPISODE", kPath, where_,
                   fmt::format("is in episode {}, which has no rows", episode));
    else if (frame < 0 || frame >= static_cast<std::int64_t>(known->rows))
      found_.error("OBJ-ROW", kPath, where_,
                   fmt::format("is on frame {} of episode {}, which has {} frames, from 0", frame,
                               episode, known->rows));
    check_camera(row.at("feature").get<std::string>(), row.at("width").get<std::int64_t>(),
                 row.at("height").get<std::int64_t>());
  }

  void check_camera(const std::string& name, std::int64_t width, std::int64_t height) {
    const Feature* feature = set_.feature(name);
    if (!feature || !feature->is_picture()) {
      found_.error("OBJ-FEATURE", kPath, where_,
                   "is on '" + name + "', which is no camera of meta/info.json");
      return;
    }
    // [height, width, channels] or channels first; turned pictures change sides.
    const std::vector<std::int64_t>& shape = feature->shape;
    if (shape.size() != 3) return;  // reported with the feature
    const bool last = shape[2] <= 4;
    const std::int64_t a = last ? shape[0] : shape[1], b = last ? shape[1] : shape[2];
    if (!(a == height && b == width) && !(a == width && b == height))
      found_.error("OBJ-SIZE", kPath, where_,
                   fmt::format("was drawn on pictures of {} x {} pixels, '{}' has {} x {}", width,
                               height, name, b, a));
  }

  static PictureObject read(const Json& row) {
    PictureObject object;
    object.label = row.at("label").get<std::string>();
    object.source = row.at("source").get<std::string>();
    object.shape = parse_object_shape(row.at("shape").get<std::string>());
    object.box = {number(row, "x0"), number(row, "y0"), number(row, "x1"), number(row, "y1")};
    object.outlines = outlines(row);
    object.runs = row.at("mask_runs").get<std::vector<std::uint32_t>>();
    if (!parse_json(row.at("attributes").get<std::string>(), "attributes").is_object())
      throw InputError("its attributes are no JSON object");
    return object;
  }

  static std::vector<std::vector<double>> outlines(const Json& row) {
    const Json& points = row.at("points");
    std::vector<std::vector<double>> lists;
    std::size_t at = 0;
    for (const Json& count : row.at("outline_points")) {
      const auto pairs = count.get<std::int64_t>();
      const auto values = 2 * std::clamp<std::int64_t>(pairs, 0, 1 + points.size());
      if (pairs < 0 || values > static_cast<std::int64_t>(points.size() - at))
        throw InputError(
            fmt::format("its outlines have more points than there are ({} values)", points.size()));
      std::vector<double>& outline = lists.emplace_back();
      for (const auto end = at + static_cast<std::size_t>(values); at < end; ++at)
        outline.push_back(points[at].is_number() ? points[at].get<double>() : NAN);
    }
    if (at != points.size())
      throw InputError(
          fmt::format("has {} values of points, its outlines take {}", points.size(), at));
    return lists;
  }

  const DataSet& set_;
  const RowsResult& rows_;
  Grouped& found_;
  ObjectLabels labels_;
  std::string where_;
  std::uint64_t count_ = 0;
};
}  // namespace

std::uint64_t check_objects(const DataSet& set, const RowsResult& rows, Grouped& found) {
  if (!is_file(set, kPath)) return 0;
  ObjectsCheck check(set, rows, found);
  try {
    table::for_each_parquet_row(set.root / kPath, kColumns,
                                [&](const Json& row) { check.row(row); });
  } catch (const InputError& error) {
    found.error("OBJ-DOCUMENT", kPath, "", "cannot be read: " + error.message());
  }
  return check.finish();
}

}  // namespace reelcell::writers::lerobot
