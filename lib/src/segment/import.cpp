// Labels that people made elsewhere, as segments: tied to the frames of a video by its true times,
// or refused.
#include <algorithm>

#include "internal/common.hpp"
#include "reelcell/base/error.hpp"
#include "reelcell/base/file.hpp"
#include "reelcell/labelio/labels.hpp"
#include "reelcell/model/session_facts.hpp"

namespace reelcell::segment {
namespace {
using labelio::Span;
using labelio::SpanUnit;

struct Placed {
  TimeRange range{};
  std::optional<Nanos> begin_uncertainty, end_uncertainty;
  std::optional<std::size_t> first, last;  ///< frames
};

/// The last digit to which times were written, 1 s at most: so much a border may be off at least.
Nanos written_step(const std::vector<Span>& spans) {
  std::int64_t step = 1'000'000'000;
  for (const Span& span : spans)
    if (span.unit == SpanUnit::kSession || span.unit == SpanUnit::kUnix)
      while (step > 1 && (span.first % step != 0 || span.last % step != 0)) step /= 10;
  return Nanos(step);
}

class Placer {
 public:
  Placer(labelio::FrameMap map, std::vector<SessionTime> times, const std::vector<Span>& spans,
         const SessionDescription& session, std::string where)
      : map_(std::move(map)),
        times_(std::move(times)),
        step_(written_step(spans)),
        session_(session),
        where_(std::move(where)) {}

  Placed place(const Span& span) const {
    if (span.unit == SpanUnit::kFrames ? span.last < span.first : span.last <= span.first)
      throw InputError(where_, span.where + ": ends before it starts");
    // Beyond it (127 years) sums and differences of times overflow.
    constexpr std::int64_t kMost = 4'000'000'000'000'000'000;
    if (span.first < -kMost || span.last > kMost)
      throw InputError(where_, span.where + ": its time is out of range");
    switch (span.unit) {
      case SpanUnit::kFrames:
        return of_frames(span);
      case SpanUnit::kMedia:
        return of_playing_time(span);
      case SpanUnit::kSession:
        return {{session_time(span.first), session_time(span.last)}, step_, step_, {}, {}};
      case SpanUnit::kUnix:
        break;
    }
    if (session_.clock_epoch != "unix")
      throw InputError(where_, span.where +
                                   ": has a time of day, but the session clock counts from '" +
                                   session_.clock_epoch +
                                   "'; state \"clock\": {\"epoch\": \"unix\"} in session.json if "
                                   "that is so");
    return {{session_time(span.first), session_time(span.last)}, step_, step_, {}, {}};
  }

 private:
  struct Moment {
    SessionTime time{};
    Nanos uncertainty{0};
  };

  /// The last frame is shown for as long as one: a tool's end may lie there.
  Placed of_playing_time(const Span& span) const {
    const Nanos whole = map_.playing.back();
    const auto steps = static_cast<std::int64_t>(map_.playing.size()) - 1;
    const Nanos frame = steps > 0 ? whole / steps : Nanos{0};
    if (span.first < 0 || Nanos(span.last) > whole + 2 * frame)
      throw InputError(where_, span.where + ": lies " + (span.first < 0 ? "before" : "beyond") +
                                   " the video, which plays for " + format_duration(whole + frame) +
                                   "; it is another video, or another cut");
    const Moment first = taken(Nanos(span.first)), last = taken(Nanos(span.last));
    if (last.time <= first.time)
      throw InputError(where_,
                       span.where + ": takes no time, for the frames it is of were taken at once");
    return {{first.time, last.time}, first.uncertainty, last.uncertainty, {}, {}};
  }
  /// From the first labelled frame to the one after the last; each border lies somewhere between
  /// two frames.
  Placed of_frames(const Span& span) const {
    const auto first = map_.ordinal(span.first), last = map_.ordinal(span.last);
    if (!first || !last)
      throw InputError(where_, span.where + ": frames " + std::to_string(span.first) + " to " +
                                   std::to_string(span.last) +
                                   " (from 0) are not all in the "
                                   "video, which holds " +
                                   std::to_string(times_.size()));
    Placed placed;
    placed.first = first;
    placed.last = last;
    const bool to_end = *last + 1 == times_.size();
    placed.range = {times_[*first], to_end ? times_[*last] + Nanos{1} : times_[*last + 1]};
    if (*first > 0) placed.begin_uncertainty = (times_[*first] - times_[*first - 1]) / 2;
    if (!to_end) placed.end_uncertainty = (times_[*last + 1] - times_[*last]) / 2;
    return placed;
  }
  /// What a player shows at this time was taken then: between two frames, as far from either as in
  /// the player. The person who set the border saw no more than one of them, so it may be off by
  /// the time from the one to the other.
  Moment taken(Nanos playing) const {
    if (times_.size() < 2) return {times_.front() + playing, playing};
    const auto next = std::upper_bound(map_.playing.begin(), map_.playing.end(), playing);
    auto at = static_cast<std::size_t>(next - map_.playing.begin());
    at = std::clamp<std::size_t>(at, 1, times_.size() - 1) - 1;
    const Nanos shown = map_.playing[at + 1] - map_.playing[at],
                apart = times_[at + 1] - times_[at];
    if (shown <= Nanos{0}) return {times_[at], apart};
    return {times_[at] + Nanos(mul_div((playing - map_.playing[at]).count(), apart.count(),
                                       shown.count(), Rounding::kNearest)),
            apart};
  }

