#include "internal/watched_signals.hpp"

#include <algorithm>

namespace reelcell::pipeline {

void WatchedSignals::came(const std::string& stream, SessionTime first, SessionTime last) {
  UsedSource& source = note(stream);
  source.first = source.timed ? std::min(source.first, first) : first;
  source.last = source.timed ? std::max(source.last, last) : last;
  source.timed = true;
}

SeriesSlice WatchedSignals::series(const std::string& stream, TimeRange range,
                                   bool with_neighbours) {
  SeriesSlice slice = inner_->series(stream, range, with_neighbours);
  note(stream);
  if (!slice.times.empty()) came(stream, slice.times.front(), slice.times.back());
  return slice;
}

std::vector<Event> WatchedSignals::events(const std::string& stream, TimeRange range) {
  std::vector<Event> events = inner_->events(stream, range);
  note(stream);
  for (const Event& event : events) came(stream, event.time, event.time);
  return events;
}

std::optional<Event> WatchedSignals::event_before(const std::string& stream, SessionTime time) {
  std::optional<Event> event = inner_->event_before(stream, time);
  note(stream);
  if (event) came(stream, event->time, event->time);
  return event;
}

SessionSignals::FrameTimes WatchedSignals::frames(const std::string& stream, TimeRange range) {
  FrameTimes frames = inner_->frames(stream, range);
  note(stream);
  if (!frames.times.empty()) came(stream, frames.times.front(), frames.times.back());
  return frames;
}

std::vector<std::optional<FrameFigures>> WatchedSignals::frame_figures(const std::string& stream,
                                                                       TimeRange range) {
  frames(stream, range);  // for the times of what is decoded
  return inner_->frame_figures(stream, range);
}

std::vector<UsedSource> WatchedSignals::used(const std::string& role) const {
  std::vector<UsedSource> sources;
  for (const StreamSpec& spec : session().streams) {
    const auto known = used_.find(spec.name);
    if (known == used_.end()) continue;
    UsedSource& source = sources.emplace_back(known->second);
    source.role = role;
    source.stream = spec.name;
  }
  return sources;
}

}  // namespace reelcell::pipeline
