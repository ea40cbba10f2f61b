#include "reelcell/timeline/clock_join.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cstdlib>

#include "internal/wide.hpp"
#include "reelcell/base/error.hpp"

namespace reelcell::timeline {
namespace {

StreamTime moved(StreamTime raw, std::int64_t by) {
  return stream_time(saturate(Int128{ns_of(raw)} + by));
}

std::int64_t added_before(const std::vector<ClockBreak>& breaks, std::size_t at) {
  return at == 0 ? 0 : breaks[at - 1].add.count();
}

/// A late stamp of before the break `last`: added as before, it comes before the break, and within
/// the window; and it lies nearer there than where it would come now.
bool is_late(const std::vector<ClockBreak>& breaks, std::size_t met, StreamTime raw,
             StreamTime newest, Nanos window) {
  if (met == 0) return false;
  const ClockBreak& last = breaks[met - 1];
  const std::int64_t then = ns_of(moved(raw, added_before(breaks, met - 1)));
  const std::int64_t now = ns_of(moved(raw, last.add.count()));
  const std::int64_t here = ns_of(newest);
  return then < ns_of(moved(last.after, last.add.count())) &&
         difference(here, then) <= window.count() && distance(then, here) < distance(now, here);
}

std::string text_of(StreamTime t) { return format_seconds(t.time_since_epoch()) + " s"; }

}  // namespace

BreakKind parse_break_kind(std::string_view text) {
  if (text == "wrap") return BreakKind::kWrap;
  if (text == "reset") return BreakKind::kReset;
  throw InputError(unknown_name("kind of break", text, {"wrap", "reset"}));
}

std::string_view to_string(BreakKind kind) { return kind == BreakKind::kWrap ? "wrap" : "reset"; }

void check_join(const ClockJoin& join) {
  if (join.wrap.stated()) {
    const Int128 range = Int128{join.wrap.tick.count()} << std::clamp(join.wrap.bits, 0, 62);
    if (join.wrap.bits > 62 || join.wrap.tick.count() < 1 || range != saturate(range) ||
        range < kLeastRange)
      throw InputError(fmt::format(
          "a counter of {} bits in ticks of {} ns; expected a range from 1 s to 2^62 ns",
          join.wrap.bits, join.wrap.tick.count()));
  }
  std::int64_t added = 0;
  for (std::size_t i = 0; i < join.breaks.size(); ++i) {
    const ClockBreak& b = join.breaks[i];
    const Int128 before = Int128{ns_of(b.before)} + added,
                 after = Int128{ns_of(b.after)} + b.add.count();
    if (before >= after || before != saturate(before) || after != saturate(after))
      throw InputError(fmt::format(
          "break {}: with {} ns added, the stamp after it ({} ns) does not come later than the one "
          "before it ({} ns, {} ns added)",
          i + 1, b.add.count(), ns_of(b.after), ns_of(b.before), added));
    if (b.add.count() == added)
      throw InputError(
          fmt::format("break {}: adds {} ns as before it: that is none", i + 1, added));
    if (i > 0 && before < Int128{ns_of(join.breaks[i - 1].after)} + added)
      throw InputError(fmt::format("break {} lies before the one ahead of it in the list", i + 1));
    added = b.add.count();
  }
}

ClockJoin join_from_json(JsonObject& clock) {
  ClockJoin join;
  if (auto wrap = clock.object("wrap")) {
    if (clock.has("breaks"))
      clock.fail("wrap", "a clock has either a counter's \"wrap\" or \"breaks\", not both");
    const std::int64_t bits = wrap->integer("bits");
    if (bits < 1 || bits > 62)
      wrap->fail("bits", "found " + std::to_string(bits) + ", expected 1 to 62");
    join.wrap = {static_cast<int>(bits), Nanos(wrap->integer("tick_ns"))};
    wrap->ignore("comment");
    wrap->finish();
    at_place(clock.where("wrap"), [&] { check_join(join); });
  }
  for (JsonObject& entry : clock.objects("breaks")) {
    ClockBreak b;
    b.before = stream_time(entry.integer("before_ns"));
    b.after = stream_time(entry.integer("after_ns"));
    b.add = Nanos(entry.integer("add_ns"));
    b.kind = at_place(entry.where("kind"),
                      [&] { return parse_break_kind(entry.text_or("kind", "reset")); });
    if (entry.find("interval_ms")) b.interval_ms = entry.number("interval_ms");
    entry.ignore("comment");
    entry.finish();
    join.breaks.push_back(b);
  }
  at_place(clock.where("breaks"), [&] { check_join(join); });
  return join;
}

void put_join(const ClockJoin& join, Json& clock) {
  if (join.wrap.stated())
    clock["wrap"] = {{"bits", join.wrap.bits}, {"tick_ns", join.wrap.tick.count()}};
  for (const ClockBreak& b : join.breaks) {
    Json entry = {{"before_ns", ns_of(b.before)},
                  {"after_ns", ns_of(b.after)},
                  {"add_ns", b.add.count()},
                  {"kind", std::string(to_string(b.kind))}};
    if (b.interval_ms) entry["interval_ms"] = *b.interval_ms;
    clock["breaks"].push_back(std::move(entry));
  }
}

std::string describe(const ClockJoin& join) {
  if (join.wrap.stated())
    return fmt::format("a counter of {} bits in ticks of {}, its wraps undone", join.wrap.bits,
                       format_duration(join.wrap.tick));
  if (join.breaks.empty()) return "";
  constexpr std::size_t kMost = 8;  // a short counter has hundreds
  std::string text = fmt::format("{} {} joined:", join.breaks.size(),
                                 join.breaks.size() == 1 ? "break" : "breaks");
  for (std::size_t i = 0; i < std::min(kMost, join.breaks.size()); ++i) {
    const ClockBreak& b = join.breaks[i];
    text += fmt::format("{} {} after {:.3f} s", i == 0 ? "" : ",", to_string(b.kind),
                        static_cast<double>(ns_of(b.before)) * 1e-9);
    if (b.interval_ms) text += fmt::format(" (+- {:.2f} ms)", *b.interval_ms);
  }
  return text + (join.breaks.size() > kMost ? ", .." : "");
}

StampJoiner::StampJoiner(ClockJoin join, Nanos reorder_window)
    : join_(std::move(join)), window_(reorder_window) {}

StreamTime StampJoiner::operator()(StreamTime raw) {
  const StreamTime joined = join_.wrap.stated() ? by_range(raw) : by_breaks(raw);
  newest_ = any_ ? std::max(newest_, joined) : joined;
  any_ = true;
  last_ = raw;
  return joined;
}

StreamTime StampJoiner::by_breaks(StreamTime raw) {
  const auto& breaks = join_.breaks;
  if (any_ && !late_ && met_ < breaks.size() && last_ == breaks[met_].before &&
      raw == breaks[met_].after) {
    added_ = breaks[met_++].add.count();
    return moved(raw, added_);
  }
  late_ = is_late(breaks, met_, raw, newest_, window_);
  return moved(raw, late_ ? added_before(breaks, met_ - 1) : added_);
}

StreamTime StampJoiner::by_range(StreamTime raw) {
  const std::int64_t range = join_.wrap.range().count();
  if (any_) {
    const Int128 step = Int128{ns_of(raw)} - ns_of(last_);
    added_ = saturate(Int128{added_} - divide_nearest(step, range) * range);
  }
  return moved(raw, added_);
}

const ClockBreak* StampJoiner::missing() const {
  return met_ < join_.breaks.size() ? &join_.breaks[met_] : nullptr;
}

namespace {

void check_met(const StampJoiner& joiner, const std::string& where) {
  const ClockBreak* const missing = joiner.missing();
  if (!missing) return;
  throw InputError(
      where,
      fmt::format("the clock's break from {} to {} ns, which session.json states, is nowhere "
                  "in the stream; was the file changed since? Measure the clock again "
                  "('reelcell align --measure --write') or correct \"breaks\"",
                  ns_of(missing->before), ns_of(missing->after)));
}

class JoinedSeries : public SeriesCursor {
 public:
  JoinedSeries(std::unique_ptr<SeriesCursor> cursor, StampJoiner joiner, std::string where)
      : cursor_(std::move(cursor)), joiner_(std::move(joiner)), where_(std::move(where)) {}
  const std::vector<ColumnSpec>& columns() const override { return cursor_->columns(); }
  bool next(SeriesBatch& batch) override {
    if (!cursor_->next(batch)) {
      check_met(joiner_, where_);
      return false;
    }
    for (StreamTime& t : batch.times) t = joiner_(t);
    return true;
  }

