#include "steps.hpp"

#include <algorithm>
#include <optional>

namespace reelcell::segment::visits {
namespace {
using Steps = std::vector<ControllerStep>;

class Cutter {
 public:
  Cutter(const std::vector<Dwell>& dwells, const Steps& steps, const StepRequest& request)
      : dwells_(dwells), steps_(steps), request_(request) {}

  CutDwells run() {
    share_out();
    uncertainty_ = disagreement();
    for (std::size_t i = 0; i < dwells_.size(); ++i) cut(i);
    std::stable_sort(result_.unseen.begin(), result_.unseen.end(),
                     [](const UnseenVisit& a, const UnseenVisit& b) { return a.start < b.start; });
    return std::move(result_);
  }

 private:
  /// Starts since the end of the stop before, by position in steps_.
  void share_out() {
    starts_.resize(dwells_.size());
    std::vector<std::size_t> group;
    std::size_t next = 0;
    for (std::size_t i = 0; i < dwells_.size(); ++i) {
      for (; next < steps_.size() && steps_[next].time < dwells_[i].end; ++next)
        if (steps_[next].starts) group.push_back(next);
      group = take_own(i, told_once(group));
    }
    for (const std::size_t step : group) unseen(step);
    for (; next < steps_.size(); ++next)
      if (steps_[next].starts) unseen(next);
  }
  std::vector<std::size_t> told_once(const std::vector<std::size_t>& group) const {
    std::vector<std::size_t> once;
    for (const std::size_t step : group)
      if (once.empty() || steps_[step].point != steps_[once.back()].point ||
          steps_[step].time - steps_[once.back()].time >= request_.min_length)
        once.push_back(step);
    return once;
  }
  /// Returns what is left for the next stop: steps told at this one, for a point elsewhere.
  std::vector<std::size_t> take_own(std::size_t stop, const std::vector<std::size_t>& group) {
    std::vector<std::size_t> early;
    for (const std::size_t step : group) {
      if (steps_[step].point.empty() || request_.reaches(stop, steps_[step].point))
        starts_[stop].push_back(step);
      else if (steps_[step].time >= dwells_[stop].start)
        early.push_back(step);
      else
        unseen(step);
    }
    return early;
  }
  void unseen(std::size_t step) {
    SessionTime end = steps_[step].time;
    if (step + 1 < steps_.size()) end = steps_[step + 1].time;
    result_.unseen.push_back({steps_[step].time, end, steps_[step].point});
  }
  Nanos disagreement() const {
    std::vector<Nanos> apart;
    for (std::size_t i = 0; i < dwells_.size(); ++i) {
      if (starts_[i].empty()) continue;
      const Nanos late = steps_[starts_[i].front()].time - dwells_[i].start;
      apart.push_back(late < Nanos{0} ? -late : late);
    }
    if (apart.empty()) return Nanos{0};
    const auto rank = apart.begin() + static_cast<std::ptrdiff_t>((apart.size() - 1) * 95 / 100);
    std::nth_element(apart.begin(), rank, apart.end());
    return *rank;
  }
  /// The first end of a visit between two starts, if it lies within the stop.
  std::optional<SessionTime> left_between(std::size_t start, std::size_t next_start,
                                          SessionTime within) const {
    for (std::size_t i = start + 1; i < next_start; ++i)
      if (!steps_[i].starts && steps_[i].time > within) return steps_[i].time;
    return std::nullopt;
  }
  void cut(std::size_t i) {
    const std::vector<std::size_t>& starts = starts_[i];
    Dwell rest = dwells_[i];
    bool whole = true;
    std::size_t own = 0;  // the step that `rest` belongs to
    const Nanos least = request_.min_length;
    for (std::size_t k = 1; k < starts.size() && !rest.pass; ++k) {
      const SessionTime at = steps_[starts[k]].time;
      const auto left = left_between(starts[k - 1], starts[k], rest.start);
      const SessionTime end = left.value_or(at);
      if (rest.end - at < least || at <= rest.start) {
        unseen(starts[at <= rest.start ? k - 1 : k]);
        if (at <= rest.start) own = k;
        continue;
      }
      if (end - rest.start < least) {  // the step before was for a stop that the motion lost
        unseen(starts[k - 1]);
        own = k;
        continue;
      }
      Dwell head = rest;
      head.end = end;
      head.finish = {left ? request_.end_source : request_.start_source, uncertainty_};
      rest.start = at;
      rest.begin = {request_.start_source, uncertainty_};
      result_.pieces.push_back(result_.dwells.size());
      add(std::move(head), i, own);
      own = k;
      whole = false;
    }
    if (!whole) result_.pieces.push_back(result_.dwells.size());
    add(std::move(rest), i, own);
  }
  void add(Dwell piece, std::size_t stop, std::size_t step) {
    result_.dwells.push_back(std::move(piece));
    result_.stops.push_back(stop);
    const std::vector<std::size_t>& starts = starts_[stop];
    result_.points.push_back(step < starts.size() ? steps_[starts[step]].point : "");
  }

  const std::vector<Dwell>& dwells_;
  const Steps& steps_;
  const StepRequest& request_;
  std::vector<std::vector<std::size_t>> starts_;
  Nanos uncertainty_{0};
  CutDwells result_;
};
}  // namespace

CutDwells cut_at_steps(const std::vector<Dwell>& dwells, const std::vector<ControllerStep>& steps,
                       const StepRequest& request) {
  return Cutter(dwells, steps, request).run();
}

}  // namespace reelcell::segment::visits
