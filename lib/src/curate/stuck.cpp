// A sensor that repeats its last value: a log that goes on after the device stopped.
#include <algorithm>
#include <cmath>

#include "internal/measure.hpp"

namespace reelcell::curate {
namespace {
/// A stretch in which the signal keeps its value.
struct Run {
  SessionTime start{}, end{};
  double value = 0;
  Nanos length() const { return end - start; }
};

/// How much the signal that says it should move does so within a stretch.
double movement(SessionSignals& signals, const ColumnRef& column, TimeRange range) {
  std::optional<double> least, most;
  each_value(signals, column, range, [&](SessionTime, double value) {
    least = least ? std::min(*least, value) : value;
    most = most ? std::max(*most, value) : value;
  });
  return least ? *most - *least : 0;
}

/// Collects the runs longer than the limit, and the longest of all.
class Runs {
 public:
  Runs(double tolerance, Nanos limit) : tolerance_(tolerance), limit_(limit) {}
  void add(SessionTime time, double value) {
    if (!any_ || std::abs(value - run_.value) > tolerance_) {
      finish();
      run_ = {time, time, value};
      any_ = true;
    }
    run_.end = time;
  }
  void finish() {
    if (!any_) return;
    if (run_.length() > longest_.length()) longest_ = run_;
    // Runs over the limit cannot overlap, so their number is bounded by the segment's length over
    // the limit.
    if (run_.length() > limit_) over_.push_back(run_);
    any_ = false;
  }
  const Run& longest() const { return longest_; }
  const std::vector<Run>& over() const { return over_; }

 private:
  double tolerance_;
  Nanos limit_;
  bool any_ = false;
  Run run_, longest_;
  std::vector<Run> over_;
};

/// The signal that says when the checked one should move.
struct Mover {
  ColumnRef column;
  double least = 0;  ///< it moves when it does so by more than this
};
std::optional<Mover> mover_of(const OptionValues& options, const SessionDescription& session) {
  if (!options.has("while_moving")) return std::nullopt;
  Mover mover;
  mover.column =
      find_column(options.text("while_moving"), session, options.where() + "/while_moving");
  mover.least =
      limit_in_unit(options.json("moving_by"), mover.column, options.where() + "/moving_by");
  return mover;
}

GateResult run(const OptionValues& options, const Segment& segment, SessionSignals& signals) {
  const SessionDescription& session = signals.session();
  const ColumnRef column =
      find_column(options.text("signal"), session, options.where() + "/signal");
  const double tolerance =
      std::abs(limit_in_unit(options.json("tolerance"), column, options.where() + "/tolerance"));
  const Nanos limit = options.duration("max_run");
  const std::optional<Mover> mover = mover_of(options, session);
  Runs runs(tolerance, limit);
  const ValueCount count =
      each_value(signals, column, segment.range,
                 [&](SessionTime time, double value) { runs.add(time, value); });
  runs.finish();
  if (count.there == 0)
    return {false, 0, milliseconds(limit), "ms",
            column.text + ": no values in " + place(segment.range)};
  Run worst = runs.longest();
  bool stuck = !runs.over().empty();
  std::string moving;
  if (mover) {
    stuck = false;
    for (const Run& each : runs.over()) {
      if (stuck && each.length() <= worst.length()) continue;
      const double moved = movement(signals, mover->column, {each.start, each.end + Nanos{1}});
      if (moved <= mover->least) continue;
      stuck = true;
      worst = each;
      moving = " while " + mover->column.text + " moves by " + figure_text(moved) +
               (mover->column.unit_text.empty() ? "" : " " + mover->column.unit_text);
    }
    // Standing still while nothing should move is no fault, and no figure to report as one.
    if (!stuck && worst.length() > limit)
      return {true, 0, milliseconds(limit), "ms",
              column.text + ": constant only while " + mover->column.text + " stands still"};
  }
  const double ms = milliseconds(worst.length());
  const std::string unit = column.unit_text.empty() ? "" : " " + column.unit_text;
  return {!stuck, ms, milliseconds(limit), "ms",
          column.text + ": stays at " + figure_text(worst.value) + unit + " for " +
              figure_text(ms) + " ms in " + place(TimeRange{worst.start, worst.end}) + moving +
              ", allowed " + format_duration(limit)};
}
}  // namespace

const GateRow& stuck_gate() {
  static const GateRow row{
      "stuck",
      "Signal that keeps its value for too long",
      {{.name = "signal",
        .type = OptionType::kText,
        .unit = "",
        .fallback = Json(),
        .help = "Column to check, such as force.fz or joints.q[3]"},
       quantity_option(
           {.name = "tolerance",
            .fallback = 0,
            .help = "Changes up to this, such as \"0.01 N\", are no change (0: exactly the same)"}),
       {.name = "max_run",
        .type = OptionType::kDuration,
        .unit = "",
        .fallback = "1s",
        .help = "Longest time without a change"},
       {.name = "while_moving",
        .type = OptionType::kText,
        .unit = "",
        .fallback = Json(),
        .help = "Count only while this column moves, such as command.q[3] (none: always)",
        .optional = true},
       quantity_option({.name = "moving_by",
                        .fallback = 0,
                        .help = "Largest less smallest value of while_moving above which it "
                                "moves, such as \"1 deg\""})},
      &run};
  return row;
}

}  // namespace reelcell::curate
