#include "ties.hpp"

#include <algorithm>
#include <cstdlib>

namespace reelcell::segment::visits {
namespace {
std::string seconds(SessionTime time) { return format_seconds(time.time_since_epoch()) + " s"; }

class Binder {
 public:
  Binder(const std::vector<Event>& verdicts, const std::vector<Visited>& visits,
         const TieRequest& request)
      : verdicts_(verdicts),
        visits_(visits),
        request_(request),
        ties_(verdicts.size()),
        verdict_of_(visits.size()) {}

  std::vector<Tie> run() {
    std::vector<std::vector<std::size_t>> fitting(verdicts_.size());
    for (std::size_t i = 0; i < verdicts_.size(); ++i) fitting[i] = candidates(verdicts_[i]);
    // Those that fit one visit only say how long a verdict usually takes.
    for (std::size_t i = 0; i < verdicts_.size(); ++i)
      if (fitting[i].size() == 1) take(i, fitting[i].front(), std::nullopt);
    usual_ = usual_delay();
    for (std::size_t i = 0; i < verdicts_.size(); ++i) {
      if (fitting[i].empty()) ties_[i].reason = why_none(verdicts_[i]);
      if (fitting[i].size() > 1) choose(i, fitting[i]);
    }
    return std::move(ties_);
  }

 private:
  /// The point that a verdict names, if it names one.
  std::optional<std::string> point_of(const Event& verdict) const {
    const Value* const value =
        request_.point_field.empty() ? nullptr : verdict.field(request_.point_field);
    if (!value || std::holds_alternative<std::monostate>(*value)) return std::nullopt;
    return to_text(*value);
  }
  std::vector<std::size_t> candidates(const Event& verdict) const {
    const auto point = point_of(verdict);
    std::vector<std::size_t> found;
    for (std::size_t i = 0; i < visits_.size(); ++i) {
      const TimeRange& range = visits_[i].range;
      if (verdict.time < range.start || verdict.time > range.end + request_.within) continue;
      if (!point || *point == visits_[i].point) found.push_back(i);
    }
    return found;
  }
  std::string why_none(const Event& verdict) const {
    const auto point = point_of(verdict);
    if (!point)
      return "no visit ended within " + format_duration(request_.within) +
             " before it, and it names no point";
    const Visited* nearest = nullptr;
    for (const Visited& visit : visits_)
      if (visit.point == *point && visit.range.start <= verdict.time) nearest = &visit;
    if (!nearest) return "no visit to '" + *point + "' was found before it";
    return "the last visit to '" + *point + "' before it ended at " + seconds(nearest->range.end) +
           ", more than " + format_duration(request_.within) + " earlier";
  }
  std::optional<Nanos> usual_delay() const {
    std::vector<Nanos> delays;
    for (const Tie& tie : ties_)
      if (tie.visit) delays.push_back(tie.delay);
    if (delays.empty()) return std::nullopt;
    const auto middle = delays.begin() + static_cast<std::ptrdiff_t>(delays.size() / 2);
    std::nth_element(delays.begin(), middle, delays.end());
    return *middle;
  }
  void choose(std::size_t verdict, const std::vector<std::size_t>& fitting) {
    std::vector<std::pair<Nanos, std::size_t>> ranked;
    for (const std::size_t visit : fitting) {
      if (verdict_of_[visit]) continue;
      const Nanos delay = verdicts_[verdict].time - visits_[visit].range.end;
      ranked.emplace_back(Nanos(std::abs((delay - usual_.value_or(Nanos{0})).count())), visit);
    }
    std::sort(ranked.begin(), ranked.end());
    Tie& tie = ties_[verdict];
    if (ranked.empty()) {
      tie.reason = "every visit that it fits has a verdict already";
    } else if (ranked.size() == 1) {
      take(verdict, ranked[0].second, std::nullopt);
    } else if (!point_of(verdicts_[verdict])) {
      tie.reason = std::to_string(ranked.size()) +
                   " visits fit it by time, and it names no point; set verdict_within below the "
                   "time from one visit to the next";
    } else if (ranked[1].first - ranked[0].first < request_.least_margin) {
      tie.reason = std::to_string(ranked.size()) + " visits to the same point fit it equally well";
    } else {
      take(verdict, ranked[0].second, ranked[1].first - ranked[0].first);
    }
  }
  void take(std::size_t verdict, std::size_t visit, std::optional<Nanos> to_other) {
    Tie& tie = ties_[verdict];
    if (verdict_of_[visit]) {
      tie.reason = "its visit has the verdict of " + seconds(verdicts_[*verdict_of_[visit]].time) +
                   " already";
      return;
    }
    verdict_of_[visit] = verdict;
    tie.visit = visit;
    tie.delay = verdicts_[verdict].time - visits_[visit].range.end;
    tie.window_margin = request_.within - tie.delay;
    tie.to_other = to_other;
  }

  const std::vector<Event>& verdicts_;
  const std::vector<Visited>& visits_;
  const TieRequest& request_;
  std::vector<Tie> ties_;
  std::vector<std::optional<std::size_t>> verdict_of_;
  std::optional<Nanos> usual_;
};
}  // namespace

std::vector<Tie> tie_verdicts(const std::vector<Event>& verdicts,
                              const std::vector<Visited>& visits, const TieRequest& request) {
  return Binder(verdicts, visits, request).run();
}

}  // namespace reelcell::segment::visits
