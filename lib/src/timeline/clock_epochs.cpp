#include "internal/clock_epochs.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <deque>

#include "internal/wide.hpp"

namespace reelcell::timeline {

std::int64_t lead_of(const ClockPair& pair) {
  return difference(ns_of(pair.host), ns_of(pair.device));
}

namespace {

constexpr std::size_t kLook = 5;    ///< pairs whose median is the level of host - device
constexpr std::size_t kSides = 15;  ///< pairs either side by which a step is measured
constexpr Nanos kStall = std::chrono::seconds(60);  ///< no message is later than that

std::int64_t median_of(std::vector<std::int64_t> values) {
  if (values.empty()) return 0;
  const auto middle = values.begin() + static_cast<std::ptrdiff_t>(values.size() / 2);
  std::nth_element(values.begin(), middle, values.end());
  return *middle;
}

std::int64_t step_of(StreamTime a, StreamTime b) { return difference(ns_of(b), ns_of(a)); }
std::int64_t step_of(SessionTime a, SessionTime b) { return difference(ns_of(b), ns_of(a)); }

class EpochFinder {
 public:
  EpochFinder(const std::vector<ClockPair>& pairs, const PairOptions& options)
      : pairs_(pairs), jump_(options.least_jump.count()) {
    std::vector<std::int64_t> device, host;
    for (std::size_t i = 1; i < pairs.size(); ++i) {
      device.push_back(step_of(pairs[i - 1].device, pairs[i].device));
      host.push_back(step_of(pairs[i - 1].host, pairs[i].host));
    }
    device_period_ = median_of(std::move(device));
    host_period_ = median_of(std::move(host));
  }

  ClockEpochs find() {
    level_ = level_at(0);
    for (std::size_t i = 0; i < pairs_.size(); ++i) take(i);
    return std::move(out_);
  }

 private:
  bool near(std::int64_t lead, std::int64_t level) const {
    return distance(lead, level) <= static_cast<std::uint64_t>(jump_);
  }
  /// Of up to five pairs from `at` on.
  std::int64_t level_at(std::size_t at) const {
    std::vector<std::int64_t> leads;
    for (std::size_t i = at; i < std::min(at + kLook, pairs_.size()); ++i)
      leads.push_back(lead_of(pairs_[i]));
    return median_of(std::move(leads));
  }
  void put(std::size_t i, std::uint32_t epoch, bool usual) {
    out_.of.push_back(epoch);
    out_.usual.push_back(usual);
    if (!usual) return;
    last_ = i;
    recent_.push_back(lead_of(pairs_[i]));
    if (recent_.size() > kLook) recent_.pop_front();
    level_ = median_of({recent_.begin(), recent_.end()});
  }

  void take(std::size_t i) {
    const std::int64_t lead = lead_of(pairs_[i]);
    if (near(lead, level_)) return put(i, epoch_, true);
    if (i < late_until_) return put(i, epoch_, false);
    if (last_ && !near(level_at(i), level_) && !runs_late(i)) return begin(i);
    // Of before the break, and late?
    if (epoch_ > 0 && distance(lead, before_) < distance(lead, level_))
      return put_late(i, epoch_ - 1, lead, before_);
    put_late(i, epoch_, lead, level_);
  }
  /// Messages come late, but never early, and not by minutes.
  void put_late(std::size_t i, std::uint32_t epoch, std::int64_t lead, std::int64_t level) {
    const std::int64_t late = difference(lead, level);
    put(i, late < -jump_ || late > kStall.count() ? ClockEpochs::kRejected : epoch, false);
  }

  /// A stall: the host's messages come late together, the device's clock runs on, and the delays
  /// come back to what they were.
  bool runs_late(std::size_t i) {
    if (lead_of(pairs_[i]) < level_ || pairs_[i].device < pairs_[*last_].device) return false;
    StreamTime newest = pairs_[i].device;
    for (std::size_t j = i + 1; j < pairs_.size(); ++j) {
      if (pairs_[j].host - pairs_[i].host > kStall) return false;
      if (step_of(pairs_[j].device, newest) > jump_) return false;  // here the device steps back
      newest = std::max(newest, pairs_[j].device);
      if (!near(lead_of(pairs_[j]), level_)) continue;
      late_until_ = j;
      return true;
    }
    // At the end of the log nothing comes back any more; one or two may be late.
    return pairs_.size() - i < 3;
  }

  void begin(std::size_t i) {
    const std::int64_t jump = difference(level_at(i), level_);
    // As usual, and far from what would explain the jump.
    const auto regular = [&](std::int64_t step, std::int64_t period) {
      const std::uint64_t off = distance(step, period);
      return 4 * off < distance(jump, 0) &&
             off <= static_cast<std::uint64_t>(std::max(jump_, period));
    };
    ClockEpochs::Break b;
    b.before = *last_;
    b.after = i;
    b.host = regular(step_of(pairs_[*last_].device, pairs_[i].device), device_period_) &&
             !regular(step_of(pairs_[*last_].host, pairs_[i].host), host_period_);
    out_.breaks.push_back(b);
    before_ = level_;
    ++epoch_;
    recent_.clear();
    level_ = level_at(i);
    put(i, epoch_, true);
  }

