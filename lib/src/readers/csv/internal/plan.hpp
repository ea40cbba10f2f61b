// Which fields of a CSV file become what: worked out once at opening, used by every cursor.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "layout.hpp"
#include "reelcell/base/diagnostics.hpp"
#include "reelcell/model/series.hpp"
#include "reelcell/textlog/fields.hpp"
#include "reelcell/textlog/options.hpp"
#include "reelcell/textlog/table.hpp"

namespace reelcell::readers::csv {

struct Plan {
  Layout layout;
  textlog::LogOptions options;
  std::size_t time_column = 0;
  textlog::TimeFormat time;
  bool time_unit_assumed = false;
  std::vector<ColumnSpec> columns;                    ///< of the series
  std::vector<std::vector<textlog::Target>> targets;  ///< by field of the file
  struct EventField {
    std::string name;
    std::size_t field = 0;
    enum class As { kValue, kId, kText } as = As::kValue;
  };
  std::vector<EventField> event_fields;
  std::optional<std::size_t> kind_column, end_column;
  std::vector<std::string> text_columns;  ///< not in the series unless asked for
};

/// Throws InputError (no `where`) with the names that the file has.
Plan make_plan(Layout layout, textlog::LogOptions options, const std::string& where,
               Diagnostics& diagnostics);

inline constexpr textlog::FaultCodes kFaults{"csv-bad-time",       "csv-bad-number",
                                             "csv-missing-value",  "csv-time-backward",
                                             "csv-time-duplicate", "csv-rounded-number"};

}  // namespace reelcell::readers::csv
