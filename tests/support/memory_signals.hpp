// A session in memory, for tests of segmenters, label rules and gates.
#pragma once

#include <algorithm>
#include <functional>
#include <map>
#include <string>
#include <utility>
#include <vector>

#include "reelcell/base/error.hpp"
#include "reelcell/model/session_facts.hpp"

namespace reelcell::test {

/// Milliseconds on the session clock, for readable tests.
constexpr SessionTime at_ms(std::int64_t ms) { return session_time(ms * 1'000'000); }
constexpr TimeRange range_ms(std::int64_t start, std::int64_t end) {
  return {at_ms(start), at_ms(end)};
}
inline Column float_column(std::string name, std::vector<double> values, std::size_t width = 1,
                           std::string unit = "") {
  return {{std::move(name), DType::kFloat64, width, std::move(unit), {}}, std::move(values)};
}
inline Column integer_column(std::string name, std::vector<std::int64_t> values) {
  return {{std::move(name), DType::kInt64, 1, "", {}}, std::move(values)};
}
inline Column text_column(std::string name, std::vector<std::string> values) {
  return {{std::move(name), DType::kString, 1, "", {}}, std::move(values)};
}
inline Event event_ms(std::int64_t start, std::int64_t end, std::string kind,
                      std::vector<std::pair<std::string, Value>> fields = {}) {
  return {at_ms(start), at_ms(end), std::move(kind), std::move(fields)};
}
/// A scalar series sampled at `rate_hz` over [start, end) ms from value(seconds).
inline SeriesSlice sampled(std::string column, std::int64_t start_ms, std::int64_t end_ms,
                           std::int64_t rate_hz, const std::function<double(double)>& value,
                           std::string unit = "") {
  SeriesSlice slice;
  std::vector<double> values;
  for (std::int64_t i = 0;; ++i) {
    const SessionTime t = at_ms(start_ms) + tick_time(i, {rate_hz, 1});
    if (t >= at_ms(end_ms)) break;
    slice.times.push_back(t);
    values.push_back(value(static_cast<double>(ns_of(t)) / 1e9));
  }
  slice.columns.push_back(float_column(std::move(column), std::move(values), 1, std::move(unit)));
  return slice;
}

/// Streams are given whole, in time order. Unknown names throw InputError as the real one does.
/// Remembers the longest range that was asked for, to check that a stage works in windows.
class MemorySignals : public SessionSignals, public SessionFacts {
 public:
  explicit MemorySignals(std::string id = "session-1") { session_.id = std::move(id); }

  void add_series(const std::string& name, SeriesSlice slice) {
    StreamSpec spec;
    spec.name = name;
    spec.clock.stated = true;
    spec.kind = StreamKind::kSeries;
    for (const Column& column : slice.columns) spec.columns.push_back(column.spec);
    session_.streams.push_back(std::move(spec));
    for (const SessionTime t : slice.times) cover(t);
    series_[name] = std::move(slice);
  }
  void add_events(const std::string& name, std::vector<Event> events, std::string role = "") {
    StreamSpec spec;
    spec.name = name;
    spec.clock.stated = true;
    spec.kind = StreamKind::kEvents;
    spec.role = std::move(role);
    session_.streams.push_back(std::move(spec));
    for (const Event& event : events) cover(event.time);
    events_[name] = std::move(events);
  }
  /// `figures` may be empty (then none can be decoded) or one a frame; `playing` when a player
  /// shows each frame, empty where that is when it was taken. Clocks are stated unless a test says
  /// else.
  void add_video(const std::string& name, std::vector<SessionTime> times,
                 std::vector<std::optional<FrameFigures>> figures = {},
                 std::vector<Nanos> playing = {}) {
    StreamSpec spec;
    spec.name = name;
    spec.clock.stated = true;
    spec.kind = StreamKind::kVideo;
    spec.video = VideoFormat{};
    session_.streams.push_back(std::move(spec));
    for (const SessionTime t : times) cover(t);
    figures.resize(times.size());
    if (playing.empty())
      for (const SessionTime t : times) playing.push_back(t - times.front());
    frames_[name] = {std::move(times), std::move(figures), std::move(playing)};
  }
  /// Streams are of one clock, which is known exactly, but for those named here.
  void set_uncertainty(const std::string& stream, Nanos half) { uncertain_[stream] = half; }
  void set_clock_assumed(const std::string& stream) {
    for (StreamSpec& spec : session_.streams)
      if (spec.name == stream) spec.clock.stated = false;
  }
  void set_extent(TimeRange extent) { extent_ = extent; }
  SessionDescription& description() { return session_; }
  Nanos longest_read() const { return longest_read_; }
  std::size_t reads() const { return reads_; }

