// What init proposes for one stream.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "reelcell/model/recording.hpp"

namespace reelcell::pipeline {

/// The reader's options as it found them, written down so that a person can correct them: time
/// column and unit, delimiter, columns with their units (q1 .. q7 as one vector). Units that only
/// the columns' names tell are listed: "temp_c in degC".
Json proposed_options(const StreamInfo& info, StreamKind kind,
                      std::vector<std::string>& units_by_name);
/// The rate that 'info' says, as people write it: of a series a whole number within 1 %, of a
/// camera within 0.05 %. `bytes`: of the file.
std::optional<double> proposed_rate(const Recording& recording, const StreamInfo& info,
                                    StreamKind kind, std::uint64_t bytes);
/// "verdicts", "plc", "marks" or "", by the names of the file and its fields.
std::string proposed_role(const std::string& file, const StreamInfo& info, StreamKind kind);

}  // namespace reelcell::pipeline
