// Segments from events: from a start event to its end, as a PLC or a recorder's marks give them.
#include <algorithm>
#include <map>

#include "internal/common.hpp"
#include "reelcell/base/error.hpp"

namespace reelcell::segment {
namespace {
enum class Until { kNext, kSameKind, kDuration, kOwnEnd, kEndExpression };

struct Request {
  std::string stream, name, name_from;
  EventPredicate start, end;
  std::string start_text, end_text;
  Until until = Until::kNext;
  Nanos duration{0}, before{0}, after{0};
  bool keep_last = true;
};

EventPredicate compiled(const OptionValues& options, const char* option,
                        const EventPredicateCompiler& compile) {
  if (!options.has(option)) return [](const Event&) { return true; };
  return compile(options.text(option), options.where() + "/" + option);
}

Nanos positive_or_zero(const OptionValues& options, const char* option) {
  const Nanos value = options.duration(option);
  if (value < Nanos{0})
    throw InputError(options.where() + "/" + option,
                     "found " + format_duration(value) + ", expected 0 or more");
  return value;
}

Request parse(const OptionValues& options, const EventPredicateCompiler& compile) {
  Request request;
  request.stream = options.text("stream");
  request.name = options.text("name");
  if (options.has("name_from")) request.name_from = options.text("name_from");
  request.start = compiled(options, "start", compile);
  request.start_text = options.has("start") ? " where " + options.text("start") : "";
  request.keep_last = options.boolean("keep_last");
  request.before = positive_or_zero(options, "before");
  request.after = positive_or_zero(options, "after");
  const std::string until = options.text("until");
  if (options.has("end")) {
    request.until = Until::kEndExpression;
    request.end = compiled(options, "end", compile);
    request.end_text = " where " + options.text("end");
  } else if (until == "same-kind") {
    request.until = Until::kSameKind;
  } else if (until == "own-end") {
    request.until = Until::kOwnEnd;
  } else if (until == "duration") {
    request.until = Until::kDuration;
    if (!options.has("duration"))
      throw InputError(options.where(), "until is 'duration', but 'duration' is missing");
    request.duration = positive_or_zero(options, "duration");
  }
  return request;
}

/// Turns the stream's events, one after another, into segments.
class Builder {
 public:
  Builder(const Request& request, TimeRange extent, Diagnostics& diagnostics,
          const std::string& session)
      : request_(request), extent_(extent), diagnostics_(diagnostics), session_(session) {}

  void add(const Event& event) {
    const bool starts = request_.start(event);
    if (open_ && closes(event, starts)) finish(event.time, request_.stream + request_.end_text);
    if (!starts) return;
    if (open_) {
      diagnostics_.warn("segment-without-end", session_ + ": " + request_.stream,
                        "the event at " + format_seconds(open_->time.time_since_epoch()) +
                            " s starts a segment, but the next start at " +
                            format_seconds(event.time.time_since_epoch()) +
                            " s comes before its end; it was left out. Check the end expression.");
    }
    open_ = event;
    if (request_.until == Until::kOwnEnd) finish(event.end, request_.stream + " end");
    if (request_.until == Until::kDuration)
      finish(event.time + request_.duration, "duration " + format_duration(request_.duration));
  }

  std::vector<Segment> take() {
    if (open_ && request_.keep_last) finish(extent_.end, "session");
    return std::move(segments_);
  }

 private:
  bool closes(const Event& event, bool starts) const {
    switch (request_.until) {
      case Until::kEndExpression:
        // Not an event at the very time of the start: that one belongs to what was before.
        return event.time > open_->time && request_.end(event);
      case Until::kSameKind:
        return starts;
      case Until::kNext:
        return true;
      case Until::kDuration:
      case Until::kOwnEnd:
        break;
    }
    return false;
  }

