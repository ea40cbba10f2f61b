// Stills: at which instants of a segment the recipe wants a picture.
#pragma once

#include <string>
#include <vector>

#include "reelcell/base/diagnostics.hpp"
#include "reelcell/model/segment.hpp"
#include "reelcell/model/signals.hpp"
#include "reelcell/pipeline/recipe.hpp"

namespace reelcell::pipeline {

/// The recipe's "stills". Throws InputError.
StillRule read_stills(JsonObject object, const label::Parameters& parameters);

/// Is there an output that takes them?
bool wants_stills(const Recipe& recipe);

/// Do the event streams exist, and does any event fulfil the conditions? Throws InputError.
void check_stills(const Recipe& recipe, SessionSignals& signals, Diagnostics& diagnostics);

/// A picture that is wanted of every camera: its frame nearest to `time`.
struct StillTime {
  std::string name;
  SessionTime time{};
};
/// Those that a time of the segment names, not a row or its evidence. One that lies outside of the
/// segment is left out, and counted.
std::vector<StillTime> still_times(const Recipe& recipe, const Segment& segment,
                                   SessionSignals& signals, Diagnostics& diagnostics);

}  // namespace reelcell::pipeline
