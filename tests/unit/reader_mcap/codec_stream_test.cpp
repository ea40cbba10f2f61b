// Clocks, order, addressing: what makes streams of topics.
#include <gmock/gmock.h>

#include <array>

#include "codec_support.hpp"

namespace reelcell::test::codec {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

/// {log ms, publish ms, header ms} of messages whose value is their position.
Log stamped(const std::vector<std::array<int, 3>>& times) {
  Log log;
  log.schema(1, "p/msg/S", "ros2msg", "builtin_interfaces/Time stamp\nfloat64 v\n")
      .channel(1, 1, "/s", "cdr");
  double v = 0;
  for (const auto& [logged, published, header] : times) {
    const Bytes data = Writer()
                           .put(std::int32_t{header / 1000})
                           .put(static_cast<std::uint32_t>(header % 1000) * 1'000'000u)
                           .put(v++);
    log.message(1, static_cast<std::uint64_t>(logged) * 1'000'000,
                static_cast<std::uint64_t>(published) * 1'000'000, data);
  }
  return log;
}

std::vector<std::int64_t> milliseconds(const SeriesBatch& rows) {
  std::vector<std::int64_t> all;
  for (const StreamTime time : rows.times) all.push_back(ns_of(time) / 1'000'000);
  return all;
}

TEST(McapStream, KeepsAllStampsWhicheverIsTheClock) {
  const Log log = stamped({{30, 20, 10}, {40, 31, 15}, {50, 41, 25}});
  const std::vector<std::pair<std::string, std::string>> clocks = {
      {"log_time", "log_time"}, {"publish_time", "publish_time"}, {"header", "stamp"}};
  for (const auto& [clock, field] : clocks) {
    Diagnostics diagnostics;
    const auto recording = open(log.bytes(), diagnostics, {{"clock", clock}});
    EXPECT_EQ(recording->streams()[0].time_field, field);
    const SeriesBatch rows = series(*recording, "/s", diagnostics);
    EXPECT_THAT(integers(rows, "log_time"), ElementsAre(30'000'000, 40'000'000, 50'000'000));
    EXPECT_THAT(integers(rows, "publish_time"), ElementsAre(20'000'000, 31'000'000, 41'000'000));
    EXPECT_THAT(integers(rows, "stamp"), ElementsAre(10'000'000, 15'000'000, 25'000'000));
    ASSERT_EQ(rows.size(), 3u);
    for (std::size_t i = 0; i < 3; ++i) EXPECT_EQ(ns_of(rows.times[i]), integers(rows, field)[i]);
  }
}

TEST(McapStream, GivesMessagesInTheOrderOfTheLogWhicheverStampIsTheClock) {
  const Log log = stamped({{1, 1, 10}, {2, 2, 30}, {3, 3, 20}, {4, 4, 50}, {5, 5, 5}});
  Diagnostics diagnostics;
  const auto recording = open(log.bytes(), diagnostics, {{"clock", "header"}});
  const SeriesBatch rows = series(*recording, "/s", diagnostics);
  EXPECT_THAT(milliseconds(rows), ElementsAre(10, 30, 20, 50, 5));
  EXPECT_THAT(numbers(rows, "v"), ElementsAre(0, 1, 2, 3, 4));
  const auto all = events(*recording, "/s", diagnostics);
  ASSERT_EQ(all.size(), 5u);
  EXPECT_EQ(all[2].time, stream_time(20'000'000));
  EXPECT_EQ(all[2].end, all[2].time);
  EXPECT_EQ(all[2].kind, "/s");
  EXPECT_EQ(*all[2].field("v"), Value(2.0));
  EXPECT_EQ(*all[2].field("log_time"), Value(std::int64_t{3'000'000}));
  EXPECT_FALSE(diagnostics.has_loss());
}

TEST(McapStream, JoinsSecondsAndNanosecondsThatStandApart) {
  const Bytes message = Writer().put(std::int32_t{3}).put(std::uint32_t{4}).text("f").put(1.0);
  const Log log = one_topic("p/msg/S", "ros2msg",
                            "Header header\nfloat64 v\n===\nMSG: std_msgs/Header\nint32 "
                            "sec\nuint32 nanosec\nstring frame_id\n",
                            "cdr", {message});
  Diagnostics diagnostics;
  const auto recording = open(log.bytes(), diagnostics, {{"clock", "header"}});
  EXPECT_EQ(recording->streams()[0].time_field, "header.stamp");
  const SeriesBatch rows = series(*recording, "/t", diagnostics);
  EXPECT_EQ(rows.times[0], stream_time(3'000'000'004));
  EXPECT_THAT(integers(rows, "header.stamp"), ElementsAre(3'000'000'004));
}

TEST(McapStream, RefusesAHeaderClockThatIsNotThere) {
  Diagnostics diagnostics;
  const auto recording = open(
      one_topic("std_msgs/msg/Float64", "ros2msg", "float64 data\n", "cdr", {Writer().put(1.0)})
          .bytes(),
      diagnostics, {{"clock", "header"}});
  EXPECT_EQ(recording->streams()[0].time_field, "log_time");
  try {
    recording->open_series("/t", diagnostics);
    FAIL();
  } catch (const InputError& error) {
    EXPECT_THAT(error.what(), HasSubstr("stamp_field"));
  }
  EXPECT_THROW(recording->open_events("/t", diagnostics), InputError);
}

TEST(McapStream, JoinsChannelsOfOneTopicAndTellsApartThoseOfAnotherType) {
  Log log;
  log.schema(1, "p/msg/A", "ros2msg", "float64 v\n").schema(2, "p/msg/B", "ros2msg", "int32 n\n");
  log.channel(1, 1, "/t", "cdr").channel(2, 1, "/t", "cdr").channel(3, 2, "/t", "cdr");
  log.message(2, 20, 20, Writer().put(2.0))
      .message(1, 10, 10, Writer().put(1.0))
      .message(3, 30, 30, Writer().put(std::int32_t{3}));
  Diagnostics diagnostics;
  const auto recording = open(log.bytes(), diagnostics);
  ASSERT_EQ(recording->streams().size(), 2u);
  EXPECT_EQ(recording->streams()[0].item, "/t");
  EXPECT_EQ(recording->streams()[0].count, 2u);
  EXPECT_EQ(recording->streams()[1].item, "/t#3");
  EXPECT_THAT(numbers(series(*recording, "/t", diagnostics), "v"), ElementsAre(1, 2));
  EXPECT_THAT(integers(series(*recording, "/t#3", diagnostics), "n"), ElementsAre(3));
}

TEST(McapStream, NamesTheNearestTopicForAWrongOne) {
  Diagnostics diagnostics;
  const auto recording = open(stamped({{1, 1, 1}}).bytes(), diagnostics);
  try {
    recording->open_series("/ss", diagnostics);
    FAIL();
  } catch (const InputError& error) {
    EXPECT_THAT(error.what(), HasSubstr("'/s'"));
  }
  EXPECT_THROW(recording->open_video("/s", diagnostics), InputError);
}

TEST(McapStream, DescribesCountsAndRatesFromTheStatistics) {
  Diagnostics diagnostics;
  const auto recording = open(stamped({{0, 0, 0}, {100, 0, 0}, {200, 0, 0}}).bytes(), diagnostics);
  const StreamInfo& info = recording->streams()[0];
  EXPECT_EQ(info.count, 3u);
  EXPECT_EQ(info.rate_hz, 10.0);
  EXPECT_EQ(info.first, stream_time(0));
  EXPECT_EQ(info.last, stream_time(200'000'000));
  EXPECT_EQ(info.suggested_name, "s");
}

TEST(McapStream, KeepsAFieldThatIsNamedLikeAStamp) {
  Diagnostics diagnostics;
  const SeriesBatch rows = series(
      one_topic("p/msg/L", "ros2msg", "int64 log_time\n", "cdr", {Writer().put(std::int64_t{5})}),
      diagnostics);
  EXPECT_THAT(names(rows), ElementsAre("log_time", "mcap.log_time", "publish_time", "sequence"));
  EXPECT_EQ(rows.times[0], stream_time(1'000'000'000));
}

TEST(McapStream, GivesTheSameRowsInBatchesOfAnySize) {
  std::vector<Bytes> messages;
  for (int i = 0; i < 10'000; ++i) messages.push_back(Writer().put(double(i)));
  Diagnostics diagnostics;
  const SeriesBatch rows = series(
      one_topic("std_msgs/msg/Float64", "ros2msg", "float64 data\n", "cdr", messages), diagnostics);
  ASSERT_EQ(rows.size(), 10'000u);
  const std::vector<double> values = numbers(rows, "data");
  for (std::size_t i = 0; i < values.size(); ++i) EXPECT_EQ(values[i], static_cast<double>(i));
}

}  // namespace
}  // namespace reelcell::test::codec
