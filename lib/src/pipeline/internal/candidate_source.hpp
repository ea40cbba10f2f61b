// Where results come from: from an earlier run's spool, or made now and kept.
#pragma once

#include <atomic>
#include <memory>
#include <string>

#include "internal/codec.hpp"
#include "internal/session_cache.hpp"
#include "internal/spool.hpp"

namespace reelcell::pipeline {

class CandidateSource {
 public:
  CandidateSource(const BuildPlan& plan, const Spool& spool, PacketScope scope,
                  const BuildRequest& request);
  /// Candidates that were in work when an earlier run ended abruptly and have no result yet: each
  /// in a process of its own, twice at most, so that one that brings its process down is found and
  /// quarantined. Call it before any thread is started.
  void build_suspects(std::size_t first, std::size_t count);
  /// Thread-safe for different i. Throws OutputError.
  std::unique_ptr<BuiltCandidate> get(std::size_t i);
  /// Makes the result if the spool does not hold it; true when it was made.
  bool ensure(std::size_t i);
  bool has(std::size_t i) const;
  std::string fingerprint(std::size_t i) const;
  /// What the sessions lost reaches the plan's ledger when they are closed.
  void close_sessions() { cache_.reset(); }

 private:
  std::unique_ptr<BuiltCandidate> load(std::size_t i, const std::string& name);
  std::unique_ptr<BuiltCandidate> make(std::size_t i);
  void keep(const std::string& name, const BuiltCandidate& built);
  bool isolate(std::size_t i, const std::string& name);
  std::unique_ptr<SessionCache> new_cache() const;

  const BuildPlan* plan_;
  const Spool* spool_;
  PacketScope scope_;
  bool retry_failed_;
  std::size_t threads_;
  std::string schema_;
  std::unique_ptr<SessionCache> cache_;
  std::atomic<bool> keeping_{true};
};

}  // namespace reelcell::pipeline
