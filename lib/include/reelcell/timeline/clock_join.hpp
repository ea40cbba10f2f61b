// A device's clock that began anew (a counter ran over, a device was restarted or set) as one
// strictly increasing time: what is added to the raw stamps, and where.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "reelcell/base/json.hpp"
#include "reelcell/model/series.hpp"

namespace reelcell::timeline {

enum class BreakKind {
  kWrap,   ///< the counter's range was used up: what is added is exact
  kReset,  ///< restarted or set: what is added was measured, or somebody states it
};
BreakKind parse_break_kind(std::string_view text);  ///< "wrap", "reset"; throws InputError
std::string_view to_string(BreakKind kind);

/// One break of a clock, told by the two raw stamps around it, neighbours in stored order.
struct ClockBreak {
  StreamTime before{}, after{};  ///< as they are stored
  Nanos add{0};  ///< to every raw stamp from `after` to the next break, in place of what was added
                 ///< before; 0 up to the first break
  BreakKind kind = BreakKind::kReset;
  std::optional<double> interval_ms;  ///< of a measured `add`; none where it is exact or stated
};

/// A counter of `bits` bits that counts ticks of `tick`.
struct CounterWrap {
  int bits = 0;
  Nanos tick{0};
  bool stated() const { return bits > 0; }
  Nanos range() const { return Nanos(tick.count() << bits); }
};

/// Either breaks, or a counter whose wraps are undone wherever they are; or none of it.
struct ClockJoin {
  std::vector<ClockBreak> breaks;
  CounterWrap wrap;
  bool empty() const { return breaks.empty() && !wrap.stated(); }
};
inline constexpr std::int64_t kLeastRange = 1'000'000'000;  ///< ns, of a counter
/// Throws InputError: breaks that do not lead on in time; a counter beyond 62 bits of ns, or of
/// less than a second.
void check_join(const ClockJoin& join);
/// The keys "breaks" and "wrap" of a clock in session.json, read and checked, and written.
ClockJoin join_from_json(JsonObject& clock);
void put_join(const ClockJoin& join, Json& clock);
/// For people: "2 breaks joined: wrap after 4294.967 s, reset after 12.300 s (+- 1.20 ms)"; "" for
/// none.
std::string describe(const ClockJoin& join);

/// Raw stamps, given in stored order, become the stream's one time. A late stamp of before a break,
/// one that comes within the reorder window after it, is told by where it fits. Of a counter, each
/// stamp lies within half the range of the one before. O(breaks) memory.
class StampJoiner {
 public:
  StampJoiner(ClockJoin join, Nanos reorder_window);
  StreamTime operator()(StreamTime raw);
  /// Was `raw`, given last, a late one of before the last break?
  bool last_was_late() const { return late_; }
  /// The first break that was not met; null when all were.
  const ClockBreak* missing() const;

 private:
  StreamTime by_breaks(StreamTime raw);
  StreamTime by_range(StreamTime raw);
  ClockJoin join_;
  Nanos window_;
  std::size_t met_ = 0;
  bool any_ = false, late_ = false;
  StreamTime last_{};    ///< raw
  StreamTime newest_{};  ///< joined
  std::int64_t added_ = 0;
};

/// A cursor's samples at joined times. Where the stream ends and a break was not met, the file is
/// not the one that the breaks were told of: throws InputError then.
std::unique_ptr<SeriesCursor> join_stamps(std::unique_ptr<SeriesCursor> cursor,
                                          const ClockJoin& join, Nanos reorder_window,
                                          const std::string& where);
/// An event's end is joined as its start, unless a break lies between them.
std::unique_ptr<EventCursor> join_stamps(std::unique_ptr<EventCursor> cursor, const ClockJoin& join,
                                         Nanos reorder_window, const std::string& where);

/// Finds in a stream, read in stored order, the breaks that a log with fewer or other stamps of the
/// same clock shows. A step is a break where the added time explains it, at a time at which the log
/// leaves room for it. O(breaks) memory.
class BreakFinder {
 public:
  BreakFinder(std::vector<ClockBreak> in_log, Nanos reorder_window);
  void see(StreamTime raw);
  /// With the stream's own stamps around each.
  const std::vector<ClockBreak>& breaks() const { return found_; }
  /// Why they are not all there is to it: one is not in the stream, or the stream has others. ""
  /// when they are.
  std::string problem() const;

 private:
  bool is_break(StreamTime raw) const;
  std::int64_t period() const;
  void watch(StreamTime raw, StreamTime at);
  std::vector<ClockBreak> in_log_, found_;
  Nanos window_;
  std::vector<std::int64_t> steps_;  ///< the last few raw ones
  std::size_t step_ = 0;
  bool any_ = false, late_ = false;
  StreamTime last_{};         ///< raw
  StreamTime newest_{};       ///< joined
  std::uint64_t behind_ = 0;  ///< stamps in a row that lie before the newest by too much
  StreamTime before_behind_{}, first_behind_{}, first_behind_at_{};
  std::optional<StreamTime> ahead_of_;  ///< the newest before the last long step ahead
  std::optional<std::pair<StreamTime, StreamTime>> other_;  ///< a break that the log does not show
};

}  // namespace reelcell::timeline
