#include <algorithm>
#include <cmath>

#include "internal/histogram.hpp"
#include "internal/wide.hpp"
#include "reelcell/timeline/report.hpp"

namespace reelcell::timeline {
namespace {
constexpr std::size_t kGapsKept = 1000;
constexpr std::size_t kGapsReported = 20;

std::uint64_t length_of(const Gap& gap) { return distance(ns_of(gap.end), ns_of(gap.start)); }
/// Longest first; of equals the earliest.
bool longer(const Gap& a, const Gap& b) {
  const std::uint64_t length_a = length_of(a), length_b = length_of(b);
  return length_a != length_b ? length_a > length_b : a.start < b.start;
}
double ms(double ns) { return ns / 1e6; }
}  // namespace

struct StreamTimeStats::Impl {
  double gap_factor;
  Nanos min_gap;
  std::uint64_t samples = 0, backward = 0, duplicates = 0;
  SessionTime first{}, last{};
  DurationHistogram intervals;
  std::vector<Gap> longest;  ///< a heap with the shortest of them on top, at most kGapsKept

  void keep(const Gap& gap) {
    if (longest.size() == kGapsKept) {
      if (!longer(gap, longest.front())) return;
      std::pop_heap(longest.begin(), longest.end(), longer);
      longest.pop_back();
    }
    longest.push_back(gap);
    std::push_heap(longest.begin(), longest.end(), longer);
  }
  double threshold() const {
    return std::max(gap_factor * intervals.quantile(0.5), static_cast<double>(min_gap.count()));
  }
  bool is_gap(const Gap& gap) const {
    return intervals.count() > 0 && static_cast<double>(length_of(gap)) > threshold();
  }
  Json jitter() const {
    const double median = intervals.quantile(0.5), limit = threshold();
    std::vector<std::pair<double, std::uint64_t>> deviations;
    std::uint64_t total = 0;
    intervals.each([&](double mean, std::uint64_t count) {
      if (mean > limit) return;
      deviations.emplace_back(std::abs(mean - median), count);
      total += count;
    });
    if (total == 0) return nullptr;
    std::sort(deviations.begin(), deviations.end());
    const auto quantile = [&](double q) {
      const double rank = std::max(1.0, std::ceil(q * static_cast<double>(total)));
      std::uint64_t passed = 0;
      for (const auto& [deviation, count] : deviations)
        if (static_cast<double>(passed += count) >= rank) return deviation;
      return deviations.back().first;
    };
    return {{"p50", ms(quantile(0.5))}, {"p95", ms(quantile(0.95))}, {"max", ms(quantile(1.0))}};
  }
};

StreamTimeStats::StreamTimeStats(double gap_factor, Nanos min_gap)
    : impl_(std::make_unique<Impl>()) {
  impl_->gap_factor = gap_factor;
  impl_->min_gap = min_gap;
}
StreamTimeStats::~StreamTimeStats() = default;
StreamTimeStats::StreamTimeStats(StreamTimeStats&&) noexcept = default;

void StreamTimeStats::add(SessionTime time) {
  Impl& impl = *impl_;
  if (impl.samples++ == 0) {
    impl.first = impl.last = time;
  } else if (time < impl.last) {
    ++impl.backward;
  } else if (time == impl.last) {
    ++impl.duplicates;
  } else {
    const Gap gap{impl.last, time};
    impl.intervals.add(length_of(gap));
    impl.keep(gap);
    impl.last = time;
  }
}

std::uint64_t StreamTimeStats::samples() const { return impl_->samples; }

std::optional<double> StreamTimeStats::median_rate_hz() const {
  const double median = impl_->intervals.quantile(0.5);
  if (!(median > 0)) return std::nullopt;
  return 1e9 / median;
}

std::vector<Gap> StreamTimeStats::gaps() const {
  std::vector<Gap> gaps;
  for (const Gap& gap : impl_->longest)
    if (impl_->is_gap(gap)) gaps.push_back(gap);
  std::sort(gaps.begin(), gaps.end(), [](const Gap& a, const Gap& b) { return a.start < b.start; });
  return gaps;
}

std::uint64_t StreamTimeStats::gap_count() const {
  const std::uint64_t listed = gaps().size();
  if (listed < kGapsKept) return listed;
  std::uint64_t count = 0;
  const double limit = impl_->threshold();
  impl_->intervals.each([&](double mean, std::uint64_t n) { count += mean > limit ? n : 0; });
  return std::max(count, listed);
}

Nanos StreamTimeStats::longest_gap() const {
  Nanos longest{0};
  for (const Gap& gap : gaps()) longest = std::max(longest, gap.end - gap.start);
  return longest;
}

Json StreamTimeStats::to_json() const {
  const Impl& impl = *impl_;
  std::vector<Gap> all = gaps();
  std::int64_t total = 0;
  for (const Gap& gap : all) total += (gap.end - gap.start).count();
  std::sort(all.begin(), all.end(), longer);
  all.resize(std::min(all.size(), kGapsReported));
  std::sort(all.begin(), all.end(), [](const Gap& a, const Gap& b) { return a.start < b.start; });
  Json listed = Json::array();
  for (const Gap& gap : all)
    listed.push_back({{"start_ns", ns_of(gap.start)},
                      {"end_ns", ns_of(gap.end)},
                      {"ms", ms(static_cast<double>(length_of(gap)))}});
  const auto rate = median_rate_hz();
  const std::uint64_t span = distance(ns_of(impl.last), ns_of(impl.first));
  const Json mean =
      span == 0
          ? Json()
          : Json(static_cast<double>(impl.intervals.count()) * 1e9 / static_cast<double>(span));
  return {{"samples", impl.samples},
          {"first_ns", impl.samples ? Json(ns_of(impl.first)) : Json()},
          {"last_ns", impl.samples ? Json(ns_of(impl.last)) : Json()},
          {"rate_hz", rate ? Json(*rate) : Json()},
          {"mean_rate_hz", mean},
          {"jitter_ms", impl.jitter()},
          {"gaps",
           {{"count", gap_count()},
            {"total_ms", ms(static_cast<double>(total))},
            {"longer_than_ms", impl.intervals.count() ? Json(ms(impl.threshold())) : Json()},
            {"longest", std::move(listed)}}},
          {"backward", impl.backward},
          {"duplicates", impl.duplicates}};
}

}  // namespace reelcell::timeline