  const SessionDescription& session() const override { return session_; }
  TimeRange extent() const override { return extent_.value_or(covered_); }

  SeriesSlice series(const std::string& stream, TimeRange range, bool with_neighbours) override {
    note(range);
    const SeriesSlice& all = find(series_, stream);
    auto [first, last] = positions(all.times, range);
    if (with_neighbours) {
      if (first > 0) --first;
      if (last < all.times.size()) ++last;
    }
    SeriesSlice slice;
    slice.times.assign(all.times.begin() + static_cast<std::ptrdiff_t>(first),
                       all.times.begin() + static_cast<std::ptrdiff_t>(last));
    for (const Column& column : all.columns) {
      Column& out = slice.columns.emplace_back();
      out.spec = column.spec;
      out.data = empty_data(column.spec.dtype);
      out.append_rows(column, first, last - first);
    }
    return slice;
  }
  std::vector<Event> events(const std::string& stream, TimeRange range) override {
    note(range);
    std::vector<Event> found;
    for (const Event& event : find(events_, stream))
      if (range.contains(event.time)) found.push_back(event);
    return found;
  }
  std::optional<Event> event_before(const std::string& stream, SessionTime time) override {
    std::optional<Event> found;
    for (const Event& event : find(events_, stream))
      if (event.time < time) found = event;
    return found;
  }
  FrameTimes frames(const std::string& stream, TimeRange range) override {
    note(range);
    const Video& video = find(frames_, stream);
    const auto [first, last] = positions(video.times, range);
    return {first,
            {video.times.begin() + static_cast<std::ptrdiff_t>(first),
             video.times.begin() + static_cast<std::ptrdiff_t>(last)}};
  }
  Nanos clock_uncertainty(const std::string& stream, SessionTime) override {
    const auto found = uncertain_.find(stream);
    return found == uncertain_.end() ? Nanos{0} : found->second;
  }
  bool share_clock(const std::string& a, const std::string& b) override {
    return a == b || (session_.stream(a)->clock.stated && session_.stream(b)->clock.stated);
  }
  std::vector<Nanos> playing_times(const std::string& stream) override {
    return find(frames_, stream).playing;
  }
  std::vector<std::optional<FrameFigures>> frame_figures(const std::string& stream,
                                                         TimeRange range) override {
    note(range);
    const Video& video = find(frames_, stream);
    const auto [first, last] = positions(video.times, range);
    return {video.figures.begin() + static_cast<std::ptrdiff_t>(first),
            video.figures.begin() + static_cast<std::ptrdiff_t>(last)};
  }

 private:
  struct Video {
    std::vector<SessionTime> times;
    std::vector<std::optional<FrameFigures>> figures;
    std::vector<Nanos> playing;
  };
  template <class Map>
  static const typename Map::mapped_type& find(const Map& map, const std::string& name) {
    const auto it = map.find(name);
    if (it != map.end()) return it->second;
    std::vector<std::string> names;
    for (const auto& [known, ignored] : map) names.push_back(known);
    throw InputError(unknown_name("stream", name, names));
  }
  static std::pair<std::size_t, std::size_t> positions(const std::vector<SessionTime>& times,
                                                       TimeRange range) {
    const auto first = std::lower_bound(times.begin(), times.end(), range.start);
    const auto last = std::lower_bound(first, times.end(), std::max(range.start, range.end));
    return {static_cast<std::size_t>(first - times.begin()),
            static_cast<std::size_t>(last - times.begin())};
  }
  void cover(SessionTime t) {
    if (!any_) covered_ = {t, t + Nanos{1}};
    any_ = true;
    covered_.start = std::min(covered_.start, t);
    covered_.end = std::max(covered_.end, t + Nanos{1});
  }
  void note(TimeRange range) {
    ++reads_;
    longest_read_ = std::max(longest_read_, range.length());
  }

  SessionDescription session_;
  std::map<std::string, SeriesSlice> series_;
  std::map<std::string, std::vector<Event>> events_;
  std::map<std::string, Video> frames_;
  std::map<std::string, Nanos> uncertain_;
  std::optional<TimeRange> extent_;
  TimeRange covered_{};
  bool any_ = false;
  Nanos longest_read_{0};
  std::size_t reads_ = 0;
};

}  // namespace reelcell::test
