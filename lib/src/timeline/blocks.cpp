#include "internal/blocks.hpp"

#include <algorithm>
#include <cmath>
#include <limits>

namespace reelcell::timeline {

namespace {
/// Twice the variance over the mean squared change: 1 where each value is new, more where they move
/// slowly.
double rise_of(std::span<const float> value) {
  double sum = 0, squares = 0, change = 0;
  for (std::size_t i = 1; i < value.size(); ++i) {
    const double d = value[i] - value[i - 1], x = value[i] - value[0];
    change += d * d;
    sum += x;
    squares += x * x;
  }
  const auto n = static_cast<double>(value.size() - 1);
  return change > 0 ? 2 * std::max(0.0, squares - sum * sum / n) / change : 0;
}

/// How much of the squared change from one value to the next is noise that is new in each. That of
/// what is shown grows with the steps k between the two as a k^2 - b k^4; the noise's does not.
double share_of_noise(std::span<const float> value) {
  double change[3] = {0, 0, 0};
  for (std::size_t i = 3; i < value.size(); ++i)
    for (std::size_t k = 1; k <= 3; ++k) {
      const double d = value[i] - value[i - k];
      change[k - 1] += d * d;
    }
  const double to_two = change[1] - change[0], to_three = change[2] - change[0];
  const double a = (16 * to_two / 3 - to_three) / 8, b = (3 * a - to_two) / 15;
  return change[0] > 0 ? std::clamp((change[0] - a + b) / change[0], 0.0, 1.0) : 0;
}
}  // namespace

MeanOf::MeanOf(const IntervalSignal& signal) : signal_(&signal) {
  double total = 0;
  for (const float v : signal.value) total += v;
  centre_ = signal.empty() ? 0 : total / static_cast<double>(signal.size());
  if (!signal.steps) {
    period_ns_ = signal.median_length_ns();
    noise_share_ = share_of_noise(signal.value);
    if (signal.size() > 1) rise_ = rise_of(signal.value);
  }
  sum_.resize(signal.size());
  time_.resize(signal.size());
  double sum = 0, time = 0;
  for (std::size_t i = 0; i < signal.size(); ++i) {
    sum_[i] = sum;
    time_[i] = time;
    const auto length = static_cast<double>(signal.end_ns[i] - signal.start_ns[i]);
    sum += (signal.value[i] - centre_) * length;
    time += length;
  }
}

double MeanOf::shared_news(double r) const {
  return std::max(0.0, noise_share_ - (1 - std::min(std::abs(r), 1.0)) * rise_);
}

/// `at`: the last interval that starts at or before t, or 0.
double MeanOf::integral(std::size_t at, std::int64_t t) const {
  const auto in = static_cast<double>(std::clamp(t - signal_->start_ns[at], std::int64_t{0},
                                                 signal_->end_ns[at] - signal_->start_ns[at]));
  return sum_[at] + (signal_->value[at] - centre_) * in;
}
double MeanOf::covered(std::size_t at, std::int64_t t) const {
  return time_[at] + static_cast<double>(std::clamp(t - signal_->start_ns[at], std::int64_t{0},
                                                    signal_->end_ns[at] - signal_->start_ns[at]));
}

void MeanOf::means(std::span<const std::int64_t> start, std::span<const std::int64_t> end,
                   std::int64_t shift, std::vector<float>& out) const {
  out.resize(start.size());
  const auto& starts = signal_->start_ns;
  if (starts.empty()) {
    std::fill(out.begin(), out.end(), std::numeric_limits<float>::quiet_NaN());
    return;
  }
  std::size_t lower = 0;
  if (!start.empty()) {
    const auto at = std::upper_bound(starts.begin(), starts.end(), start[0] + shift);
    lower = at == starts.begin() ? 0 : static_cast<std::size_t>(at - starts.begin()) - 1;
  }
  for (std::size_t i = 0; i < start.size(); ++i) {
    const std::int64_t from = start[i] + shift, to = end[i] + shift;
    while (lower + 1 < starts.size() && starts[lower + 1] <= from) ++lower;
    std::size_t upper = lower;
    while (upper + 1 < starts.size() && starts[upper + 1] <= to) ++upper;
    const double time = covered(upper, to) - covered(lower, from);
    out[i] =
        time * 2 < static_cast<double>(to - from)
            ? std::numeric_limits<float>::quiet_NaN()
            : static_cast<float>((integral(upper, to) - integral(lower, from)) / time + centre_);
  }
}

BlockSums BlockTable::at(std::size_t block, double shift_ns) const {
  const double last = static_cast<double>(shifts - 1);
  const double x = std::clamp(
      (shift_ns - static_cast<double>(start_ns)) / static_cast<double>(step_ns), 0.0, last);
  const auto k = std::min(static_cast<std::size_t>(x), shifts - 2);
  const double t = x - static_cast<double>(k);
  const BlockSums* row = sums.data() + block * shifts;
  const BlockSums &p = row[k == 0 ? 0 : k - 1], &q = row[k], &r = row[k + 1],
                  &s = row[std::min(k + 2, shifts - 1)];
  const double t2 = t * t, t3 = t2 * t;
  const double wp = (-t3 + 2 * t2 - t) / 2, wq = (3 * t3 - 5 * t2 + 2) / 2,
               wr = (-3 * t3 + 4 * t2 + t) / 2, ws = (t3 - t2) / 2;
  const auto mix = [&](double BlockSums::*m) {
    return wp * (p.*m) + wq * (q.*m) + wr * (r.*m) + ws * (s.*m);
  };
  return {mix(&BlockSums::n), mix(&BlockSums::aa), mix(&BlockSums::bb), mix(&BlockSums::ab)};
}

namespace {
/// The variance of the fast record's means falls where the shift cuts its intervals, as a mean over
/// parts of two differs less than a whole one. For what is shown that is the same loss as that of
/// the product with the slow record, and must stay; noise is lost here alone, and a correlation
/// divided by it would be highest half an interval off. So noise's share is averaged over one.
void even_out(std::span<BlockSums> row, std::size_t window, double share) {
  if (window < 2) return;
  std::vector<double> sum(row.size() + 1, 0.0);
  for (std::size_t k = 0; k < row.size(); ++k) sum[k + 1] = sum[k] + row[k].bb;
  const std::size_t whole = std::min(window, row.size());
  for (std::size_t k = 0; k < row.size(); ++k) {
    const std::size_t from = std::min(k - std::min(k, whole / 2), row.size() - whole);
    const double mean = (sum[from + whole] - sum[from]) / static_cast<double>(whole);
    row[k].bb += share * (mean - row[k].bb);
  }
}
}  // namespace

BlockTable tabulate(const IntervalSignal& slow, const MeanOf& fast, std::vector<std::size_t> first,
                    std::int64_t origin_ns, double slope, std::int64_t start_ns,
                    std::int64_t step_ns, std::size_t shifts, bool root, NewInEach what) {
  BlockTable table;
  table.first = std::move(first);
  table.start_ns = start_ns;
  table.step_ns = step_ns;
  table.shifts = shifts;
  const auto window = static_cast<std::size_t>((fast.period_ns() + step_ns / 2) / step_ns);
  std::vector<float> means;
  for (std::size_t j = 0; j + 1 < table.first.size(); ++j) {
    const std::size_t from = table.first[j], to = table.first[j + 1];
    const double middle = static_cast<double>(slow.start_ns[from] - origin_ns) / 2 +
                          static_cast<double>(slow.end_ns[to - 1] - origin_ns) / 2;
    table.middle_ns.push_back(middle);
    const std::span<const std::int64_t> starts(slow.start_ns.data() + from, to - from);
    const std::span<const std::int64_t> ends(slow.end_ns.data() + from, to - from);
    for (std::size_t k = 0; k < shifts; ++k) {
      const std::int64_t shift =
          start_ns + static_cast<std::int64_t>(k) * step_ns + std::llround(slope * middle);
      fast.means(starts, ends, shift, means);
      double n = 0, a = 0, b = 0, aa = 0, bb = 0, ab = 0;
      for (std::size_t i = 0; i < means.size(); ++i) {
        double y = means[i];
        if (std::isnan(y)) continue;
        double x = slow.value[from + i];
        if (root) {
          x = std::sqrt(std::max(x, 0.0));
          y = std::sqrt(std::max(y, 0.0));
        }
        n += 1;
        a += x;
        b += y;
        aa += x * x;
        bb += y * y;
        ab += x * y;
      }
      BlockSums sums;
      if (n > 2)
        sums = {n, std::max(0.0, aa - a * a / n), std::max(0.0, bb - b * b / n), ab - a * b / n};
      table.sums.push_back(sums);
    }
    if (what == NewInEach::kNoise)
      even_out(std::span(table.sums).last(shifts), window, fast.noise_share());
  }
  return table;
}

double pooled(const BlockTable& table, std::span<const double> weight, double offset_ns,
              double drift, std::ptrdiff_t without) {
  double aa = 0, bb = 0, ab = 0;
  for (std::size_t j = 0; j < table.blocks(); ++j) {
    if (static_cast<std::ptrdiff_t>(j) == without) continue;
    const BlockSums sums = table.at(j, offset_ns + drift * table.middle_ns[j]);
    aa += weight[j] * sums.aa;
    bb += weight[j] * sums.bb;
    ab += weight[j] * sums.ab;
  }
  return aa > 0 && bb > 0 ? ab / std::sqrt(aa * bb) : 0;
}

ClockFit fit_blocks(const BlockTable& table, std::span<const double> weight, double sign,
                    ClockFit start, const FitReach& reach, std::ptrdiff_t without) {
  ClockFit best = start;
  best.r = sign * pooled(table, weight, best.offset_ns, best.drift, without);
  constexpr int kArm = 4;  // 9 x 9 points a round; each round closes in by 2.5
  const auto scan = [&](double offset_step, double drift_step) {
    const ClockFit centre = best;
    for (int i = -kArm; i <= kArm; ++i)
      for (int k = -kArm; k <= kArm; ++k) {
        ClockFit tried{centre.offset_ns + i * offset_step, centre.drift + k * drift_step, 0};
        if (std::abs(tried.drift - reach.no_drift) > reach.most_drift) continue;
        tried.r = sign * pooled(table, weight, tried.offset_ns, tried.drift, without);
        if (tried.r > best.r) best = tried;
      }
  };
  double offset_step = reach.offset_ns / kArm, drift_step = reach.drift / kArm;
  const double least = static_cast<double>(table.step_ns) * 1e-3;
  for (int round = 0; round < 40 && offset_step > least; ++round) {
    scan(offset_step, drift_step);
    offset_step /= 2.5;
    drift_step /= 2.5;
  }
  best.r *= sign;
  return best;
}

std::vector<double> block_weights(const BlockTable& table, const ClockFit& fit) {
  std::vector<double> noise;
  for (std::size_t j = 0; j < table.blocks(); ++j) {
    const BlockSums sums = table.at(j, fit.offset_ns + fit.drift * table.middle_ns[j]);
    const double r2 =
        sums.aa > 0 && sums.bb > 0 ? std::min(1.0, sums.ab * sums.ab / (sums.aa * sums.bb)) : 0;
    // A perfect match is no reason for an infinite weight.
    noise.push_back(sums.n > 2 ? sums.aa * std::max(1 - r2, 1e-3) / sums.n : 0);
  }
  std::vector<double> sorted;
  for (const double value : noise)
    if (value > 0) sorted.push_back(value);
  std::sort(sorted.begin(), sorted.end());
  const double typical = sorted.empty() ? 1 : sorted[sorted.size() / 2];
  std::vector<double> weight;
  for (const double value : noise)
    weight.push_back(value > 0 ? 1 / std::max(value, 0.25 * typical) : 0);
  return weight;
}

}  // namespace reelcell::timeline