  void finish(SessionTime end, const std::string& source) {
    Segment segment;
    const Event& event = *open_;
    segment.range = {std::max(event.time - request_.before, extent_.start),
                     std::min(end + request_.after, extent_.end)};
    segment.kind = request_.name;
    // How finely the events are stamped is not known, so neither is how far off a border may be.
    segment.begin.source = request_.stream + request_.start_text;
    segment.finish.source = end + request_.after > extent_.end ? "session" : source;
    segment.attributes.emplace_back("event", event.kind);
    for (const auto& field : event.fields)
      if (field.first != "event") segment.attributes.push_back(field);
    segment.name = name_of(event);
    if (segment.range.empty())
      diagnostics_.warn("segment-empty", session_ + ": " + request_.stream,
                        "the event at " + format_seconds(event.time.time_since_epoch()) +
                            " s makes a segment of no length; it was left out. Set until to next, "
                            "or a duration.");
    else
      segments_.push_back(std::move(segment));
    open_.reset();
  }

  /// The number counts starts, not kept segments, so one more empty event renames nothing.
  std::string name_of(const Event& event) {
    const Value* const value =
        request_.name_from.empty() ? nullptr : event.field(request_.name_from);
    if (!value || std::holds_alternative<std::monostate>(*value))
      return numbered_name(request_.name, count_++);
    std::string text = request_.name + "-" + to_text(*value);
    for (char& c : text)
      if (!std::isalnum(static_cast<unsigned char>(c)) && c != '-' && c != '_') c = '_';
    const std::size_t repeat = ++repeats_[text];
    return repeat == 1 ? text : text + "-" + std::to_string(repeat);
  }

  const Request& request_;
  TimeRange extent_;
  Diagnostics& diagnostics_;
  std::string session_;
  std::optional<Event> open_;
  std::size_t count_ = 0;
  std::map<std::string, std::size_t> repeats_;
  std::vector<Segment> segments_;
};

std::vector<Segment> run(const OptionValues& options, SessionSignals& signals,
                         const EventPredicateCompiler& compile, Diagnostics& diagnostics) {
  const Request request = parse(options, compile);
  stream_named(request.stream, signals.session(), StreamKind::kEvents, options.where() + "/stream");
  Builder builder(request, signals.extent(), diagnostics, signals.session().id);
  each_window(signals.extent(), [&](TimeRange window) {
    for (const Event& event : signals.events(request.stream, window)) builder.add(event);
  });
  return builder.take();
}
}  // namespace

const SegmenterRow& events_segmenter() {
  static const SegmenterRow row{
      "events",
      "From one event to another: PLC steps, verdicts, recorder marks",
      {{.name = "stream", .help = "Event stream"},
       {.name = "start",
        .type = OptionType::kExpression,
        .help = "Which events start a segment (default: every one)",
        .optional = true},
       {.name = "end",
        .type = OptionType::kExpression,
        .help = "Which later event ends it; replaces until",
        .optional = true},
       {.name = "until",
        .type = OptionType::kChoice,
        .fallback = "next",
        .help = "What ends a segment: the next event, the next start, a duration, or the event's "
                "own end",
        .choices = {"next", "same-kind", "duration", "own-end"}},
       {.name = "duration",
        .type = OptionType::kDuration,
        .help = "Length, when until is duration",
        .optional = true},
       {.name = "before",
        .type = OptionType::kDuration,
        .fallback = "0s",
        .help = "Start this much earlier; 0 = at the event"},
       {.name = "after",
        .type = OptionType::kDuration,
        .fallback = "0s",
        .help = "End this much later; 0 = at the end event"},
       {.name = "keep_last",
        .type = OptionType::kBool,
        .fallback = true,
        .help = "Keep a segment that the session's end cuts off"},
       {.name = "name",
        .fallback = "visit",
        .help = "Kind of the segments, and start of their names"},
       {.name = "name_from",
        .help = "Field of the start event that goes into the name (visit-P017) instead of a number",
        .optional = true}},
      run};
  return row;
}

}  // namespace reelcell::segment
