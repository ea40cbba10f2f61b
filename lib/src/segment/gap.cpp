// Cuts the session where every listed stream is silent: recorders left running over a pause.
#include <algorithm>

#include "internal/common.hpp"
#include "reelcell/base/error.hpp"

namespace reelcell::segment {
namespace {
std::vector<const StreamSpec*> listed_streams(const OptionValues& options,
                                              const SessionDescription& session) {
  std::vector<const StreamSpec*> streams;
  std::vector<std::string> names;
  for (const StreamSpec& spec : session.streams) names.push_back(spec.name);
  for (const std::string& name : options.texts("streams")) {
    const StreamSpec* const spec = session.stream(name);
    if (!spec) throw InputError(options.where() + "/streams", unknown_name("stream", name, names));
    streams.push_back(spec);
  }
  for (const StreamKind kind : {StreamKind::kVideo, StreamKind::kSeries, StreamKind::kEvents}) {
    if (!streams.empty()) break;
    for (const StreamSpec& spec : session.streams)
      if (spec.kind == kind) streams.push_back(&spec);
  }
  return streams;
}

/// Sample times of all streams within a window, in order.
std::vector<SessionTime> times_of(SessionSignals& signals,
                                  const std::vector<const StreamSpec*>& streams, TimeRange window) {
  std::vector<SessionTime> times;
  const auto append = [&times](const std::vector<SessionTime>& more) {
    times.insert(times.end(), more.begin(), more.end());
  };
  for (const StreamSpec* stream : streams) {
    if (stream->kind == StreamKind::kVideo) append(signals.frames(stream->name, window).times);
    if (stream->kind == StreamKind::kSeries)
      append(signals.series(stream->name, window, false).times);
    if (stream->kind == StreamKind::kEvents)
      for (const Event& event : signals.events(stream->name, window)) times.push_back(event.time);
  }
  std::sort(times.begin(), times.end());
  return times;
}

std::string names_text(const std::vector<const StreamSpec*>& streams) {
  std::string text;
  for (const StreamSpec* stream : streams) text += (text.empty() ? "" : ", ") + stream->name;
  return text;
}

class Builder {
 public:
  Builder(const OptionValues& options, std::string streams)
      : max_gap_(options.duration("max_gap")),
        min_length_(options.duration("min_length")),
        name_(options.text("name")),
        streams_(std::move(streams)) {}

  void add(SessionTime time) {
    if (open_ && max_gap_ > Nanos{0} && time - last_ > max_gap_) {
      const std::string source = "gap of " + format_duration(time - last_) + ": " + streams_;
      close(source);
      begin_source_ = source;
    }
    if (!open_) first_ = time;
    open_ = true;
    last_ = time;
  }
  std::vector<Segment> take() {
    if (open_) close("session");
    return std::move(segments_);
  }

 private:
  /// The last sample belongs to the segment: it ends 1 ns behind it, as a session does.
  void close(const std::string& source) {
    open_ = false;
    const TimeRange range{first_, last_ + Nanos{1}};
    if (range.length() < min_length_) return;
    Segment& segment = segments_.emplace_back();
    segment.range = range;
    segment.kind = name_;
    segment.name = numbered_name(name_, segments_.size() - 1);
    segment.begin = border(begin_source_);
    segment.finish = border(source);
  }
  /// A gap lies between samples by definition; what was before and after a session is not known.
  static Boundary border(const std::string& source) {
    return {source, source == "session" ? std::nullopt : std::optional(Nanos{0})};
  }

  Nanos max_gap_, min_length_;
  std::string name_, streams_;
  std::string begin_source_ = "session";
  std::vector<Segment> segments_;
  bool open_ = false;
  SessionTime first_{}, last_{};
};

std::vector<Segment> run(const OptionValues& options, SessionSignals& signals,
                         const EventPredicateCompiler&, Diagnostics&) {
  if (options.duration("max_gap") < Nanos{0})
    throw InputError(options.where() + "/max_gap", "is negative, expected 0 (disabled) or more");
  const auto streams = listed_streams(options, signals.session());
  Builder builder(options, names_text(streams));
  each_window(signals.extent(), [&](TimeRange window) {
    for (const SessionTime time : times_of(signals, streams, window)) builder.add(time);
  });
  return builder.take();
}
}  // namespace

const SegmenterRow& gap_segmenter() {
  static const SegmenterRow row{
      "gap",
      "Stretches between pauses: a new segment after every listed stream was silent",
      {{.name = "max_gap",
        .type = OptionType::kDuration,
        .fallback = "500ms",
        .help = "Start a new segment when every listed stream is silent for longer; 0 disables"},
       {.name = "streams",
        .type = OptionType::kTextList,
        .fallback = Json::array(),
        .help = "Streams that must all be silent (default: all video, else all series)"},
       {.name = "min_length",
        .type = OptionType::kDuration,
        .fallback = "0s",
        .help = "Leave out shorter segments; 0 = keep all"},
       {.name = "name",
        .fallback = "active",
        .help = "Kind of the segments, and start of their names"}},
      run};
  return row;
}

}  // namespace reelcell::segment
