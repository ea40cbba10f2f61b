// Clocks of a session, each by its evidence, in the order in which they depend on one another.
#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <map>
#include <optional>

#include "internal/clock_tasks.hpp"
#include "reelcell/base/error.hpp"
#include "reelcell/pipeline/clocks.hpp"

namespace reelcell::pipeline {
namespace {

/// This clock's stamp of each row, in ns; empty where a part is missing.
std::vector<std::optional<std::int64_t>> stamps_of(const SeriesBatch& batch, const Json& device,
                                                   const std::string& where) {
  std::vector<std::optional<std::int64_t>> out(batch.size(), std::int64_t{0});
  for (const auto& entry : device.items()) {
    const std::string& name = entry.key();
    const auto column = std::find_if(batch.columns.begin(), batch.columns.end(),
                                     [&](const Column& c) { return c.spec.name == name; });
    if (column == batch.columns.end()) {
      std::vector<std::string> names;
      for (const Column& c : batch.columns) names.push_back(c.spec.name);
      throw InputError(where, unknown_name("column", name, names));
    }
    const TimeUnit time_unit = parse_time_unit(entry.value().get<std::string>());
    for (std::size_t row = 0; row < batch.size(); ++row) {
      // By way of decimal text: integers keep all their digits, and so do decimal fractions.
      std::string text;
      if (const auto* whole = std::get_if<std::vector<std::int64_t>>(&column->data))
        text = std::to_string((*whole)[row * column->spec.width]);
      else if (const auto* words = std::get_if<std::vector<std::string>>(&column->data))
        text = (*words)[row * column->spec.width];
      else
        text = fmt::format("{:.17g}", column->number(row));
      std::int64_t ns = 0;
      if (out[row] && parse_time(text, time_unit, &ns))
        *out[row] += ns;
      else
        out[row].reset();
    }
  }
  return out;
}

/// The log shows breaks of the clock; which of the stream's own samples they lie between, in
/// out.join. Why that cannot be told, "" when it can.
std::string find_in_stream(const OpenSession& session, const std::string& stream,
                           ClockMeasurement& out) {
  const StreamSpec& spec = *session.session().stream(stream);
  const bool told = spec.kind == StreamKind::kSeries || spec.kind == StreamKind::kEvents;
  if (!told)
    return out.pairs->breaks.empty()
               ? ""
               : fmt::format(
                     "the device's clock began anew {} times, which can be joined for series and "
                     "events only; this stream is {}",
                     out.pairs->breaks.size(), to_string(spec.kind));
  timeline::BreakFinder finder(out.pairs->breaks, spec.reorder_window);
  session.each_stamp(stream, [&](StreamTime t) { finder.see(t); });
  out.join = {finder.breaks(), {}};
  return finder.problem();
}

void measure_pairs(const OpenSession& session, ClockEvidence evidence,
                   const timeline::ClockMap& map, ClockMeasurement& out) {
  std::vector<timeline::ClockPair> pairs;
  SeriesBatch batch;
  for (auto cursor = session.open_series(evidence.against.stream, map.join());
       cursor->next(batch);) {
    const auto stamps = stamps_of(batch, evidence.device, evidence.against.stream);
    for (std::size_t row = 0; row < stamps.size(); ++row)
      if (stamps[row])
        pairs.push_back({stream_time(*stamps[row]), map.to_session(batch.times[row])});
  }
  const timeline::CounterWrap& counter = session.clock(out.stream).join().wrap;
  if (counter.stated()) evidence.pairs.counter = counter.range();
  out.pairs = timeline::fit_pairs(std::move(pairs), evidence.pairs);
  auto& r = out.result;
  r.reason = out.pairs->reason;
  if (out.pairs->pieces.empty()) return;
  const auto offset_of = [](const std::vector<timeline::ClockPoint>& points, std::int64_t at) {
    return ns_of(timeline::map_through(points, "measured").to_session(stream_time(at))) - at;
  };
  for (const auto& piece : out.pairs->pieces)
    r.candidates.push_back({offset_of(piece.points, ns_of(piece.start)), 1});
  if (r.reason.empty()) r.reason = find_in_stream(session, out.stream, out);
  if (!r.reason.empty()) {
    r.verdict = timeline::Verdict::kAmbiguous;
    out.join = {};
    return;
  }
  const auto& points = out.pairs->points;
  const std::int64_t first = ns_of(points.front().stream), last = ns_of(points.back().stream);
  const auto length = static_cast<double>(last - first);
  r.verdict = timeline::Verdict::kMeasured;
  r.reference_ns = first + (last - first) / 2;
  r.offset_ns = offset_of(points, r.reference_ns);
  r.drift_ppm =
      static_cast<double>(offset_of(points, last) - offset_of(points, first)) / length * 1e6;
  // A delay that all messages share cannot be seen; the usual one is the least that is claimed.
  for (const auto& piece : out.pairs->pieces)
    r.offset_interval_ms = std::max(r.offset_interval_ms, piece.interval_ms);
  r.drift_interval_ppm = 2 * r.offset_interval_ms * 1e6 / length * 1e6;
  r.height = 1;
  r.ratio = 0;
  for (const auto& piece : out.pairs->pieces)
    for (const auto& w : piece.windows) {
      const std::int64_t middle = ns_of(w.start) + (w.end - w.start).count() / 2;
      r.windows.push_back({middle, offset_of(points, middle), 1});
    }
}

/// What is not known of a clock: 95 % intervals of its offset at a time, and of its drift.
struct ClockError {
  std::int64_t session_ns = 0;
  double offset_ms = 0, drift_ppm = 0;
};

ClockError error_of(const ClockMeasurement& m) {
  const auto& r = m.result;
  return {r.reference_ns + r.offset_ns, r.offset_interval_ms, r.drift_interval_ppm};
}

/// Of a clock that was measured earlier and written into session.json; empty for every other one.
std::optional<ClockError> stored_error(const OpenSession& session, const std::string& stream,
                                       const ClockDetailsOf& details) {
  const auto found = details.find(stream);
  if (found == details.end() || !found->second.measured.is_object()) return std::nullopt;
  JsonObject measured(found->second.measured,
                      "session.json: clock of '" + stream + "': measured: ");
  if (!measured.find("offset_interval_ms")) return std::nullopt;
  const auto& points = found->second.points;
  const StreamTime at = points.empty() ? session.session().stream(stream)->clock.reference
                                       : points[points.size() / 2].stream;
  return ClockError{ns_of(session.clock(stream).to_session(at)),
                    measured.number("offset_interval_ms"),
                    measured.number_or("drift_interval_ppm", 0)};
}

/// The offset is known to its interval; is that enough?
void check_interval(const std::string& why, ClockMeasurement& m) {
  auto& r = m.result;
  const double widest_ms = r.widest_interval_ms;
  if (!r.measured() || widest_ms <= 0 || r.offset_interval_ms <= widest_ms) return;
  r.verdict = timeline::Verdict::kAmbiguous;
  r.reason = fmt::format("with {} the offset is known to {:.1f} ms only; {:.1f} ms are needed", why,
                         r.offset_interval_ms, widest_ms);
}

/// Stamps in whole steps are late by half a step on the average where a controller's cycle made
/// them, early where digits were cut off, neither where they were rounded; which is not told. They
/// cannot give a clock to less than a step, which is enough where nothing else was asked for and
/// the step is short.
void widen_by_stamps(bool limit_given, ClockMeasurement& m) {
  constexpr double kShortMs = 20;  // the cycle of a slow controller
  const std::int64_t step = m.own_signal.stamp_step_ns + m.against_signal.stamp_step_ns;
  if (!m.result.measured() || step <= 0) return;
  const double step_ms = 1e-6 * static_cast<double>(step);
  m.result.offset_interval_ms += 0.5 * step_ms;
  if (!limit_given && step_ms <= kShortMs)
    m.result.widest_interval_ms = std::max(m.result.widest_interval_ms, step_ms);
  check_interval(fmt::format("stamps in steps of {:.3g} ms", step_ms), m);
}

/// What is not known of the clock that another one was measured against is not known of that
/// either.
void widen(const std::string& against, const ClockError& other, ClockMeasurement& m) {
  auto& r = m.result;
  if (!r.measured()) return;
  const auto apart = static_cast<double>((r.reference_ns + r.offset_ns) - other.session_ns);
  const double drifted_ms = other.drift_ppm * 1e-6 * std::abs(apart) * 1e-6;
  r.offset_interval_ms = std::hypot(r.offset_interval_ms, other.offset_ms, drifted_ms);
  r.drift_interval_ppm = std::hypot(r.drift_interval_ppm, other.drift_ppm);
  check_interval("that of " + against, m);
}

ClockMeasurement measure_one(const OpenSession& session, const std::string& stream,
                             const ClockEvidence& evidence,
                             const std::map<std::string, timeline::ClockMap>& maps) {
  ClockMeasurement out;
  out.stream = stream;
  out.against = evidence.against.text();
  out.by = to_string(evidence.own.kind);
  out.against_by = to_string(evidence.against.kind);
  out.method = timeline::to_string(evidence.options.method);
  const auto made = maps.find(evidence.against.stream);
  const timeline::ClockMap& map =
      made != maps.end() ? made->second : session.clock(evidence.against.stream);
  out.against_assumed = map.method() == "assumed";
  if (evidence.own.kind == EvidenceKind::kPairs) {
    out.method = timeline::to_string(evidence.pairs.method);
    out.against_by = "log";
    measure_pairs(session, evidence, map, out);
    return out;
  }
  out.join = session.clock(stream).join();
  out.own_signal = extract_evidence(session, evidence.own, nullptr);
  out.against_signal = extract_evidence(session, evidence.against, &map);
  timeline::MeasureOptions options = evidence.options;
  const ClockSpec& stated = session.session().stream(stream)->clock;
  if (options.expected.count() == 0 && stated.stated) options.expected = stated.offset;
  out.result = timeline::measure_offset(out.own_signal, out.against_signal, options);
  widen_by_stamps(options.max_interval.count() > 0, out);
  return out;
}

double interval_ns(const ClockMeasurement& m) { return m.result.offset_interval_ms * 1e6; }

/// Several pieces of evidence: those that give a number must agree; one that gives none may still
/// be settled by the others. Without a number, what is ambiguous says more than what shows nothing.
ClockMeasurement combine(std::vector<ClockMeasurement> parts) {
  const auto rank = [](const ClockMeasurement& m) {
    return std::pair(static_cast<int>(m.result.verdict),
                     m.result.measured() ? m.result.offset_interval_ms : 0);
  };
  std::stable_sort(parts.begin(), parts.end(),
                   [&](const auto& a, const auto& b) { return rank(a) < rank(b); });
  ClockMeasurement best = parts.front();
  if (!best.result.measured()) return best;
  for (std::size_t i = 1; i < parts.size() && parts[i].result.measured(); ++i) {
    const double apart =
        std::abs(static_cast<double>(parts[i].result.offset_ns - best.result.offset_ns) -
                 best.result.drift_ppm * 1e-6 *
                     static_cast<double>(parts[i].result.reference_ns - best.result.reference_ns));
    // Different things are seen with different delays; half a slower interval is let pass.
    const double allowed =
        interval_ns(parts[i]) + interval_ns(best) +
        0.5 * static_cast<double>(std::max(parts[i].own_signal.median_length_ns(),
                                           parts[i].against_signal.median_length_ns()));
    if (apart <= allowed) continue;
    best.result.verdict = timeline::Verdict::kAmbiguous;
    best.result.reason = fmt::format("{} and {} disagree by {:.1f} ms", best.against,
                                     parts[i].against, apart * 1e-6);
    best.result.candidates.push_back({parts[i].result.offset_ns, parts[i].result.height});
  }
  return best;
}

ClockSpec spec_of(const ClockMeasurement& m) {
  ClockSpec clock;
  clock.offset = Nanos(m.result.offset_ns);
  clock.reference = stream_time(m.result.reference_ns);
  // A drift that may as well be none would only carry the noise to the ends of the session.
  const bool drifts = std::abs(m.result.drift_ppm) > m.result.drift_interval_ppm;
  clock.drift_ppm = drifts ? std::round(m.result.drift_ppm * 1e4) / 1e4 : 0;
  clock.stated = true;
  clock.source = m.pairs
                     ? fmt::format("measured: pairs of stamps in {}", m.against)
                     : fmt::format("measured: {} against {} of {}", m.by, m.against_by, m.against);
  return clock;
}

double error_of_stated(const timeline::ClockMap& stated, const ClockMeasurement& m) {
  const std::int64_t at = m.result.reference_ns;
  const std::int64_t there = ns_of(stated.to_session(stream_time(at)));
  return static_cast<double>(there - (at + m.result.offset_ns)) * 1e-6;
}

Json rounded(double value, double unit) {
  return std::isfinite(value) ? Json(std::round(value / unit) * unit) : Json();
}

}  // namespace

Json to_json(const ClockMeasurement& m) {
  const auto& r = m.result;
  Json out = {{"stream", m.stream},
              {"by", m.by},
              {"against", m.against},
              {"against_by", m.against_by},
              {"against_assumed", m.against_assumed},
              {"method", m.method},
              {"verdict", std::string(to_string(r.verdict))},
              {"reason", r.reason}};
  // No number without the confidence that goes with it.
  const auto known = [&](Json value) { return r.measured() ? std::move(value) : Json(); };
  out["offset_ns"] = known(r.offset_ns);
  out["reference_ns"] = known(r.reference_ns);
  out["offset_interval_ms"] = known(rounded(r.offset_interval_ms, 1e-6));
  out["drift_ppm"] = known(rounded(r.drift_ppm, 1e-4));
  out["drift_interval_ppm"] = known(rounded(r.drift_interval_ppm, 1e-4));
  out["height"] = rounded(r.height, 1e-6);
  out["ratio"] = rounded(r.ratio, 1e-6);
  out["contrast"] = rounded(r.contrast, 1e-4);
  if (m.stated_error_ms) out["stated_error_ms"] = rounded(*m.stated_error_ms, 1e-6);
  if (m.pairs) out["pairs"] = timeline::to_json(*m.pairs);
  Json candidates = Json::array();
  for (const auto& c : r.candidates)
    candidates.push_back({{"offset_ns", c.offset_ns}, {"height", rounded(c.height, 1e-6)}});
  out["candidates"] = std::move(candidates);
  if (r.measured()) timeline::put_join(m.join, out);
  Json windows = Json::array();
  if (r.measured())
    for (const auto& w : r.windows)
      windows.push_back({{"stream_ns", w.time_ns},
                         {"offset_ns", w.offset_ns},
                         {"height", rounded(w.height, 1e-6)}});
  out["windows"] = std::move(windows);
  return out;
}

std::vector<ClockMeasurement> measure_clocks(const OpenSession& session,
                                             const ClockMeasureRequest& request,
                                             Progress& progress) {
  const std::vector<ClockTask> tasks = plan_clocks(session, request.streams);
  std::vector<ClockMeasurement> out;
  std::map<std::string, timeline::ClockMap> maps;
  std::map<std::string, ClockError> errors;
  const ClockDetailsOf details = clock_details_of(session);
  for (const StreamSpec& spec : session.session().streams)
    if (const auto error = stored_error(session, spec.name, details))
      errors.emplace(spec.name, *error);
  progress.begin("measure", tasks.size(), "clocks");
  for (const ClockTask& task : tasks) {
    std::vector<ClockMeasurement> parts;
    for (const ClockEvidence& evidence : task.evidence) {
      parts.push_back(measure_one(session, task.stream, evidence, maps));
      const auto error = errors.find(evidence.against.stream);
      if (error != errors.end()) widen(error->first, error->second, parts.back());
    }
    ClockMeasurement best = combine(std::move(parts));
    const ClockSpec& before = session.session().stream(task.stream)->clock;
    if (best.result.measured()) {
      if (before.stated) best.stated_error_ms = error_of_stated(session.clock(task.stream), best);
      best.clock = spec_of(best);
      errors.insert_or_assign(task.stream, error_of(best));
      if (best.pairs) best.points = best.pairs->points;
      const timeline::ClockMap map = best.points.empty()
                                         ? timeline::ClockMap::from_spec(*best.clock)
                                         : timeline::map_through(best.points, "measured");
      maps.insert_or_assign(task.stream, map.with_join(best.join));
    }
    out.push_back(std::move(best));
    progress.advance(out.size());
  }
  progress.end();
  return out;
}

}  // namespace reelcell::pipeline
