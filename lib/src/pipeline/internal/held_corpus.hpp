// A folder that holds a complete corpus, and a build that is asked for in it.
#pragma once

#include "internal/run_build.hpp"
#include "reelcell/pipeline/session_list.hpp"

namespace reelcell::pipeline {

enum class Held {
  kOther,   ///< not the corpus that is asked for: it is built
  kAsked,   ///< that corpus, whole
  kTouched  ///< it is, and files that it was made from are the same at other times
};
/// `whole`: its files are there as it lists them. OutputError, with what differs, where it is
/// another corpus that may not be replaced. Reads only files that are not as the record of the
/// build says.
Held what_is_held(const BuildFolder& folder, const PlanRequest& planned, const SessionList& list,
                  const SessionInputs& inputs, const BuildRequest& request,
                  const std::string& fingerprint, bool whole);

}  // namespace reelcell::pipeline