  labelio::FrameMap map_;
  std::vector<SessionTime> times_;  ///< when its frames were taken
  Nanos step_;                      ///< of times that are no matter of the video
  const SessionDescription& session_;
  std::string where_;
};

/// Results say which part they are of, and so may the session.
class PartCheck {
 public:
  PartCheck(const OptionValues& options, const SessionDescription& session)
      : attribute_(options.text("part")) {
    if (const Value* part = attribute_.empty() ? nullptr : session.attribute(attribute_))
      part_ = to_text(*part);
  }
  /// Whether the label is of this part, or does not say.
  bool fits(const Span& span) {
    const auto named = std::find_if(span.attributes.begin(), span.attributes.end(),
                                    [](const auto& a) { return a.first == "partId"; });
    const bool fits = !part_ || named == span.attributes.end() || to_text(named->second) == *part_;
    if (fits)
      ++fitting_;
    else if (others_++ == 0)
      first_ = span.where + " is of part '" + to_text(named->second) + "'";
    return fits;
  }
  void finish(const std::string& where, Diagnostics& diagnostics) const {
    if (others_ == 0) return;
    const std::string told = first_ + ", the session's \"" + attribute_ + "\" is '" + *part_ + "'";
    if (fitting_ == 0)
      throw InputError(where, told +
                                  ", and no result is of that: it is another session's file, or "
                                  "the two name parts differently (then set \"part\": \"\")");
    diagnostics.warn("label-other-part", where,
                     std::to_string(others_) + " results in this time are of other parts, " + told +
                         "; they were left out");
  }

