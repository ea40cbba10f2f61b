// The options that every line-oriented log has, declared once for all of its readers.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "reelcell/base/options.hpp"
#include "reelcell/model/series.hpp"

namespace reelcell::textlog {

/// One entry of "columns": the fields that make it up, in order.
struct ColumnRequest {
  std::string name;
  std::vector<std::string> from;  ///< defaults to {name}
  std::string unit;               ///< "" = as the file says
  std::optional<DType> dtype;     ///< default float64
};

struct LogOptions {
  std::string time_column;            ///< "" = by its name
  std::optional<TimeUnit> time_unit;  ///< nullopt = from the name or the values
  std::string time_zone;
  std::vector<ColumnRequest> columns;  ///< empty = every numeric column
  bool group = false;
  std::string kind, kind_column, end_column;
  bool any_event_option() const { return !kind.empty() || !kind_column.empty(); }
};

std::vector<OptionSpec> log_option_specs();
/// Throws InputError with the place in the options.
LogOptions parse_log_options(const OptionValues& values);

/// Names with a common stem and running numbers, "q[0]" "q[1]", "q_0" "q_1", "q.0" "q.1" (from 0 or
/// 1, at least two, in any order), as one vector; all others stay as they are.
std::vector<ColumnRequest> group_names(const std::vector<std::string>& names);

}  // namespace reelcell::textlog
