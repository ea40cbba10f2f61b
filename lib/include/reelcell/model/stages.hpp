// Rows by which segmenters and gates register, and how their stages are called.
#pragma once

#include <functional>
#include <string>
#include <vector>

#include "reelcell/base/diagnostics.hpp"
#include "reelcell/base/options.hpp"
#include "reelcell/model/signals.hpp"

namespace reelcell {

/// Evaluates a boolean or numeric expression against an event's fields or a sample: given to
/// segmenters by the pipeline so that they need not know the label module. Throws InputError for a
/// bad expression.
using EventPredicate = std::function<bool(const Event&)>;
using EventPredicateCompiler =
    std::function<EventPredicate(const std::string& text, const std::string& where)>;

struct SegmenterRow {
  std::string name;  ///< "window"
  std::string summary;
  std::vector<OptionSpec> options;
  /// Segments in time order; names are unique and stable.
  std::vector<Segment> (*run)(const OptionValues& options, SessionSignals& signals,
                              const EventPredicateCompiler& compile,
                              Diagnostics& diagnostics) = nullptr;
  /// The files that `run` reads beside the session's streams; a change of one is a change of the
  /// input. nullptr: none. Reads nothing; may throw what `run` throws for a bad path.
  std::vector<SourceFile> (*files_of)(const OptionValues& options,
                                      const SessionDescription& session) = nullptr;
};

enum class GateAction { kKeep, kDrop, kQuarantine };
std::string_view to_string(GateAction action);

/// What a gate measured on a segment. `figure` is in the option's unit; `limit` is what it was held
/// against.
struct GateResult {
  bool passed = true;
  double figure = 0;
  double limit = 0;
  std::string unit;
  std::string reason;  ///< "front: longest gap 812 ms in [12.4 s, 13.2 s), allowed 200 ms"
};

struct GateRow {
  std::string name;  ///< "gaps"
  std::string summary;
  std::vector<OptionSpec> options;  ///< without "action", which every gate has
  GateResult (*run)(const OptionValues& options, const Segment& segment,
                    SessionSignals& signals) = nullptr;
};

}  // namespace reelcell
