// A robot that visits planned points, for the tests of visits.
#pragma once

#include <string>
#include <vector>

#include "stage.hpp"

namespace reelcell::segment {

/// A robot on a line of points 1 m apart: `route` says which it visits, 100 ms a move and 100 ms a
/// stop. Point A is at 1, B at 2, ..
struct Cell {
  explicit Cell(const std::string& route, const std::string& plan) : signals("cell") {
    SeriesSlice slice;
    std::vector<double> x, v;
    const auto place = [&](std::size_t i) { return i == 0 ? 0.0 : route[i - 1] - 'A' + 1.0; };
    for (std::int64_t ms = 0; ms < static_cast<std::int64_t>(route.size() + 1) * 200; ms += 2) {
      const auto i = static_cast<std::size_t>(ms / 200);
      const double s = std::min(1.0, static_cast<double>(ms % 200) / 100);
      const double from = place(i), to = place(std::min(i + 1, route.size()));
      slice.times.push_back(test::at_ms(ms));
      x.push_back(from + (to - from) * s * s * s * (10 + s * (-15 + 6 * s)));
      v.push_back((to - from) * 30 * s * s * (1 - s) * (1 - s) / 0.1);
    }
    slice.columns = {test::float_column("x", x, 1, "m"), test::float_column("v", v, 1, "m/s")};
    signals.add_series("robot", slice);
    Json points = Json::array();
    for (const char id : plan)
      points.push_back({{"id", std::string(1, id)}, {"target", {id - 'A' + 1.0}}});
    signals.description().plan = {{"stream", "robot"}, {"column", "x"}, {"points", points}};
  }
  StageResult run(Json options = Json::object()) {
    options["signal"] = "robot.v";
    options["v_in"] = 0.05;
    options["v_out"] = 0.1;
    return run_stage("visits", options, signals, diagnostics);
  }
  test::MemorySignals signals;
  Diagnostics diagnostics;
};

inline std::string route_of(const StageResult& result) {
  std::string route;
  for (const Segment& segment : result.segments) route += to_text(*segment.attribute("point"));
  return route;
}

inline Event step(std::int64_t ms, const char* kind, const std::string& point) {
  return test::event_ms(ms, ms, kind, {{"point", point}});
}

inline Event verdict(std::int64_t ms, const std::string& point, const std::string& outcome = "OK") {
  return test::event_ms(ms, ms, "verdict", {{"point", point}, {"result", outcome}});
}
}  // namespace reelcell::segment