 private:
  std::unique_ptr<SeriesCursor> cursor_;
  StampJoiner joiner_;
  std::string where_;
};

class JoinedEvents : public EventCursor {
 public:
  JoinedEvents(std::unique_ptr<EventCursor> cursor, const ClockJoin& join, StampJoiner joiner,
               std::string where)
      : cursor_(std::move(cursor)),
        join_(join),
        joiner_(std::move(joiner)),
        where_(std::move(where)) {}
  bool next(StreamEvent& event) override {
    if (!cursor_->next(event)) {
      check_met(joiner_, where_);
      return false;
    }
    const StreamTime raw = event.time;
    event.time = joiner_(raw);
    event.end = joined_end(raw, event.time, event.end);
    return true;
  }

 private:
  StreamTime joined_end(StreamTime raw, StreamTime joined, StreamTime end) const {
    const std::int64_t added = difference(ns_of(joined), ns_of(raw));
    if (join_.wrap.stated())
      return moved(end, end < raw ? added + join_.wrap.range().count() : added);
    // Of the breaks still to come, the first may lie within the event: where the clock stepped
    // back, its end comes before its start; where it stepped ahead, beyond the step.
    const ClockBreak* const next = joiner_.missing();
    const bool across = next && (next->add.count() > added ? end < raw : end >= next->after);
    return moved(end, across ? next->add.count() : added);
  }
  std::unique_ptr<EventCursor> cursor_;
  ClockJoin join_;
  StampJoiner joiner_;
  std::string where_;
};

}  // namespace

std::unique_ptr<SeriesCursor> join_stamps(std::unique_ptr<SeriesCursor> cursor,
                                          const ClockJoin& join, Nanos reorder_window,
                                          const std::string& where) {
  if (join.empty()) return cursor;
  return std::make_unique<JoinedSeries>(std::move(cursor), StampJoiner(join, reorder_window),
                                        where);
}

std::unique_ptr<EventCursor> join_stamps(std::unique_ptr<EventCursor> cursor, const ClockJoin& join,
                                         Nanos reorder_window, const std::string& where) {
  if (join.empty()) return cursor;
  return std::make_unique<JoinedEvents>(std::move(cursor), join, StampJoiner(join, reorder_window),
                                        where);
}

namespace {
constexpr std::size_t kSteps = 31;        ///< their median is the stream's period
constexpr std::uint64_t kManyBehind = 8;  ///< one or a few are wrong stamps; so many are a break
}  // namespace

BreakFinder::BreakFinder(std::vector<ClockBreak> in_log, Nanos reorder_window)
    : in_log_(std::move(in_log)), window_(reorder_window) {}

bool BreakFinder::is_break(StreamTime raw) const {
  if (late_ || found_.size() == in_log_.size()) return false;
  const ClockBreak& b = in_log_[found_.size()];
  const std::int64_t then = added_before(in_log_, found_.size()), now = b.add.count();
  const StreamTime from = moved(last_, then), to = moved(raw, now);
  // The log's stamps around it leave room here.
  if (from >= moved(b.after, now + window_.count()) ||
      to <= moved(b.before, then - window_.count()))
    return false;
  if (from >= to) return false;
  // As the stream runs, it is the time added that explains the step.
  const std::uint64_t jump = distance(now, then);
  const std::int64_t plain = difference(ns_of(raw), ns_of(last_));
  const std::int64_t joined = difference(ns_of(to), ns_of(from));
  const std::int64_t usual = period();
  return 2 * distance(joined, usual) < jump && 2 * distance(plain, usual) > jump;
}

std::int64_t BreakFinder::period() const {
  std::vector<std::int64_t> sorted = steps_;
  const auto middle = sorted.begin() + static_cast<std::ptrdiff_t>(sorted.size() / 2);
  if (sorted.empty()) return 0;
  std::nth_element(sorted.begin(), middle, sorted.end());
  return *middle;
}

void BreakFinder::see(StreamTime raw) {
  std::int64_t added = added_before(in_log_, found_.size());
  if (any_ && is_break(raw)) {
    ClockBreak b = in_log_[found_.size()];
    b.before = last_;
    b.after = raw;
    found_.push_back(b);
    added = b.add.count();
    late_ = false;
  } else {
    late_ = any_ && is_late(found_, found_.size(), raw, newest_, window_);
    if (late_) added = added_before(found_, found_.size() - 1);
    if (any_ && raw > last_) {
      const std::int64_t step = difference(ns_of(raw), ns_of(last_));
      if (steps_.size() < kSteps)
        steps_.push_back(step);
      else
        steps_[step_++ % kSteps] = step;
    }
  }
  watch(raw, moved(raw, added));
  any_ = true;
  last_ = raw;
}

/// Steps back that nothing explains. After one wrong stamp ahead all others lie behind it, but on
/// from where they were before it.
void BreakFinder::watch(StreamTime raw, StreamTime at) {
  if (!any_ || at >= newest_) {
    if (any_ && difference(ns_of(at), ns_of(newest_)) > window_.count()) ahead_of_ = newest_;
    newest_ = at;
    behind_ = 0;
    return;
  }
  if (difference(ns_of(newest_), ns_of(at)) <= window_.count()) {
    behind_ = 0;
    return;
  }
  if (behind_++ == 0) {
    before_behind_ = last_;
    first_behind_ = raw;
    first_behind_at_ = at;
  }
  if (behind_ < kManyBehind) return;
  const bool goes_on = ahead_of_ && first_behind_at_ >= *ahead_of_;
  if (!goes_on && !other_) other_.emplace(before_behind_, first_behind_);
  newest_ = at;
  ahead_of_.reset();
  behind_ = 0;
}

std::string BreakFinder::problem() const {
  if (other_)
    return fmt::format(
        "the stream's stamps step back from {} to {}, where the log shows no break of the clock",
        text_of(other_->first), text_of(other_->second));
  if (found_.size() == in_log_.size()) return "";
  const ClockBreak& b = in_log_[found_.size()];
  return fmt::format(
      "the log shows that the clock began anew between {} and {}, but which samples of the stream "
      "these are cannot be told: {} of {} breaks were found in it",
      text_of(b.before), text_of(b.after), found_.size(), in_log_.size());
}

}  // namespace reelcell::timeline
