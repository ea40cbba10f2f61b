#include "reelcell/replay/layout.hpp"

#include <gmock/gmock.h>

#include "support/memory_signals.hpp"

namespace reelcell::replay {
namespace {

using test::at_ms;
using test::range_ms;
using ::testing::ElementsAre;

TEST(ArrangeTiles, PutsOneCameraInOneTileOfItsShape) {
  const PictureSize size{640, 480};
  const TileGrid grid = arrange_tiles(std::vector{size}, 360, 26);
  EXPECT_EQ(grid.columns, 1);
  EXPECT_EQ(grid.rows, 1);
  EXPECT_EQ(grid.tile_width, 480);
  EXPECT_EQ(grid.tile_height, 386);
}

TEST(ArrangeTiles, PutsFourWideCamerasTwoByTwo) {
  const std::vector<PictureSize> sizes(4, {1920, 1080});
  const TileGrid grid = arrange_tiles(sizes, 360, 26);
  EXPECT_EQ(grid.columns, 2);
  EXPECT_EQ(grid.rows, 2);
  EXPECT_EQ(grid.tile(0), (Box{0, 0, 640, 386}));
  EXPECT_EQ(grid.tile(1), (Box{640, 0, 640, 386}));
  EXPECT_EQ(grid.tile(3), (Box{640, 386, 640, 386}));
}

TEST(ArrangeTiles, KeepsEvenSizesAndEveryTileInside) {
  for (std::size_t count = 1; count <= 9; ++count) {
    std::vector<PictureSize> sizes(count, {333, 251});
    sizes.back() = {720, 1280};
    const TileGrid grid = arrange_tiles(sizes, 101, 25);
    EXPECT_EQ(grid.tile_width % 2, 0);
    EXPECT_EQ(grid.tile_height % 2, 0);
    EXPECT_LE(grid.tile(count - 1).right(), grid.width());
    EXPECT_LE(grid.tile(count - 1).bottom(), grid.height());
  }
}

TEST(ArrangeTiles, GivesNoTilesWithoutACamera) {
  EXPECT_EQ(arrange_tiles({}, 360, 26).height(), 0);
  EXPECT_EQ(arrange_tiles({}, 360, 26).width(), 0);
}

TEST(FitInside, KeepsTheShapeAndCentres) {
  EXPECT_EQ(fit_inside({200, 100}, {10, 20, 100, 100}), (Box{10, 45, 100, 50}));
  EXPECT_EQ(fit_inside({100, 200}, {10, 20, 100, 100}), (Box{35, 20, 50, 100}));
  EXPECT_EQ(fit_inside({10, 10}, {0, 0, 100, 100}), (Box{0, 0, 100, 100}));
}

TEST(AssignLanes, TakesASecondLaneOnlyForWhatOverlaps) {
  const std::vector<TimeRange> ranges = {range_ms(0, 10), range_ms(5, 12), range_ms(10, 20),
                                         range_ms(12, 30)};
  EXPECT_THAT(assign_lanes(ranges, 3), ElementsAre(0, 1, 0, 1));
}

TEST(AssignLanes, PutsWhatFindsNoLaneIntoTheLast) {
  const std::vector<TimeRange> ranges = {range_ms(0, 10), range_ms(1, 10), range_ms(2, 10),
                                         range_ms(3, 4)};
  EXPECT_THAT(assign_lanes(ranges, 2), ElementsAre(0, 1, 1, 1));
}

TEST(TimeToX, SpansTheWidthAndStaysSmallFarOutside) {
  const TimeRange range = range_ms(1000, 2000);
  EXPECT_EQ(time_to_x(at_ms(1000), range, 50, 200), 50);
  EXPECT_EQ(time_to_x(at_ms(1500), range, 50, 200), 150);
  EXPECT_EQ(time_to_x(at_ms(2000), range, 50, 200), 250);
  EXPECT_LT(time_to_x(session_time(std::int64_t{1} << 62), range, 50, 200), 2000);
  EXPECT_EQ(time_to_x(at_ms(5), {at_ms(7), at_ms(7)}, 50, 200), 50);
}

TEST(WindowAround, HasTheCursorInItsMiddle) {
  EXPECT_EQ(window_around(at_ms(500), std::chrono::seconds(2)), range_ms(-500, 1500));
}

TEST(FrameAt, TakesTheNearestAndOfTwoTheEarlier) {
  const std::vector<SessionTime> times = {at_ms(0), at_ms(10), at_ms(20)};
  const Nanos tolerance = std::chrono::milliseconds(10);
  EXPECT_EQ(frame_at(times, at_ms(4), tolerance), 0u);
  EXPECT_EQ(frame_at(times, at_ms(5), tolerance), 0u);
  EXPECT_EQ(frame_at(times, at_ms(6), tolerance), 1u);
  EXPECT_EQ(frame_at(times, at_ms(30), tolerance), 2u);
}

TEST(FrameAt, GivesNothingBeyondTheTolerance) {
  const std::vector<SessionTime> times = {at_ms(0), at_ms(100)};
  EXPECT_EQ(frame_at(times, at_ms(21), std::chrono::milliseconds(20)), std::nullopt);
  EXPECT_EQ(frame_at(times, at_ms(80), std::chrono::milliseconds(20)), 1u);
  EXPECT_EQ(frame_at(times, at_ms(121), std::chrono::milliseconds(20)), std::nullopt);
  EXPECT_EQ(frame_at(times, at_ms(-21), std::chrono::milliseconds(20)), std::nullopt);
  EXPECT_EQ(frame_at({}, at_ms(0), std::chrono::seconds(1)), std::nullopt);
}

TEST(MedianPeriod, IsNotMovedByOneHole) {
  const std::vector<SessionTime> times = {at_ms(0), at_ms(10), at_ms(20), at_ms(500), at_ms(510)};
  EXPECT_EQ(median_period(times), std::chrono::milliseconds(10));
  EXPECT_EQ(median_period(std::vector{at_ms(3)}), Nanos{0});
}

TEST(VerdictOf, KnowsTheWordsOfStationsAndTakesNothingElse) {
  EXPECT_EQ(verdict_of(Value{std::string("OK")}), Verdict::kOk);
  EXPECT_EQ(verdict_of(Value{std::string("Fail")}), Verdict::kNg);
  EXPECT_EQ(verdict_of(Value{false}), Verdict::kNg);
  EXPECT_EQ(verdict_of(Value{std::string("UNDECIDED")}), Verdict::kUndecided);
  EXPECT_EQ(verdict_of(Value{std::string("P017")}), Verdict::kNone);
  EXPECT_EQ(verdict_of(Value{std::int64_t{1}}), Verdict::kNone);
  EXPECT_EQ(verdict_of(Value{}), Verdict::kNone);
}

TEST(Printable, GivesOneAsciiCharacterForEachOther) {
  EXPECT_EQ(printable("seat 3"), "seat 3");
  EXPECT_EQ(printable("20 \u00b0C, 5 \u00b5m"), "20 degC, 5 um");
  EXPECT_EQ(printable("\u5ea7\u6905 A"), "?? A");
  EXPECT_EQ(printable("a\nb\x7f"), "a b ");
  EXPECT_EQ(printable("cut \xe5"), "cut ?");
}

TEST(SecondsText, RoundsToTheDigitsAsked) {
  EXPECT_EQ(seconds_text(Nanos{12'480'400'000}), "12.480");
  EXPECT_EQ(seconds_text(Nanos{-1'500'000}), "-0.002");
  EXPECT_EQ(seconds_text(Nanos{-400'000}), "0.000");
  EXPECT_EQ(seconds_text(Nanos{1'999'999'999}, 1), "2.0");
  EXPECT_EQ(seconds_text(Nanos{7'000'000'000}, 0), "7");
}

TEST(Spread, KeepsFirstAndLast) {
  EXPECT_THAT(spread(3, 5), ElementsAre(0, 1, 2));
  EXPECT_THAT(spread(101, 3), ElementsAre(0, 50, 100));
  EXPECT_THAT(spread(9, 1), ElementsAre(0));
  EXPECT_TRUE(spread(0, 5).empty());
}

}  // namespace
}  // namespace reelcell::replay
