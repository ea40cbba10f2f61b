// Image topics: every flavour gives back the very pictures that went in.
#include <gmock/gmock.h>
#include <google/protobuf/descriptor.pb.h>

#include <cstdlib>

#include "../../../lib/src/readers/mcap/internal/video.hpp"
#include "codec_support.hpp"
#include "reelcell/media/decode.hpp"
#include "reelcell/media/picture.hpp"
#include "reelcell/media/video_file.hpp"
#include "support/support.hpp"

namespace reelcell::test::codec {
namespace {

using media::Picture;
using media::PixelFormat;
using ::testing::HasSubstr;

Picture picture(int seed, int width = 8, int height = 6) {
  Picture made{PixelFormat::kRgb24, width, height, {}};
  for (int i = 0; i < width * height * 3; ++i)
    made.data.push_back(static_cast<std::uint8_t>(seed * 37 + i * 11));
  return made;
}

std::vector<Picture> pictures(const std::shared_ptr<VideoSource>& source,
                              PixelFormat format = PixelFormat::kRgb24) {
  std::vector<std::uint32_t> all(source->frames().frames.size());
  for (std::uint32_t i = 0; i < all.size(); ++i) all[i] = i;
  std::vector<Picture> out;
  Diagnostics diagnostics;
  media::for_each_frame(
      source, all,
      [&](std::size_t, const media::DecodedFrame* frame) {
        out.push_back(frame ? frame->convert(format) : Picture{});
      },
      diagnostics);
  EXPECT_FALSE(diagnostics.has_loss());
  return out;
}

constexpr const char* kImage =
    "std_msgs/Header header\nuint32 height\nuint32 width\nstring encoding\nuint8 "
    "is_bigendian\nuint32 step\nuint8[] data\n"
    "===\nMSG: std_msgs/Header\nbuiltin_interfaces/Time stamp\nstring frame_id\n";

Bytes image(int second, int width, int height, const std::string& encoding, std::uint32_t step,
            const Bytes& data) {
  Writer w;
  w.put(std::int32_t{second}).put(std::uint32_t{5}).text("cam");
  w.put(static_cast<std::uint32_t>(height))
      .put(static_cast<std::uint32_t>(width))
      .text(encoding)
      .put(std::uint8_t{0})
      .put(step);
  return w.sequence(data);
}

/// Rows of `row` bytes with `gap` bytes of rubbish after each.
Bytes padded(const Bytes& data, std::size_t row, std::size_t gap) {
  Bytes out;
  for (std::size_t at = 0; at < data.size(); at += row) {
    out.insert(out.end(), data.begin() + static_cast<std::ptrdiff_t>(at),
               data.begin() + static_cast<std::ptrdiff_t>(at + row));
    out.insert(out.end(), gap, 0xEE);
  }
  return out;
}

TEST(McapVideo, ReadsRawImagesAndDropsThePaddingOfTheirRows) {
  std::vector<Bytes> messages;
  for (int i = 0; i < 3; ++i)
    messages.push_back(image(10 + i, 8, 6, "rgb8", 28, padded(picture(i).data, 24, 4)));
  Diagnostics diagnostics;
  const auto recording =
      open(one_topic("sensor_msgs/msg/Image", "ros2msg", kImage, "cdr", messages).bytes(),
           diagnostics, {{"clock", "header"}});
  const StreamInfo& info = recording->streams()[0];
  EXPECT_EQ(info.kind, StreamKind::kVideo);
  ASSERT_TRUE(info.video);
  EXPECT_EQ(info.video->codec, "rawvideo");
  EXPECT_EQ(info.time_field, "header.stamp");
  const auto source = recording->open_video("/t", diagnostics);
  EXPECT_EQ(source->format().pix_fmt, "rgb24");
  const FrameTable& table = source->frames();
  ASSERT_EQ(table.frames.size(), 3u);
  EXPECT_EQ(table.frames[2].time, stream_time(12'000'000'005));
  EXPECT_EQ(table.frames[2].bytes, 8u * 6 * 3);
  EXPECT_TRUE(table.frames[2].key);
  EXPECT_FALSE(table.times_from_container);
  const auto shown = pictures(source);
  ASSERT_EQ(shown.size(), 3u);
  for (int i = 0; i < 3; ++i)
    EXPECT_EQ(shown[static_cast<std::size_t>(i)].data, picture(i).data) << i;
  // The rest of the message is a series, without the pixels.
  EXPECT_THAT(
      names(series(*recording, "/t", diagnostics)),
      ::testing::ElementsAre("header.stamp", "header.frame_id", "height", "width", "encoding",
                             "is_bigendian", "step", "log_time", "publish_time", "sequence"));
  EXPECT_FALSE(diagnostics.has_loss());
}

TEST(McapVideo, ReadsGreyAndSwappedChannels) {
  Bytes grey(48), bgr = picture(1).data;
  for (std::size_t i = 0; i < grey.size(); ++i) grey[i] = static_cast<std::uint8_t>(i * 5);
  for (std::size_t i = 0; i < bgr.size(); i += 3) std::swap(bgr[i], bgr[i + 2]);
  Diagnostics diagnostics;
  const auto one = [&](const std::string& encoding, std::uint32_t step, const Bytes& data) {
    return open(one_topic("sensor_msgs/Image", "ros2msg", kImage, "cdr",
                          {image(1, 8, 6, encoding, step, data)})
                    .bytes(),
                diagnostics)
        ->open_video("/t", diagnostics);
  };
  EXPECT_EQ(pictures(one("mono8", 8, grey), PixelFormat::kGray8)[0].data, grey);
  EXPECT_EQ(pictures(one("bgr8", 24, bgr))[0].data, picture(1).data);
  EXPECT_EQ(one("mono16", 16, Bytes(96))->format().pix_fmt, "gray16le");
  EXPECT_EQ(one("yuv422", 16, Bytes(96))->format().pix_fmt, "uyvy422");
  EXPECT_EQ(one("yuv422_yuy2", 16, Bytes(96))->format().pix_fmt, "yuyv422");
}

TEST(McapVideo, CountsImagesThatDoNotFitAndKeepsTheRest) {
  const Bytes good = image(1, 8, 6, "rgb8", 24, picture(0).data);
  const std::vector<Bytes> bad = {image(1, 8, 6, "rgb8", 24, Bytes(100)),
                                  image(1, 8, 6, "rgb8", 20, picture(0).data),
                                  image(1, 0, 6, "rgb8", 24, picture(0).data),
                                  image(1, 100'000, 6, "rgb8", 24, picture(0).data),
                                  image(1, 8, 5, "rgb8", 24, picture(0).data),
                                  image(1, 8, 6, "bgr8", 24, picture(0).data),
                                  image(1, 8, 6, "bayer_rggb8", 8, Bytes(48)),
                                  Bytes(good.begin(), good.end() - 1)};
  std::vector<Bytes> messages = {good};
  messages.insert(messages.end(), bad.begin(), bad.end());
  messages.push_back(good);
  Diagnostics diagnostics;
  const auto recording = open(
      one_topic("sensor_msgs/msg/Image", "ros2msg", kImage, "cdr", messages).bytes(), diagnostics);
  EXPECT_EQ(recording->open_video("/t", diagnostics)->frames().frames.size(), 2u);
  EXPECT_EQ(diagnostics.count("mcap-undecodable-message"), bad.size());
}

TEST(McapVideo, SaysWhatToDoAboutBayerAndDepth) {
  for (const char* encoding : {"bayer_rggb8", "32FC1", "nonsense"}) {
    try {
      readers::mcap::raw_layout(encoding, false);
      FAIL();
    } catch (const InputError& error) {
      EXPECT_THAT(error.what(), HasSubstr(encoding));
      EXPECT_THAT(error.what(), HasSubstr("known are rgb8"));
    }
  }
  EXPECT_THROW(readers::mcap::compressed_codec("16UC1; compressedDepth", {}), InputError);
  EXPECT_EQ(readers::mcap::compressed_codec("rgb8; jpeg compressed bgr8", {}), "mjpeg");
  EXPECT_EQ(readers::mcap::compressed_codec("H265", {}), "hevc");
}

TEST(McapVideo, ReadsCompressedImagesOfRos1) {
  constexpr const char* kSchema =
      "std_msgs/Header header\nstring format\nuint8[] data\n===\nMSG: std_msgs/Header\nuint32 "
      "seq\ntime stamp\nstring frame_id\n";
  std::vector<Bytes> messages;
  for (int i = 0; i < 2; ++i) {
    Writer w(Writer::Kind::kRos1);
    w.put(std::uint32_t{7})
        .put(static_cast<std::uint32_t>(20 + i))
        .put(std::uint32_t{1})
        .text("cam")
        .text("png");
    messages.push_back(w.sequence(media::encode_png(picture(i))));
  }
  Diagnostics diagnostics;
  const auto recording =
      open(one_topic("sensor_msgs/CompressedImage", "ros1msg", kSchema, "ros1", messages).bytes(),
           diagnostics, {{"clock", "header"}});
  const auto source = recording->open_video("/t", diagnostics);
  EXPECT_EQ(source->format().codec, "png");
  EXPECT_EQ(source->format().width, 8);
  EXPECT_EQ(source->frames().frames[1].time, stream_time(21'000'000'001));
  const auto shown = pictures(source);
  for (int i = 0; i < 2; ++i) EXPECT_EQ(shown[static_cast<std::size_t>(i)].data, picture(i).data);
}

TEST(McapVideo, ReadsBase64ImagesOfJson) {
  EXPECT_EQ(readers::mcap::decode_base64("AAEC\\/\\/8="), (Bytes{0, 1, 2, 0xFF, 0xFF}));
  EXPECT_THROW(readers::mcap::decode_base64("A*"), InputError);
  const Bytes png = media::encode_png(picture(3));
  TempFolder folder;
  write_file_atomic(folder / "image.png", as_text(png));
  const std::string base64 = run("base64 -w0 '" + (folder / "image.png").string() + "'").out;
  const std::string message = R"({"timestamp":{"sec":3,"nsec":9},"frame_id":"cam","data":")" +
                              base64 + R"(","format":"png"})";
  Diagnostics diagnostics;
  const auto recording = open(
      one_topic(
          "foxglove.CompressedImage", "jsonschema",
          R"({"type":"object","properties":{"data":{"type":"string","contentEncoding":"base64"}}})",
          "json", {Bytes(message.begin(), message.end())})
          .bytes(),
      diagnostics, {{"clock", "header"}});
  const auto source = recording->open_video("/t", diagnostics);
  EXPECT_EQ(source->frames().frames[0].time, stream_time(3'000'000'009));
  EXPECT_EQ(pictures(source)[0].data, picture(3).data);
}

/// Length-prefixed NAL units as in MP4 to start codes; key frames get the parameter sets of the
/// avcC or hvcC.
class AnnexB {
 public:
  explicit AnnexB(const VideoFormat& format) {
    const Bytes& x = format.extradata;
    std::size_t at = format.codec == "h264" ? 5 : 22;
    const auto u16 = [&] {
      return at += 2, static_cast<std::size_t>(x.at(at - 2)) << 8 | x.at(at - 1);
    };
    const auto unit = [&] {
      const std::size_t size = u16();
      start_code(sets_);
      sets_.insert(sets_.end(), x.begin() + static_cast<std::ptrdiff_t>(at),
                   x.begin() + static_cast<std::ptrdiff_t>(at + size));
      at += size;
    };
    if (format.codec == "h264") {
      for (int kind = 0; kind < 2; ++kind)
        for (int count = x.at(at++) & 0x1F; count > 0; --count) unit();
    } else {
      for (int arrays = x.at(at++); arrays > 0; --arrays) {
        ++at;
        for (std::size_t count = u16(); count > 0; --count) unit();
      }
    }
  }
  Bytes convert(const VideoPacket& packet) const {
    Bytes out = packet.key ? sets_ : Bytes{};
    const Bytes& in = *packet.data;
    for (std::size_t at = 0; at + 4 <= in.size();) {
      std::size_t size = 0;
      for (int i = 0; i < 4; ++i) size = size << 8 | in[at++];
      start_code(out);
      out.insert(out.end(), in.begin() + static_cast<std::ptrdiff_t>(at),
                 in.begin() + static_cast<std::ptrdiff_t>(at + size));
      at += size;
    }
    return out;
  }

 private:
  static void start_code(Bytes& out) { out.insert(out.end(), {0, 0, 0, 1}); }
  Bytes sets_;
};

std::string compressed_video_schema() {
  using Field = google::protobuf::FieldDescriptorProto;
  google::protobuf::FileDescriptorSet set;
  auto* time_file = set.add_file();
  time_file->set_name("google/protobuf/timestamp.proto");
  time_file->set_package("google.protobuf");
  auto* time = time_file->add_message_type();
  time->set_name("Timestamp");
  auto* file = set.add_file();
  file->set_name("foxglove/CompressedVideo.proto");
  file->set_package("foxglove");
  file->set_syntax("proto3");
  file->add_dependency("google/protobuf/timestamp.proto");
  auto* video = file->add_message_type();
  video->set_name("CompressedVideo");
  const auto add = [](auto* type, const char* name, int number, Field::Type kind,
                      const char* type_name) {
    Field* field = type->add_field();
    field->set_name(name);
    field->set_number(number);
    field->set_type(kind);
    field->set_label(Field::LABEL_OPTIONAL);
    if (*type_name) field->set_type_name(type_name);
  };
  add(time, "seconds", 1, Field::TYPE_INT64, "");
  add(time, "nanos", 2, Field::TYPE_INT32, "");
  add(video, "timestamp", 1, Field::TYPE_MESSAGE, ".google.protobuf.Timestamp");
  add(video, "frame_id", 2, Field::TYPE_STRING, "");
  add(video, "data", 3, Field::TYPE_BYTES, "");
  add(video, "format", 4, Field::TYPE_STRING, "");
  return set.SerializeAsString();
}

/// The packets of an MP4 as foxglove.CompressedVideo messages in decode order, each stamped with
/// its frame's time.
Log video_log(const VideoSource& original, const std::string& format, std::size_t skip) {
  Log log;
  log.schema(1, "foxglove.CompressedVideo", "protobuf", compressed_video_schema())
      .channel(1, 1, "/cam", "protobuf");
  const bool nal = format != "av1";
  std::optional<AnnexB> annex_b;
  if (nal) annex_b.emplace(original.format());
  const auto packets = original.packets_from(0);
  VideoPacket packet;
  for (std::uint64_t i = 0; packets->next(packet); ++i) {
    if (i < skip) continue;
    const std::int64_t ns =
        1'000'000'000 + pts_to_ns(packet.pts, original.format().time_base).count();
    const Bytes data = nal ? annex_b->convert(packet) : *packet.data;
    Proto message;
    message.message(1, Proto()
                           .varint(1, static_cast<std::uint64_t>(ns / 1'000'000'000))
                           .varint(2, static_cast<std::uint64_t>(ns % 1'000'000'000)));
    message.bytes(3, as_text(data)).bytes(4, format);
    log.message(1, 5'000'000'000 + i * 1'000'000, 0, message.out());
  }
  return log;
}

constexpr const char* kVideos =
    "mcap/PlotJuggler_pj-mcap-server/PJ4/pj-official-plugins/common/pj_video_demux/tests/data/";

TEST(McapVideo, GivesBackTheFramesOfCodedVideoWithTheirStamps) {
  for (const std::string format : {"h264", "hevc", "av1"}) {
    Diagnostics diagnostics;
    const auto original =
        media::open_video_file(data_path(kVideos + ("test_" + format) + ".mp4"), -1, diagnostics);
    const Log log = video_log(*original, format == "hevc" ? "h265" : format, 0);
    const auto recording = open(log.bytes(), diagnostics, {{"clock", "header"}});
    const StreamInfo& info = recording->streams()[0];
    ASSERT_TRUE(info.video) << format;
    EXPECT_EQ(info.video->codec, format);
    EXPECT_EQ(info.video->width, 320);
    const auto source = recording->open_video("/cam", diagnostics);
    const auto& want = original->frames().frames;
    const auto& got = source->frames().frames;
    ASSERT_EQ(got.size(), want.size()) << format;
    for (std::size_t i = 0; i < want.size(); ++i) {
      EXPECT_EQ(ns_of(got[i].time),
                1'000'000'000 + pts_to_ns(want[i].pts, original->format().time_base).count())
          << i;
      EXPECT_EQ(got[i].packet, want[i].packet) << i;
      EXPECT_EQ(got[i].key, want[i].key) << i;
    }
    const auto expected = pictures(original), shown = pictures(source);
    for (std::size_t i = 0; i < want.size(); ++i)
      EXPECT_EQ(shown[i].data, expected[i].data) << format << " frame " << i;
    EXPECT_FALSE(diagnostics.has_loss()) << format;
  }
}

TEST(McapVideo, SkipsFramesBeforeTheFirstKeyFrame) {
  Diagnostics diagnostics;
  const auto original =
      media::open_video_file(data_path(std::string(kVideos) + "test_h264.mp4"), -1, diagnostics);
  const auto recording =
      open(video_log(*original, "h264", 3).bytes(), diagnostics, {{"clock", "header"}});
  const auto source = recording->open_video("/cam", diagnostics);
  EXPECT_TRUE(source->frames().frames.front().key);
  EXPECT_EQ(source->frames().frames.size() + 3 + diagnostics.count("mcap-no-key-frame"),
            original->frames().frames.size());
  EXPECT_GT(diagnostics.count("mcap-no-key-frame"), 0u);
}

TEST(McapVideo, RefusesATopicWithoutAnyImage) {
  Diagnostics diagnostics;
  const auto recording = open(one_topic("sensor_msgs/msg/Image", "ros2msg", kImage, "cdr",
                                        {image(1, 8, 6, "bayer_rggb8", 8, Bytes(48))})
                                  .bytes(),
                              diagnostics);
  EXPECT_THROW(recording->open_video("/t", diagnostics), InputError);
  EXPECT_THAT(message_of(diagnostics, "mcap-undecodable-message"), HasSubstr("debayered"));
}

}  // namespace
}  // namespace reelcell::test::codec
