// Time, everywhere in Reelcell: int64 nanoseconds with the clock in the type.
//
// A stream's own clock (StreamTime) and the session clock (SessionTime) are different types; only a
// timeline::ClockMap turns one into the other. There is no way in or out through `double` seconds.
#pragma once

#include <chrono>
#include <compare>
#include <cstdint>
#include <string>
#include <string_view>

namespace reelcell {

using Nanos = std::chrono::duration<std::int64_t, std::nano>;

/// The one clock of a session. The epoch is whatever session.json says (often Unix time).
struct SessionClock {
  using duration = Nanos;
  using rep = duration::rep;
  using period = duration::period;
  using time_point = std::chrono::time_point<SessionClock, duration>;
  static constexpr bool is_steady = true;
};
/// The clock of one stream as its device stamped it.
struct StreamClock {
  using duration = Nanos;
  using rep = duration::rep;
  using period = duration::period;
  using time_point = std::chrono::time_point<StreamClock, duration>;
  static constexpr bool is_steady = true;
};
using SessionTime = SessionClock::time_point;
using StreamTime = StreamClock::time_point;

constexpr SessionTime session_time(std::int64_t ns) { return SessionTime(Nanos(ns)); }
constexpr StreamTime stream_time(std::int64_t ns) { return StreamTime(Nanos(ns)); }
// int as well: a literal would otherwise be ambiguous with the deleted overload.
constexpr SessionTime session_time(int ns) { return SessionTime(Nanos(ns)); }
constexpr StreamTime stream_time(int ns) { return StreamTime(Nanos(ns)); }
SessionTime session_time(double) = delete;
StreamTime stream_time(double) = delete;
template <class TimePoint>
constexpr std::int64_t ns_of(TimePoint t) {
  return t.time_since_epoch().count();
}

/// Half-open interval [start, end) of the session clock.
struct TimeRange {
  SessionTime start;
  SessionTime end;
  constexpr Nanos length() const { return end - start; }
  constexpr bool empty() const { return end <= start; }
  constexpr bool contains(SessionTime t) const { return start <= t && t < end; }
  friend constexpr bool operator==(const TimeRange&, const TimeRange&) = default;
};

/// A ratio of integers, reduced, denominator > 0: a time base (s per tick) or a rate (Hz).
struct Rational {
  std::int64_t num = 0;
  std::int64_t den = 1;
  constexpr bool valid() const { return num > 0 && den > 0; }
  friend constexpr bool operator==(const Rational&, const Rational&) = default;
};
/// Reduces and moves the sign to the numerator; den must not be 0.
Rational make_rational(std::int64_t num, std::int64_t den);
constexpr Rational inverse(Rational r) { return {r.den, r.num}; }
/// A decimal rate ("29.97", 30) as the nearest exact ratio; 29.97 and 23.976 style values become
/// n*1000/1001. Throws InputError for values that are not positive and finite.
Rational rate_from_number(double hz);

enum class Rounding { kNearest, kDown, kUp };

/// value * num / den in 128-bit arithmetic with the rounding said; saturates at the int64 limits.
/// kNearest rounds halves away from zero.
std::int64_t mul_div(std::int64_t value, std::int64_t num, std::int64_t den, Rounding rounding);
/// pts in `time_base` -> ns. Exact when the time base divides 1 ns, else rounded to nearest.
Nanos pts_to_ns(std::int64_t pts, Rational time_base);
/// ns -> pts in `time_base`, with the rounding said.
std::int64_t ns_to_pts(Nanos time, Rational time_base, Rounding rounding);
/// Time of tick `index` of a clock at `rate` Hz, from 0: index * den / num s, rounded to nearest.
Nanos tick_time(std::int64_t index, Rational rate);

/// "250ns", "20us", "500ms", "1.5s", "2min", "1h", "-3ms". A bare number is refused (InputError):
/// units are said.
Nanos parse_duration(std::string_view text);
/// Shortest text that parse_duration reads back to the same value: "500ms", "1.5s".
std::string format_duration(Nanos d);
/// Seconds with nine digits, no rounding: "12.480000000".
std::string format_seconds(Nanos d);
/// RFC 3339 date-time with offset or Z, up to nine fractional digits -> Unix ns. Throws InputError.
std::int64_t parse_rfc3339(std::string_view text);
/// Unix ns -> "2026-01-31T10:00:00.123456789Z" (trailing zeros of the fraction dropped).
std::string format_rfc3339(std::int64_t unix_ns);

/// Unit of a numeric time column.
enum class TimeUnit { kSeconds, kMilliseconds, kMicroseconds, kNanoseconds, kRfc3339 };
TimeUnit parse_time_unit(std::string_view text);  // "s" "ms" "us" "ns" "rfc3339"; throws InputError
std::string_view to_string(TimeUnit unit);
/// Decimal text in `unit` -> ns without passing through double ("1712345678.123456789" s keeps all
/// digits; digits below 1 ns are rounded). Exponents are accepted. False when the text is not a
/// finite number or overflows.
bool parse_time(std::string_view text, TimeUnit unit, std::int64_t* ns);

}  // namespace reelcell
