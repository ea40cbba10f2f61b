// Protobuf messages written by hand from the encoding's description.
#include <gmock/gmock.h>
#include <google/protobuf/descriptor.pb.h>

#include "codec_support.hpp"

namespace reelcell::test::codec {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::SizeIs;
using Field = google::protobuf::FieldDescriptorProto;

void add(google::protobuf::DescriptorProto* type, const char* name, int number, Field::Type kind,
         bool repeated = false, const char* type_name = "") {
  Field* field = type->add_field();
  field->set_name(name);
  field->set_number(number);
  field->set_type(kind);
  field->set_label(repeated ? Field::LABEL_REPEATED : Field::LABEL_OPTIONAL);
  if (*type_name) field->set_type_name(type_name);
}

/// cell.proto and its import, the importing file first.
std::string schema() {
  google::protobuf::FileDescriptorSet set;
  auto* file = set.add_file();
  file->set_name("cell.proto");
  file->set_package("cell");
  file->set_syntax("proto3");
  file->add_dependency("google/protobuf/timestamp.proto");
  auto* point = file->add_message_type();
  point->set_name("Point");
  add(point, "x", 1, Field::TYPE_DOUBLE);
  add(point, "n", 2, Field::TYPE_SINT32);
  auto* finger = file->add_message_type();
  finger->set_name("Finger");
  add(finger, "force", 1, Field::TYPE_DOUBLE, true);
  add(finger, "pads", 2, Field::TYPE_MESSAGE, true, ".cell.Finger");
  auto* state = file->add_message_type();
  state->set_name("State");
  add(state, "timestamp", 1, Field::TYPE_MESSAGE, false, ".google.protobuf.Timestamp");
  add(state, "value", 2, Field::TYPE_FLOAT);
  add(state, "count", 3, Field::TYPE_INT64);
  add(state, "label", 4, Field::TYPE_STRING);
  add(state, "q", 5, Field::TYPE_DOUBLE, true);
  add(state, "ids", 6, Field::TYPE_UINT32, true);
  add(state, "tip", 7, Field::TYPE_MESSAGE, false, ".cell.Point");
  add(state, "points", 8, Field::TYPE_MESSAGE, true, ".cell.Point");
  add(state, "data", 9, Field::TYPE_BYTES);
  add(state, "on", 10, Field::TYPE_BOOL);
  add(state, "parent", 11, Field::TYPE_MESSAGE, false, ".cell.State");
  add(state, "fingers", 12, Field::TYPE_MESSAGE, true, ".cell.Finger");
  add(state, "flags", 100, Field::TYPE_FIXED32);
  auto* time_file = set.add_file();
  time_file->set_name("google/protobuf/timestamp.proto");
  time_file->set_package("google.protobuf");
  time_file->set_syntax("proto3");
  auto* time = time_file->add_message_type();
  time->set_name("Timestamp");
  add(time, "seconds", 1, Field::TYPE_INT64);
  add(time, "nanos", 2, Field::TYPE_INT32);
  return set.SerializeAsString();
}

Proto state() {
  Proto m;
  m.message(1, Proto().varint(1, 1700000000).varint(2, 123));
  m.fixed(2, 2.5f).varint(3, static_cast<std::uint64_t>(-7)).bytes(4, "ok");
  m.packed<double>(5, {0.1, 0.2, 0.3});
  m.varint(6, 4).varint(6, 5);                       // repeated without packing
  m.message(7, Proto().fixed(1, 9.5).varint(2, 3));  // zigzag: -2
  m.message(8, Proto().fixed(1, 1.5)).message(8, Proto().varint(2, 4));
  m.bytes(9, std::string("\0\1\2", 3)).varint(10, 1).fixed(100, 77u);
  m.varint(55, 1).fixed(56, 1.0).bytes(57, "unknown fields");
  return m;
}

Log log_of(const std::vector<Bytes>& messages) {
  return one_topic("cell.State", "protobuf", schema(), "protobuf", messages);
}

TEST(ProtobufCodec, ReadsEveryKindOfField) {
  Diagnostics diagnostics;
  const SeriesBatch rows = series(log_of({state().out()}), diagnostics);
  EXPECT_THAT(names(rows),
              ElementsAre("timestamp", "value", "count", "label", "q", "ids", "tip.x", "tip.n",
                          "points[0].x", "points[0].n", "points[1].x", "points[1].n", "on", "flags",
                          "log_time", "publish_time", "sequence"));
  EXPECT_THAT(integers(rows, "timestamp"), ElementsAre(1'700'000'000'000'000'123));
  EXPECT_THAT(numbers(rows, "value"), ElementsAre(2.5));
  EXPECT_THAT(integers(rows, "count"), ElementsAre(-7));
  EXPECT_THAT(texts(rows, "label"), ElementsAre("ok"));
  EXPECT_THAT(numbers(rows, "q"), ElementsAre(0.1, 0.2, 0.3));
  EXPECT_THAT(integers(rows, "ids"), ElementsAre(4, 5));
  EXPECT_THAT(numbers(rows, "tip.x"), ElementsAre(9.5));
  EXPECT_THAT(integers(rows, "tip.n"), ElementsAre(-2));
  EXPECT_THAT(numbers(rows, "points[0].x"), ElementsAre(1.5));
  EXPECT_THAT(numbers(rows, "points[1].x"), ElementsAre(0));
  EXPECT_THAT(integers(rows, "points[1].n"), ElementsAre(2));
  EXPECT_THAT(integers(rows, "on"), ElementsAre(1));
  EXPECT_THAT(integers(rows, "flags"), ElementsAre(77));
  EXPECT_FALSE(diagnostics.has_loss());
}

TEST(ProtobufCodec, TakesAbsentScalarsAsZeroAndAbsentMessagesAsMissing) {
  Diagnostics diagnostics;
  Proto sparse;
  sparse.packed<double>(5, {1, 2, 3})
      .varint(6, 1)
      .varint(6, 2)
      .message(8, Proto())
      .message(8, Proto());
  const SeriesBatch rows =
      series(log_of({state().out(), sparse.out(), state().out()}), diagnostics);
  ASSERT_EQ(rows.size(), 3u);
  EXPECT_THAT(numbers(rows, "value"), ElementsAre(2.5, 0, 2.5));
  EXPECT_THAT(integers(rows, "count"), ElementsAre(-7, 0, -7));
  EXPECT_THAT(texts(rows, "label"), ElementsAre("ok", "", "ok"));
  EXPECT_TRUE(std::isnan(numbers(rows, "tip.x")[1]));
  EXPECT_EQ(numbers(rows, "points[0].x")[1], 0);
}

TEST(ProtobufCodec, AgreesWithTheLibraryOnEvents) {
  Diagnostics diagnostics;
  const auto recording = open(log_of({state().out()}).bytes(), diagnostics);
  const auto all = events(*recording, "/t", diagnostics);
  ASSERT_EQ(all.size(), 1u);
  EXPECT_EQ(*all[0].field("count"), Value(std::int64_t{-7}));
  EXPECT_EQ(*all[0].field("q[2]"), Value(0.3));
  EXPECT_EQ(*all[0].field("tip.n"), Value(std::int64_t{-2}));
  EXPECT_EQ(*all[0].field("on"), Value(true));
  EXPECT_EQ(*all[0].field("timestamp"), Value(std::int64_t{1'700'000'000'000'000'123}));
}

TEST(ProtobufCodec, CountsTornMessagesAndOtherLengths) {
  const Bytes whole = state().out();
  for (std::size_t size = 0; size < whole.size(); ++size) {
    Diagnostics diagnostics;
    const SeriesBatch rows = series(
        log_of({whole, Bytes(whole.begin(), whole.begin() + static_cast<std::ptrdiff_t>(size)),
                whole}),
        diagnostics);
    // A cut between fields is a valid message, but then arrays are short or the end is absent.
    const std::uint64_t torn = diagnostics.count("mcap-undecodable-message");
    const std::uint64_t uneven = diagnostics.count("mcap-array-length");
    EXPECT_LE(rows.size() + torn, 3u) << size;
    EXPECT_GE(rows.size() + torn + uneven, 3u) << size;
    EXPECT_EQ(rows.times.front(), stream_time(1'000'000'000));
  }
  Diagnostics diagnostics;
  Proto longer = state();
  longer.packed<double>(5, {0.4});
  EXPECT_THAT(numbers(series(log_of({whole, longer.out()}), diagnostics), "q"), SizeIs(6));
  EXPECT_THAT(message_of(diagnostics, "mcap-array-length"),
              HasSubstr("'q' has 4 values, its column has 3"));
}

TEST(ProtobufCodec, CountsAMissingElementOnceAndNotTheArraysInIt) {
  const auto finger = [](const std::vector<double>& force) {
    return Proto().packed<double>(1, force).message(2, Proto().packed<double>(1, {force[0]}));
  };
  const Proto two = state().message(12, finger({1, 2, 3})).message(12, finger({4, 5, 6}));
  const auto losses_of = [&](const Proto& other, const char* what) {
    Diagnostics diagnostics;
    const SeriesBatch rows = series(log_of({two.out(), other.out()}), diagnostics);
    EXPECT_THAT(message_of(diagnostics, "mcap-array-length"), HasSubstr(what));
    EXPECT_EQ(rows.size(), 2u);
    EXPECT_THAT(numbers(rows, "fingers[0].force"), ElementsAre(1, 2, 3, 7, 8, 9));
    return diagnostics.count("mcap-array-length");
  };
  EXPECT_EQ(
      losses_of(state().message(12, finger({7, 8, 9})), "'fingers' has 1 values, its column has 2"),
      1u);
  // One that came is looked into.
  EXPECT_EQ(losses_of(state().message(12, finger({7, 8, 9})).message(12, finger({7, 8})),
                      "'fingers[1].force' has 2 values, its column has 3"),
            1u);
}

TEST(ProtobufCodec, UsesTheTimestampAsHeaderClock) {
  Diagnostics diagnostics;
  const auto recording = open(log_of({state().out()}).bytes(), diagnostics, {{"clock", "header"}});
  EXPECT_EQ(recording->streams()[0].time_field, "timestamp");
  EXPECT_EQ(series(*recording, "/t", diagnostics).times[0], stream_time(1'700'000'000'000'000'123));
}

TEST(ProtobufCodec, RefusesSchemasThatAreNoDescriptorSet) {
  google::protobuf::FileDescriptorSet lacking;
  lacking.ParseFromString(schema());
  lacking.mutable_file()->RemoveLast();
  const std::vector<std::pair<std::string, std::string>> cases = {
      {"syntax = \"proto3\"; message State {}", "not a serialized FileDescriptorSet"},
      {"", "does not define 'cell.State'"},
      {lacking.SerializeAsString(), "lacks 'google/protobuf/timestamp.proto'"}};
  for (const auto& [data, reason] : cases) {
    Diagnostics diagnostics;
    const auto recording =
        open(one_topic("cell.State", "protobuf", data, "protobuf", {state().out()}).bytes(),
             diagnostics);
    EXPECT_THAT(recording->streams()[0].details.value("undecodable", ""), HasSubstr(reason));
  }
}

}  // namespace
}  // namespace reelcell::test::codec
