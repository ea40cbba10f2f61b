#include "internal/session_cache.hpp"

#include <algorithm>

namespace reelcell::pipeline {

SessionCache::Lease SessionCache::take(std::size_t index) {
  std::shared_ptr<Entry> entry;
  {
    const std::lock_guard lock(mutex_);
    const auto at = std::find_if(entries_.begin(), entries_.end(),
                                 [&](const auto& e) { return e->index == index; });
    if (at != entries_.end()) {
      entry = *at;
      entries_.erase(at);
    } else {
      entry = std::make_shared<Entry>();
      entry->index = index;
    }
    entries_.push_front(entry);
    while (entries_.size() > capacity_) entries_.pop_back();
  }
  const std::lock_guard lock(entry->opening);
  if (!entry->session) entry->session = OpenSession::open((*refs_)[index], *ledger_);
  if (!entry->objects)
    entry->objects = std::make_shared<const std::vector<PlacedObjects>>(
        place_objects(*recipe_, *entry->session, entry->session->losses()));
  Lease lease{entry->session, nullptr, entry->objects};
  if (!entry->idle.empty()) {
    lease.signals = std::move(entry->idle.back());
    entry->idle.pop_back();
  } else {
    lease.signals = entry->session->signals();
  }
  return lease;
}

void SessionCache::give_back(std::size_t index, Lease lease) {
  const std::lock_guard lock(mutex_);
  for (const auto& entry : entries_) {
    if (entry->index != index || entry->session != lease.session) continue;
    const std::lock_guard inner(entry->opening);
    entry->idle.push_back(std::move(lease.signals));
  }
}

}  // namespace reelcell::pipeline
