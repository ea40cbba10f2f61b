#include "plan.hpp"

#include <algorithm>
#include <cmath>
#include <set>

#include "reelcell/base/error.hpp"

namespace reelcell::segment::visits {
namespace {
Nanos from_ms(double ms) { return Nanos(std::llround(ms * 1e6)); }

std::vector<double> numbers(JsonObject& point, const char* key) {
  std::vector<double> values;
  const Json& list = point.raw(key);
  if (!list.is_array() || list.empty()) point.fail(key, "expected a list of numbers");
  for (const Json& value : list) {
    if (!value.is_number()) point.fail(key, "expected a list of numbers");
    values.push_back(value.get<double>());
  }
  return values;
}

PlanPoint parse_point(JsonObject& object, std::int64_t position) {
  PlanPoint point;
  point.id = object.text("id");
  point.order = object.integer_or("order", position);
  point.target = numbers(object, object.has("target") ? "target" : "joints");
  if (object.has("at_ms")) point.at = from_ms(object.number("at_ms"));
  return point;
}
}  // namespace

Plan parse_plan(const Json& document, const std::string& where) {
  if (!document.is_object())
    throw InputError(where,
                     "the session has no plan of points to match; name one as \"plan\" in "
                     "session.json, or use the 'dwell' segmenter");
  JsonObject object(document, where);
  Plan plan;
  plan.stream = object.text_or("stream", "");
  plan.column = object.text_or("column", "");
  if (object.has("cycle_ms")) plan.cycle = from_ms(object.number("cycle_ms"));
  std::set<std::string> ids;
  for (JsonObject& entry : object.objects("points")) {
    plan.points.push_back(parse_point(entry, static_cast<std::int64_t>(plan.points.size())));
    const PlanPoint& point = plan.points.back();
    if (!ids.insert(point.id).second)
      entry.fail("id", "'" + point.id + "' is planned twice; every point needs its own id");
    if (point.target.size() != plan.points.front().target.size())
      throw InputError(entry.where(), "point '" + point.id + "' has " +
                                          std::to_string(point.target.size()) + " values, '" +
                                          plan.points.front().id + "' has " +
                                          std::to_string(plan.points.front().target.size()));
  }
  if (plan.points.empty()) object.fail("points", "holds no point");
  std::stable_sort(plan.points.begin(), plan.points.end(),
                   [](const PlanPoint& a, const PlanPoint& b) { return a.order < b.order; });
  return plan;
}

}  // namespace reelcell::segment::visits
