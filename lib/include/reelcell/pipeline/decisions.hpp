// What became of every segment of a build.
#pragma once

#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "reelcell/base/json_stream.hpp"
#include "reelcell/pipeline/recipe.hpp"

namespace reelcell::pipeline {

/// What became of one candidate.
struct Decision {
  std::string key, session, segment, split;
  GateAction action = GateAction::kKeep;
  Json gates = Json::array();  ///< each gate's figure, limit, unit, reason
  std::string reason;
  std::optional<std::uint64_t> episode;
  bool failed = false;  ///< it could not be built; a gate's verdict is no failure
};

/// Decisions in order. They lie in a temporary file: memory grows with what is left out, not with
/// what is kept. For one thread at a time. Throws OutputError.
class DecisionLog {
 public:
  struct LeftOut {
    std::string key;
    GateAction action;
    std::string reason;
  };
  void add(const Decision& decision);
  std::uint64_t size() const { return entries_.size(); }
  std::uint64_t count(GateAction action) const;
  const std::vector<LeftOut>& left_out() const { return left_out_; }
  /// As report.json holds them.
  void for_each(const std::function<void(Json&&)>& take) const;

 private:
  JsonSpool entries_;
  std::vector<LeftOut> left_out_;
};

}  // namespace reelcell::pipeline
