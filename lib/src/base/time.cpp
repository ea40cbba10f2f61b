#include "reelcell/base/time.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>
#include <ctime>
#include <limits>
#include <numeric>

#include "reelcell/base/error.hpp"

namespace reelcell {
namespace {
__extension__ using Int128 = __int128;

constexpr std::int64_t kMax = std::numeric_limits<std::int64_t>::max();
constexpr std::int64_t kMin = std::numeric_limits<std::int64_t>::min();
constexpr std::int64_t kSecond = 1'000'000'000;

std::int64_t saturate(Int128 value) {
  if (value > kMax) return kMax;
  if (value < kMin) return kMin;
  return static_cast<std::int64_t>(value);
}

/// Integer division with rounding; den > 0.
Int128 divide(Int128 num, Int128 den, Rounding rounding) {
  Int128 quotient = num / den;
  const Int128 rest = num % den;
  if (rest == 0) return quotient;
  switch (rounding) {
    case Rounding::kDown:
      return rest < 0 ? quotient - 1 : quotient;
    case Rounding::kUp:
      return rest > 0 ? quotient + 1 : quotient;
    case Rounding::kNearest:
      break;
  }
  const Int128 twice = 2 * (rest < 0 ? -rest : rest);
  if (twice >= den) quotient += num < 0 ? -1 : 1;
  return quotient;
}

struct DecimalText {
  bool negative = false;
  std::string digits;  // without point
  int exponent = 0;    // value = digits * 10^exponent
};

/// "[+-]ddd[.ddd][e[+-]dd]", at most 40 digits; false when it is anything else.
bool split_decimal(std::string_view text, DecimalText* out) {
  std::size_t i = 0;
  if (i < text.size() && (text[i] == '+' || text[i] == '-')) out->negative = text[i++] == '-';
  bool point = false;
  bool any = false;
  for (; i < text.size(); ++i) {
    const char c = text[i];
    if (c >= '0' && c <= '9') {
      any = true;
      if (out->digits.size() < 40) {
        out->digits.push_back(c);
        if (point) --out->exponent;
      } else if (!point) {
        ++out->exponent;
      }
    } else if (c == '.' && !point) {
      point = true;
    } else {
      break;
    }
  }
  if (!any) return false;
  if (i < text.size() && (text[i] == 'e' || text[i] == 'E')) {
    ++i;
    if (i < text.size() && text[i] == '+') ++i;
    int exponent = 0;
    const auto [end, error] = std::from_chars(text.data() + i, text.data() + text.size(), exponent);
    if (error != std::errc() || end != text.data() + text.size()) return false;
    if (exponent > 1000 || exponent < -1000) return false;
    out->exponent += exponent;
    return true;
  }
  return i == text.size();
}

/// digits * 10^(exponent + scale) rounded to an integer; false on overflow of int64.
bool scaled_integer(const DecimalText& text, int scale, std::int64_t* value) {
  Int128 total = 0;
  for (const char c : text.digits) {
    if (total > (Int128{1} << 120) / 10) return false;
    total = total * 10 + (c - '0');
  }
  int shift = text.exponent + scale;
  while (shift > 0 && total != 0) {
    if (total > (Int128{1} << 120) / 10) return false;
    total *= 10;
    --shift;
  }
  if (shift < 0) {
    Int128 den = 1;
    while (shift < 0) {
      if (den > (Int128{1} << 120)) {
        total = 0;
        den = 1;
        break;
      }
      den *= 10;
      ++shift;
    }
    total = divide(total, den, Rounding::kNearest);
  }
  if (text.negative) total = -total;
  if (total > kMax || total < kMin) return false;
  *value = static_cast<std::int64_t>(total);
  return true;
}

int unit_scale(TimeUnit unit) {
  switch (unit) {
    case TimeUnit::kSeconds:
      return 9;
    case TimeUnit::kMilliseconds:
      return 6;
    case TimeUnit::kMicroseconds:
      return 3;
    case TimeUnit::kNanoseconds:
    case TimeUnit::kRfc3339:
      return 0;
  }
  return 0;
}

/// Days since 1970-01-01 of a proleptic Gregorian date (Howard Hinnant's published algorithm).
std::int64_t days_from_civil(std::int64_t year, int month, int day) {
  const auto ymd = std::chrono::year(static_cast<int>(year)) / month / day;
  return std::chrono::sys_days(ymd).time_since_epoch().count();
}

bool digits_at(std::string_view text, std::size_t at, std::size_t count, int* value) {
  if (at + count > text.size()) return false;
  *value = 0;
  for (std::size_t i = at; i < at + count; ++i) {
    if (text[i] < '0' || text[i] > '9') return false;
    *value = *value * 10 + (text[i] - '0');
  }
  return true;
}

bool try_rfc3339(std::string_view text, std::int64_t* ns) {
  int year, month, day, hour, minute, second;
  if (text.size() < 20 || !digits_at(text, 0, 4, &year) || text[4] != '-' ||
      !digits_at(text, 5, 2, &month) || text[7] != '-' || !digits_at(text, 8, 2, &day) ||
      (text[10] != 'T' && text[10] != 't' && text[10] != ' ') || !digits_at(text, 11, 2, &hour) ||
      text[13] != ':' || !digits_at(text, 14, 2, &minute) || text[16] != ':' ||
      !digits_at(text, 17, 2, &second))
    return false;
  const auto ymd = std::chrono::year(year) / month / day;
  if (!ymd.ok() || hour > 23 || minute > 59 || second > 60) return false;
  std::size_t i = 19;
  std::int64_t fraction = 0;
  if (i < text.size() && (text[i] == '.' || text[i] == ',')) {
    ++i;
    int digits = 0;
    for (; i < text.size() && text[i] >= '0' && text[i] <= '9'; ++i, ++digits)
      if (digits < 9) fraction = fraction * 10 + (text[i] - '0');
    if (digits == 0) return false;
    for (; digits < 9; ++digits) fraction *= 10;
  }
  if (i >= text.size()) return false;
  std::int64_t offset = 0;
  if (text[i] == 'Z' || text[i] == 'z') {
    ++i;
  } else if (text[i] == '+' || text[i] == '-') {
    int hours, minutes;
    if (!digits_at(text, i + 1, 2, &hours) || i + 3 >= text.size() || text[i + 3] != ':' ||
        !digits_at(text, i + 4, 2, &minutes) || hours > 23 || minutes > 59)
      return false;
    offset = (hours * 60 + minutes) * 60 * (text[i] == '-' ? -1 : 1);
    i += 6;
  } else {
    return false;
  }
  if (i != text.size()) return false;
  const std::int64_t seconds =
      days_from_civil(year, month, day) * 86400 + hour * 3600 + minute * 60 + second - offset;
  const Int128 total = Int128{seconds} * kSecond + fraction;
  if (total > kMax || total < kMin) return false;
  *ns = static_cast<std::int64_t>(total);
  return true;
}

struct UnitName {
  std::string_view name;
  std::int64_t ns;
};
constexpr std::array<UnitName, 7> kUnits{{{"h", 3600 * kSecond},
                                          {"min", 60 * kSecond},
                                          {"s", kSecond},
                                          {"ms", 1'000'000},
                                          {"us", 1'000},
                                          {"ns", 1},
                                          {"µs", 1'000}}};
}  // namespace

Rational make_rational(std::int64_t num, std::int64_t den) {
  if (den < 0) {
    num = -num;
    den = -den;
  }
  const std::int64_t divisor = std::gcd(num, den);
  return divisor > 1 ? Rational{num / divisor, den / divisor} : Rational{num, den};
}

Rational rate_from_number(double hz) {
  if (!std::isfinite(hz) || hz <= 0 || hz > 1e9)
    throw InputError("rate " + std::to_string(hz) + " Hz is not a positive number up to 1e9");
  const double rounded = std::round(hz);
  if (std::abs(hz - rounded) < 1e-9 && rounded >= 1) return {static_cast<std::int64_t>(rounded), 1};
  // 29.97, 23.976, 59.94: NTSC rates are n * 1000 / 1001, commonly written with two or three
  // decimals.
  const double ntsc = std::round(hz * 1001.0 / 1000.0);
  if (ntsc >= 1 && std::abs(hz - ntsc * 1000.0 / 1001.0) < 5e-4)
    return make_rational(static_cast<std::int64_t>(ntsc) * 1000, 1001);
  return make_rational(static_cast<std::int64_t>(std::llround(hz * 1e6)), 1'000'000);
}

std::int64_t mul_div(std::int64_t value, std::int64_t num, std::int64_t den, Rounding rounding) {
  if (den < 0) {
    num = -num;
    den = -den;
  }
  return saturate(divide(Int128{value} * num, den, rounding));
}

Nanos pts_to_ns(std::int64_t pts, Rational time_base) {
  const Int128 num = Int128{pts} * time_base.num;
  // num * 1e9 may pass 128 bits only for absurd time bases; those saturate first.
  if (num > (Int128{1} << 96) || num < -(Int128{1} << 96)) return Nanos(num > 0 ? kMax : kMin);
  return Nanos(saturate(divide(num * kSecond, time_base.den, Rounding::kNearest)));
}

std::int64_t ns_to_pts(Nanos time, Rational time_base, Rounding rounding) {
  const Int128 num = Int128{time.count()} * time_base.den;
  return saturate(divide(num, Int128{time_base.num} * kSecond, rounding));
}

Nanos tick_time(std::int64_t index, Rational rate) { return pts_to_ns(index, inverse(rate)); }

Nanos parse_duration(std::string_view text) {
  const UnitName* unit = nullptr;
  for (const UnitName& candidate : kUnits)
    if (text.ends_with(candidate.name) && (!unit || candidate.name.size() > unit->name.size()))
      unit = &candidate;
  std::string_view number = unit ? text.substr(0, text.size() - unit->name.size()) : text;
  while (!number.empty() && number.back() == ' ') number.remove_suffix(1);
  DecimalText decimal;
  if (unit && split_decimal(number, &decimal)) {
    // 1.5h = 15 * 360 s: multiply the digits first, so that every decimal stays exact.
    std::int64_t digits = 0;
    if (scaled_integer({decimal.negative, decimal.digits, 0}, 0, &digits)) {
      std::int64_t den = 1;
      Int128 num = Int128{digits} * unit->ns;
      for (int e = decimal.exponent; e < 0 && den < 1'000'000'000'000'000'000; ++e) den *= 10;
      for (int e = decimal.exponent; e > 0 && num < kMax; --e) num *= 10;
      const Int128 total = divide(num, den, Rounding::kNearest);
      if (total <= kMax && total >= kMin) return Nanos(static_cast<std::int64_t>(total));
    }
  }
  throw InputError("'" + std::string(text) +
                   "' is not a duration; write a number with its unit, such as 250us, 500ms, " +
                   "1.5s, 2min or 1h");
}

std::string format_duration(Nanos d) {
  const std::int64_t ns = d.count();
  if (ns == 0) return "0s";
  for (const UnitName& unit : {kUnits[0], kUnits[1], kUnits[2], kUnits[3], kUnits[4], kUnits[5]}) {
    const std::int64_t whole = ns / unit.ns;
    if (whole == 0) continue;
    if (ns % unit.ns == 0) return std::to_string(whole) + std::string(unit.name);
    if (unit.ns > kSecond) continue;  // 90 s reads better than 1.5min
    std::string text = std::to_string(std::abs(whole)) + ".";
    std::string rest = std::to_string(std::abs(ns % unit.ns));
    const std::string full = std::to_string(unit.ns).substr(1);
    rest.insert(0, full.size() - rest.size(), '0');
    while (!rest.empty() && rest.back() == '0') rest.pop_back();
    return (ns < 0 ? "-" : "") + text + rest + std::string(unit.name);
  }
  return std::to_string(ns) + "ns";
}

std::string format_seconds(Nanos d) {
  const std::int64_t ns = d.count();
  const std::uint64_t magnitude =
      ns < 0 ? ~static_cast<std::uint64_t>(ns) + 1 : static_cast<std::uint64_t>(ns);
  std::string fraction = std::to_string(magnitude % kSecond);
  fraction.insert(0, 9 - fraction.size(), '0');
  return (ns < 0 ? "-" : "") + std::to_string(magnitude / kSecond) + "." + fraction;
}

std::int64_t parse_rfc3339(std::string_view text) {
  std::int64_t ns = 0;
  if (!try_rfc3339(text, &ns))
    throw InputError("'" + std::string(text) +
                     "' is not an RFC 3339 time such as 2026-01-31T10:00:00.25Z");
  return ns;
}

std::string format_rfc3339(std::int64_t unix_ns) {
  std::int64_t seconds = unix_ns / kSecond;
  std::int64_t fraction = unix_ns % kSecond;
  if (fraction < 0) {
    fraction += kSecond;
    --seconds;
  }
  const auto time = std::chrono::sys_seconds(std::chrono::seconds(seconds));
  const auto day = std::chrono::floor<std::chrono::days>(time);
  const std::chrono::year_month_day ymd(day);
  const std::chrono::hh_mm_ss hms(time - day);
  std::array<char, 40> text{};
  std::snprintf(text.data(), text.size(), "%04d-%02u-%02uT%02d:%02d:%02d",
                static_cast<int>(ymd.year()), static_cast<unsigned>(ymd.month()),
                static_cast<unsigned>(ymd.day()), static_cast<int>(hms.hours().count()),
                static_cast<int>(hms.minutes().count()), static_cast<int>(hms.seconds().count()));
  std::string result = text.data();
  if (fraction) {
    std::string digits = std::to_string(fraction);
    digits.insert(0, 9 - digits.size(), '0');
    while (digits.back() == '0') digits.pop_back();
    result += "." + digits;
  }
  return result + "Z";
}

TimeUnit parse_time_unit(std::string_view text) {
  if (text == "s") return TimeUnit::kSeconds;
  if (text == "ms") return TimeUnit::kMilliseconds;
  if (text == "us") return TimeUnit::kMicroseconds;
  if (text == "ns") return TimeUnit::kNanoseconds;
  if (text == "rfc3339") return TimeUnit::kRfc3339;
  throw InputError(unknown_name("time unit", text, {"s", "ms", "us", "ns", "rfc3339"}));
}

std::string_view to_string(TimeUnit unit) {
  switch (unit) {
    case TimeUnit::kSeconds:
      return "s";
    case TimeUnit::kMilliseconds:
      return "ms";
    case TimeUnit::kMicroseconds:
      return "us";
    case TimeUnit::kNanoseconds:
      return "ns";
    case TimeUnit::kRfc3339:
      return "rfc3339";
  }
  return "ns";
}

bool parse_time(std::string_view text, TimeUnit unit, std::int64_t* ns) {
  if (unit == TimeUnit::kRfc3339) return try_rfc3339(text, ns);
  // Fast path: plain digits, which is what almost every log holds.
  if (!text.empty() && text.size() <= 18) {
    std::int64_t whole = 0;
    const char* const last = text.data() + text.size();
    const auto [end, error] = std::from_chars(text.data(), last, whole);
    if (error == std::errc() && end == last) {
      for (int i = unit_scale(unit); i > 0; --i)
        if (__builtin_mul_overflow(whole, std::int64_t{10}, &whole)) return false;
      *ns = whole;
      return true;
    }
  }
  DecimalText decimal;
  return split_decimal(text, &decimal) && scaled_integer(decimal, unit_scale(unit), ns);
}

}  // namespace reelcell
