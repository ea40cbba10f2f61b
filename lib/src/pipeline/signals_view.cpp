#include "internal/signals_view.hpp"

#include <algorithm>
#include <cmath>

#include "reelcell/base/error.hpp"
#include "reelcell/media/decode.hpp"
#include "reelcell/media/quality.hpp"

namespace reelcell::pipeline {
namespace {
constexpr std::size_t kCompactRows = 65536;
}  // namespace

void SeriesWindow::reopen() {
  source_ = session_->open_series(stream_);
  buffer_ = {};
  for (const ColumnSpec& spec : source_->columns())
    buffer_.columns.push_back({spec, empty_data(spec.dtype)});
  first_ = 0;
  dropped_ = ended_ = false;
}

bool SeriesWindow::pull() {
  if (ended_) return false;
  SeriesBatch batch;
  if (!source_->next(batch)) {
    ended_ = true;
    return false;
  }
  const auto& clock = session_->clock(stream_);
  for (const StreamTime t : batch.times) buffer_.times.push_back(clock.to_session(t));
  for (std::size_t c = 0; c < buffer_.columns.size(); ++c)
    buffer_.columns[c].append_rows(batch.columns[c], 0, batch.times.size());
  return true;
}

/// Keeps the last sample before `time`: it is the neighbour that holds.
void SeriesWindow::drop_before(SessionTime time) {
  const auto begin = buffer_.times.begin() + static_cast<std::ptrdiff_t>(first_);
  const auto at = std::lower_bound(begin, buffer_.times.end(), time);
  const auto keep = static_cast<std::size_t>(at - buffer_.times.begin());
  if (keep > first_ + 1) {
    first_ = keep - 1;
    dropped_ = true;
  }
  if (first_ < kCompactRows) return;
  SeriesSlice rest;
  rest.times.assign(buffer_.times.begin() + static_cast<std::ptrdiff_t>(first_),
                    buffer_.times.end());
  for (const Column& column : buffer_.columns) {
    Column moved{column.spec, empty_data(column.spec.dtype)};
    moved.append_rows(column, first_, rest.times.size());
    rest.columns.push_back(std::move(moved));
  }
  buffer_ = std::move(rest);
  first_ = 0;
}

SeriesSlice SeriesWindow::read(TimeRange range, bool with_neighbours) {
  if (!source_ ||
      (dropped_ && (first_ >= buffer_.times.size() || range.start <= buffer_.times[first_])))
    reopen();
  // The sample after the range is wanted too, so read until one lies at or past its end.
  while (buffer_.times.empty() || buffer_.times.back() < range.end) {
    drop_before(range.start);
    if (!pull()) break;
  }
  drop_before(range.start);
  const auto begin = buffer_.times.begin() + static_cast<std::ptrdiff_t>(first_);
  auto from = std::lower_bound(begin, buffer_.times.end(), range.start);
  auto to = std::lower_bound(from, buffer_.times.end(), range.end);
  if (with_neighbours && from != begin) --from;
  if (with_neighbours && to != buffer_.times.end()) ++to;
  SeriesSlice slice;
  slice.times.assign(from, to);
  const auto offset = static_cast<std::size_t>(from - buffer_.times.begin());
  for (const Column& column : buffer_.columns) {
    Column part{column.spec, empty_data(column.spec.dtype)};
    part.append_rows(column, offset, slice.times.size());
    slice.columns.push_back(std::move(part));
  }
  return slice;
}

bool EventWindow::pull() {
  StreamEvent event;
  if (!source_ || !source_->next(event)) return false;
  const auto& clock = session_->clock(stream_);
  buffer_.push_back({clock.to_session(event.time), clock.to_session(event.end),
                     std::move(event.kind), std::move(event.fields)});
  return true;
}

void EventWindow::drop_before(SessionTime time) {
  while (!buffer_.empty() && buffer_.front().time < time) {
    last_dropped_ = std::move(buffer_.front());
    buffer_.pop_front();
  }
}

void EventWindow::seek(SessionTime time) {
  if (!source_ || time < position_) {
    source_ = session_->open_events(stream_);
    buffer_.clear();
    last_dropped_.reset();
  }
  position_ = time;
  do drop_before(time);
  while (buffer_.empty() && pull());
}

std::vector<Event> EventWindow::read(TimeRange range) {
  seek(range.start);
  while (!buffer_.empty() && buffer_.back().time < range.end)
    if (!pull()) break;
  std::vector<Event> found;
  for (const Event& event : buffer_)
    if (range.contains(event.time)) found.push_back(event);
  return found;
}

std::optional<Event> EventWindow::before(SessionTime time) {
  seek(time);
  return last_dropped_;
}

SeriesSlice SignalsView::series(const std::string& stream, TimeRange range, bool with_neighbours) {
  session_->info(stream);  // a wrong name is told here, with the names that exist
  return series_.try_emplace(stream, *session_, stream).first->second.read(range, with_neighbours);
}

std::vector<Event> SignalsView::events(const std::string& stream, TimeRange range) {
  session_->info(stream);
  return events_.try_emplace(stream, *session_, stream).first->second.read(range);
}

std::optional<Event> SignalsView::event_before(const std::string& stream, SessionTime time) {
  session_->info(stream);
  return events_.try_emplace(stream, *session_, stream).first->second.before(time);
}

SessionSignals::FrameTimes SignalsView::frames(const std::string& stream, TimeRange range) {
  const auto times = session_->frame_times(stream);
  const auto from = std::lower_bound(times->begin(), times->end(), range.start);
  const auto to = std::lower_bound(from, times->end(), range.end);
  return {static_cast<std::size_t>(from - times->begin()), {from, to}};
}

std::vector<Nanos> SignalsView::playing_times(const std::string& stream) {
  return reelcell::playing_times(session_->video(stream)->frames());
}

/// Of the clocks that session.json says more of than an offset.
const std::map<std::string, ClockDetails>& SignalsView::details() {
  if (!details_)
    details_ = session_->description().empty() ? std::map<std::string, ClockDetails>()
                                               : read_clock_details(session_->description());
  return *details_;
}

Nanos SignalsView::clock_uncertainty(const std::string& stream, SessionTime at) {
  const auto found = details().find(stream);
  if (found == details().end() || !found->second.measured.is_object()) return Nanos{0};
  const Json& measured = found->second.measured;
  const auto number = [&](const char* key) {
    const auto value = measured.find(key);
    return value != measured.end() && value->is_number()
               ? std::clamp(value->get<double>(), 0.0, 1e9)
               : 0.0;
  };
  // The interval is that of the offset at the reference; of a clock by points, at the middle one.
  const auto& points = found->second.points;
  const SessionTime known =
      points.empty() ? session_->clock(stream).to_session(session().stream(stream)->clock.reference)
                     : points[points.size() / 2].session;
  const double away = std::abs(static_cast<double>((at - known).count()));
  return Nanos(std::llround(number("offset_interval_ms") * 1e6 +
                            away * number("drift_interval_ppm") * 1e-6));
}

/// The clock that a stream's times count by: "" is the session's.
std::string SignalsView::clock_of(const std::string& stream) {
  const StreamSpec& spec = *session().stream(stream);
  if (!spec.clock.stated)
    return "clock of " + spec.source.format + '\n' + spec.source.path + '\n' + spec.source.episode +
           '\n' + spec.time_field;
  const auto found = details().find(stream);
  if (found == details().end() || !found->second.measured.is_object()) return "";
  const Json& measured = found->second.measured;
  const Json against = measured.value("against", Json());
  if (measured.value("against_assumed", Json()) != Json(true) || !against.is_string()) return "";
  // "joints.q": the stream of a column.
  for (const StreamSpec& other : session().streams)
    if (!other.clock.stated &&
        (against == other.name || against.get<std::string>().starts_with(other.name + ".")))
      return clock_of(other.name);
  return "";
}

bool SignalsView::share_clock(const std::string& a, const std::string& b) {
  return clock_of(a) == clock_of(b);
}

std::vector<std::optional<FrameFigures>> SignalsView::frame_figures(const std::string& stream,
                                                                    TimeRange range) {
  FiguresCache& cache = figures_[stream];
  if (cache.range == range && !range.empty()) return cache.figures;
  const FrameTimes wanted = frames(stream, range);
  std::vector<std::uint32_t> ordinals;
  for (std::size_t i = 0; i < wanted.times.size(); ++i)
    ordinals.push_back(static_cast<std::uint32_t>(wanted.first + i));
  cache.range = range;
  cache.figures.assign(ordinals.size(), std::nullopt);
  std::optional<media::Picture> previous;
  media::for_each_frame(
      session_->video(stream), ordinals,
      [&](std::size_t position, const media::DecodedFrame* frame) {
        if (!frame) {
          previous.reset();
          return;
        }
        media::Picture luma = frame->luma(160);
        cache.figures[position] = media::frame_figures(luma, previous ? &*previous : nullptr);
        previous = std::move(luma);
      },
      session_->losses());
  return cache.figures;
}

}  // namespace reelcell::pipeline
