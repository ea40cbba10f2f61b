#include "internal/episode_builder.hpp"

#include <algorithm>
#include <cmath>
#include <iterator>
#include <map>
#include <set>

#include "internal/fitted_column.hpp"
#include "internal/lineage.hpp"
#include "internal/pixel_pass.hpp"
#include "internal/placeless.hpp"
#include "internal/watched_signals.hpp"
#include "reelcell/base/error.hpp"

namespace reelcell::pipeline {
namespace {

/// One stream joined onto the episode's rows, kept so that several features share one join.
struct JoinedStream {
  std::string stream;
  timeline::JoinedSeries series;
  SeriesSlice native;
};

bool run_gates(const BuildPlan& plan, const Candidate& candidate, SessionSignals& signals,
               Decision& decision) {
  for (const GateRule& rule : plan.recipe.gates) {
    const GateResult result = rule.row->run(rule.options, candidate.segment, signals);
    Json entry = {{"gate", rule.row->name},
                  {"passed", result.passed},
                  {"unit", result.unit},
                  {"reason", result.reason}};
    entry["figure"] = std::isfinite(result.figure) ? Json(result.figure) : Json();
    entry["limit"] = std::isfinite(result.limit) ? Json(result.limit) : Json();
    decision.gates.push_back(std::move(entry));
    if (result.passed || decision.action == GateAction::kDrop) continue;
    if (decision.action == GateAction::kKeep || rule.action == GateAction::kDrop) {
      decision.action = rule.action;
      decision.reason = rule.row->name + ": " + result.reason;
    }
  }
  return decision.action == GateAction::kKeep;
}

TimeRange row_range(const std::vector<SessionTime>& rows) {
  return {rows.front(), rows.back() + Nanos(1)};
}

JoinedStream join_stream(const BuildPlan& plan, const std::string& stream,
                         const std::vector<SessionTime>& rows, SessionTime end,
                         const OpenSession& session, SessionSignals& signals) {
  JoinedStream joined;
  joined.stream = stream;
  const SeriesSlice slice = signals.series(stream, row_range(rows), true);
  const timeline::JoinPolicy policy =
      join_policy(plan.recipe.grid, session, stream, plan.schema.rate);
  joined.series = timeline::join_series(slice, rows, policy, stream);
  if (plan.recipe.native) joined.native = signals.series(stream, {rows.front(), end}, false);
  return joined;
}

Column make_column(const ResolvedFeature& feature, const std::vector<SessionTime>& rows,
                   const std::vector<JoinedStream>& joined, Diagnostics& diagnostics) {
  FittedColumn column(feature.spec);
  for (std::size_t row = 0; row < rows.size(); ++row) {
    for (const ColumnRef& part : feature.parts) {
      const auto source = std::find_if(joined.begin(), joined.end(),
                                       [&](const auto& j) { return j.stream == part.stream; });
      const Column& from = source->series.columns.at(part.column);
      if (part.element) column.append(from, row, *part.element, rows[row]);
      for (std::size_t i = 0; !part.element && i < from.spec.width; ++i)
        column.append(from, row, i, rows[row]);
    }
  }
  return column.finish(diagnostics);
}

/// Rows get the nearest frame that is not one of `without`; the clip's true times go beside them.
RowTimes join_video(const BuildPlan& plan, const OpenSession& session, const std::string& stream,
                    const std::vector<SessionTime>& rows, const std::set<std::uint32_t>& without,
                    std::vector<std::uint32_t>& frames) {
  const auto all = session.frame_times(stream);
  if (all->empty())
    throw InputError(session.session().id, "stream '" + stream + "' holds no frame");
  std::vector<SessionTime> kept_times;
  std::vector<std::uint32_t> kept;
  for (std::uint32_t i = 0; !without.empty() && i < all->size(); ++i) {
    if (without.contains(i)) continue;
    kept.push_back(i);
    kept_times.push_back((*all)[i]);
  }
  const std::vector<SessionTime>& times = without.empty() ? *all : kept_times;
  if (times.empty())
    throw InputError(session.session().id,
                     "stream '" + stream + "' holds no frame that can be decoded");
  const timeline::JoinPolicy policy =
      join_policy(plan.recipe.grid, session, stream, plan.schema.rate);
  timeline::NearestJoin join = timeline::join_nearest(times, rows, policy.tolerance);
  RowTimes result{stream, {}, std::move(join.skew_ns), std::move(join.flag)};
  for (std::uint32_t& index : join.index) {
    result.source.push_back(times[index]);
    if (!without.empty()) index = kept[index];
  }
  frames = std::move(join.index);
  return result;
}

/// Does a stream stand beside the grid too? A faster one in every sample, though a stall left no
/// more than the rows show: samples have even members. Of one at the grid's pace, one sample more
/// than rows is where the segment's border lies; of a burst no sample may be lost.
bool is_beside(std::optional<double> rate_hz, Rational rows_per_second, std::size_t samples,
               std::size_t rows) {
  if (!rate_hz) return samples > rows;
  constexpr double kSamePace = 1.01;
  const double pace =
      static_cast<double>(rows_per_second.num) / static_cast<double>(rows_per_second.den);
  return *rate_hz > kSamePace * pace || samples > rows + 1;
}

void add_series(const BuildPlan& plan, const std::vector<ResolvedFeature>& features,
                const timeline::Grid& grid, const OpenSession& session, SessionSignals& signals,
                Episode& episode, Diagnostics& diagnostics) {
  std::vector<JoinedStream> joined;
  const SessionTime end = grid.time(grid.rows);
  for (const ResolvedFeature& feature : features)
    for (const ColumnRef& part : feature.parts)
      if (std::none_of(joined.begin(), joined.end(),
                       [&](const auto& j) { return j.stream == part.stream; }))
        joined.push_back(join_stream(plan, part.stream, episode.time, end, session, signals));
  for (const ResolvedFeature& feature : features)
    if (!feature.spec.is_video)
      episode.columns.push_back(make_column(feature, episode.time, joined, diagnostics));
  for (JoinedStream& entry : joined) {
    episode.row_times.push_back(std::move(entry.series.times));
    const StreamSpec* const spec = session.session().stream(entry.stream);
    if (!is_beside(spec && spec->rate_hz ? spec->rate_hz : session.info(entry.stream).rate_hz,
                   plan.schema.rate, entry.native.size(), episode.rows))
      continue;
    NativeSeries native{entry.stream, std::move(entry.native), {}, {}};
    timeline::assign_native(native.samples.times, episode.time, end, native.begin, native.end);
    episode.native.push_back(std::move(native));
  }
}

/// The camera whose frames say where the grid begins.
void add_anchor(const GridRule& rule, const OpenSession& session, TimeRange range,
                std::vector<UsedSource>& used) {
  const std::string anchor = anchor_stream(rule, session);
  const StreamSpec* spec = anchor.empty() ? nullptr : session.session().stream(anchor);
  if (!spec || spec->kind != StreamKind::kVideo) return;
  const auto times = session.frame_times(anchor);
  const auto first = std::lower_bound(times->begin(), times->end(), range.start);
  const auto end = std::lower_bound(first, times->end(), range.end);
  UsedSource source{"grid", anchor, "", {}, {}, first != end};
  if (source.timed) {
    source.first = *first;
    source.last = *(end - 1);
  }
  used.push_back(std::move(source));
}

void lay_out_videos(const BuildPlan& plan, const std::vector<ResolvedFeature>& features,
                    const OpenSession& session, const FramesOfStreams& without, Episode& episode) {
  for (const ResolvedFeature& feature : features) {
    if (!feature.spec.is_video) continue;
    EpisodeClip clip;
    clip.feature = feature.spec.name;
    clip.stream = feature.video;
    clip.source = session.video(feature.video);
    const auto left_out = without.find(feature.video);
    RowTimes times = join_video(
        plan, session, feature.video, episode.time,
        left_out == without.end() ? std::set<std::uint32_t>() : left_out->second, clip.frame);
    if (std::all_of(times.flag.begin(), times.flag.end(),
                    [](JoinFlag f) { return f == JoinFlag::kGap; }))
      throw InputError("stream '" + feature.video + "' holds no frame " +
                       (left_out == without.end() ? "" : "that can be decoded ") +
                       "within this segment");
    const bool known = std::any_of(episode.row_times.begin(), episode.row_times.end(),
                                   [&](const RowTimes& t) { return t.stream == times.stream; });
    if (!known) episode.row_times.push_back(std::move(times));
    episode.clips.push_back(std::move(clip));
  }
}

/// First and last frame that the rows of each camera ask for.
using FrameRanges = std::map<std::string, std::pair<std::uint32_t, std::uint32_t>>;

FrameRanges ranges_of(const Episode& episode) {
  FrameRanges ranges;
  for (const EpisodeClip& clip : episode.clips) {
    const auto [first, last] = std::minmax_element(clip.frame.begin(), clip.frame.end());
    ranges[clip.stream] = {*first, *last};
  }
  return ranges;
}

/// Of the frames left out, those that the rows asked for; what the passes counted on their way goes
/// further, and over some of them twice.
void count_left_out(const FramesOfStreams& without, const FrameRanges& asked,
                    const OpenSession& session, const Diagnostics& met, Diagnostics& pixels) {
  constexpr const char* kCode = "video-undecodable-frame";
  for (Diagnostic entry : met.summary())
    if (entry.code != kCode) pixels.add(std::move(entry));
  for (const auto& [stream, ordinals] : without) {
    const auto [first, last] = asked.at(stream);
    const auto begin = ordinals.lower_bound(first), end = ordinals.upper_bound(last);
    if (begin == end) continue;
    const auto source = session.video(stream);
    const auto& frames = source->frames().frames;
    pixels.add({Severity::kLoss, kCode, source->describe(),
                "frames that the decoder cannot give without damage are left out",
                static_cast<std::uint64_t>(std::distance(begin, end)), ns_of(frames[*begin].time),
                ns_of(frames[*std::prev(end)].time)});
  }
}

/// With frames that no decoder can give left out, as if they had never been recorded: a row shows
/// its neighbour, and says so.
void add_videos(const BuildPlan& plan, const std::vector<ResolvedFeature>& features,
                const OpenSession& session, const std::vector<StillTime>& stills, Episode& episode,
                Diagnostics& pixels) {
  const auto series = static_cast<std::ptrdiff_t>(episode.row_times.size());
  FramesOfStreams without;
  FrameRanges asked;
  for (;;) {
    lay_out_videos(plan, features, session, without, episode);
    if (asked.empty()) asked = ranges_of(episode);
    Diagnostics met;
    const FramesOfStreams bad = run_pixel_pass(plan, session, episode, stills, without, met);
    if (bad.empty() && without.empty()) return pixels.merge(met);
    if (bad.empty()) return count_left_out(without, asked, session, met, pixels);
    for (const auto& [stream, ordinals] : bad)
      without[stream].insert(ordinals.begin(), ordinals.end());
    episode.row_times.erase(episode.row_times.begin() + series, episode.row_times.end());
    episode.clips.clear();
    episode.stills.clear();
    episode.video_stats = Json::object();
  }
}

Episode build_episode(const BuildPlan& plan, const Candidate& candidate,
                      std::vector<UsedSource> used,
                      const std::shared_ptr<const OpenSession>& session, SessionSignals& signals,
                      const std::vector<PlacedObjects>& objects, Diagnostics& pixels) {
  Episode episode;
  episode.key = candidate.key;
  episode.session_id = session->session().id;
  episode.session_attributes = session->session().attributes;
  episode.segment = candidate.segment;
  episode.split = candidate.split;
  const timeline::Grid grid =
      segment_grid(plan.recipe.grid, *session, candidate.segment.range, plan.schema.rate);
  if (grid.rows == 0) throw InputError("the segment is shorter than one row of the grid");
  episode.rows = grid.rows;
  episode.time = grid.times();
  const auto features = resolve_features(plan.recipe, *session);
  add_series(plan, features, grid, *session, signals, episode, pixels);
  WatchedSignals watched(signals);
  const auto stills = still_times(plan.recipe, candidate.segment, watched, pixels);
  for (UsedSource& source : watched.used("still")) used.push_back(std::move(source));
  add_videos(plan, features, *session, stills, episode, pixels);
  add_anchor(plan.recipe.grid, *session, candidate.segment.range, used);
  episode.lineage = lineage_of(episode, used, *session);
  add_objects(objects, plan.schema, *session, episode, pixels);
  // In the schema's order, whatever order the joins came in.
  std::stable_sort(episode.row_times.begin(), episode.row_times.end(),
                   [&](const RowTimes& a, const RowTimes& b) {
                     const auto& order = plan.schema.time_streams;
                     return std::find(order.begin(), order.end(), a.stream) <
                            std::find(order.begin(), order.end(), b.stream);
                   });
  return episode;
}

}  // namespace

std::unique_ptr<BuiltCandidate> build_candidate(const BuildPlan& plan, const Candidate& candidate,
                                                std::shared_ptr<const OpenSession> session,
                                                SessionSignals& signals,
                                                const std::vector<PlacedObjects>& objects) {
  auto built = std::make_unique<BuiltCandidate>();
  built->session = session;
  built->decision = {candidate.key,
                     session->session().id,
                     candidate.segment.name,
                     candidate.split,
                     GateAction::kKeep,
                     Json::array(),
                     "",
                     std::nullopt,
                     false};
  try {
    WatchedSignals watched(signals);
    if (run_gates(plan, candidate, watched, built->decision)) {
      std::vector<UsedSource> used = candidate.sources;
      for (UsedSource& source : watched.used("gate")) used.push_back(std::move(source));
      built->episode =
          build_episode(plan, candidate, std::move(used), session, signals, objects, built->pixels);
    }
  } catch (const InputError& error) {
    built->episode.reset();
    built->decision.action = GateAction::kQuarantine;
    built->decision.reason = placeless(error.what(), plan.sessions[candidate.session], plan.recipe);
    built->decision.failed = true;
  }
  return built;
}

}  // namespace reelcell::pipeline