 private:
  std::string attribute_, first_;
  std::optional<std::string> part_;
  std::size_t fitting_ = 0, others_ = 0;
};

std::vector<SourceFile> files_of(const OptionValues& options, const SessionDescription& session) {
  const fs::path file = at_place(options.where() + "/file",
                                 [&] { return safe_join(session.folder, options.text("file")); });
  return {{"segment", file}};
}

std::vector<Segment> run(const OptionValues& options, SessionSignals& signals,
                         const EventPredicateCompiler&, Diagnostics& diagnostics) {
  const SessionDescription& session = signals.session();
  const labelio::FormatRow& format = at_place(
      options.where() + "/format",
      [&]() -> const labelio::FormatRow& { return labelio::format_named(options.text("format")); });
  const std::string path = options.text("file"), where = session.id + ": " + path;
  labelio::LabelFile file =
      format.read(read_text_file(files_of(options, session).front().path), where);
  file.frames = labelio::stated_frames(options, file.frames, where);
  const bool needs_video = std::any_of(file.spans.begin(), file.spans.end(), [](const Span& span) {
    return span.unit == SpanUnit::kFrames || span.unit == SpanUnit::kMedia;
  });
  const StreamSpec* camera = nullptr;
  labelio::FrameMap map;
  std::vector<SessionTime> times;
  if (needs_video) {
    if (!options.has("camera"))
      throw InputError(options.where() + "/camera",
                       "is missing: say which video the labels are of");
    camera = &stream_named(options.text("camera"), session, StreamKind::kVideo,
                           options.where() + "/camera");
    times = signals.frames(camera->name, {SessionTime::min(), SessionTime::max()}).times;
    map = labelio::map_frames(file, labelio::stated_fps(options),
                              facts_of(signals).playing_times(camera->name), camera->name, where);
  }
  if (camera && !labelio::same_media(file.media, camera->source.path))
    diagnostics.warn("label-other-media", where,
                     "was made on '" + file.media + "', but stream '" + camera->name + "' is '" +
                         camera->source.path + "'; see whether these are the same video");
  if (file.spans.empty() && file.left_out > 0)
    diagnostics.warn("labels-none", where,
                     "none of its " + std::to_string(file.left_out) +
                         " entries is a label of a span of time: they are of other kinds, or "
                         "results of a simulation, which never enter data");
  else if (file.left_out > 0)
    diagnostics.note("labels-left-out", where,
                     std::to_string(file.left_out) +
                         " entries are no spans of time, or results of a simulation; they were "
                         "left out");
  const Placer placer(std::move(map), std::move(times), file.spans, session, where);
  const std::vector<std::string> tiers = options.texts("tiers");
  std::vector<Segment> segments;
  const std::string source = format.name + " " + path;
  const TimeRange extent = signals.extent();
  PartCheck parts(options, session);
  std::size_t outside = 0;
  std::string first_outside;
  for (const Span& span : file.spans) {
    if (!tiers.empty() && std::find(tiers.begin(), tiers.end(), span.tier) == tiers.end()) continue;
    const Placed placed = placer.place(span);
    if (placed.range.end <= extent.start || placed.range.start >= extent.end) {
      if (outside++ == 0) first_outside = span.where;
      continue;
    }
    if (!parts.fits(span)) continue;
    Segment& segment = segments.emplace_back();
    segment.range = placed.range;
    segment.kind = options.text("name");
    segment.begin = {source + " " + span.where, placed.begin_uncertainty};
    segment.finish = {source + " " + span.where, placed.end_uncertainty};
    segment.attributes = {{"label", span.name}, {"confidence", span.confidence}};
    if (!span.tier.empty()) segment.attributes.emplace_back("tier", span.tier);
    if (placed.first) {
      segment.attributes.emplace_back("first_frame", static_cast<std::int64_t>(*placed.first));
      segment.attributes.emplace_back("last_frame", static_cast<std::int64_t>(*placed.last));
    }
    for (const auto& attribute : span.attributes) segment.attributes.push_back(attribute);
  }
  // A list may be of a whole day; one of another session, or on another clock, is all outside.
  if (outside > 0)
    diagnostics.warn("label-outside", where,
                     std::to_string(outside) + " of " + std::to_string(file.spans.size()) +
                         " labels lie outside the session, the first is " + first_outside +
                         "; they were left out");
  parts.finish(where, diagnostics);
  std::stable_sort(segments.begin(), segments.end(), [](const Segment& a, const Segment& b) {
    return a.range.start < b.range.start;
  });
  for (std::size_t i = 0; i < segments.size(); ++i)
    segments[i].name = numbered_name(segments[i].kind, i);
  return segments;
}
std::vector<OptionSpec> import_options() {
  std::vector<OptionSpec> options = {
      {.name = "file", .help = "Label file, relative to the session folder"},
      {.name = "format", .help = "label_studio, cvat, elan, csv or opcua"}};
  for (OptionSpec& option : labelio::frame_options(labelio::CameraNeed::kForFrames))
    options.push_back(std::move(option));
  options.push_back({.name = "tiers",
                     .type = OptionType::kTextList,
                     .fallback = Json::array(),
                     .help = "Only these tiers or controls (default: all)"});
  options.push_back({.name = "part",
                     .fallback = "part",
                     .help = "Attribute of the session that the partId of results must equal, "
                             "where both are stated; empty: not checked"});
  options.push_back({.name = "name",
                     .fallback = "label",
                     .help = "Kind of the segments, and start of their names"});
  return options;
}
}  // namespace

const SegmenterRow& import_segmenter() {
  static const SegmenterRow row{"import",
                                "Labels made in another tool, checked against the video's frames",
                                import_options(), run, files_of};
  return row;
}

}  // namespace reelcell::segment
