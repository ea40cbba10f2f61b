// A signal outside of what is physically sensible.
#include <algorithm>

#include "internal/measure.hpp"
#include "reelcell/base/error.hpp"

namespace reelcell::curate {
namespace {
struct Limits {
  std::optional<double> least, most;
  bool outside(double value) const { return (least && value < *least) || (most && value > *most); }
  double distance(double value) const {
    if (least && value < *least) return *least - value;
    return most && value > *most ? value - *most : 0;
  }
};

Limits limits_of(const OptionValues& options, const ColumnRef& column) {
  Limits limits;
  if (options.has("min"))
    limits.least = limit_in_unit(options.json("min"), column, options.where() + "/min");
  if (options.has("max"))
    limits.most = limit_in_unit(options.json("max"), column, options.where() + "/max");
  if (!limits.least && !limits.most)
    throw InputError(options.where(), "neither \"min\" nor \"max\" is given; the range needs one");
  if (limits.least && limits.most && *limits.least > *limits.most)
    throw InputError(options.where(), "\"min\" is above \"max\", so no value is in the range");
  return limits;
}
std::string allowed_text(const Limits& limits, const std::string& unit) {
  std::string text = "allowed";
  if (limits.least) text += " from " + figure_text(*limits.least);
  if (limits.most) text += " to " + figure_text(*limits.most);
  return text + unit;
}

GateResult run(const OptionValues& options, const Segment& segment, SessionSignals& signals) {
  const ColumnRef column =
      find_column(options.text("signal"), signals.session(), options.where() + "/signal");
  const Limits limits = limits_of(options, column);
  const double max_share = options.number("max_share");
  std::uint64_t outside = 0;
  double farthest = 0;
  SessionTime farthest_at{};
  const ValueCount count =
      each_value(signals, column, segment.range, [&](SessionTime time, double value) {
        if (!limits.outside(value)) return;
        if (outside++ > 0 && limits.distance(value) <= limits.distance(farthest)) return;
        farthest = value;
        farthest_at = time;
      });
  if (count.there == 0)
    return {false, 0, 100 * max_share, "%",
            column.text + ": no values in " + place(segment.range) + " (" +
                std::to_string(count.missing) + " missing)"};
  const double share = static_cast<double>(outside) / static_cast<double>(count.there);
  const std::string unit = column.unit_text.empty() ? "" : " " + column.unit_text;
  return {share <= max_share, 100 * share, 100 * max_share, "%",
          column.text + ": " + std::to_string(outside) + " of " + std::to_string(count.there) +
              " values are out of range" +
              (outside ? ", farthest " + figure_text(farthest) + unit + " at " + place(farthest_at)
                       : "") +
              ", " + allowed_text(limits, unit)};
}
}  // namespace

const GateRow& range_gate() {
  static const GateRow row{
      "range",
      "Signal outside of its limits",
      {{.name = "signal",
        .type = OptionType::kText,
        .unit = "",
        .fallback = Json(),
        .help = "Column to check, such as force.fz or joints.q[3]"},
       quantity_option(
           {.name = "min",
            .help = "Smallest value, such as \"-2 N\" (a bare number is in the column's unit)",
            .optional = true}),
       quantity_option(
           {.name = "max", .help = "Largest value, such as \"150 N\"", .optional = true}),
       {.name = "max_share",
        .type = OptionType::kNumber,
        .unit = "share",
        .fallback = 0.0,
        .help = "Share of the values that may be outside, 0 to 1"}},
      &run};
  return row;
}

}  // namespace reelcell::curate
