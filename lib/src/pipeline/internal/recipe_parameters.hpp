// Parameters in a recipe's numbers: {"v_in": "v_still"} reads as {"v_in": "0.05 rad/s"}.
#pragma once

#include <string>
#include <vector>

#include "reelcell/base/json.hpp"
#include "reelcell/base/options.hpp"
#include "reelcell/label/rules.hpp"

namespace reelcell::pipeline {

/// "f_max", or "-f_max" for its negative. The document with the values of parameters where a
/// number, duration, size or quantity stands and the name of a parameter was written: in grid,
/// segments, gates, objects, splits, video, stills and outputs. Labels, conditions on events and
/// tasks name parameters themselves. What is wrong in another way stays for the parser to find.
/// InputError with the place, for an unknown name or a value that does not measure what is needed.
Json with_parameters(Json document, const label::Parameters& parameters, const std::string& where);

/// May the option's value be the name of a parameter?
bool takes_parameter(const OptionSpec& spec);

}  // namespace reelcell::pipeline
