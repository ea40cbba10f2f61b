// Raw stamps in stored order as one time, and breaks found in a stream that a log shows.
#include "reelcell/timeline/clock_join.hpp"

#include <gtest/gtest.h>

#include "reelcell/base/error.hpp"

namespace reelcell::timeline {
namespace {
constexpr std::int64_t kMs = 1'000'000;
constexpr Nanos kWindow = std::chrono::milliseconds(100);

StreamTime at(std::int64_t ms) { return stream_time(ms * kMs); }
ClockBreak at_break(std::int64_t before_ms, std::int64_t after_ms, std::int64_t add_ms) {
  return {at(before_ms), at(after_ms), Nanos(add_ms * kMs), BreakKind::kReset, {}};
}
std::vector<std::int64_t> joined_ms(const ClockJoin& join,
                                    const std::vector<std::int64_t>& raw_ms) {
  StampJoiner joiner(join, kWindow);
  std::vector<std::int64_t> out;
  for (const std::int64_t raw : raw_ms) out.push_back(ns_of(joiner(at(raw))) / kMs);
  return out;
}
using Times = std::vector<std::int64_t>;

TEST(StampJoiner, AddsFromTheBreakOn) {
  const ClockJoin join{{at_break(1020, 0, 1030), at_break(20, 5, 1060)}, {}};
  EXPECT_EQ(joined_ms(join, {1000, 1010, 1020, 0, 10, 20, 5, 15}),
            (Times{1000, 1010, 1020, 1030, 1040, 1050, 1065, 1075}));
}

TEST(StampJoiner, ALateStampOfBeforeTheBreakStaysThere) {
  const ClockJoin join{{at_break(1000, 0, 1030)}, {}};
  EXPECT_EQ(joined_ms(join, {1000, 0, 1010, 10, 1020, 20}),
            (Times{1000, 1030, 1010, 1040, 1020, 1050}));
}

TEST(StampJoiner, APauseAfterABreakIsNoLateStamp) {
  const ClockJoin join{{at_break(4290, 0, 4295)}, {}};
  // Added as before the break, 4200 would come after the 4295 that is newest: no late one.
  EXPECT_EQ(joined_ms(join, {4290, 0, 5, 3000, 4200}), (Times{4290, 4295, 4300, 7295, 8495}));
}

TEST(StampJoiner, TheSameStepTwiceIsOneBreakEach) {
  const ClockJoin join{{at_break(20, 0, 30), at_break(20, 0, 60)}, {}};
  EXPECT_EQ(joined_ms(join, {0, 10, 20, 0, 10, 20, 0, 10}), (Times{0, 10, 20, 30, 40, 50, 60, 70}));
}

TEST(StampJoiner, ACounterRunsOverWhereverItDoes) {
  const ClockJoin join{{}, {16, std::chrono::milliseconds(1)}};
  EXPECT_EQ(joined_ms(join, {65'000, 65'535, 4, 30'000, 60'000, 10, 65'530, 20}),
            (Times{65'000, 65'535, 65'540, 95'536, 125'536, 131'082, 131'066, 131'092}));
  // One wrong stamp does not shift those after it.
  EXPECT_EQ(joined_ms(join, {100, 40'000, 110, 120}), (Times{100, -25'536, 110, 120}));
}

TEST(StampJoiner, TellsWhichBreakItDidNotMeet) {
  StampJoiner joiner({{at_break(1020, 0, 1030)}, {}}, kWindow);
  joiner(at(1000));
  joiner(at(1));
  ASSERT_NE(joiner.missing(), nullptr);
  EXPECT_EQ(joiner.missing()->before, at(1020));
}

TEST(ClockJoin, RefusesWhatDoesNotLeadOn) {
  EXPECT_NO_THROW(check_join({{at_break(1000, 0, 1001)}, {}}));
  EXPECT_THROW(check_join({{at_break(1000, 0, 1000)}, {}}), InputError);
  EXPECT_THROW(check_join({{at_break(0, 10, 0)}, {}}), InputError);
  EXPECT_THROW(check_join({{at_break(1000, 0, 1001), at_break(-5, 10, 1100)}, {}}), InputError);
  EXPECT_THROW(check_join({{}, {16, Nanos(1000)}}), InputError);       // 65 ms
  EXPECT_THROW(check_join({{}, {48, Nanos(1'000'000)}}), InputError);  // 8925 years
  EXPECT_NO_THROW(check_join({{}, {32, Nanos(1000)}}));
}

TEST(ClockJoin, IsReadAsItIsWritten) {
  ClockJoin join{{at_break(1020, 0, 1030)}, {}};
  join.breaks[0].interval_ms = 1.25;
  Json clock = Json::object();
  put_join(join, clock);
  JsonObject object(clock, "clock");
  const ClockJoin again = join_from_json(object);
  ASSERT_EQ(again.breaks.size(), 1u);
  EXPECT_EQ(again.breaks[0].add, join.breaks[0].add);
  EXPECT_EQ(again.breaks[0].interval_ms, join.breaks[0].interval_ms);
  const Json both = {{"breaks", clock["breaks"]}, {"wrap", {{"bits", 32}, {"tick_ns", 1000}}}};
  JsonObject twice(both, "clock");
  EXPECT_THROW(join_from_json(twice), InputError);
}

/// Three samples a batch.
class Stored : public SeriesCursor {
 public:
  explicit Stored(Times ms) : ms_(std::move(ms)) {}
  const std::vector<ColumnSpec>& columns() const override { return columns_; }
  bool next(SeriesBatch& batch) override {
    batch = {};
    for (int i = 0; i < 3 && next_ < ms_.size(); ++i) batch.times.push_back(at(ms_[next_++]));
    return !batch.times.empty();
  }

 private:
  Times ms_;
  std::size_t next_ = 0;
  std::vector<ColumnSpec> columns_;
};

TEST(JoinStamps, OfASeriesDoesNotDependOnItsBatches) {
  const ClockJoin join{{at_break(1020, 0, 1030)}, {}};
  const auto cursor = join_stamps(std::make_unique<Stored>(Times{1000, 1010, 1020, 0, 10}), join,
                                  kWindow, "cell: imu");
  Times out;
  SeriesBatch batch;
  while (cursor->next(batch))
    for (const StreamTime t : batch.times) out.push_back(ns_of(t) / kMs);
  EXPECT_EQ(out, (Times{1000, 1010, 1020, 1030, 1040}));
}

TEST(JoinStamps, AFileWithoutTheBreakIsRefused) {
  const ClockJoin join{{at_break(1020, 0, 1030)}, {}};
  const auto cursor =
      join_stamps(std::make_unique<Stored>(Times{1000, 1010}), join, kWindow, "cell: imu");
  SeriesBatch batch;
  EXPECT_TRUE(cursor->next(batch));
  EXPECT_THROW(cursor->next(batch), InputError);
}

class StoredEvents : public EventCursor {
 public:
  explicit StoredEvents(std::vector<std::pair<std::int64_t, std::int64_t>> ms)
      : ms_(std::move(ms)) {}
  bool next(StreamEvent& event) override {
    if (next_ == ms_.size()) return false;
    event = {at(ms_[next_].first), at(ms_[next_].second), "step", {}};
    ++next_;
    return true;
  }

 private:
  std::vector<std::pair<std::int64_t, std::int64_t>> ms_;
  std::size_t next_ = 0;
};

using Events = std::vector<std::pair<std::int64_t, std::int64_t>>;

Events joined_events(const ClockJoin& join, Events stored) {
  const auto cursor =
      join_stamps(std::make_unique<StoredEvents>(std::move(stored)), join, kWindow, "cell: plc");
  Events out;
  StreamEvent event;
  while (cursor->next(event)) out.emplace_back(ns_of(event.time) / kMs, ns_of(event.end) / kMs);
  return out;
}

TEST(JoinStamps, AnEventMayLastOverABreak) {
  const Events stored{{1000, 1010}, {1010, 15}, {1020, 1022}, {0, 0}, {10, 30}};
  EXPECT_EQ(joined_events({{at_break(1020, 0, 1030)}, {}}, stored),
            (Events{{1000, 1010}, {1010, 1045}, {1020, 1022}, {1030, 1030}, {1040, 1060}}));
  EXPECT_EQ(joined_events({{}, {10, Nanos(kMs)}}, stored),  // 1024 ms
            (Events{{1000, 1010}, {1010, 1039}, {1020, 1022}, {1024, 1024}, {1034, 1054}}));
  EXPECT_EQ(joined_events({{at_break(1020, 5000, -3970)}, {}},
                          {{1000, 1025}, {1020, 5010}, {5000, 5005}}),
            (Events{{1000, 1025}, {1020, 1040}, {1030, 1035}}));
}

BreakFinder seen(const std::vector<ClockBreak>& in_log, const Times& ms) {
  BreakFinder finder(in_log, kWindow);
  for (const std::int64_t t : ms) finder.see(at(t));
  return finder;
}

TEST(BreakFinder, FindsTheStreamsOwnStampsAroundABreakThatALogShows) {
  // The log has a stamp a second, the stream one each 10 ms; set back by 0.5 s.
  Times raw;
  for (std::int64_t t = 0; t < 2'340; t += 10) raw.push_back(t);
  for (std::int64_t t = 1'840; t < 4'000; t += 10) raw.push_back(t);
  const BreakFinder finder = seen({at_break(2000, 2500, 500)}, raw);
  EXPECT_EQ(finder.problem(), "");
  ASSERT_EQ(finder.breaks().size(), 1u);
  EXPECT_EQ(finder.breaks()[0].before, at(2330));
  EXPECT_EQ(finder.breaks()[0].after, at(1840));
}

TEST(BreakFinder, SetForwardIsFoundAndAPauseIsNot) {
  Times raw;
  for (std::int64_t t = 0; t < 1'000; t += 10) raw.push_back(t);
  for (std::int64_t t = 4'000; t < 5'000; t += 10) raw.push_back(t);  // a pause of 3 s
  for (std::int64_t t = 8'000; t < 9'000; t += 10) raw.push_back(t);  // set forward by 3 s
  const BreakFinder finder = seen({at_break(4'900, 8'200, -2'990)}, raw);
  EXPECT_EQ(finder.problem(), "");
  ASSERT_EQ(finder.breaks().size(), 1u);
  EXPECT_EQ(finder.breaks()[0].before, at(4'990));
}

TEST(BreakFinder, LateStampsAboutTheBreakDoNotMatter) {
  Times raw;
  for (std::int64_t t = 0; t <= 1000; t += 10) raw.push_back(t);
  for (const std::int64_t t : {0, 1020, 1010, 10, 1030, 20}) raw.push_back(t);
  for (std::int64_t t = 30; t < 1000; t += 10) raw.push_back(t);
  const std::vector<ClockBreak> in_log{at_break(950, 100, 1040)};
  const BreakFinder finder = seen(in_log, raw);
  EXPECT_EQ(finder.problem(), "");
  ASSERT_EQ(finder.breaks().size(), 1u);
  EXPECT_EQ(finder.breaks()[0].before, at(1000));
  Times times = joined_ms({finder.breaks(), {}}, raw);
  std::sort(times.begin(), times.end());
  for (std::size_t i = 1; i < times.size(); ++i) EXPECT_EQ(times[i] - times[i - 1], 10) << i;
}

TEST(BreakFinder, ABreakThatTheStreamDoesNotShowIsAProblem) {
  Times raw;
  for (std::int64_t t = 0; t < 2'000; t += 10) raw.push_back(t);
  EXPECT_NE(seen({at_break(5'000, 0, 5'010)}, raw).problem(), "");
}

TEST(BreakFinder, ABreakThatTheLogDoesNotShowIsAProblem) {
  Times raw;
  for (std::int64_t t = 0; t < 2'000; t += 10) raw.push_back(t);
  const std::size_t end = raw.size();
  for (std::int64_t t = 0; t < 1'000; t += 10) raw.push_back(t);
  EXPECT_NE(seen({}, raw).problem(), "");
  // One wrong stamp is none.
  raw.resize(end);
  raw[50] = 9'000;
  raw[80] = 0;
  EXPECT_EQ(seen({}, raw).problem(), "");
}

}  // namespace
}  // namespace reelcell::timeline
