// Rates of streams: what somebody stated, and what the samples show.
#pragma once

#include "reelcell/pipeline/session.hpp"

namespace reelcell::pipeline {

/// The rate that session.json, or a data set of itself, states. A reader's own estimate is none.
inline std::optional<double> nominal_rate(const OpenSession& session, const StreamSpec& spec) {
  const bool stated = !session.description().empty() || spec.source.format == "lerobot";
  return stated && spec.kind != StreamKind::kAudio ? spec.rate_hz : std::nullopt;
}

/// Times of a series or of events as a quick look tells them: by an index of the file, else the
/// samples themselves (of a long log of one stream the first ones). StreamTimeStats::to_json();
/// null where neither is quick. `whole`: of all samples.
Json glanced_times(const Recording& recording, const StreamInfo& info, const std::string& name,
                   std::uint64_t bytes, bool scan, Diagnostics& diagnostics, bool& whole);

}  // namespace reelcell::pipeline
