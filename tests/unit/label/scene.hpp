// One short inspection in memory, and rules evaluated on it.
#pragma once

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>
#include <limits>

#include "reelcell/base/error.hpp"
#include "reelcell/label/rules.hpp"
#include "support/memory_signals.hpp"

namespace reelcell::label {

using test::at_ms;
using test::event_ms;
using test::range_ms;

/// 4 s: joints at 100 Hz (three of them, rad), force at 1 kHz (N), a PLC mode logged on change,
/// steps, verdicts. The robot moves joint 1 at 0.5 rad/s until 2 s and stands from there on; the
/// force is 1 N, and 10 N in [2.5, 2.6) s.
inline test::MemorySignals inspection() {
  test::MemorySignals signals("seat-0001");
  SeriesSlice joints;
  std::vector<double> q;
  for (int i = 0; i < 400; ++i) {
    joints.times.push_back(at_ms(10 * i));
    const double seconds = 0.01 * i;
    q.insert(q.end(), {0.0, seconds < 2 ? 0.5 * seconds : 1.0, 3.0});
  }
  joints.columns.push_back(test::float_column("q", q, 3, "rad"));
  joints.columns.back().spec.element_names = {"base", "elbow", "wrist"};
  signals.add_series("joints", std::move(joints));
  signals.add_series("force", test::sampled(
                                  "fz", 0, 4000, 1000,
                                  [](double t) { return t >= 2.5 && t < 2.6 ? 10.0 : 1.0; }, "N"));
  SeriesSlice plc;
  plc.times = {at_ms(0), at_ms(1900), at_ms(3000)};
  plc.columns.push_back(test::integer_column("mode", {1, 2, 1}));
  plc.columns.push_back(test::text_column("step", {"MOVE", "VISIT", "MOVE"}));
  signals.add_series("plc", std::move(plc));
  using namespace std::string_literals;
  signals.add_events(
      "verdicts",
      {event_ms(900, 900, "verdict", {{"point", "P1"s}, {"result", "OK"s}, {"score", 0.9}}),
       event_ms(2480, 2480, "verdict", {{"point", "P2"s}, {"result", "NG"s}, {"score", 0.75}}),
       event_ms(3100, 3100, "verdict", {{"point", "P3"s}, {"result", "OK"s}})});
  signals.add_events("marks", {event_ms(2000, 2000, "mark", {{"text", "start"s}})});
  std::vector<SessionTime> frames;
  std::vector<std::optional<FrameFigures>> figures;
  for (int i = 0; i < 40; ++i) {
    frames.push_back(at_ms(100 * i));
    figures.push_back(FrameFigures{100.0 + i, 20, 300, 1});
  }
  signals.add_video("front", frames, figures);
  signals.description().attributes = {{"cell", "A3"s}, {"operator", "kim"s}};
  signals.set_extent(range_ms(0, 4000));
  return signals;
}

/// The visit of point P2: [2 s, 3 s).
inline Segment visit() {
  Segment segment;
  segment.range = range_ms(2000, 3000);
  segment.kind = "visit";
  segment.name = "visit-0002";
  segment.attributes = {{"point", std::string("P2")}, {"limit", 5.0}};
  return segment;
}

inline Parameters parameters() {
  const Json json = Json::parse(
      R"({"v_max": {"value": 0.05, "unit": "rad/s"}, "settle": {"value": 100, "unit": "ms"},
          "model": "seat_a", "strict": true, "tries": 3})");
  return Parameters::parse(&json, nullptr, "", {}, "recipe.json");
}

inline Label label_of(const Json& rule, SessionSignals& signals, const Segment& segment = visit()) {
  Json whole = rule.is_object() ? rule : Json{{"value", rule}};
  whole["name"] = "x";
  const RuleSet rules(parse_label_rules(Json::array({whole}), "recipe.json: /labels"), parameters(),
                      signals.session());
  return rules.apply(segment, signals).at(0);
}
inline Label label_of(const std::string& expression) {
  test::MemorySignals signals = inspection();
  return label_of(Json(expression), signals);
}
/// The value alone; unknown shows as monostate.
inline Value value_of(const std::string& expression) { return label_of(expression).value; }
inline std::string why_of(const std::string& expression) {
  const Label label = label_of(expression);
  EXPECT_TRUE(std::holds_alternative<std::monostate>(label.value)) << to_text(label.value);
  EXPECT_EQ(label.confidence, 0);
  return label.explanation;
}
/// The message of an expression that must be refused.
inline std::string refusal(const std::string& expression) {
  try {
    label_of(expression);
  } catch (const InputError& error) {
    return error.what();
  }
  ADD_FAILURE() << "accepted " << expression;
  return {};
}

inline testing::Matcher<Value> is_true() { return testing::Eq(Value(true)); }
inline testing::Matcher<Value> is_false() { return testing::Eq(Value(false)); }
inline testing::Matcher<Value> is_unknown() { return testing::Eq(Value(std::monostate{})); }

}  // namespace reelcell::label
