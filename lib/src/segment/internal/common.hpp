// What segmenters share: signals by name, and walking through a session in bounded windows.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "reelcell/model/stages.hpp"

namespace reelcell::segment {

/// Length of session that is held at once. Short enough for 1 kHz logs, long enough that a read
/// costs little.
inline constexpr Nanos kWindow{10'000'000'000};

/// "joints.dq", "joints.q[3]", "gripper" (of a stream with one column).
struct SignalRef {
  std::string text;
  std::string stream;
  std::size_t column = 0;
  std::optional<std::size_t> element;  ///< nullopt = all
  ColumnSpec spec;
};
/// Throws InputError with the names that the session has.
SignalRef resolve_signal(const std::string& text, const SessionDescription& session,
                         const std::string& where);
/// Throws InputError unless the session has the stream with this kind.
const StreamSpec& stream_named(const std::string& name, const SessionDescription& session,
                               StreamKind kind, const std::string& where);

/// "visit-0003".
std::string numbered_name(const std::string& prefix, std::size_t number);

/// Calls take(range) for consecutive windows that cover `range`.
template <class Take>
void each_window(TimeRange range, Take take) {
  for (SessionTime start = range.start; start < range.end;) {
    const SessionTime end = range.end - start <= kWindow ? range.end : start + kWindow;
    take(TimeRange{start, end});
    start = end;
  }
}

/// Calls take(slice) with the samples of a stream, each once, in order.
template <class Take>
void each_slice(SessionSignals& signals, const std::string& stream, TimeRange range, Take take) {
  each_window(range, [&](TimeRange window) {
    const SeriesSlice slice = signals.series(stream, window, /*with_neighbours=*/false);
    if (slice.size() > 0) take(slice);
  });
}

/// Time at which the line from (t0, v0) to (t1, v1) reaches `level`, rounded to the ns.
SessionTime crossing(SessionTime t0, double v0, SessionTime t1, double v1, double level);

}  // namespace reelcell::segment
