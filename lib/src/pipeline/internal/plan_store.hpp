// Planning one session, and the plans of sessions from run to run.
#pragma once

#include <optional>
#include <string>

#include "internal/session_plan.hpp"

namespace reelcell::pipeline {

/// Plans the sessions of a plan that has its recipe, sessions and identities; those that a spool
/// holds are not read again. Borrows request and plan. get() may be called from several threads.
class PlanStore {
 public:
  PlanStore(const PlanRequest& request, const BuildPlan& plan) : request_(&request), plan_(&plan) {}
  /// Reads those that brought an earlier run down, each in a process of its own. Before any thread
  /// is started.
  void read_suspects();
  /// Never throws for a session that cannot be used: its plan says why. Its losses go to the
  /// plan's.
  SessionPlan get(std::size_t index);

 private:
  std::string fingerprint(std::size_t index) const;
  std::optional<SessionPlan> load(const std::string& name) const;
  void store(const std::string& name, const SessionPlan& plan) const;
  const PlanRequest* request_;
  const BuildPlan* plan_;
};

}  // namespace reelcell::pipeline
