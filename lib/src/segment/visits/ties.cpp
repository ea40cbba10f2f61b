#include "ties.hpp"

#include <algorithm>
#include <cctype>
#include <numeric>

#include "assignment.hpp"

namespace reelcell::segment::visits {
namespace {
/// So many verdicts that fit one visit only say what delays are usual.
constexpr std::size_t kFewest = 8;
constexpr std::size_t kMostNamed = 5;  ///< in a message

std::string seconds(SessionTime time) { return format_seconds(time.time_since_epoch()) + " s"; }

class Binder {
 public:
  Binder(const std::vector<Event>& verdicts, const std::vector<Visited>& visits,
         const TieRequest& request)
      : verdicts_(verdicts), visits_(visits), request_(request), ties_(verdicts.size()) {
    by_start_.resize(visits.size());
    std::iota(by_start_.begin(), by_start_.end(), std::size_t{0});
    std::stable_sort(by_start_.begin(), by_start_.end(), [&](std::size_t a, std::size_t b) {
      return visits_[a].range.start < visits_[b].range.start;
    });
    SessionTime latest = SessionTime::min();
    for (const std::size_t visit : by_start_)
      latest_end_.push_back(latest = std::max(latest, latest_end(visits_[visit])));
  }

  std::vector<Tie> run() {
    for (const Event& verdict : verdicts_) fitting_.push_back(candidates(verdict));
    learn_delays();
    std::vector<std::vector<std::size_t>> edges;
    for (std::size_t i = 0; i < verdicts_.size(); ++i) {
      auto likely = plausible(i);
      // Without a name, one verdict too many or too few would shift all others.
      if (likely.size() > 1 && !point_of(verdicts_[i])) likely.clear();
      edges.push_back(std::move(likely));
    }
    suitors_.resize(visits_.size());
    for (std::size_t i = 0; i < verdicts_.size(); ++i)
      for (const std::size_t visit : edges[i]) suitors_[visit].push_back(i);
    const auto forced = forced_pairs(edges, visits_.size());
    for (std::size_t i = 0; i < verdicts_.size(); ++i) {
      if (forced[i] && visits_[*forced[i]].seen)
        tie(i, *forced[i]);
      else
        explain(i, edges[i], forced[i]);
    }
    return std::move(ties_);
  }

 private:
  struct Delays {
    Nanos least{0}, most{0};
    Nanos slack{0};  ///< beyond them; a few verdicts do not show the extremes
  };

  SessionTime latest_end(const Visited& visit) const {
    return visit.range.end + visit.end_uncertainty + request_.clock_uncertainty;
  }
  /// The point that a verdict names, if it names one. "nan" and the like are what programs write
  /// for none, unless a point of the plan is called so.
  std::optional<std::string> point_of(const Event& verdict) const {
    const Value* const value =
        request_.point_field.empty() ? nullptr : verdict.field(request_.point_field);
    if (!value || std::holds_alternative<std::monostate>(*value)) return std::nullopt;
    std::string text = to_text(*value);
    if (std::find(request_.planned.begin(), request_.planned.end(), text) != request_.planned.end())
      return text;
    std::string lowered = text;
    for (char& c : lowered) c = static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
    for (const char* none : {"nan", "-nan", "null", "na", "n/a", "none", "-"})
      if (lowered == none) return std::nullopt;
    return text;
  }
  static bool may_be(const Visited& visit, const std::string& point) {
    return std::find(visit.points.begin(), visit.points.end(), point) != visit.points.end();
  }
  /// In order of their starts.
  std::vector<std::size_t> candidates(const Event& verdict) const {
    const auto point = point_of(verdict);
    if (!request_.times_known) {
      std::vector<std::size_t> named;
      for (const std::size_t visit : by_start_)
        if (point && may_be(visits_[visit], *point)) named.push_back(visit);
      return named;
    }
    const auto begun = std::upper_bound(
        by_start_.begin(), by_start_.end(), verdict.time + request_.clock_uncertainty,
        [&](SessionTime time, std::size_t visit) { return time < visits_[visit].range.start; });
    std::vector<std::size_t> found;
    for (auto i = static_cast<std::size_t>(begun - by_start_.begin()); i-- > 0;) {
      if (latest_end_[i] + request_.within < verdict.time) break;
      const Visited& visit = visits_[by_start_[i]];
      if (latest_end(visit) + request_.within < verdict.time) continue;
      if (!point || may_be(visit, *point)) found.push_back(by_start_[i]);
    }
    std::reverse(found.begin(), found.end());
    return found;
  }
  void learn_delays() {
    if (!request_.times_known) return;
    std::vector<std::size_t> suitors(visits_.size(), 0);
    for (const auto& visits : fitting_)
      for (const std::size_t visit : visits) ++suitors[visit];
    std::size_t count = 0;
    Delays delays;
    for (std::size_t i = 0; i < verdicts_.size(); ++i) {
      if (fitting_[i].size() != 1) continue;
      const Visited& visit = visits_[fitting_[i].front()];
      if (suitors[fitting_[i].front()] != 1 || !visit.seen) continue;
      const Nanos delay = verdicts_[i].time - visit.range.end;
      delays.least = count == 0 ? delay : std::min(delays.least, delay);
      delays.most = count == 0 ? delay : std::max(delays.most, delay);
      ++count;
    }
    if (count < kFewest) return;
    delays.slack = std::max(request_.least_margin, (delays.most - delays.least) / 2);
    usual_ = delays;
  }
  /// How far outside of the usual delays the verdict would be for this visit, wherever within its
  /// uncertainty the visit ended; 0 = inside.
  Nanos beyond_usual(std::size_t verdict, std::size_t visit) const {
    const Visited& at = visits_[visit];
    const Nanos delay = verdicts_[verdict].time - at.range.end;
    return std::max({Nanos{0}, usual_->least - (delay + at.end_uncertainty),
                     (delay - at.end_uncertainty) - usual_->most});
  }
  std::vector<std::size_t> plausible(std::size_t verdict) const {
    const auto& fitting = fitting_[verdict];
    if (!usual_ || fitting.size() < 2) return fitting;
    std::vector<std::size_t> usual;
    for (const std::size_t visit : fitting)
      if (beyond_usual(verdict, visit) <= usual_->slack) usual.push_back(visit);
    return usual.empty() ? fitting : usual;
  }

