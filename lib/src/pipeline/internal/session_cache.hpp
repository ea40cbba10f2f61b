// A few open sessions, so that consecutive segments of one session do not open it again.
#pragma once

#include <list>
#include <memory>
#include <mutex>

#include "internal/place_objects.hpp"
#include "reelcell/pipeline/session.hpp"

namespace reelcell::pipeline {

/// Thread-safe. Sessions are closed when `capacity` newer ones were asked for and nobody holds
/// them. Views are lent to one thread at a time, so that each goes on sliding forward.
class SessionCache {
 public:
  struct Lease {
    std::shared_ptr<const OpenSession> session;
    std::unique_ptr<SessionSignals> signals;
    std::shared_ptr<const std::vector<PlacedObjects>> objects;
  };
  SessionCache(const std::vector<SessionRef>& refs, const Recipe& recipe, Diagnostics& ledger,
               std::size_t capacity)
      : refs_(&refs), recipe_(&recipe), ledger_(&ledger), capacity_(capacity) {}
  /// Throws what OpenSession::open throws.
  Lease take(std::size_t index);
  void give_back(std::size_t index, Lease lease);

 private:
  struct Entry {
    std::size_t index;
    std::shared_ptr<const OpenSession> session;
    std::shared_ptr<const std::vector<PlacedObjects>> objects;
    std::vector<std::unique_ptr<SessionSignals>> idle;
    std::mutex opening;
  };
  const std::vector<SessionRef>* refs_;
  const Recipe* recipe_;
  Diagnostics* ledger_;
  std::size_t capacity_;
  std::mutex mutex_;
  std::list<std::shared_ptr<Entry>> entries_;  ///< most recent first
};

}  // namespace reelcell::pipeline
