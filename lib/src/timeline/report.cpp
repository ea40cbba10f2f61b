#include "reelcell/timeline/report.hpp"

#include <algorithm>
#include <cstdlib>

#include "internal/histogram.hpp"
#include "internal/wide.hpp"

namespace reelcell::timeline {
namespace {
/// Upper edges of the histogram's classes in ns; the last class has none.
constexpr std::array<std::uint64_t, 11> kEdges{100'000,    200'000,     500'000,    1'000'000,
                                               2'000'000,  5'000'000,   10'000'000, 20'000'000,
                                               50'000'000, 100'000'000, 200'000'000};

Json clock_json(const StreamAlignment& line) {
  Json out = {
      {"method", line.method},
      {"stated", line.spec.stated},
      {"source", line.spec.source},
      {"offset_ns", line.spec.offset.count()},
      {"offset_interval_ms", line.offset_interval_ms ? Json(*line.offset_interval_ms) : Json()},
      {"drift_ppm", line.spec.drift_ppm},
      {"reference_ns", ns_of(line.spec.reference)}};
  put_join(line.join, out);
  return out;
}

Json join_json(const StreamAlignment& line) {
  Json histogram = Json::array();
  for (std::size_t i = 0; i < line.histogram.size(); ++i)
    histogram.push_back(
        {{"up_to_ms", i < kEdges.size() ? Json(static_cast<double>(kEdges[i]) / 1e6) : Json()},
         {"rows", line.histogram[i]}});
  const std::uint64_t measured = line.rows - line.gap_rows;
  const auto figure = [&](double value) { return measured ? Json(value) : Json(); };
  return {{"rows", line.rows},
          {"exact", line.exact},
          {"interpolated", line.interpolated},
          {"held", line.held},
          {"nearest", line.nearest},
          {"gap", line.gap_rows},
          {"over_tolerance", line.over_tolerance},
          {"reused", line.reused},
          {"unused", line.unused},
          {"skew_ms",
           {{"p50", figure(line.skew_p50_ms)},
            {"p95", figure(line.skew_p95_ms)},
            {"max", figure(line.skew_max_ms)}}},
          {"histogram", std::move(histogram)}};
}
}  // namespace

Json to_json(const AlignmentReport& report) {
  Json streams = Json::array();
  for (const StreamAlignment& line : report.streams)
    streams.push_back(
        {{"stream", line.stream},
         {"kind", line.kind},
         {"clock", clock_json(line)},
         {"rate_hz", line.rate_hz ? Json(*line.rate_hz) : Json()},
         {"nominal_rate_hz", line.nominal_rate_hz ? Json(*line.nominal_rate_hz) : Json()},
         {"times", line.times},
         {"join", line.rows ? join_json(line) : Json()},
         {"overlap", line.overlap}});
  return {
      {"version", 1},
      {"session", report.session},
      {"extent", {{"start_ns", ns_of(report.extent.start)}, {"end_ns", ns_of(report.extent.end)}}},
      {"streams", std::move(streams)}};
}

struct SkewStats::Impl {
  StreamAlignment counts;
  DurationHistogram skews;
  std::uint64_t used = 0;
  std::optional<SessionTime> before;  ///< the sample used last
};
SkewStats::SkewStats() : impl_(std::make_unique<Impl>()) {}
SkewStats::~SkewStats() = default;
SkewStats::SkewStats(SkewStats&&) noexcept = default;

void SkewStats::begin_segment() { impl_->before.reset(); }
std::uint64_t SkewStats::used() const { return impl_->used; }

void SkewStats::add(const RowTimes& times, Nanos tolerance) {
  StreamAlignment& counts = impl_->counts;
  for (std::size_t row = 0; row < times.flag.size(); ++row) {
    ++counts.rows;
    const std::uint64_t away = distance(times.skew_ns[row], 0);
    if (tolerance.count() > 0 && away > static_cast<std::uint64_t>(tolerance.count()))
      ++counts.over_tolerance;
    switch (times.flag[row]) {
      case JoinFlag::kExact:
        ++counts.exact;
        break;
      case JoinFlag::kInterpolated:
        ++counts.interpolated;
        break;
      case JoinFlag::kHeld:
        ++counts.held;
        break;
      case JoinFlag::kNearest:
        ++counts.nearest;
        break;
      case JoinFlag::kGap:
        ++counts.gap_rows;
        continue;
    }
    impl_->skews.add(away);
    const auto edge = std::lower_bound(kEdges.begin(), kEdges.end(), away);
    ++counts.histogram[static_cast<std::size_t>(edge - kEdges.begin())];
    if (impl_->before == times.source[row])
      ++counts.reused;
    else
      ++impl_->used;
    impl_->before = times.source[row];
  }
}

void SkewStats::fill(StreamAlignment& line) const {
  const StreamAlignment& counts = impl_->counts;
  line.rows = counts.rows;
  line.exact = counts.exact;
  line.interpolated = counts.interpolated;
  line.held = counts.held;
  line.nearest = counts.nearest;
  line.gap_rows = counts.gap_rows;
  line.over_tolerance = counts.over_tolerance;
  line.reused = counts.reused;
  line.histogram = counts.histogram;
  line.skew_p50_ms = impl_->skews.quantile(0.5) / 1e6;
  line.skew_p95_ms = impl_->skews.quantile(0.95) / 1e6;
  line.skew_max_ms = static_cast<double>(impl_->skews.max()) / 1e6;
}

}  // namespace reelcell::timeline
