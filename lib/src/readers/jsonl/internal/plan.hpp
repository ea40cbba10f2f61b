// Which values of a record become what: worked out once at opening, used by every cursor.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "paths.hpp"
#include "reelcell/base/diagnostics.hpp"
#include "reelcell/base/file.hpp"
#include "reelcell/model/series.hpp"
#include "reelcell/textlog/fields.hpp"
#include "reelcell/textlog/options.hpp"
#include "reelcell/textlog/table.hpp"
#include "scan.hpp"

namespace reelcell::readers::jsonl {

struct Plan {
  textlog::LogOptions options;
  Survey survey;  ///< of the first records
  std::vector<std::int64_t> sample_times;
  Path time_path;
  std::string time_name;
  textlog::TimeFormat time;
  bool time_unit_assumed = false;
  std::vector<ColumnSpec> columns;       ///< of the series
  std::vector<textlog::Target> targets;  ///< slot -> target
  std::vector<std::string> slot_names;   ///< slot -> path, for messages
  Wanted wanted;                         ///< slots of the series, and kTimeSlot
  Wanted frame;                          ///< kTimeSlot, kEndSlot, kKindSlot of an event
  std::vector<std::pair<std::string, Path>> event_fields;  ///< empty = all others
  std::optional<Path> kind_path, end_path;
  std::size_t text_fields = 0;

  static constexpr int kTimeSlot = -2;
  static constexpr int kEndSlot = -3;
  static constexpr int kKindSlot = -4;
};

/// Looks at the first records of the file. Throws InputError (no `where`).
Plan make_plan(const std::shared_ptr<const InputFile>& file, textlog::LogOptions options,
               const std::string& where, Diagnostics& diagnostics);

inline constexpr textlog::FaultCodes kFaults{"jsonl-bad-time",       "jsonl-bad-number",
                                             "jsonl-missing-value",  "jsonl-time-backward",
                                             "jsonl-time-duplicate", "jsonl-rounded-number"};

}  // namespace reelcell::readers::jsonl
