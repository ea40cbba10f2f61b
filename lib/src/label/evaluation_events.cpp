// Events: which of them a query means, and in which order they come.
#include <algorithm>

#include "internal/evaluation.hpp"

namespace reelcell::label {
namespace {
/// Events are read in stretches of this length, so that a search over a session stays in bounded
/// memory.
constexpr Nanos kStretch = std::chrono::seconds(60);

SessionTime shifted(SessionTime time, std::int64_t ns) {
  return session_time(add_ns(ns_of(time), ns));
}
/// Ranges end beyond the extent nowhere: searches would walk through empty years.
TimeRange clipped(TimeRange range, TimeRange extent) {
  range.start = std::max(range.start, extent.start);
  range.end = std::max(range.start, std::min(range.end, extent.end));
  return range;
}
}  // namespace

std::vector<Event> Evaluation::events_of(const Binding& binding, TimeRange range) {
  if (binding.field != "video" || binding.kind != Binding::Kind::kStream)
    return scene_.signals->events(binding.stream, range);
  std::vector<Event> frames;
  for (const SessionTime time : scene_.signals->frames(binding.stream, range).times) {
    Event frame;
    frame.time = frame.end = time;
    frame.kind = "frame";
    frames.push_back(std::move(frame));
  }
  return frames;
}

std::string Evaluation::query_range(const Node& events, const Look& look, TimeRange& range) {
  TimeRange extent = scene_.signals->extent();
  if (look.only) extent = clipped(*look.only, extent);
  range = segment_range();
  range = {shifted(range.start, -look.widen_ns), shifted(range.end, look.widen_ns)};
  std::string why;
  // A clause's time or duration in ns; sets `why` when it is unknown.
  const auto ns_at = [&](Clause role) -> std::optional<std::int64_t> {
    const Node* node = events.clause(role);
    if (!node) return std::nullopt;
    Datum datum = value(*node);
    if (const auto* whole = std::get_if<std::int64_t>(&datum.value)) return *whole;
    if (const auto* real = std::get_if<double>(&datum.value)) return whole_ns(*real);
    why = datum.known() ? "a time of the search is not a time" : datum.why;
    return std::nullopt;
  };
  const auto before = ns_at(Clause::kBefore), after = ns_at(Clause::kAfter);
  const auto within = ns_at(Clause::kWithin), of = ns_at(Clause::kOf);
  const auto from = ns_at(Clause::kFrom), until = ns_at(Clause::kUntil);
  if (!why.empty()) return why;
  if (before || after || of || from || look.only) range = extent;
  const auto not_before = [&](std::int64_t ns) {
    range.start = std::max(range.start, session_time(ns));
  };
  const auto not_after = [&](std::int64_t ns) {
    range.end = std::min(range.end, session_time(ns));
  };
  if (before) not_after(*before);
  if (after) not_before(*after);
  if (from) not_before(*from);
  if (until) not_after(*until);
  if (within) {
    const std::int64_t ns = *within;
    if (of) {
      not_before(add_ns(*of, -ns));
      not_after(add_ns(add_ns(*of, ns), 1));
    } else if (before || after) {
      if (before) not_before(add_ns(*before, -ns));
      if (after) not_after(add_ns(add_ns(*after, ns), 1));
    } else if (!from) {
      range = {shifted(range.start, -ns), shifted(range.end, ns)};
    }
  }
  range = clipped(range, extent);
  return {};
}

std::string Evaluation::each_event(const Node& events, const Look& look,
                                   const std::function<bool(const Match&)>& visit) {
  TimeRange range{};
  if (std::string why = query_range(events, look, range); !why.empty()) return why;
  const Node* where = events.clause(Clause::kWhere);
  TimeRange stretch = range;
  while (!range.empty()) {
    if (look.forward) {
      stretch = {range.start, range.length() > kStretch ? range.start + kStretch : range.end};
      range.start = stretch.end;
    } else {
      stretch = {range.length() > kStretch ? range.end - kStretch : range.start, range.end};
      range.end = stretch.start;
    }
    std::vector<Event> found = events_of(events.binding, stretch);
    if (!look.forward) std::reverse(found.begin(), found.end());
    for (const Event& event : found) {
      Match match{&event, known(true)};
      if (where) {
        const Event* outer = event_;
        event_ = &event;
        match.condition = value(*where);
        event_ = outer;
        const auto* truth = std::get_if<bool>(&match.condition.value);
        if (truth && !*truth) continue;
        if (match.condition.known() && !truth)
          match.condition = unknown("the condition of 'where' is '" +
                                    to_text(match.condition.value) + "', not true or false");
      }
      if (!visit(match)) return {};
    }
  }
  return {};
}

}  // namespace reelcell::label
