#include "reelcell/timeline/interval_signal.hpp"

#include <algorithm>
#include <cmath>
#include <utility>

namespace reelcell::timeline {

std::int64_t IntervalSignal::median_length_ns() const {
  if (empty()) return 0;
  // Up to 4096 lengths, evenly spread: exact enough for choosing steps.
  std::vector<std::int64_t> lengths;
  const std::size_t stride = (size() + 4095) / 4096;
  for (std::size_t i = 0; i < size(); i += stride) lengths.push_back(end_ns[i] - start_ns[i]);
  const auto middle = lengths.begin() + static_cast<std::ptrdiff_t>(lengths.size() / 2);
  std::nth_element(lengths.begin(), middle, lengths.end());
  return *middle;
}

IntervalSignalBuilder::IntervalSignalBuilder(std::size_t capacity)
    : capacity_(std::max<std::size_t>(capacity, 16)) {}

void IntervalSignalBuilder::add(std::int64_t start_ns, std::int64_t end_ns, double value) {
  const bool late =
      pending_ ? start_ns < pending_end_ : !signal_.empty() && start_ns < signal_.end_ns.back();
  if (end_ns <= start_ns || late || !std::isfinite(value)) {
    ++skipped_;
    return;
  }
  const double length = static_cast<double>(end_ns - start_ns);
  const bool joins = pending_ && start_ns == pending_end_;
  if (pending_ && !joins) push(pending_start_, pending_end_, pending_sum_);
  if (!joins) {
    pending_start_ = start_ns;
    pending_sum_ = 0;
  }
  pending_end_ = end_ns;
  pending_sum_ += value * length;
  pending_ = pending_end_ - pending_start_ < least_ns_;
  if (!pending_) push(pending_start_, pending_end_, pending_sum_);
}

void IntervalSignalBuilder::push(std::int64_t start_ns, std::int64_t end_ns, double sum) {
  signal_.start_ns.push_back(start_ns);
  signal_.end_ns.push_back(end_ns);
  signal_.value.push_back(static_cast<float>(sum / static_cast<double>(end_ns - start_ns)));
  pending_ = false;
  if (signal_.size() > capacity_) halve();
}

void IntervalSignalBuilder::halve() {
  const std::int64_t typical = signal_.median_length_ns();
  least_ns_ = std::max({least_ns_ * 2, typical * 2 - typical / 4, std::int64_t{1}});
  IntervalSignal whole = std::exchange(signal_, {});
  for (std::size_t i = 0; i < whole.size(); ++i)
    add(whole.start_ns[i], whole.end_ns[i], whole.value[i]);
}

IntervalSignal IntervalSignalBuilder::finish() {
  if (pending_) push(pending_start_, pending_end_, pending_sum_);
  pending_ = false;
  return std::exchange(signal_, {});
}

}  // namespace reelcell::timeline
