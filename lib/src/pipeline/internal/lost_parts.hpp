// Of what in a corpus something was lost, so that the loss ends when that part is built anew.
#pragma once

#include <set>
#include <string>
#include <vector>

#include "reelcell/base/diagnostics.hpp"
#include "reelcell/base/json.hpp"

namespace reelcell::pipeline {

struct LostParts {
  std::set<std::string> sessions;  ///< ids: data was lost while they were read, or all of them was
  std::set<std::string> segments;  ///< keys: left out, failed, or with rows without a sample
  bool empty() const { return sessions.empty() && segments.empty(); }
};

inline bool has_loss(const std::vector<Diagnostic>& losses) {
  for (const Diagnostic& entry : losses)
    if (entry.severity == Severity::kLoss) return true;
  return false;
}

/// As report.json keeps them.
inline Json to_json(const LostParts& lost) {
  return {{"sessions", lost.sessions}, {"segments", lost.segments}};
}

}  // namespace reelcell::pipeline
