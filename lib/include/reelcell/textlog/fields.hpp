// One field of a log as text, and what it means as a value of a column or of an event.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "reelcell/base/time.hpp"
#include "reelcell/model/series.hpp"

namespace reelcell::textlog {

std::string_view trim(std::string_view text);  ///< blanks and tabs
/// At most 60 bytes of it in quotes, control characters shown as '?', for messages.
std::string shown(std::string_view text);
/// "", "nan", "null", "NA", "N/A", "none", "-" in any case: a value that was not measured.
bool is_missing(std::string_view trimmed);
/// The whole text as a number; a leading '+' is accepted.
bool parse_number(std::string_view trimmed, double* value);
bool parse_integer(std::string_view trimmed, std::int64_t* value);
bool parse_bool(std::string_view trimmed, bool* value);  ///< true/false in any case
/// bool, int64, double or text; missing gives monostate. Digits around a bare E ("1E1") are text:
/// programs write exponents with a sign or behind a decimal point.
Value parse_value(std::string_view text);
/// Whether a field of this name says what something is called, not how much it is: point, part_id,
/// serial.
bool is_id_name(std::string_view name);
/// What parse_value() gives where to_text() turns it back into the very same text, else the text:
/// "1.10" and "nan" are names here. Empty gives monostate.
Value parse_id(std::string_view text);

/// Text of a time in a unit; for RFC 3339 without an offset, with the zone that was stated.
struct TimeFormat {
  TimeUnit unit = TimeUnit::kSeconds;
  std::string zone;  ///< "Z", "+02:00"; "" = none stated
  bool decimal_comma = false;
  bool parse(std::string_view trimmed, std::int64_t* ns) const;
};

/// Unit of a time column when session.json does not say: from the name ("t_ns", "time [us]"), the
/// form (RFC 3339), or the size of the values (Unix time). `assumed` is set when none of them
/// tells; then it is seconds.
struct GuessedUnit {
  TimeUnit unit = TimeUnit::kSeconds;
  bool assumed = false;
};
GuessedUnit guess_time_unit(std::string_view name, std::string_view first_value);
/// Position of the likeliest time column by its name; nullopt when none looks like one.
std::optional<std::size_t> guess_time_column(const std::vector<std::string>& names);

/// "w_x [rad/s]" -> name "w_x", unit "rad/s"; only for units that are known.
struct NameAndUnit {
  std::string name, unit;
};
NameAndUnit split_unit(std::string_view header);

}  // namespace reelcell::textlog
