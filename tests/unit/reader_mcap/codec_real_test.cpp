// Real recordings against independent decoders: Python's struct and sqlite3, and the MCAP project's
// own reader.
#include <gmock/gmock.h>

#include <array>
#include <map>

#include "codec_support.hpp"
#include "support/support.hpp"

namespace reelcell::test::codec {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

std::vector<Json> lines_of(const std::string& command) {
  const CommandResult result = run(command);
  EXPECT_EQ(result.exit_code, 0) << result.err;
  std::vector<Json> lines;
  for (std::size_t at = 0; at < result.out.size();) {
    const std::size_t end = std::min(result.out.find('\n', at), result.out.size());
    lines.push_back(parse_json(std::string_view(result.out).substr(at, end - at), command));
    at = end + 1;
  }
  return lines;
}

constexpr const char* kBags = "ros2bag/ros2_rosbag2/";

/// Is row `row` of `rows` what the peer decoded?
void expect_row(const SeriesBatch& rows, std::size_t row, const Json& message) {
  ASSERT_LT(row, rows.size());
  EXPECT_EQ(ns_of(rows.times[row]), message["time"].get<std::int64_t>());
  for (const auto& [field, value] : message["values"].items()) {
    const Column& found = column(rows, field);
    const Json elements = value.is_array() ? value : Json::array({value});
    ASSERT_EQ(found.spec.width, elements.size()) << field;
    for (std::size_t i = 0; i < elements.size(); ++i) {
      const Json& want = elements[i];
      const std::size_t at = row * found.spec.width + i;
      if (want.is_string())
        EXPECT_EQ(std::get<std::vector<std::string>>(found.data)[at], want.get<std::string>())
            << field;
      else if (is_float(found.spec.dtype))
        EXPECT_EQ(std::get<std::vector<double>>(found.data)[at], want.get<double>()) << field;
      else
        EXPECT_EQ(std::get<std::vector<std::int64_t>>(found.data)[at],
                  want.is_boolean() ? std::int64_t{want.get<bool>()} : want.get<std::int64_t>())
            << field;
    }
  }
}

TEST(McapRealFiles, AgreeWithTheSameBagsInSqlite) {
  const std::vector<std::array<std::string, 3>> bags = {
      {"rosbag2_tests/resources/", "cdr_test/cdr_test_0", "7"},
      {"rosbag2_py/test/resources/", "talker/talker", "20"},
      {"rosbag2_py/test/resources/", "wbag/wbag_0", "1246"},
      {"rosbag2_py/test/resources/", "reindex_test_bags/multiple_files/multiple_files_0", "1324"},
      {"rosbag2_py/test/resources/", "convert_a/rewriter_a_0", "50"},
      {"rosbag2_transport/test/resources/", "test_bag_for_seek/test_bag_for_seek_0", "5"}};
  for (const auto& [folder, name, count] : bags) {
    const std::vector<Json> peer =
        lines_of("python3 '" + source_path("tests/independent/ros2bag_db3.py").string() + "' '" +
                 data_path(kBags + folder + "sqlite3/" + name + ".db3").string() + "'");
    ASSERT_EQ(peer.size(), std::stoul(count)) << name;
    Diagnostics diagnostics;
    const auto recording =
        open_path(data_path(kBags + folder + "mcap/" + name + ".mcap"), diagnostics);
    std::map<std::string, std::pair<SeriesBatch, std::size_t>> topics;
    for (const Json& message : peer) {
      const std::string topic = message["topic"].get<std::string>();
      if (!topics.contains(topic)) topics[topic].first = series(*recording, topic, diagnostics);
      auto& [rows, row] = topics[topic];
      expect_row(rows, row++, message);
    }
    for (const auto& [topic, read] : topics) EXPECT_EQ(read.first.size(), read.second) << topic;
    EXPECT_FALSE(diagnostics.has_loss()) << name;
  }
}

TEST(McapRealFiles, ReadServiceEventsOfRosbag2) {
  Diagnostics diagnostics;
  const auto recording = open_path(
      data_path(std::string(kBags) + "rosbag2_cpp/test/rosbag2_cpp/bags/only_services.mcap"),
      diagnostics);
  const auto all = events(*recording, "/add_two_ints/_service_event", diagnostics);
  ASSERT_EQ(all.size(), 12u);
  EXPECT_EQ(*all[0].field("info.event_type"), Value(std::int64_t{1}));
  EXPECT_EQ(*all[0].field("info.stamp"), Value(std::int64_t{1697521953726063806}));
  EXPECT_EQ(*all[0].field("request[0].a"), Value(std::int64_t{1}));
  EXPECT_EQ(*all[0].field("request[0].b"), Value(std::int64_t{3}));
  EXPECT_EQ(*all[1].field("response[0].sum"), Value(std::int64_t{4}));
  EXPECT_FALSE(diagnostics.has_loss());
}

TEST(McapRealFiles, KeepEveryStampAndSequenceNumberOfTheLuxonisRecording) {
  const fs::path path = data_path("e2e/luxonis_depthai-core/recording.mcap");
  const std::vector<Json> peer =
      lines_of("node '" + source_path("tests/independent/mcap_json.mjs").string() + "' '" +
               path.string() + "'");
  ASSERT_EQ(peer.size(), 124u);
  for (const std::string clock : {"log_time", "header"}) {
    Diagnostics diagnostics;
    const auto recording = open_path(path, diagnostics, {{"clock", clock}});
    const StreamInfo& info = recording->streams().at(0);
    EXPECT_EQ(info.count, 124u);
    EXPECT_NEAR(info.rate_hz.value_or(0), 30.0, 0.05);
    EXPECT_EQ(info.time_field, clock == "header" ? "timestamp" : "log_time");
    const SeriesBatch rows = series(*recording, "video", diagnostics);
    ASSERT_EQ(rows.size(), 124u);
    for (std::size_t i = 0; i < peer.size(); ++i) {
      const Json& data = peer[i]["data"];
      const std::int64_t device = data["timestamp"]["seconds"].get<std::int64_t>() * 1'000'000'000 +
                                  data["timestamp"]["nanoseconds"].get<std::int64_t>();
      const std::int64_t host = std::stoll(peer[i]["log_time"].get<std::string>());
      EXPECT_EQ(integers(rows, "timestamp")[i], device);
      EXPECT_EQ(integers(rows, "log_time")[i], host);
      EXPECT_EQ(integers(rows, "publish_time")[i],
                std::stoll(peer[i]["publish_time"].get<std::string>()));
      EXPECT_EQ(integers(rows, "sequence")[i], peer[i]["sequence"].get<std::int64_t>());
      EXPECT_EQ(integers(rows, "sequenceNumber")[i], data["sequenceNumber"].get<std::int64_t>());
      EXPECT_EQ(numbers(rows, "cameraSettings.exposure")[i],
                data["cameraSettings"]["exposure"].get<double>());
      EXPECT_EQ(numbers(rows, "cameraSettings.sensitivity")[i],
                data["cameraSettings"]["sensitivity"].get<double>());
      EXPECT_EQ(ns_of(rows.times[i]), clock == "header" ? device : host);
    }
    EXPECT_FALSE(diagnostics.has_loss());
  }
}

fs::path plotjuggler(const std::string& name) {
  return data_path(
      "mcap/PlotJuggler_pj-mcap-server/PJ4/pj-official-plugins/data_load_mcap/test_data/" + name);
}

TEST(McapRealFiles, ListAChannelWithABadSchemaBesideAGoodOne) {
  Diagnostics diagnostics;
  const auto recording =
      open_path(plotjuggler("test_bad_schema.mcap"), diagnostics, {{"cdr_byte_order", "little"}});
  ASSERT_EQ(recording->streams().size(), 2u);
  EXPECT_THAT(recording->streams()[0].details.value("undecodable", ""),
              HasSubstr("broken_msgs/Garbage"));
  EXPECT_THROW(recording->open_series("/bad/data", diagnostics), InputError);
  EXPECT_EQ(diagnostics.count("mcap-undecodable-message"), 10u);
  const std::vector<double> values = numbers(series(*recording, "/good/data", diagnostics), "data");
  ASSERT_EQ(values.size(), 10u);
  EXPECT_DOUBLE_EQ(values[1], 3.3);
}

TEST(McapRealFiles, ListAChannelOfAnUnknownEncoding) {
  Diagnostics diagnostics;
  const auto recording = open_path(plotjuggler("test_unsupported_encoding.mcap"), diagnostics);
  EXPECT_EQ(diagnostics.count("mcap-undecodable-channel"), 1u);
  EXPECT_EQ(series(*recording, "/ros2/data", diagnostics).size(), 10u);
}

TEST(McapRealFiles, TellPublishTimeFromLogTime) {
  for (const std::string clock : {"log_time", "publish_time"}) {
    Diagnostics diagnostics;
    const auto recording = open_path(plotjuggler("test_publish_vs_log_time.mcap"), diagnostics,
                                     {{"clock", clock}, {"cdr_byte_order", "little"}});
    const SeriesBatch rows = series(*recording, "/sensor/value", diagnostics);
    ASSERT_EQ(rows.size(), 50u);
    for (std::size_t i = 0; i < 50; ++i) {
      EXPECT_EQ(integers(rows, "log_time")[i] - integers(rows, "publish_time")[i], 500'000'000);
      EXPECT_EQ(ns_of(rows.times[i]), static_cast<std::int64_t>(i) * 100'000'000 +
                                          (clock == "log_time" ? 500'000'000 : 0));
      EXPECT_NEAR(numbers(rows, "data")[i], std::sin(0.2 * static_cast<double>(i)), 1e-9);
    }
  }
}

TEST(McapRealFiles, ReadEmbeddedTimestampsOfAWriterThatAlignsFromTheMessage) {
  Diagnostics diagnostics;
  const auto recording = open_path(plotjuggler("test_embedded_timestamp.mcap"), diagnostics,
                                   {{"clock", "header"}, {"cdr_alignment", "message"}});
  const SeriesBatch rows = series(*recording, "/stamped/value", diagnostics);
  ASSERT_EQ(rows.size(), 50u);
  EXPECT_EQ(rows.times[0], stream_time(2'000'000'000));
  EXPECT_EQ(rows.times[1], stream_time(2'100'000'000));
  EXPECT_DOUBLE_EQ(numbers(rows, "value")[1], 20.1);
  EXPECT_EQ(texts(rows, "header.frame_id")[0], "sensor");
  EXPECT_FALSE(diagnostics.has_loss());
}

TEST(McapRealFiles, ReadWideArraysAndFastTopics) {
  Diagnostics diagnostics;
  const auto wide = open_path(plotjuggler("test_large_arrays.mcap"), diagnostics);
  const SeriesBatch rows = series(*wide, "/big_array", diagnostics);
  ASSERT_EQ(rows.size(), 30u);
  EXPECT_EQ(column(rows, "data").spec.width, 1000u);
  for (std::size_t i = 0; i < 1000; ++i)
    EXPECT_NEAR(column(rows, "data").number(0, i), std::sin(0.01 * static_cast<double>(i)), 1e-9);
  const auto fast =
      open_path(plotjuggler("test_large_file.mcap"), diagnostics, {{"cdr_byte_order", "little"}});
  const SeriesBatch bulk = series(*fast, "/bulk/data", diagnostics);
  ASSERT_EQ(bulk.size(), 50'000u);
  EXPECT_NEAR(numbers(bulk, "data")[1], std::sin(0.001), 1e-9);
}

TEST(McapRealFiles, NameJointsOfRecordedArmsAndSurviveADamagedFile) {
  const std::string folder = "malformed/CentroidLabs_torq-robotics/tests/fixtures/data/";
  Diagnostics diagnostics;
  const auto recording = open_path(data_path(folder + "boundary_detection.mcap"), diagnostics);
  const SeriesBatch rows = series(*recording, "/joint_states", diagnostics);
  ASSERT_EQ(rows.size(), 170u);
  EXPECT_THAT(column(rows, "position").spec.element_names,
              ElementsAre("joint_1", "joint_2", "joint_3", "joint_4", "joint_5", "joint_6"));
  EXPECT_EQ(ns_of(rows.times[1]) - ns_of(rows.times[0]), 20'000'000);
  Diagnostics damaged;
  const auto corrupt = open_path(data_path(folder + "corrupt.mcap"), damaged);
  EXPECT_GT(series(*corrupt, "/joint_states", damaged).size(), 0u);
  EXPECT_TRUE(damaged.has_loss());
}

}  // namespace
}  // namespace reelcell::test::codec
