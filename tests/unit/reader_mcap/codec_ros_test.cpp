// ROS 1 and ROS 2 messages built by hand, against values written down here.
#include <gmock/gmock.h>

#include "codec_support.hpp"

namespace reelcell::test::codec {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using Kind = Writer::Kind;

constexpr const char* kMixed =
    "# a comment\n"
    "int32 ANSWER=42   # a constant\n"
    "string MARK=a#b\n"
    "bool flag\n"
    "float64 wide 1.5\n"
    "int8 small\n"
    "string<=10 name \"no # comment\"\n"
    "uint16[3] fixed\n"
    "geometry_msgs/Point[2] points\n"
    "int32[<=5] bounded\n"
    "builtin_interfaces/Time when\n"
    "uint64 big\n"
    "================================================================================\n"
    "MSG: geometry_msgs/Point\n"
    "float32 x\n"
    "float64 y\n";

Bytes mixed(Kind kind) {
  Writer w(kind);
  w.put(std::uint8_t{1}).put(2.25).put(std::int8_t{-3}).text("abc");
  w.put(std::uint16_t{7}).put(std::uint16_t{8}).put(std::uint16_t{65535});
  w.put(1.5f).put(-2.5).put(3.5f).put(-4.5);
  w.sequence<std::int32_t>({-1, 70000});
  w.put(std::int32_t{12}).put(std::uint32_t{345});
  w.put(std::uint64_t{1} << 40);
  return w;
}

void expect_mixed(const SeriesBatch& rows) {
  ASSERT_EQ(rows.size(), 1u);
  EXPECT_THAT(names(rows), ElementsAre("flag", "wide", "small", "name", "fixed", "points[0].x",
                                       "points[0].y", "points[1].x", "points[1].y", "bounded",
                                       "when", "big", "log_time", "publish_time", "sequence"));
  EXPECT_THAT(integers(rows, "flag"), ElementsAre(1));
  EXPECT_THAT(numbers(rows, "wide"), ElementsAre(2.25));
  EXPECT_THAT(integers(rows, "small"), ElementsAre(-3));
  EXPECT_THAT(texts(rows, "name"), ElementsAre("abc"));
  EXPECT_THAT(integers(rows, "fixed"), ElementsAre(7, 8, 65535));
  EXPECT_THAT(numbers(rows, "points[0].x"), ElementsAre(1.5));
  EXPECT_THAT(numbers(rows, "points[1].y"), ElementsAre(-4.5));
  EXPECT_THAT(integers(rows, "bounded"), ElementsAre(-1, 70000));
  EXPECT_THAT(integers(rows, "when"), ElementsAre(12'000'000'345));
  EXPECT_THAT(integers(rows, "big"), ElementsAre(std::int64_t{1} << 40));
  EXPECT_EQ(column(rows, "flag").spec.dtype, DType::kBool);
  EXPECT_EQ(column(rows, "points[0].x").spec.dtype, DType::kFloat32);
  EXPECT_EQ(column(rows, "when").spec.unit, "ns");
}

TEST(RosCodec, ReadsAlignedFieldsOfBothByteOrders) {
  for (const Kind kind : {Kind::kLittle, Kind::kBig}) {
    Diagnostics diagnostics;
    expect_mixed(
        series(one_topic("pkg/msg/Mixed", "ros2msg", kMixed, "cdr", {mixed(kind)}), diagnostics));
    EXPECT_FALSE(diagnostics.has_loss());
    EXPECT_EQ(diagnostics.count("mcap-cdr-byte-order"), kind == Kind::kBig ? 1u : 0u);
  }
}

TEST(RosCodec, ReadsPackedRos1Messages) {
  Diagnostics diagnostics;
  std::string schema = kMixed;
  schema.replace(schema.find("string<=10 name \"no # comment\""), 30, "string name");
  schema.replace(schema.find("float64 wide 1.5"), 16, "float64 wide");
  schema.replace(schema.find("int32[<=5]"), 10, "int32[]");
  schema.replace(schema.find("builtin_interfaces/Time"), 23, "time");
  expect_mixed(
      series(one_topic("pkg/Mixed", "ros1msg", schema, "ros1", {mixed(Kind::kRos1)}), diagnostics));
  EXPECT_FALSE(diagnostics.has_loss());
}

TEST(RosCodec, ReadsTheSameMessageFromItsIdl) {
  constexpr const char* kIdl =
      "================================================================================\n"
      "IDL: pkg/msg/Mixed\n"
      "#include \"geometry_msgs/msg/Point.idl\"\n"
      "module pkg {\n"
      "  module msg {\n"
      "    typedef geometry_msgs::msg::Point geometry_msgs__msg__Point;\n"
      "    typedef geometry_msgs__msg__Point geometry_msgs__msg__Point__2[2];\n"
      "    module Mixed_Constants { const long ANSWER = 42; };\n"
      "    const unsigned long kThree = 3;\n"
      "    @verbatim (language=\"comment\", text=\"a { brace\" \"and (more)\")\n"
      "    struct Mixed {\n"
      "      boolean flag; // trailing\n"
      "      @default (value=1.5)\n"
      "      double wide;\n"
      "      int8 small;\n"
      "      string<10> name;\n"
      "      uint16 fixed[kThree];\n"
      "      geometry_msgs__msg__Point__2 points;\n"
      "      sequence<long, 5> bounded;\n"
      "      builtin_interfaces::msg::Time when;\n"
      "      unsigned long long big;\n"
      "    };\n"
      "  };\n"
      "};\n"
      "================================================================================\n"
      "IDL: geometry_msgs/msg/Point\n"
      "module geometry_msgs { module msg {\n"
      "  struct Point { float x; /* in\n the middle */ double y; };\n"
      "}; };\n";
  Diagnostics diagnostics;
  expect_mixed(series(one_topic("pkg/msg/Mixed", "ros2idl", kIdl, "cdr", {mixed(Kind::kLittle)}),
                      diagnostics));
  EXPECT_FALSE(diagnostics.has_loss());
}

TEST(RosCodec, CountsAMessageTornAtAnyByteAndKeepsTheRest) {
  for (const Kind kind : {Kind::kLittle, Kind::kBig, Kind::kRos1}) {
    const Bytes whole = mixed(kind);
    const bool ros1 = kind == Kind::kRos1;
    std::string schema = kMixed;
    if (ros1) schema.replace(schema.find("builtin_interfaces/Time"), 23, "time");
    for (std::size_t size = 0; size < whole.size(); ++size) {
      Diagnostics diagnostics;
      const Bytes torn(whole.begin(), whole.begin() + static_cast<std::ptrdiff_t>(size));
      const SeriesBatch rows = series(one_topic("pkg/Mixed", ros1 ? "ros1msg" : "ros2msg", schema,
                                                ros1 ? "ros1" : "cdr", {whole, torn, whole}),
                                      diagnostics);
      EXPECT_EQ(rows.size(), 2u) << size;
      EXPECT_EQ(diagnostics.count("mcap-undecodable-message"), 1u) << size;
    }
  }
}

TEST(RosCodec, RefusesParameterListsWithAMessage) {
  Diagnostics diagnostics;
  Bytes pl = Writer().put(1.0);
  pl[1] = 3;
  const SeriesBatch rows =
      series(one_topic("p/F", "ros2msg", "float64 v\n", "cdr", {pl}), diagnostics);
  EXPECT_EQ(rows.size(), 0u);
  ASSERT_EQ(diagnostics.count("mcap-undecodable-message"), 1u);
  EXPECT_THAT(message_of(diagnostics, "mcap-undecodable-message"), HasSubstr("PL_CDR"));
}

constexpr const char* kJoints =
    "std_msgs/Header header\nstring[] name\nfloat64[] position\nfloat64[] effort\n"
    "===\nMSG: std_msgs/Header\nbuiltin_interfaces/Time stamp\nstring frame_id\n";

Bytes joints(std::int32_t second, const std::vector<std::string>& name,
             const std::vector<double>& position, const std::vector<double>& effort = {}) {
  Writer w;
  w.put(second).put(std::uint32_t{7}).text("base").put(static_cast<std::uint32_t>(name.size()));
  for (const std::string& joint : name) w.text(joint);
  w.sequence(position).sequence(effort);
  return w;
}

TEST(RosCodec, MakesAStableArrayOneColumnNamedByItsJoints) {
  Diagnostics diagnostics;
  const SeriesBatch rows =
      series(one_topic("sensor_msgs/msg/JointState", "ros2msg", kJoints, "cdr",
                       {joints(1, {"a", "b"}, {0.5, -0.5}), joints(2, {"a", "b"}, {1.5, -1.5})}),
             diagnostics);
  EXPECT_THAT(names(rows), ElementsAre("header.stamp", "header.frame_id", "name", "position",
                                       "log_time", "publish_time", "sequence"));
  EXPECT_EQ(column(rows, "position").spec.width, 2u);
  EXPECT_THAT(column(rows, "position").spec.element_names, ElementsAre("a", "b"));
  EXPECT_THAT(numbers(rows, "position"), ElementsAre(0.5, -0.5, 1.5, -1.5));
  EXPECT_THAT(integers(rows, "header.stamp"), ElementsAre(1'000'000'007, 2'000'000'007));
  EXPECT_THAT(integers(rows, "log_time"), ElementsAre(1'000'000'000, 1'001'000'000));
  EXPECT_THAT(integers(rows, "publish_time"), ElementsAre(1'000'000'005, 1'001'000'005));
  EXPECT_THAT(integers(rows, "sequence"), ElementsAre(100, 101));
  EXPECT_FALSE(diagnostics.has_loss());
}

TEST(RosCodec, CountsMessagesWhoseArrayHasAnotherLength) {
  Diagnostics diagnostics;
  const SeriesBatch rows = series(one_topic("sensor_msgs/msg/JointState", "ros2msg", kJoints, "cdr",
                                            {joints(1, {"a", "b"}, {1, 2}), joints(2, {"g"}, {9}),
                                             joints(3, {"a", "b"}, {3, 4})}),
                                  diagnostics);
  EXPECT_THAT(numbers(rows, "position"), ElementsAre(1, 2, 3, 4));
  ASSERT_EQ(diagnostics.count("mcap-array-length"), 1u);
  EXPECT_THAT(message_of(diagnostics, "mcap-array-length"),
              HasSubstr("'position' has 1 values, its column has 2"));
}

TEST(RosCodec, FillsAnArrayOfAnotherLengthWhereElementsHaveNoNames) {
  const auto message = [](const std::vector<float>& values, std::int32_t n) {
    Writer w;
    w.put(static_cast<std::uint32_t>(values.size()));
    for (const float v : values) w.put(v);
    w.put(n);
    return Bytes(w);
  };
  Diagnostics diagnostics;
  const SeriesBatch rows = series(
      one_topic("p/msg/M", "ros2msg", "float32[] v\nint32 n\n", "cdr",
                {message({1, 2}, 7), message({3}, 8), message({}, 9), message({4, 5, 6}, 10)}),
      diagnostics);
  const std::vector<double> v = numbers(rows, "v");
  ASSERT_EQ(v.size(), 8u);
  EXPECT_EQ(v[2], 3);
  for (const std::size_t missing : {3u, 4u, 5u}) EXPECT_TRUE(std::isnan(v[missing])) << missing;
  EXPECT_EQ(v[6], 4);
  EXPECT_EQ(v[7], 5);
  EXPECT_THAT(integers(rows, "n"), ElementsAre(7, 8, 9, 10));
  EXPECT_EQ(diagnostics.count("mcap-array-length"), 3u);
  EXPECT_THAT(message_of(diagnostics, "mcap-array-length"),
              HasSubstr("'v' has 1 values, its column has 2; what is missing is NaN"));
}

TEST(RosCodec, SkipsAMessageWhoseArrayOfIntegersHasAnotherLength) {
  const auto message = [](const std::vector<std::int32_t>& values) {
    Writer w;
    w.put(static_cast<std::uint32_t>(values.size()));
    for (const std::int32_t v : values) w.put(v);
    return Bytes(w);
  };
  Diagnostics diagnostics;
  const SeriesBatch rows = series(one_topic("p/msg/M", "ros2msg", "int32[] v\n", "cdr",
                                            {message({1, 2}), message({3}), message({4, 5})}),
                                  diagnostics);
  EXPECT_THAT(integers(rows, "v"), ElementsAre(1, 2, 4, 5));
  EXPECT_EQ(diagnostics.count("mcap-array-length"), 1u);
}

TEST(RosCodec, ReportsValuesInAnArrayThatWasEmptyWhenTheColumnsWereChosen) {
  std::vector<Bytes> messages(20, joints(1, {"a"}, {1}));
  messages.push_back(joints(1, {"a"}, {1}, {5}));
  Diagnostics diagnostics;
  const SeriesBatch rows = series(
      one_topic("sensor_msgs/msg/JointState", "ros2msg", kJoints, "cdr", messages), diagnostics);
  EXPECT_EQ(rows.size(), 21u);
  EXPECT_EQ(diagnostics.count("mcap-array-left-out"), 1u);
}

TEST(RosCodec, AddressesOneElementWhateverTheLength) {
  const Log log = one_topic(
      "sensor_msgs/msg/JointState", "ros2msg", kJoints, "cdr",
      {joints(1, {"a", "b"}, {1, 2}), joints(2, {"g"}, {9}), joints(3, {"a", "b"}, {3, 4})});
  Diagnostics diagnostics;
  const SeriesBatch rows = series(log, diagnostics, Json::object(), "/t.position[1]");
  EXPECT_THAT(names(rows),
              ElementsAre("header.stamp", "position[1]", "log_time", "publish_time", "sequence"));
  const std::vector<double> values = numbers(rows, "position[1]");
  ASSERT_EQ(values.size(), 3u);
  EXPECT_EQ(values[0], 2);
  EXPECT_TRUE(std::isnan(values[1]));
  EXPECT_EQ(values[2], 4);
  EXPECT_FALSE(diagnostics.has_loss());
}

TEST(RosCodec, SelectsFieldsAndNamesTheNearestForAWrongOne) {
  const Log log =
      one_topic("sensor_msgs/msg/JointState", "ros2msg", kJoints, "cdr", {joints(1, {"a"}, {1})});
  Diagnostics diagnostics;
  EXPECT_THAT(names(series(log, diagnostics, {{"fields", {"position"}}})),
              ElementsAre("header.stamp", "position", "log_time", "publish_time", "sequence"));
  try {
    series(log, diagnostics, {{"fields", {"positon"}}});
    FAIL();
  } catch (const InputError& error) {
    EXPECT_THAT(error.what(), HasSubstr("Did you mean 'position'?"));
  }
}

TEST(RosCodec, ReadsElementsOfStructArraysOfAnyLength) {
  constexpr const char* kSchema =
      "T[] items\nfloat64 after\n===\nMSG: p/T\nstring id\nfloat64 v\nint32 n\n";
  const auto message = [](const std::vector<double>& values) {
    Writer w;
    w.put(static_cast<std::uint32_t>(values.size()));
    for (const double v : values) w.text("id").put(v).put(std::int32_t{3});
    w.put(99.0);
    return Bytes(w);
  };
  const Log log = one_topic("p/msg/M", "ros2msg", kSchema, "cdr",
                            {message({1, 2}), message({5}), message({6, 7, 8})});
  Diagnostics whole;
  EXPECT_THAT(numbers(series(log, whole), "items[1].v"), ElementsAre(2, 7));
  EXPECT_EQ(whole.count("mcap-array-length"), 1u);
  EXPECT_EQ(whole.count("mcap-missing-integer"), 1u);
  Diagnostics diagnostics;
  const SeriesBatch rows = series(log, diagnostics, {{"fields", {"items[1].v", "after"}}});
  const std::vector<double> v = numbers(rows, "items[1].v");
  ASSERT_EQ(v.size(), 3u);
  EXPECT_EQ(v[0], 2);
  EXPECT_TRUE(std::isnan(v[1]));
  EXPECT_EQ(v[2], 7);
  EXPECT_THAT(numbers(rows, "after"), ElementsAre(99, 99, 99));
}

TEST(RosCodec, ReadsServiceEventsAsTheyAreRecorded) {
  const auto message = [](std::uint8_t type, bool request) {
    Writer w;
    w.put(type).put(std::int32_t{10}).put(std::uint32_t{20});
    for (int i = 0; i < 16; ++i) w.put(std::uint8_t{1});
    w.put(std::int64_t{77});
    if (request)
      w.put(std::uint32_t{1}).put(std::int64_t{1}).put(std::int64_t{3}).put(std::uint32_t{0});
    else
      w.put(std::uint32_t{0}).put(std::uint32_t{1}).put(std::int64_t{4});
    return Bytes(w);
  };
  Diagnostics diagnostics;
  const auto recording = open(
      one_topic("example_interfaces/srv/AddTwoInts_Event", "ros2msg",
                "int64 a\nint64 b\n---\nint64 sum\n", "cdr", {message(0, true), message(3, false)})
          .bytes(),
      diagnostics);
  EXPECT_EQ(recording->streams()[0].kind, StreamKind::kEvents);
  const auto all = events(*recording, "/t", diagnostics);
  ASSERT_EQ(all.size(), 2u);
  EXPECT_EQ(*all[0].field("request[0].b"), Value(std::int64_t{3}));
  EXPECT_EQ(all[0].field("response[0].sum"), nullptr);
  EXPECT_EQ(*all[1].field("response[0].sum"), Value(std::int64_t{4}));
  EXPECT_EQ(*all[1].field("info.stamp"), Value(std::int64_t{10'000'000'020}));
  EXPECT_FALSE(diagnostics.has_loss());
}

TEST(RosCodec, GivesAnEmptyNestedMessageItsHiddenByte) {
  Diagnostics diagnostics;
  const Bytes message = Writer().put(std::uint8_t{0}).put(std::uint8_t{5});
  const SeriesBatch rows = series(
      one_topic("p/msg/M", "ros2msg", "E nothing\nuint8 v\n===\nMSG: p/E\n", "cdr", {message}),
      diagnostics);
  EXPECT_THAT(integers(rows, "v"), ElementsAre(5));
}

TEST(RosCodec, KeepsATopicWithoutAnyField) {
  Diagnostics diagnostics;
  const SeriesBatch rows = series(
      one_topic("std_msgs/msg/Empty", "ros2msg", "", "cdr", {Bytes{0, 1, 0, 0, 0}}), diagnostics);
  EXPECT_THAT(names(rows), ElementsAre("log_time", "publish_time", "sequence"));
  EXPECT_EQ(rows.size(), 1u);
}

TEST(RosCodec, ListsAChannelThatItCannotDecodeAndCountsItsMessages) {
  struct Case {
    std::string schema_encoding, schema, encoding, reason;
  };
  const std::vector<Case> cases = {
      {"ros2msg", "THIS IS NOT A DEFINITION }{][", "cdr", "type 'THIS'"},
      {"ros2msg", "wstring w\n", "cdr", "wstring"},
      {"ros2msg", "A a\n===\nMSG: p/A\nB b\n===\nMSG: p/B\nA a\n", "cdr", "contains itself"},
      {"ros2msg", "float64[x] v\n", "cdr", "array length"},
      {"ros2idl", "module p { module msg { struct M { double v } } }", "cdr", "IDL line 1"},
      {"ros2idl",
       "module p { module msg { union U switch(long) { case 1: long a; }; struct M { U u; }; }; };",
       "cdr", "union"},
      {"flatbuffer", "x", "flatbuffer", "'flatbuffer' is not read"},
      {"ros2msg", "float64 v\n", "wrong_format", "'wrong_format' is not read"}};
  for (const Case& c : cases) {
    Diagnostics diagnostics;
    const auto recording = open(one_topic("p/msg/M", c.schema_encoding, c.schema, c.encoding,
                                          {Writer().put(1.0), Writer().put(2.0)})
                                    .bytes(),
                                diagnostics);
    EXPECT_EQ(diagnostics.count("mcap-undecodable-channel"), 1u) << c.schema;
    ASSERT_EQ(recording->streams().size(), 1u);
    EXPECT_THAT(recording->streams()[0].details.value("undecodable", ""), HasSubstr(c.reason));
    EXPECT_THROW(recording->open_series("/t", diagnostics), InputError);
    EXPECT_EQ(diagnostics.count("mcap-undecodable-message"), 2u);
  }
}

TEST(RosCodec, DoesNotAllocateForLengthsThatAMessageClaims) {
  for (const char* schema : {"float64[] v\n", "string[] v\n", "T[] v\n===\nMSG: p/T\nfloat64 x\n",
                             "T[] v\n===\nMSG: p/T\n"}) {
    Diagnostics diagnostics;
    const SeriesBatch rows =
        series(one_topic("p/msg/M", "ros2msg", schema, "cdr", {Writer().put(0xFFFFFFFFu).put(1.0)}),
               diagnostics);
    EXPECT_EQ(rows.size(), 0u) << schema;
    EXPECT_EQ(diagnostics.count("mcap-undecodable-message"), 1u) << schema;
  }
}

TEST(RosCodec, LeavesOutArraysThatAreTooLongAndBlobs) {
  Diagnostics diagnostics;
  const Bytes message =
      Writer().sequence(std::vector<std::uint8_t>(10)).sequence(std::vector<double>(20)).put(1.0);
  const Log log =
      one_topic("p/msg/M", "ros2msg", "uint8[] blob\nfloat64[] far\nfloat64 v\n", "cdr", {message});
  EXPECT_THAT(names(series(log, diagnostics, {{"max_width", 19}})),
              ElementsAre("v", "log_time", "publish_time", "sequence"));
  EXPECT_EQ(diagnostics.count("mcap-column-left-out"), 1u);
  EXPECT_EQ(column(series(log, diagnostics, {{"fields", {"blob"}}}), "blob").spec.width, 10u);
}

TEST(RosCodec, SaysWhenAWriterAlignedFromTheStartOfTheMessage) {
  // int32, then a float64 at offset 8 of the message instead of offset 8 of the payload.
  Bytes message = {0, 1, 0, 0, 5, 0, 0, 0};
  const Bytes value = Writer(Kind::kRos1).put(2.5);
  message.insert(message.end(), value.begin(), value.end());
  const Log log = one_topic("p/msg/M", "ros2msg", "int32 n\nfloat64 v\n", "cdr", {message});
  Diagnostics strict;
  EXPECT_EQ(series(log, strict).size(), 0u);
  EXPECT_EQ(strict.count("mcap-cdr-alignment"), 1u);
  Diagnostics told;
  EXPECT_THAT(numbers(series(log, told, {{"cdr_alignment", "message"}}), "v"), ElementsAre(2.5));
  EXPECT_FALSE(told.has_loss());
  EXPECT_EQ(told.count("mcap-cdr-alignment"), 0u);
}

}  // namespace
}  // namespace reelcell::test::codec
