#include "internal/clock_pieces.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <optional>

namespace reelcell::timeline {
namespace {

void move(StreamTime& t, std::int64_t by) { t = moved(t, by); }

std::string text_of(StreamTime t) { return format_seconds(t.time_since_epoch()) + " s"; }

/// Puts pieces one after the other on the clock of the first one.
class PieceJoiner {
 public:
  PieceJoiner(const std::vector<ClockPair>& pairs, const ClockEpochs& epochs,
              const std::vector<std::int64_t>& undone, PairFit& fit)
      : pairs_(pairs), epochs_(epochs), undone_(undone), fit_(fit) {}

  /// `first_residuals`: of each piece, in fit.residuals.
  void join(const std::vector<std::size_t>& first_residuals) {
    std::size_t piece = 0;
    std::int64_t shift = 0;
    fit_.points = fit_.pieces.front().points;
    for (std::size_t i = 0; i < epochs_.breaks.size(); ++i) {
      const ClockEpochs::Break& at = epochs_.breaks[i];
      ClockBreak b;
      b.before = pairs_[at.before].device;
      b.after = pairs_[at.after].device;
      if (at.range.count() > 0) {
        b.kind = BreakKind::kWrap;
      } else {
        const auto placed = place(fit_.pieces[piece], fit_.pieces[piece + 1], b);
        if (!placed) return;
        shift = *placed;
        ++piece;
        const std::size_t end =
            piece + 1 < first_residuals.size() ? first_residuals[piece + 1] : fit_.residuals.size();
        for (std::size_t r = first_residuals[piece]; r < end; ++r)
          move(fit_.residuals[r].first, shift);
      }
      b.add = Nanos(saturate(Int128{undone_[i + 1]} + shift));
      fit_.breaks.push_back(b);
    }
  }

 private:
  /// Where the clock of before, had it run on, would have been when the next piece begins. What is
  /// added to the times of `next`; nullopt when they do not fit.
  std::optional<std::int64_t> place(const PairPiece& last, PairPiece& next, ClockBreak& b) {
    const ClockMap map = map_through(last.points, "measured");
    const ClockPoint end = last.points.back(), begin = next.points.front();
    b.interval_ms = interval_ms(last, next);
    // The order is known: where the least delays of both sides say otherwise, they are corrected by
    // that much, if it is no more than they are uncertain by.
    const Int128 overlap = Int128{ns_of(end.session)} + 1 - ns_of(begin.session);
    const auto lift = static_cast<std::int64_t>(overlap > 0 ? overlap : Int128{0});
    if (static_cast<double>(lift) > *b.interval_ms * 1e6) {
      fit_.points.clear();
      fit_.reason =
          fmt::format("the clock began anew after {}, but by the log's times {:.3f} ms before that",
                      text_of(b.before), static_cast<double>(lift) * 1e-6);
      return std::nullopt;
    }
    const SessionTime there = session_time(ns_of(begin.session) + lift);
    const std::int64_t at =
        std::max(ns_of(map.to_stream(there)), saturate(Int128{ns_of(end.stream)} + 1));
    const std::int64_t shift = difference(at, ns_of(begin.stream));
    for (ClockPoint& point : next.points) {
      move(point.stream, shift);
      point.session += Nanos(lift);
      fit_.points.push_back(point);
    }
    for (PairWindow& window : next.windows) {
      move(window.start, shift);
      move(window.end, shift);
      window.offset_ms -= static_cast<double>(difference(shift, lift)) * 1e-6;
    }
    move(next.start, shift);
    move(next.end, shift);
    return shift;
  }

  /// What each side's clock may be off by, and that its rate may carry it over the pause.
  double interval_ms(const PairPiece& last, const PairPiece& next) const {
    const double pause = static_cast<double>(
        difference(ns_of(next.points.front().session), ns_of(last.points.back().session)));
    const auto of = [&](const PairPiece& piece) {
      const auto length = static_cast<double>((piece.end - piece.start).count());
      const double rate = length > 0 ? 2 * piece.interval_ms / length : 0;
      return piece.interval_ms + rate * std::max(0.0, pause);
    };
    return of(last) + of(next);
  }

  const std::vector<ClockPair>& pairs_;
  const ClockEpochs& epochs_;
  const std::vector<std::int64_t>& undone_;
  PairFit& fit_;
};

}  // namespace

bool runs_on(const std::vector<ClockPoint>& points) {
  if (points.size() < 2) return false;
  for (std::size_t i = 1; i < points.size(); ++i) {
    const auto stream = static_cast<double>((points[i].stream - points[i - 1].stream).count());
    const auto session = static_cast<double>((points[i].session - points[i - 1].session).count());
    if (!(std::abs(session / stream - 1) * 1e6 < kMaxDriftPpm)) return false;
  }
  return true;
}

std::string why_apart(const std::vector<ClockPair>& pairs, const ClockEpochs& epochs) {
  for (const ClockEpochs::Break& b : epochs.breaks) {
    const std::string where =
        fmt::format("between the stamps {} and {}", text_of(pairs[b.before].device),
                    text_of(pairs[b.after].device));
    if (b.host)
      return fmt::format(
          "the clock of the log stepped {} while the device's ran on; correct the log's times, or "
          "cut the session there",
          where);
    if (b.several)
      return fmt::format(
          "the device's counter may have run over more than once in the pause {}; cut the session "
          "there",
          where);
  }
  return "";
}

void join_pieces(const std::vector<ClockPair>& pairs, const ClockEpochs& epochs,
                 const std::vector<std::int64_t>& undone,
                 const std::vector<std::size_t>& first_residuals, PairFit& fit) {
  PieceJoiner(pairs, epochs, undone, fit).join(first_residuals);
  if (!fit.reason.empty() || runs_on(fit.points)) return;
  fit.points.clear();
  fit.reason = "the stretches between resets do not lie one after the other";
}

}  // namespace reelcell::timeline
