#include "reelcell/textlog/fields.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>

#include "reelcell/base/units.hpp"

namespace reelcell::textlog {
namespace {
char lower(char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c; }
std::string lower(std::string_view text) {
  std::string out(text);
  std::transform(out.begin(), out.end(), out.begin(), [](char c) { return lower(c); });
  return out;
}
bool equals(std::string_view text, std::string_view lowered) {
  return text.size() == lowered.size() && std::equal(text.begin(), text.end(), lowered.begin(),
                                                     [](char a, char b) { return lower(a) == b; });
}

struct Suffix {
  std::string_view text;
  TimeUnit unit;
};
constexpr std::array<Suffix, 12> kSuffixes{{{"ns", TimeUnit::kNanoseconds},
                                            {"nsec", TimeUnit::kNanoseconds},
                                            {"nanos", TimeUnit::kNanoseconds},
                                            {"nanoseconds", TimeUnit::kNanoseconds},
                                            {"us", TimeUnit::kMicroseconds},
                                            {"usec", TimeUnit::kMicroseconds},
                                            {"microseconds", TimeUnit::kMicroseconds},
                                            {"ms", TimeUnit::kMilliseconds},
                                            {"msec", TimeUnit::kMilliseconds},
                                            {"s", TimeUnit::kSeconds},
                                            {"sec", TimeUnit::kSeconds},
                                            {"seconds", TimeUnit::kSeconds}}};

/// "t_ns" -> ("t", ns), "timestamp [us]" -> ("timestamp", us); the last part of a path only.
std::pair<std::string, std::optional<TimeUnit>> stem_and_unit(std::string_view name) {
  std::string text = lower(trim(name));
  if (const auto at = text.find_last_of("./"); at != std::string::npos) text.erase(0, at + 1);
  text.erase(0, std::min(text.find_first_not_of('_'), text.size()));
  const std::size_t last = text.find_last_not_of(" ])");
  text.resize(last == std::string::npos ? 0 : last + 1);
  const auto at = text.find_last_of("_ [(-");
  if (at == std::string::npos) return {text, std::nullopt};
  for (const Suffix& suffix : kSuffixes) {
    if (std::string_view(text).substr(at + 1) != suffix.text) continue;
    std::string stem = text.substr(0, at);
    stem.resize(std::min(stem.find_last_not_of("_ [(-") + 1, stem.size()));
    return {stem, suffix.unit};
  }
  return {text, std::nullopt};
}
}  // namespace

std::string_view trim(std::string_view text) {
  while (!text.empty() && (text.front() == ' ' || text.front() == '\t')) text.remove_prefix(1);
  while (!text.empty() && (text.back() == ' ' || text.back() == '\t')) text.remove_suffix(1);
  return text;
}

std::string shown(std::string_view text) {
  constexpr std::size_t kShown = 60;
  std::string visible(text.substr(0, kShown));
  for (char& c : visible)
    if (static_cast<unsigned char>(c) < 32) c = '?';
  return "'" + visible + (text.size() > kShown ? "...'" : "'");
}

bool is_missing(std::string_view text) {
  if (text.empty()) return true;
  if (text.size() > 4) return false;
  return equals(text, "nan") || equals(text, "null") || equals(text, "na") || equals(text, "n/a") ||
         equals(text, "none") || text == "-" || equals(text, "-nan");
}

bool parse_number(std::string_view text, double* value) {
  if (text.size() > 1 && text[0] == '+' && text[1] != '-') text.remove_prefix(1);
  const char* const end = text.data() + text.size();
  const auto [stop, error] = std::from_chars(text.data(), end, *value);
  return error == std::errc() && stop == end && !text.empty();
}

bool parse_integer(std::string_view text, std::int64_t* value) {
  if (text.size() > 1 && text[0] == '+' && text[1] != '-') text.remove_prefix(1);
  const char* const end = text.data() + text.size();
  const auto [stop, error] = std::from_chars(text.data(), end, *value);
  return error == std::errc() && stop == end && !text.empty();
}

bool parse_bool(std::string_view text, bool* value) {
  *value = equals(text, "true");
  return *value || equals(text, "false");
}

namespace {
/// "1E1" is what a point may be called; a number would be written 1e+01 or 1.0E1.
bool is_bare_exponent(std::string_view text) {
  const auto at = text.find_first_of("eE");
  return at != std::string_view::npos && text.find('.') == std::string_view::npos &&
         at + 1 < text.size() && text[at + 1] >= '0' && text[at + 1] <= '9';
}
}  // namespace

Value parse_value(std::string_view text) {
  const std::string_view trimmed = trim(text);
  if (is_missing(trimmed)) return std::monostate{};
  bool flag = false;
  if (parse_bool(trimmed, &flag)) return flag;
  // "007" is a part number, not seven.
  const bool padded =
      trimmed.size() > 1 && trimmed[0] == '0' && trimmed[1] >= '0' && trimmed[1] <= '9';
  std::int64_t integer = 0;
  if (!padded && parse_integer(trimmed, &integer)) return integer;
  double number = 0;
  if (!padded && !is_bare_exponent(trimmed) && parse_number(trimmed, &number) &&
      std::isfinite(number))
    return number;
  return std::string(text);
}

bool is_id_name(std::string_view name) {
  std::string_view last = trim(name);
  if (const auto at = last.find_last_of("./"); at != std::string_view::npos)
    last.remove_prefix(at + 1);
  if (last.size() > 2 && (last.ends_with("Id") || last.ends_with("ID"))) return true;
  const std::string text = lower(last);
  for (const std::string_view known :
       {"id", "point", "part", "serial", "barcode", "name", "station", "seat", "batch", "lot"})
    if (text == known || (text.size() > known.size() && text.ends_with(known) &&
                          text[text.size() - known.size() - 1] == '_'))
      return true;
  return false;
}

Value parse_id(std::string_view text) {
  const std::string_view trimmed = trim(text);
  if (trimmed.empty()) return std::monostate{};
  std::int64_t integer = 0;
  if (parse_integer(trimmed, &integer) && to_text(Value(integer)) == trimmed) return integer;
  return std::string(trimmed);
}

bool TimeFormat::parse(std::string_view text, std::int64_t* ns) const {
  if (decimal_comma && text.find(',') != std::string_view::npos) {
    std::string pointed(text);
    std::replace(pointed.begin(), pointed.end(), ',', '.');
    return parse_time(pointed, unit, ns);
  }
  if (parse_time(text, unit, ns)) return true;
  return unit == TimeUnit::kRfc3339 && !zone.empty() &&
         parse_time(std::string(text) + zone, unit, ns);
}

GuessedUnit guess_time_unit(std::string_view name, std::string_view first_value) {
  std::int64_t ns = 0;
  if (parse_time(first_value, TimeUnit::kRfc3339, &ns) ||
      parse_time(std::string(first_value) + "Z", TimeUnit::kRfc3339, &ns))
    return {TimeUnit::kRfc3339, false};
  if (const auto unit = stem_and_unit(name).second) return {*unit, false};
  double value = 0;
  if (!parse_number(first_value, &value)) return {TimeUnit::kSeconds, true};
  // Unix time between 1990 and 2100 is 6.3e8 .. 4.1e9 s.
  const std::pair<double, TimeUnit> scales[] = {{1, TimeUnit::kSeconds},
                                                {1e3, TimeUnit::kMilliseconds},
                                                {1e6, TimeUnit::kMicroseconds},
                                                {1e9, TimeUnit::kNanoseconds}};
  for (const auto& [scale, unit] : scales)
    if (value >= 6.3e8 * scale && value <= 4.1e9 * scale) return {unit, false};
  return {TimeUnit::kSeconds, first_value.find_first_of(".,eE") == std::string_view::npos};
}

std::optional<std::size_t> guess_time_column(const std::vector<std::string>& names) {
  // Best first.
  constexpr std::string_view kStems[] = {"time",     "timestamp", "t",           "stamp",
                                         "ts",       "datetime",  "log_time",    "host_time",
                                         "unixtime", "utc",       "session_time"};
  std::optional<std::size_t> best;
  std::size_t best_rank = std::size(kStems);
  for (std::size_t i = 0; i < names.size(); ++i) {
    const std::string stem = stem_and_unit(names[i]).first;
    for (std::size_t rank = 0; rank < best_rank; ++rank)
      if (stem == kStems[rank]) {
        best = i;
        best_rank = rank;
        break;
      }
  }
  if (best) return best;
  for (std::size_t i = 0; i < names.size(); ++i)
    if (lower(names[i]).find("time") != std::string::npos) return i;
  return std::nullopt;
}

NameAndUnit split_unit(std::string_view header) {
  const std::string_view text = trim(header);
  NameAndUnit whole{std::string(text), ""};
  if (text.empty() || (text.back() != ']' && text.back() != ')')) return whole;
  const auto open = text.rfind(text.back() == ']' ? '[' : '(');
  if (open == std::string_view::npos || open == 0) return whole;
  const std::string_view name = trim(text.substr(0, open));
  const std::string_view inside = text.substr(open + 1, text.size() - open - 2);
  // "position[0]" is an element, "position [m]" and "position(m)" are units.
  std::int64_t index = 0;
  if (name.empty() || inside.empty() || parse_integer(inside, &index) || !find_unit(inside))
    return whole;
  return {std::string(name), std::string(inside)};
}

}  // namespace reelcell::textlog
