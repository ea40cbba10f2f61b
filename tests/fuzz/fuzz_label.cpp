// Any text as a rule, an event predicate and a task template: parsed, checked, and evaluated on a
// small session. InputError is the only way to refuse, and what was accepted always gives a label.
#include <cmath>
#include <cstddef>
#include <cstdint>

#include "../support/memory_signals.hpp"
#include "reelcell/base/error.hpp"
#include "reelcell/label/rules.hpp"

using namespace reelcell;

namespace {
test::MemorySignals small_session() {
  test::MemorySignals signals;
  signals.add_series("force", test::sampled(
                                  "fz", 0, 500, 100, [](double t) { return 20 * t; }, "N"));
  SeriesSlice joints;
  joints.times = {test::at_ms(0), test::at_ms(200), test::at_ms(400)};
  joints.columns.push_back(test::float_column("q", {0, 1, NAN, 3, 4, 5}, 2, "rad"));
  joints.columns.push_back(test::text_column("mode", {"A", "B", "B"}));
  signals.add_series("joints", std::move(joints));
  signals.add_events(
      "verdicts", {test::event_ms(100, 120, "v", {{"result", std::string("OK")}, {"score", 0.5}}),
                   test::event_ms(300, 300, "v", {{"result", std::string("NG")}})});
  signals.add_video("front", {test::at_ms(0), test::at_ms(100)}, {FrameFigures{}, std::nullopt});
  signals.description().attributes = {{"cell", std::string("A3")}};
  return signals;
}

template <class Body>
void refusable(Body&& body) {
  try {
    body();
  } catch (const InputError&) {
  }
}
}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  static test::MemorySignals signals = small_session();
  static const Json values =
      Json::parse(R"({"v": {"value": 2, "unit": "rad/s"}, "d": {"value": 3, "unit": "ms"}})");
  static const label::Parameters parameters =
      label::Parameters::parse(&values, nullptr, "", {}, "fuzz");
  const std::string text(reinterpret_cast<const char*>(data), size);
  Segment segment;
  segment.range = test::range_ms(50, 350);
  segment.name = "s";
  segment.attributes = {{"point", std::string("P1")}};
  refusable([&] {
    Json rule = {{"name", "x"}, {"value", text}};
    const label::RuleSet rules(label::parse_label_rules(Json::array({rule}), "fuzz"), parameters,
                               signals.session());
    const Json explanation = rules.explain(segment, signals);
    if (rules.apply(segment, signals).size() != 1 || label::render_explanation(explanation).empty())
      __builtin_trap();
  });
  refusable([&] {
    const auto condition = label::compile_event_condition(text, parameters, "fuzz");
    condition.holds(signals.events("verdicts", signals.extent()).front());
  });
  refusable([&] { label::fill_template(text, signals.session(), segment, parameters, "fuzz"); });
  refusable([&] {
    label::Parameters::parse(&values, nullptr, "", {"v=" + text, "d=" + text}, "fuzz");
  });
  return 0;
}