  void tie(std::size_t verdict, std::size_t visit) {
    Tie& tie = ties_[verdict];
    tie.visit = visit;
    tie.timed = request_.times_known;
    tie.delay = verdicts_[verdict].time - visits_[visit].range.end;
    tie.window_margin = request_.within - tie.delay;
    for (const std::size_t other : fitting_[verdict]) {
      if (other == visit || !usual_) continue;
      const Nanos beyond = beyond_usual(verdict, other);
      if (!tie.to_other || beyond < *tie.to_other) tie.to_other = beyond;
    }
  }
  void explain(std::size_t verdict, const std::vector<std::size_t>& fits,
               std::optional<std::size_t> unseen) {
    Tie& tie = ties_[verdict];
    if (fitting_[verdict].empty()) {
      tie.reason = why_none(verdicts_[verdict]);
    } else if (unseen) {
      tie.reason = "the controller was at '" + visits_[*unseen].points.front() + "' from " +
                   seconds(visits_[*unseen].range.start) + " on, but no stop was found there";
    } else if (!point_of(verdicts_[verdict]) && fitting_[verdict].size() > 1) {
      tie.candidates = fitting_[verdict];
      tie.reason = "ambiguous: " + std::to_string(tie.candidates.size()) +
                   " visits fit it by time (" + starts(tie.candidates) +
                   "), and it names no point; set verdict_within below the time from one visit to "
                   "the next";
    } else {
      tie.candidates = fits;
      tie.reason = "ambiguous: " + why_ambiguous(verdict, fits);
    }
  }
  std::string why_ambiguous(std::size_t verdict, const std::vector<std::size_t>& fits) const {
    const auto point = point_of(verdicts_[verdict]);
    std::string text = fits.size() == 1 ? "it fits the visit"
                                        : "it fits " + std::to_string(fits.size()) + " visits";
    if (point) text += " to '" + *point + "'";
    text += " (" + starts(fits) + ")";
    std::vector<std::size_t> rivals;
    for (const std::size_t visit : fits)
      for (const std::size_t rival : suitors_[visit])
        if (rival != verdict && std::find(rivals.begin(), rivals.end(), rival) == rivals.end() &&
            rivals.size() <= kMostNamed)
          rivals.push_back(rival);
    if (!rivals.empty())
      text += std::string(", and so ") +
              (rivals.size() == 1 ? "does the verdict of " : "do the verdicts of ") +
              listed(rivals, [&](std::size_t i) { return seconds(verdicts_[i].time); });
    return text;
  }
  std::string starts(const std::vector<std::size_t>& visits) const {
    return listed(visits, [&](std::size_t i) {
      return "from " + seconds(visits_[i].range.start) + " on" +
             (visits_[i].seen ? "" : " by the controller, without a stop");
    });
  }
  template <class Text>
  static std::string listed(const std::vector<std::size_t>& items, Text text) {
    std::string list;
    for (std::size_t i = 0; i < std::min(items.size(), kMostNamed); ++i)
      list += (i == 0 ? "" : ", ") + text(items[i]);
    return items.size() > kMostNamed ? list + ", .." : list;
  }
  std::string why_none(const Event& verdict) const {
    const auto point = point_of(verdict);
    if (!point && !request_.times_known)
      return "it names no point, and its time says nothing, for the clocks are assumed";
    if (!point)
      return "no visit ended within " + format_duration(request_.within) +
             " before it, and it names no point";
    const Visited* nearest = nullptr;
    for (const std::size_t i : by_start_)
      if (may_be(visits_[i], *point) && visits_[i].seen && visits_[i].range.start <= verdict.time)
        nearest = &visits_[i];
    if (!request_.times_known) return "no visit to '" + *point + "' was found";
    if (!nearest) return "no visit to '" + *point + "' was found before it";
    return "the last visit to '" + *point + "' before it ended at " + seconds(nearest->range.end) +
           ", more than " + format_duration(request_.within) + " earlier";
  }

  const std::vector<Event>& verdicts_;
  const std::vector<Visited>& visits_;
  const TieRequest& request_;
  std::vector<Tie> ties_;
  std::vector<std::size_t> by_start_;
  std::vector<SessionTime> latest_end_;  ///< of by_start_'s up to here
  std::vector<std::vector<std::size_t>> fitting_;
  std::vector<std::vector<std::size_t>> suitors_;  ///< of a visit
  std::optional<Delays> usual_;
};
}  // namespace

std::vector<Tie> tie_verdicts(const std::vector<Event>& verdicts,
                              const std::vector<Visited>& visits, const TieRequest& request) {
  return Binder(verdicts, visits, request).run();
}

}  // namespace reelcell::segment::visits
