// A quantity over time as means over intervals: the form in which clocks are compared.
//
// A frame difference says how much moved between two frames, a joint log how fast the arm was
// between two samples. Both are means over an interval, and as such they can be compared without
// resampling either one and without the half-interval bias of stamps.
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

namespace reelcell::timeline {

/// Half-open intervals in increasing order, without overlap; holes are times without a value.
/// Nanoseconds of whatever clock the values were stamped by: that clock is what gets measured.
struct IntervalSignal {
  std::vector<std::int64_t> start_ns, end_ns;
  std::vector<float> value;
  bool steps = false;  ///< holds from one change to the next: a long interval is no coarse one
  /// What the stamps of events are whole multiples of [ns]: a controller's cycle, or the last digit
  /// written; 0 = not told. An event may be seen late by so much, or have been rounded by it.
  std::int64_t stamp_step_ns = 0;
  std::size_t size() const { return value.size(); }
  bool empty() const { return value.empty(); }
  std::int64_t median_length_ns() const;  ///< 0 when empty
};

/// Takes intervals in order and keeps at most `capacity` of them: when they become more, neighbours
/// are merged to twice the length. So a 10 kHz log of ten hours needs no more than a short one.
class IntervalSignalBuilder {
 public:
  explicit IntervalSignalBuilder(std::size_t capacity = std::size_t{1} << 22);
  /// Intervals that do not lie after the last one, are empty or not finite are left out.
  void add(std::int64_t start_ns, std::int64_t end_ns, double value);
  std::uint64_t skipped() const { return skipped_; }
  IntervalSignal finish();  ///< leaves the builder empty

 private:
  void push(std::int64_t start_ns, std::int64_t end_ns, double value);
  void halve();
  IntervalSignal signal_;
  std::size_t capacity_;
  std::int64_t least_ns_ = 0;  ///< shorter ones are merged with the next
  std::int64_t pending_start_ = 0, pending_end_ = 0;
  double pending_sum_ = 0;
  bool pending_ = false;
  std::uint64_t skipped_ = 0;
};

}  // namespace reelcell::timeline
