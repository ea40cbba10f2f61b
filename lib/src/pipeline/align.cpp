#include <algorithm>

#include "internal/camera_rate.hpp"
#include "internal/stream_rate.hpp"
#include "reelcell/base/error.hpp"
#include "reelcell/pipeline/build.hpp"

namespace reelcell::pipeline {
namespace {

/// Times of one stream in order, in bounded memory.
template <class Take>
void each_time(const OpenSession& session, const StreamSpec& spec, Take take) {
  if (spec.kind == StreamKind::kVideo) {
    for (const SessionTime t : *session.frame_times(spec.name)) take(t);
  } else if (spec.kind == StreamKind::kSeries) {
    const auto& clock = session.clock(spec.name);
    SeriesBatch batch;
    for (auto cursor = session.open_series(spec.name); cursor->next(batch);)
      for (const StreamTime t : batch.times) take(clock.to_session(t));
  } else if (spec.kind == StreamKind::kEvents) {
    const auto& clock = session.clock(spec.name);
    StreamEvent event;
    for (auto cursor = session.open_events(spec.name); cursor->next(event);)
      take(clock.to_session(event.time));
  }
}

/// Joins the stream's times onto the grid block by block, so that a 10 h session needs no more
/// memory than a minute.
void join_onto_grid(const OpenSession& session, const StreamSpec& spec, const timeline::Grid& grid,
                    const timeline::JoinPolicy& policy, SessionSignals& signals,
                    timeline::StreamAlignment& line) {
  constexpr std::size_t kBlock = 4096;
  timeline::SkewStats skews;
  for (std::size_t first = 0; first < grid.rows; first += kBlock) {
    std::vector<SessionTime> rows;
    for (std::size_t i = first; i < std::min(grid.rows, first + kBlock); ++i)
      rows.push_back(grid.time(i));
    const TimeRange range{rows.front() - policy.tolerance,
                          rows.back() + policy.tolerance + Nanos(1)};
    RowTimes times;
    if (spec.kind == StreamKind::kVideo) {
      const auto all = session.frame_times(spec.name);
      auto joined = timeline::join_nearest(*all, rows, policy.tolerance);
      times = {spec.name, {}, std::move(joined.skew_ns), std::move(joined.flag)};
      for (const std::uint32_t i : joined.index)
        times.source.push_back(all->empty() ? SessionTime{} : (*all)[i]);
    } else {
      times = timeline::join_series(signals.series(spec.name, range, true), rows, policy, spec.name)
                  .times;
    }
    skews.add(times, policy.tolerance);
  }
  skews.fill(line);
  const std::uint64_t samples = line.times.value("samples", std::uint64_t{0});
  line.unused = samples > skews.used() ? samples - skews.used() : 0;
}

}  // namespace

namespace {

/// A clock by points as one offset and drift: in its middle, and on the whole.
ClockSpec clock_of(const OpenSession& session, const StreamSpec& spec) {
  ClockSpec clock = spec.clock;
  const timeline::ClockMap& map = session.clock(spec.name);
  const auto& knots = map.knots();
  if (knots.size() < 2) return clock;
  const StreamTime first = knots.front().from, last = knots.back().from;
  const StreamTime middle = first + (last - first) / 2;
  const Nanos own = last - first, session_own = map.to_session(last) - map.to_session(first);
  clock.reference = middle;
  clock.offset = Nanos(ns_of(map.to_session(middle)) - ns_of(middle));
  clock.drift_ppm =
      static_cast<double>((session_own - own).count()) / static_cast<double>(own.count()) * 1e6;
  return clock;
}

/// Sound is not read: its times are those that the container states. Nothing is joined, for no
/// output takes it.
timeline::StreamAlignment sound_line(const OpenSession& session, const StreamSpec& spec,
                                     TimeRange extent) {
  timeline::StreamAlignment line;
  line.stream = spec.name;
  line.kind = std::string(to_string(spec.kind));
  line.spec = clock_of(session, spec);
  line.method = session.clock(spec.name).method();
  line.rate_hz = session.info(spec.name).rate_hz;
  line.times = {{"first_ns", nullptr}, {"last_ns", nullptr}};
  const TimeRange own = session.stream_extent(spec.name);
  if (own.empty()) return line;
  line.times["first_ns"] = ns_of(own.start);
  line.times["last_ns"] = ns_of(own.end - Nanos(1));
  const TimeRange both{std::max(own.start, extent.start), std::min(own.end, extent.end)};
  if (both.start < both.end)
    line.overlap =
        static_cast<double>(both.length().count()) / static_cast<double>(extent.length().count());
  return line;
}

std::optional<double> running_rate(const OpenSession& session, const StreamSpec& spec,
                                   const timeline::StreamTimeStats& stats) {
  const auto median = stats.median_rate_hz();
  if (!median || spec.kind == StreamKind::kEvents) return std::nullopt;
  if (spec.kind != StreamKind::kVideo) return median;
  return camera_hz(pace_of(*session.frame_times(spec.name), *median),
                   session.video(spec.name)->format());
}

}  // namespace

timeline::AlignmentReport align_session(const OpenSession& session, const GridRule& rule,
                                        Progress& progress) {
  timeline::AlignmentReport report;
  report.session = session.session().id;
  report.extent = session.extent();
  std::optional<timeline::Grid> grid;
  anchor_stream(rule, session);  // a name that is not there is an error
  try {
    const Rational rate = grid_rate(rule, session);
    grid = segment_grid(rule, session, report.extent, rate);
  } catch (const Error&) {
    // Without a rate there is no grid to join onto; the streams' own times are still reported.
  }
  const auto signals = session.signals();
  const auto& streams = session.session().streams;
  progress.begin("align", streams.size(), "streams");
  for (std::size_t i = 0; i < streams.size(); ++i) {
    const StreamSpec& spec = streams[i];
    if (spec.kind == StreamKind::kAudio) {
      report.streams.push_back(sound_line(session, spec, report.extent));
      progress.advance(i + 1);
      continue;
    }
    timeline::StreamAlignment line;
    line.stream = spec.name;
    line.kind = std::string(to_string(spec.kind));
    line.spec = clock_of(session, spec);
    line.method = session.clock(spec.name).method();
    line.join = session.clock(spec.name).join();
    timeline::StreamTimeStats stats;
    each_time(session, spec, [&](SessionTime t) { stats.add(t); });
    line.times = stats.to_json();
    line.rate_hz = running_rate(session, spec, stats);
    line.nominal_rate_hz = nominal_rate(session, spec);
    const TimeRange own = session.stream_extent(spec.name);
    if (!report.extent.empty())
      line.overlap = static_cast<double>(own.length().count()) /
                     static_cast<double>(report.extent.length().count());
    if (grid && spec.kind != StreamKind::kEvents && stats.samples() > 0)
      join_onto_grid(session, spec, *grid, join_policy(rule, session, spec.name, grid->rate),
                     *signals, line);
    report.streams.push_back(std::move(line));
    progress.advance(i + 1);
  }
  progress.end();
  return report;
}

}  // namespace reelcell::pipeline
