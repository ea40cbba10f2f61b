// Running a segmenter on a session in memory.
#pragma once

#include "reelcell/segment/registry.hpp"
#include "reelcell/segment/visits.hpp"
#include "support/memory_signals.hpp"

namespace reelcell::segment {

/// "field=value" over kind and text fields: enough of an expression for these tests.
inline EventPredicate field_equals(const std::string& text, const std::string&) {
  const auto at = text.find('=');
  const std::string field = text.substr(0, at), value = text.substr(at + 1);
  return [field, value](const Event& event) {
    if (field == "kind") return event.kind == value;
    const Value* found = event.field(field);
    return found && to_text(*found) == value;
  };
}

struct StageResult {
  std::vector<Segment> segments;
  Json report;  ///< of visits, where the session has a plan
};
inline StageResult run_stage(const std::string& name, const Json& options,
                             test::MemorySignals& signals, Diagnostics& diagnostics) {
  const SegmenterRow& row = segmenter_named(name);
  const auto values = OptionValues::parse(options, row.options, "recipe.json: /segments/0");
  StageResult result;
  result.segments = row.run(values, signals, field_equals, diagnostics);
  std::vector<const Segment*> segments;
  for (const Segment& segment : result.segments) segments.push_back(&segment);
  result.report =
      visits_report(signals.session().id, segments, signals.session().plan, diagnostics.summary());
  return result;
}
inline StageResult run_stage(const std::string& name, const Json& options,
                             test::MemorySignals& signals) {
  Diagnostics diagnostics;
  return run_stage(name, options, signals, diagnostics);
}

/// An attribute as text; "-" where the segment has none of that name.
inline std::string text_of(const Segment& segment, const char* name) {
  const Value* value = segment.attribute(name);
  return value ? to_text(*value) : "-";
}

}  // namespace reelcell::segment
