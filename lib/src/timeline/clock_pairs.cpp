#include "reelcell/timeline/clock_pairs.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <cstdlib>
#include <numeric>

#include "internal/clock_epochs.hpp"
#include "internal/clock_pieces.hpp"
#include "internal/pair_lines.hpp"
#include "internal/wide.hpp"
#include "reelcell/base/error.hpp"

namespace reelcell::timeline {

ClockMap map_through(std::span<const ClockPoint> points, std::string method) {
  constexpr std::int64_t kOne = 1'000'000'000'000'000;  // 1 s/s in fs/s
  if (points.size() < 2)
    throw InputError("a clock by points needs at least two, found " +
                     std::to_string(points.size()));
  std::vector<ClockKnot> knots;
  for (std::size_t i = 0; i < points.size(); ++i) {
    const std::size_t a = i + 1 < points.size() ? i : i - 1;  // the last rate goes on
    const Int128 stream = Int128{ns_of(points[a + 1].stream)} - ns_of(points[a].stream);
    const Int128 session = Int128{ns_of(points[a + 1].session)} - ns_of(points[a].session);
    if (stream <= 0 || session <= 0)
      throw InputError("clock point " + std::to_string(a + 1) +
                       " is not later than the one before it on both clocks");
    const Int128 skew = divide_nearest((session - stream) * kOne, stream);
    knots.push_back({points[i].stream, points[i].session, saturate(skew)});
  }
  return ClockMap(std::move(knots), std::move(method));
}

PairMethod parse_pair_method(std::string_view text) {
  if (text == "hull") return PairMethod::kHull;
  if (text == "theil_sen") return PairMethod::kTheilSen;
  if (text == "least_squares") return PairMethod::kLeastSquares;
  throw InputError(unknown_name("pair method", text, {"hull", "theil_sen", "least_squares"}));
}
std::string_view to_string(PairMethod method) {
  switch (method) {
    case PairMethod::kHull:
      return "hull";
    case PairMethod::kTheilSen:
      return "theil_sen";
    case PairMethod::kLeastSquares:
      return "least_squares";
  }
  return "";
}

namespace {

constexpr std::size_t kLeastPairs = 8;
constexpr std::size_t kManyPairs = 64;  ///< of fewer the least delay is hardly known
constexpr std::size_t kPlotPoints = 4096;

std::int64_t whole(double ns) { return static_cast<std::int64_t>(std::llround(ns)); }

void add_window(std::vector<PairPoint> points, double origin_end, PairMethod method,
                PairPiece& piece, std::vector<PairLine>& lines, std::vector<double>& centres,
                std::int64_t origin, std::uint64_t& early) {
  PairWindow window;
  window.pairs = points.size();
  const Timely timely = without_early(points);
  window.rejected = timely.rejected;
  early += window.rejected;
  piece.doubt_ms = std::max(piece.doubt_ms, timely.doubt_ns * 1e-6);
  const PairLine line = fit_line(timely.points, method);
  const double centre = (points.front().x + origin_end) / 2;
  window.start = stream_time(origin + whole(points.front().x));
  window.end = stream_time(origin + whole(origin_end));
  window.skew_ppm = line.b * 1e6;
  window.offset_ms = line.at(centre) * 1e-6;
  piece.windows.push_back(window);
  lines.push_back(line);
  centres.push_back(centre);
}

/// One line a window; the map goes through the middles, so it is continuous.
PairPiece fit_piece(std::span<const ClockPair> pairs, const PairOptions& options,
                    std::uint64_t& early) {
  PairPiece piece;
  piece.pairs = pairs.size();
  const std::int64_t origin = ns_of(pairs.front().device), base = lead_of(pairs.front());
  std::vector<PairPoint> points;
  for (const ClockPair& pair : pairs)
    points.push_back({static_cast<double>(ns_of(pair.device) - origin),
                      static_cast<double>(lead_of(pair) - base)});
  std::sort(points.begin(), points.end(), [](const PairPoint& a, const PairPoint& b) {
    return std::pair(a.x, a.y) < std::pair(b.x, b.y);
  });
  const double first = points.front().x, last = points.back().x, total = last - first;
  piece.start = stream_time(origin + whole(first));
  piece.end = stream_time(origin + whole(last));
  const double window = static_cast<double>(options.window.count());
  // No window is needed that no pair could be alone in.
  const auto count =
      window <= 0 || total <= 1.5 * window
          ? std::size_t{1}
          : static_cast<std::size_t>(std::clamp(std::floor(2 * total / window) - 1, 1.0,
                                                static_cast<double>(points.size())));
  const double stride = count > 1 ? (total - window) / static_cast<double>(count - 1) : 0;
  std::vector<PairLine> lines;
  std::vector<double> centres;
  for (std::size_t w = 0; w < count; ++w) {
    const double from = first + stride * static_cast<double>(w);
    const double to = count == 1 ? last : from + window;
    std::vector<PairPoint> part;
    for (auto at = std::lower_bound(points.begin(), points.end(), from,
                                    [](const PairPoint&p, double x) { return p.x < x; });
         at != points.end() && at->x <= to; ++at)
      part.push_back(*at);
    if (part.size() >= kLeastPairs)
      add_window(std::move(part), to, options.method, piece, lines, centres, origin, early);
  }
  if (lines.empty()) return piece;
  const auto add = [&](double x, double y) {
    const ClockPoint point{stream_time(origin + whole(x)),
                           session_time(origin + base + whole(x + y))};
    const bool later = piece.points.empty() || (point.stream > piece.points.back().stream &&
                                                point.session > piece.points.back().session);
    if (later) piece.points.push_back(point);
  };
  add(first, lines.front().at(first));
  if (lines.size() > 1)
    for (std::size_t i = 0; i < lines.size(); ++i) add(centres[i], lines[i].at(centres[i]));
  add(last, lines.back().at(last));
  if (piece.points.size() < 2) piece.points.clear();
  return piece;
}

void add_residuals(std::span<const ClockPair> pairs, PairPiece& piece, std::size_t stride,
                   double steps_ms, std::vector<double>& all, PairFit& fit) {
  const ClockMap map = map_through(piece.points, "measured");
  std::vector<double> sizes;
  for (std::size_t i = 0; i < pairs.size(); ++i) {
    const std::int64_t rest =
        difference(ns_of(pairs[i].host), ns_of(map.to_session(pairs[i].device)));
    sizes.push_back(std::abs(static_cast<double>(rest)) * 1e-6);
    if (i % stride == 0) fit.residuals.emplace_back(pairs[i].device, rest);
  }
  std::sort(sizes.begin(), sizes.end());
  piece.interval_ms =
      std::max(quantile_of(sizes, sizes.size() < kManyPairs ? 1 : 0.5), piece.doubt_ms) + steps_ms;
  all.insert(all.end(), sizes.begin(), sizes.end());
}

/// Pairs between two resets, each run with its wraps undone.
struct Runs {
  std::vector<std::int64_t> undone{0};  ///< of each epoch, what undoes the wraps of its run
  std::vector<std::vector<ClockPair>> pairs;
};

Runs runs_of(const std::vector<ClockPair>& pairs, const ClockEpochs& epochs, PairFit& fit) {
  Runs runs;
  std::vector<std::size_t> run_of{0};
  for (const ClockEpochs::Break& b : epochs.breaks) {
    const bool wrapped = b.range.count() > 0;
    ++(wrapped ? fit.wraps : fit.resets);
    runs.undone.push_back(wrapped ? saturate(Int128{runs.undone.back()} + b.range.count())
                                  : std::int64_t{0});
    run_of.push_back(run_of.back() + (wrapped ? 0 : 1));
  }
  runs.pairs.resize(run_of.back() + 1);
  for (std::size_t i = 0; i < pairs.size(); ++i) {
    const std::uint32_t epoch = epochs.of[i];
    if (epoch == ClockEpochs::kRejected)
      ++fit.early;
    else
      runs.pairs[run_of[epoch]].push_back(
          {moved(pairs[i].device, runs.undone[epoch]), pairs[i].host});
  }
  return runs;
}

/// What the stamps of both sides are rounded to, or late or early by.
std::int64_t steps_of(const std::vector<ClockPair>& pairs) {
  std::vector<std::int64_t> device, host;
  for (const ClockPair& pair : pairs) {
    device.push_back(ns_of(pair.device));
    host.push_back(ns_of(pair.host));
  }
  return stamp_step(device) + stamp_step(host);
}

std::string why_none(const std::vector<std::vector<ClockPair>>& runs, bool crowded,
                     const PairOptions& options) {
  const auto longest = std::max_element(
      runs.begin(), runs.end(), [](const auto& a, const auto& b) { return a.size() < b.size(); });
  if (longest->size() < kLeastPairs)
    return "no stretch of the stamps is long enough between resets of the device's clock";
  if (crowded)
    return fmt::format(
        "the two clocks run at rates more than {:.0f} % apart; are the units of \"device\" right?",
        kMaxDriftPpm * 1e-4);
  const double each = static_cast<double>((longest->back().host - longest->front().host).count()) /
                      static_cast<double>(longest->size() - 1);
  return fmt::format(
      "windows of {:g} s hold fewer than {} pairs, which come {:.3g} s apart; set \"window\" to "
      "{:.0f} s",
      1e-9 * static_cast<double>(options.window.count()), kLeastPairs, 1e-9 * each,
      std::ceil(1e-9 * each * 4 * static_cast<double>(kLeastPairs)));
}

}  // namespace

PairFit fit_pairs(std::vector<ClockPair> pairs, const PairOptions& options) {
  PairFit fit;
  std::stable_sort(pairs.begin(), pairs.end(),
                   [](const ClockPair& a, const ClockPair& b) { return a.host < b.host; });
  const std::size_t given = pairs.size();
  // Of several arrivals of one stamp the first counts: it has the least delay.
  pairs.erase(
      std::unique(pairs.begin(), pairs.end(),
                  [](const ClockPair& a, const ClockPair& b) { return a.device == b.device; }),
      pairs.end());
  fit.pairs = pairs.size();
  fit.duplicates = given - pairs.size();
  if (pairs.size() < kLeastPairs) {
    fit.reason =
        fmt::format("{} pairs of stamps; at least {} are needed", pairs.size(), kLeastPairs);
    return fit;
  }
  const ClockEpochs epochs = find_epochs(pairs, options);
  const auto [undone, runs] = runs_of(pairs, epochs, fit);
  const std::size_t stride = (pairs.size() + kPlotPoints - 1) / kPlotPoints;
  const double steps_ms = 1e-6 * static_cast<double>(steps_of(pairs));
  bool crowded = false;  // is there a window with enough pairs
  std::vector<double> sizes;
  std::vector<std::size_t> first_residuals;
  for (const std::vector<ClockPair>& run : runs) {
    PairPiece piece;
    if (run.size() >= kLeastPairs) piece = fit_piece(run, options, fit.early);
    crowded = crowded || !piece.windows.empty();
    if (!runs_on(piece.points)) {
      fit.unplaced += run.size();
      continue;
    }
    first_residuals.push_back(fit.residuals.size());
    add_residuals(run, piece, stride, steps_ms, sizes, fit);
    fit.pieces.push_back(std::move(piece));
  }
  if (fit.pieces.empty()) {
    fit.reason = why_none(runs, crowded, options);
    return fit;
  }
  std::sort(sizes.begin(), sizes.end());
  fit.residual_p50_ms = quantile_of(sizes, 0.5);
  fit.residual_p95_ms = quantile_of(sizes, 0.95);
  fit.residual_max_ms = sizes.back();
  fit.reason = why_apart(pairs, epochs);
  if (fit.reason.empty() && fit.unplaced > 0)
    fit.reason = fmt::format(
        "the device's clock began anew {} {}, and {} pairs lie in stretches too short to place (at "
        "least {} pairs are needed between two resets); cut the session there",
        fit.resets, fit.resets == 1 ? "time" : "times", fit.unplaced, kLeastPairs);
  if (fit.reason.empty()) join_pieces(pairs, epochs, undone, first_residuals, fit);
  return fit;
}

Json to_json(const PairFit& fit) {
  Json pieces = Json::array();
  for (const PairPiece& piece : fit.pieces) {
    Json windows = Json::array();
    for (const PairWindow& w : piece.windows)
      windows.push_back({{"start_ns", ns_of(w.start)},
                         {"end_ns", ns_of(w.end)},
                         {"pairs", w.pairs},
                         {"rejected", w.rejected},
                         {"skew_ppm", w.skew_ppm},
                         {"offset_ms", w.offset_ms}});
    pieces.push_back({{"start_ns", ns_of(piece.start)},
                      {"end_ns", ns_of(piece.end)},
                      {"pairs", piece.pairs},
                      {"interval_ms", piece.interval_ms},
                      {"windows", std::move(windows)}});
  }
  Json joined = {{"breaks", Json::array()}};
  put_join({fit.breaks, {}}, joined);
  return {
      {"pairs", fit.pairs},
      {"duplicates", fit.duplicates},
      {"early", fit.early},
      {"wraps", fit.wraps},
      {"resets", fit.resets},
      {"breaks", std::move(joined["breaks"])},
      {"unplaced", fit.unplaced},
      {"residual_ms",
       {{"p50", fit.residual_p50_ms}, {"p95", fit.residual_p95_ms}, {"max", fit.residual_max_ms}}},
      {"pieces", std::move(pieces)},
      {"reason", fit.reason}};
}

}  // namespace reelcell::timeline
