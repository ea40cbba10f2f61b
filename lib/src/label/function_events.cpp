// Functions over events. An event whose condition is unknown makes the answer unknown wherever it
// could change it.
#include <limits>

#include "internal/evaluation.hpp"
#include "internal/function_bodies.hpp"

namespace reelcell::label {
namespace {
std::string place(const Node& events, const Event& event) {
  return binding_text(events.binding) + "@" + time_text(event.time);
}
Datum doubtful(const Node& events, const Evaluation::Match& match) {
  return unknown(place(events, *match.event) +
                 ": whether it is meant is unknown: " + match.condition.why);
}
std::string stream_text(const Node& events, Evaluation& evaluation) {
  evaluation.add_input(events.binding.stream);
  return events.binding.stream;
}

/// The first or last event that is meant, or the reason why there is none or why it is not certain.
struct Found {
  std::optional<Event> event;
  std::string why;
};
Found find_one(Evaluation& evaluation, const Node& events, bool forward) {
  Found found;
  Evaluation::Look look;
  look.forward = forward;
  std::string why = evaluation.each_event(events, look, [&](const Evaluation::Match& match) {
    if (match.condition.known())
      found.event = *match.event;
    else
      found.why = doubtful(events, match).why;
    return false;
  });
  if (!why.empty()) found.why = why;
  if (found.event)
    evaluation.add_input(place(events, *found.event));
  else if (found.why.empty())
    found.why = "no such event of " + stream_text(events, evaluation);
  return found;
}

Datum field_of(Evaluation& evaluation, const Node& call, bool forward) {
  const Node& events = *call.children[0];
  const Found found = find_one(evaluation, events, forward);
  if (!found.event) return unknown(found.why);
  Datum datum = evaluation.event_field(*found.event, events.binding.stream, events.binding.field,
                                       events.type);
  datum.note = "at " + time_text(found.event->time);
  return datum;
}

/// Is there such an event? True beats doubt, doubt beats false.
Datum any_event(Evaluation& evaluation, const Node& events, std::int64_t widen_ns) {
  Datum result = known(false);
  const std::string why =
      evaluation.each_event(events, {widen_ns}, [&](const Evaluation::Match& match) {
        if (!match.condition.known()) {
          if (result.known()) result = doubtful(events, match);
          return true;
        }
        evaluation.add_input(place(events, *match.event));
        result = known(true, 1, "at " + time_text(match.event->time));
        return false;
      });
  if (!why.empty()) return unknown(why);
  if (result.known() && !std::get<bool>(result.value)) {
    stream_text(events, evaluation);
    result.note = "no such event";
  }
  return result;
}

/// A time, or the time of the first of some events.
Datum moment(Evaluation& evaluation, const Node& call, std::size_t i) {
  const Node& node = *call.children[i];
  if (node.type.base != Base::kEvents) return evaluation.argument(call, i);
  const Found found = find_one(evaluation, node, true);
  return found.event ? known(ns_of(found.event->time)) : unknown(found.why);
}
/// b - a in ns, or the reason why it is unknown.
Datum between(Evaluation& evaluation, const Node& call, std::size_t a, std::size_t b) {
  Datum first = moment(evaluation, call, a);
  if (!first.known()) return first;
  Datum second = moment(evaluation, call, b);
  if (!second.known()) return second;
  const std::int64_t minus = std::get<std::int64_t>(first.value);
  return known(add_ns(std::get<std::int64_t>(second.value),
                      minus == std::numeric_limits<std::int64_t>::min() ? INT64_MAX : -minus));
}
std::int64_t ns_in(const Datum& datum) {
  const auto* whole = std::get_if<std::int64_t>(&datum.value);
  return whole ? *whole : whole_ns(number_in(datum.value).value_or(0));
}
}  // namespace

Datum events_count(Evaluation& evaluation, const Node& call) {
  const Node& events = *call.children[0];
  std::int64_t count = 0;
  Datum doubt = known(true);
  const std::string why = evaluation.each_event(events, {}, [&](const Evaluation::Match& match) {
    if (!match.condition.known()) {
      doubt = doubtful(events, match);
      return false;
    }
    // Frames are too many to be named one by one.
    if (events.binding.field != "video") evaluation.add_input(place(events, *match.event));
    ++count;
    return true;
  });
  if (!why.empty()) return unknown(why);
  if (!doubt.known()) return doubt;
  if (count == 0 || events.binding.field == "video") stream_text(events, evaluation);
  return known(count);
}

Datum events_exist(Evaluation& evaluation, const Node& call) {
  return any_event(evaluation, *call.children[0], 0);
}
Datum events_first(Evaluation& evaluation, const Node& call) {
  return field_of(evaluation, call, true);
}
Datum events_last(Evaluation& evaluation, const Node& call) {
  return field_of(evaluation, call, false);
}

Datum events_within(Evaluation& evaluation, const Node& call) {
  Datum duration = evaluation.argument(call, 0);
  if (!duration.known()) return duration;
  return any_event(evaluation, *call.children[1], ns_in(duration));
}

namespace {
/// Distance from a time to the nearest such event on one side of it, over the whole session.
Datum distance(Evaluation& evaluation, const Node& call, bool back) {
  const TimeRange segment = evaluation.segment_range();
  std::int64_t at = ns_of(back ? segment.start : segment.end);
  if (call.children.size() > 1) {
    Datum time = evaluation.argument(call, 1);
    if (!time.known()) return time;
    at = ns_in(time);
  }
  const Node& events = *call.children[0];
  const TimeRange all = evaluation.scene().signals->extent();
  Evaluation::Look look;
  look.forward = !back;
  look.only = back ? TimeRange{all.start, session_time(add_ns(at, 1))}
                   : TimeRange{session_time(at), all.end};
  std::optional<Event> found;
  std::string doubt;
  const std::string why = evaluation.each_event(events, look, [&](const Evaluation::Match& match) {
    if (match.condition.known())
      found = *match.event;
    else
      doubt = doubtful(events, match).why;
    return false;
  });
  if (!why.empty()) return unknown(why);
  if (!doubt.empty()) return unknown(doubt);
  if (!found)
    return unknown("no such event of " + stream_text(events, evaluation) +
                   (back ? " at or before " : " at or after ") + time_text(session_time(at)));
  evaluation.add_input(place(events, *found));
  const std::int64_t time = ns_of(found->time);
  return known(back ? at - time : time - at, 1, "event at " + time_text(found->time));
}
}  // namespace

Datum events_since(Evaluation& evaluation, const Node& call) {
  return distance(evaluation, call, true);
}
Datum events_until(Evaluation& evaluation, const Node& call) {
  return distance(evaluation, call, false);
}

Datum moments_before(Evaluation& evaluation, const Node& call) {
  Datum distance = between(evaluation, call, 0, 1);
  return distance.known() ? known(std::get<std::int64_t>(distance.value) > 0) : distance;
}
Datum moments_after(Evaluation& evaluation, const Node& call) {
  Datum distance = between(evaluation, call, 0, 1);
  return distance.known() ? known(std::get<std::int64_t>(distance.value) < 0) : distance;
}
Datum moments_within(Evaluation& evaluation, const Node& call) {
  Datum duration = evaluation.argument(call, 0);
  if (!duration.known()) return duration;
  Datum distance = between(evaluation, call, 1, 2);
  if (!distance.known()) return distance;
  const std::int64_t ns = std::get<std::int64_t>(distance.value);
  const std::int64_t limit = ns_in(duration);
  return known(ns <= limit && ns >= -limit);
}

}  // namespace reelcell::label
