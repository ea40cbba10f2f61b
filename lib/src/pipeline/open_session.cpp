#include <algorithm>

#include "internal/camera_rate.hpp"
#include "internal/exposure.hpp"
#include "internal/stream_ranges.hpp"
#include "internal/stream_state.hpp"
#include "internal/unreachable.hpp"
#include "reelcell/base/error.hpp"
#include "reelcell/pipeline/clocks.hpp"
#include "reelcell/pipeline/session.hpp"
#include "reelcell/readers/registry.hpp"

namespace reelcell::pipeline {

namespace {

const StreamInfo& pick_item(const Recording& recording, const StreamSpec& spec,
                            const std::string& where) {
  std::vector<std::string> items;
  const StreamInfo* only = nullptr;
  for (const StreamInfo& info : recording.streams()) {
    // A log can be read as numbers or as events; a video only as video.
    const bool fits = (info.kind == StreamKind::kVideo) == (spec.kind == StreamKind::kVideo) &&
                      (info.kind == StreamKind::kAudio) == (spec.kind == StreamKind::kAudio);
    if (!fits) continue;
    if (info.item == spec.source.item) return info;
    items.push_back(info.item);
    only = items.size() == 1 ? &info : nullptr;
  }
  if (spec.source.item.empty() && only) return *only;
  if (items.empty())
    throw InputError(
        where, "holds no " + std::string(to_string(spec.kind)) + " stream for '" + spec.name + "'");
  if (spec.source.item.empty())
    throw InputError(where, "holds several streams; \"item\" of stream '" + spec.name +
                                "' must name one: " + list_of(items));
  throw InputError(where, unknown_name("item", spec.source.item, items));
}

/// Streams of a file that describes itself.
std::vector<StreamSpec> self_described(const ReaderRow& reader, const Recording& recording,
                                       const SessionRef& ref) {
  std::vector<StreamSpec> streams;
  for (const StreamInfo& info : recording.streams()) {
    StreamSpec spec;
    spec.name = info.suggested_name.empty() ? info.item : info.suggested_name;
    spec.kind = info.kind;
    spec.source = {reader.name, ref.path.string(), info.item, ref.episode, Json::object()};
    spec.rate_hz = info.rate_hz;
    spec.time_field = info.time_field;
    // All streams of one file share its clock: mapping it by the identity is a statement of the
    // file, not a guess.
    spec.clock.stated = true;
    spec.clock.source = reader.name + (info.time_field.empty() ? "" : " " + info.time_field);
    streams.push_back(std::move(spec));
  }
  return streams;
}

/// What the ends of a file say of its times, unless one of them is a wrong stamp: no recording of a
/// cell is longer than this.
bool plausible(std::optional<StreamTime> first, std::optional<StreamTime> last) {
  std::int64_t span = 0;
  return first && last && *first <= *last &&
         !__builtin_sub_overflow(ns_of(*last), ns_of(*first), &span) &&
         Nanos(span) <= std::chrono::hours(24);
}

/// A plan file that is missing or no JSON takes nothing from the streams.
void count_missing_plan(const SessionRef& ref, const SessionDescription& session,
                        Diagnostics& diagnostics) {
  if (session.plan_file.empty() || !session.plan.is_null()) return;
  std::string why = session.plan_file + " holds null";
  try {
    read_json_file(safe_join(ref.path, session.plan_file));
  } catch (const InputError& error) {
    why = error.what();
  }
  diagnostics.loss("session-plan-unreadable", ref.id + ": session.json /plan",
                   why + "; the streams are read, but nothing can be matched with the plan");
}

OptionValues reader_options(const ReaderRow& reader, const StreamSpec& spec,
                            const std::string& where) {
  return OptionValues::parse(spec.source.options, reader.options,
                             where + ": stream '" + spec.name + "' options");
}

}  // namespace

OpenSession::~OpenSession() {
  streams_.clear();
  if (diagnostics_) diagnostics_->merge_max(*losses_);
}

std::shared_ptr<const OpenSession> OpenSession::open(const SessionRef& ref, Diagnostics& ledger,
                                                     bool tolerate_missing) {
  std::shared_ptr<OpenSession> open(new OpenSession);
  open->diagnostics_ = &ledger;
  Diagnostics& diagnostics = *open->losses_;
  const fs::path file = ref.path / "session.json";
  const bool described = is_folder(ref.path) && is_there(file);
  std::shared_ptr<const Recording> self;
  std::map<std::string, ClockDetails> details;
  if (described) {
    open->session_ = read_session_file(file);
    open->description_ = file;
    details = read_clock_details(file);
    count_missing_plan(ref, open->session_, diagnostics);
  } else {
    const ReaderRow* reader = readers::sniff(ref.path);
    if (!reader)
      throw InputError(ref.path.string(),
                       "is in no format this program reads; see 'reelcell formats'");
    self =
        reader->open({ref.path, ref.episode, OptionValues::defaults(reader->options)}, diagnostics);
    open->session_.folder = ref.path.parent_path().string();
    open->session_.streams = self_described(*reader, *self, ref);
    open->session_.attributes = self->attributes();
  }
  open->session_.id = ref.id;

  std::map<std::string, std::shared_ptr<const Recording>>
      opened;  // one Recording serves all its streams
  const auto cannot_read = [&](const std::string& stream, const InputError& error) {
    // Streams that session.json names are meant to be there; what a recording holds beside others
    // costs itself only.
    if (!tolerate_missing && described)
      throw InputError(ref.id + ": stream '" + stream + "'", error.what());
    diagnostics.loss("session-stream-unreadable", ref.id + ": " + stream, error.what());
  };
  std::vector<StreamSpec> kept;
  for (StreamSpec& spec : open->session_.streams) {
    auto state = std::make_unique<StreamState>();
    try {
      state->path = described ? safe_join(ref.path, spec.source.path) : ref.path;
      state->recording = self;
      if (described) {
        if (!is_there(state->path)) throw InputError(state->path.string(), "does not exist");
        const ReaderRow* reader = spec.source.format.empty()
                                      ? readers::sniff(state->path)
                                      : &readers::reader_named(spec.source.format);
        if (!reader)
          throw InputError(state->path.string(),
                           "is in no format this program reads; see 'reelcell formats'");
        spec.source.format = reader->name;
        const std::string key =
            state->path.string() + '\n' + spec.source.episode + '\n' + spec.source.options.dump();
        const OptionValues options = reader_options(*reader, spec, file.string());
        auto& recording = opened[key];
        if (!recording)
          recording = reader->open({state->path, spec.source.episode, options}, diagnostics);
        if (reader->files_of) state->beside = reader->files_of(state->path, options);
        state->recording = recording;
      }
      state->info = pick_item(*state->recording, spec, state->path.string());
      spec.source.item = state->info.item;
      if (spec.kind == StreamKind::kVideo)
        state->video = state->recording->open_video(spec.source.item, diagnostics);
      // Only these are read through their recording later. One of a video may hold a table of all
      // its frames (`glance`), which the video itself is about to make.
      state->info.glance.reset();
      if (spec.kind != StreamKind::kSeries && spec.kind != StreamKind::kEvents)
        state->recording.reset();
      if (spec.kind == StreamKind::kSeries) spec.columns = state->info.columns;
      if (spec.time_field.empty()) spec.time_field = state->info.time_field;
    } catch (const InputError& error) {
      cannot_read(spec.name, error);
      continue;
    }
    const auto detail = details.find(spec.name);
    state->clock = detail == details.end() ? timeline::ClockMap::from_spec(spec.clock)
                                           : clock_map_of(spec.clock, detail->second);
    // Raw ones at the ends of a file do not tell how long a joined clock ran.
    if (!state->clock.join().empty()) {
      state->info.first.reset();
      state->info.last.reset();
      state->info.rate_hz.reset();
    }
    state->spec = spec;
    state->where = ref.id + ": " + spec.name;
    kept.push_back(spec);
    open->streams_.emplace(spec.name, std::move(state));
  }
  self.reset();
  opened.clear();
  open->session_.streams.clear();
  for (StreamSpec& spec : kept) {
    StreamState& state = *open->streams_.at(spec.name);
    try {
      if (state.video) spec.video = state.spec.video = state.video->format();
    } catch (const InputError& error) {
      cannot_read(spec.name, error);
      open->streams_.erase(spec.name);
      continue;
    }
    open->session_.streams.push_back(std::move(spec));
  }
  return open;
}

const OpenSession::StreamState& OpenSession::state(std::string_view stream) const {
  const auto it = streams_.find(stream);
  if (it != streams_.end()) return *it->second;
  std::vector<std::string> names;
  for (const auto& [name, entry] : streams_) names.push_back(name);
  throw InputError(session_.id, unknown_name("stream", stream, names));
}

const timeline::ClockMap& OpenSession::clock(const std::string& stream) const {
  return state(stream).clock;
}
const StreamInfo& OpenSession::info(const std::string& stream) const { return state(stream).info; }
fs::path OpenSession::source_path(const std::string& stream) const { return state(stream).path; }

std::shared_ptr<const VideoSource> OpenSession::video(const std::string& stream) const {
  const StreamState& entry = state(stream);
  if (!entry.video)
    throw InputError(session_.id, "stream '" + stream + "' is of kind " +
                                      std::string(to_string(entry.spec.kind)) +
                                      ", a video was expected");
  return entry.video;
}

std::shared_ptr<const std::vector<SessionTime>> OpenSession::frame_times(
    const std::string& stream) const {
  const auto source = video(stream);
  const FrameTable& table = source->frames();
  auto& entry = const_cast<StreamState&>(state(stream));
  const std::lock_guard lock(mutex_);
  if (!entry.frame_times) {
    auto times = std::make_shared<std::vector<SessionTime>>();
    times->reserve(table.frames.size());
    const Nanos shift = to_mid_exposure(entry.spec);
    for (const FrameRecord& frame : table.frames)
      times->push_back(entry.clock.to_session(frame.time + shift));
    entry.frame_times = std::move(times);
  }
  return entry.frame_times;
}

std::optional<Nanos> OpenSession::usual_interval(const std::string& stream) const {
  const auto times = frame_times(stream);
  auto& entry = const_cast<StreamState&>(state(stream));
  const std::lock_guard lock(mutex_);
  if (!entry.usual_interval) entry.usual_interval = median_interval(*times);
  return *entry.usual_interval;
}

TimeRange OpenSession::stream_extent(const std::string& stream) const {
  auto& entry = const_cast<StreamState&>(state(stream));
  {
    const std::lock_guard lock(mutex_);
    if (entry.extent) return *entry.extent;
  }
  TimeRange range{};
  bool any = false;
  const auto widen = [&](SessionTime t) {
    if (!any || t < range.start) range.start = t;
    if (!any || t + Nanos(1) > range.end) range.end = t + Nanos(1);
    any = true;
  };
  if (entry.spec.kind == StreamKind::kVideo) {
    const auto times = frame_times(stream);
    if (!times->empty()) {
      widen(times->front());
      widen(times->back());
    }
  } else if (entry.spec.kind == StreamKind::kEvents) {
    if (const auto& extent = ordered_events(stream).extent()) {
      widen(entry.clock.to_session(extent->first));
      widen(entry.clock.to_session(extent->last));
    }
  } else if (plausible(entry.info.first, entry.info.last)) {
    widen(entry.clock.to_session(*entry.info.first));
    widen(entry.clock.to_session(*entry.info.last));
  } else if (entry.spec.kind == StreamKind::kSeries) {
    SeriesBatch batch;
    for (auto cursor = open_series(stream); cursor->next(batch);)
      if (!batch.times.empty()) {
        widen(entry.clock.to_session(batch.times.front()));
        widen(entry.clock.to_session(batch.times.back()));
      }
  }
  const std::lock_guard lock(mutex_);
  entry.extent = range;
  return range;
}

const std::string& OpenSession::apart() const {
  static_cast<void>(extent());
  return apart_;
}

TimeRange OpenSession::extent() const {
  {
    const std::lock_guard lock(mutex_);
    if (extent_) return *extent_;
  }
  TimeRange all{};
  bool any = false;
  std::vector<StreamRange> ranges;
  for (const StreamSpec& spec : session_.streams) {
    // Sound is kept beside the session; a microphone that ran on makes no rows.
    if (spec.kind == StreamKind::kAudio) continue;
    const TimeRange range = stream_extent(spec.name);
    if (range.empty()) continue;
    const bool events = spec.kind == StreamKind::kEvents;
    ranges.push_back({range, spec.name, events ? std::chrono::minutes(1) : Nanos(0)});
    all = any ? TimeRange{std::min(all.start, range.start), std::max(all.end, range.end)} : range;
    any = true;
  }
  std::string apart = why_apart(std::move(ranges));
  const std::lock_guard lock(mutex_);
  if (extent_) return *extent_;
  if (!apart.empty()) losses_->warn("clock-no-overlap", session_.id, apart);
  apart_ = std::move(apart);
  extent_ = all;
  return all;
}

}  // namespace reelcell::pipeline