  const std::vector<ClockPair>& pairs_;
  std::int64_t jump_, device_period_ = 0, host_period_ = 0;
  ClockEpochs out_;
  std::uint32_t epoch_ = 0;
  std::int64_t level_ = 0, before_ = 0;  ///< host - device in this epoch, and in the one before
  std::deque<std::int64_t> recent_;
  std::optional<std::size_t> last_;  ///< that was not late
  std::size_t late_until_ = 0;
};

/// What is needed to tell a wrap from a reset.
class WrapFinder {
 public:
  WrapFinder(const std::vector<ClockPair>& pairs, const ClockEpochs& epochs, Nanos stated)
      : pairs_(pairs), epochs_(epochs), stated_(stated.count()) {
    lowest_.assign(epochs.breaks.size() + 1, INT64_MAX);
    highest_.assign(epochs.breaks.size() + 1, INT64_MIN);
    std::vector<std::int64_t> changes;
    for (std::size_t i = 0; i < pairs.size(); ++i) {
      if (epochs.of[i] == ClockEpochs::kRejected) continue;
      const std::int64_t stamp = ns_of(pairs[i].device);
      lowest_[epochs.of[i]] = std::min(lowest_[epochs.of[i]], stamp);
      highest_[epochs.of[i]] = std::max(highest_[epochs.of[i]], stamp);
      if (i > 0 && epochs.usual[i] && epochs.usual[i - 1] && epochs.of[i] == epochs.of[i - 1])
        changes.push_back(std::abs(difference(lead_of(pairs[i]), lead_of(pairs[i - 1]))));
    }
    spread_ = median_of(std::move(changes));
  }

  void judge(std::size_t at, ClockEpochs::Break& b) const {
    if (b.host) return;
    const Side before = side(b.before, -1), after = side(b.after, 1);
    const std::int64_t step = difference(after.lead, before.lead);
    // The spread of the delays, and what two clocks may have drifted apart from side to side.
    const double apart = static_cast<double>(difference(after.host, before.host));
    const double allowed = 6 * static_cast<double>(spread_) + 300e-6 * apart + kTick;
    const double gap = static_cast<double>((pairs_[b.after].host - pairs_[b.before].host).count());
    for (const std::int64_t range : ranges()) {
      const auto whole = static_cast<double>(range);
      if (!holds(at, range) || allowed > std::min(250e6, whole / 64)) continue;
      const double times = static_cast<double>(step) / whole;
      if (std::abs(times - 1) * whole <= allowed) {
        b.range = Nanos(range);
        return;
      }
      // A pause as long as the range: how often it ran over is not for the host's stamps to guess.
      const double nearest = std::round(times);
      const bool filled = 2 * static_cast<double>(highest_[at]) > whole;
      if (nearest >= 2 && gap >= whole && filled && std::abs(times - nearest) * whole <= allowed)
        b.several = true;
    }
  }

 private:
  static constexpr double kTick = 1e6;  ///< ns; the longest of those below
  struct Side {
    std::int64_t lead = 0, host = 0;
  };

  /// By the pairs next to a break that are not late.
  Side side(std::size_t from, int direction) const {
    std::vector<std::int64_t> leads, hosts;
    for (std::size_t i = from; i < pairs_.size() && leads.size() < kSides;
         i += static_cast<std::size_t>(direction)) {
      if (!epochs_.usual[i]) continue;
      if (epochs_.of[i] != epochs_.of[from]) break;
      leads.push_back(lead_of(pairs_[i]));
      hosts.push_back(ns_of(pairs_[i].host));
    }
    return {median_of(std::move(leads)), median_of(std::move(hosts))};
  }

  /// Counters of 2^k ticks of 1, 10, 100 ns, 1 us, .. 1 ms; or the one that is stated.
  std::vector<std::int64_t> ranges() const {
    if (stated_ > 0) return {stated_};
    std::vector<std::int64_t> out;
    for (const int bits : {16, 24, 31, 32, 33, 48}) {
      std::int64_t tick = 1;
      for (int decade = 0; decade < 7; ++decade, tick *= 10)
        if (const Int128 range = Int128{tick} << bits;
            range >= kLeastRange && range == saturate(range))
          out.push_back(static_cast<std::int64_t>(range));
    }
    return out;
  }

  /// Does a counter of that range, from 0 or about 0, give all stamps on both sides?
  bool holds(std::size_t at, std::int64_t range) const {
    const std::int64_t low = std::min(lowest_[at], lowest_[at + 1]),
                       high = std::max(highest_[at], highest_[at + 1]);
    return (low >= 0 && high < range) || (low >= -range / 2 && high < range / 2);
  }

  const std::vector<ClockPair>& pairs_;
  const ClockEpochs& epochs_;
  std::int64_t stated_, spread_ = 0;
  std::vector<std::int64_t> lowest_, highest_;
};

}  // namespace

ClockEpochs find_epochs(const std::vector<ClockPair>& pairs, const PairOptions& options) {
  ClockEpochs epochs = EpochFinder(pairs, options).find();
  const WrapFinder wraps(pairs, epochs, options.counter);
  for (std::size_t i = 0; i < epochs.breaks.size(); ++i) wraps.judge(i, epochs.breaks[i]);
  return epochs;
}

}  // namespace reelcell::timeline
