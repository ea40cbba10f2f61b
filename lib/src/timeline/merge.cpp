#include "reelcell/timeline/merge.hpp"

#include <algorithm>

#include "reelcell/base/error.hpp"

namespace reelcell::timeline {

struct MergeQueue::Entry {
  std::string name;
  Source source;
  StreamTime time{};  ///< of the pending sample
  std::uint64_t ordinal = 0;
  bool started = false;

  /// Fetches the next pending sample; false at the end of the stream.
  bool advance() {
    const std::optional<StreamTime> next = source();
    if (!next) return false;
    if (started && *next < time)
      throw InputError(name + ": sample at " + format_seconds(next->time_since_epoch()) +
                       " s is earlier than the one before it (" +
                       format_seconds(time.time_since_epoch()) +
                       " s); what is merged must be in time order");
    if (started) ++ordinal;
    started = true;
    time = *next;
    return true;
  }
};

void MergeQueue::add(std::string name, Source next) {
  auto entry = std::make_shared<Entry>();
  entry->name = std::move(name);
  entry->source = std::move(next);
  entries_.push_back(std::move(entry));
}

bool MergeQueue::next(MergedSample& sample) {
  const auto later = [this](std::size_t a, std::size_t b) {
    const StreamTime time_a = entries_[a]->time, time_b = entries_[b]->time;
    return time_a != time_b ? time_a > time_b : a > b;
  };
  const auto push = [&](std::size_t stream) {
    if (!entries_[stream]->advance()) return;
    heap_.push_back(stream);
    std::push_heap(heap_.begin(), heap_.end(), later);
  };
  if (!started_) {
    started_ = true;
    for (std::size_t stream = 0; stream < entries_.size(); ++stream) push(stream);
  }
  if (heap_.empty()) return false;
  std::pop_heap(heap_.begin(), heap_.end(), later);
  const std::size_t stream = heap_.back();
  heap_.pop_back();
  sample = {stream, entries_[stream]->time, entries_[stream]->ordinal};
  push(stream);
  return true;
}

}  // namespace reelcell::timeline
