#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <random>

#include "reelcell/media/video_file.hpp"
#include "reelcell/table/parquet.hpp"
#include "support/made_episodes.hpp"
#include "support/support.hpp"

namespace reelcell::writers {
const WriterRow& lerobot_v3_writer();
}

namespace reelcell::test {
namespace {

using ::testing::ElementsAre;
using ::testing::StartsWith;

const WriterRow& row() { return writers::lerobot_v3_writer(); }

CorpusSchema camera_only(int fps) {
  CorpusSchema schema;
  schema.rate = {fps, 1};
  schema.features = {camera_feature(kFront)};
  schema.true_times = false;
  return schema;
}

Episode episode_of(std::uint64_t index, ClipPackets packets) {
  Episode episode;
  episode.index = index;
  episode.key = "clip-" + std::to_string(index);
  episode.rows = packets.frames;
  EpisodeClip clip;
  clip.feature = kFront;
  clip.packets = std::move(packets);
  episode.clips.push_back(std::move(clip));
  return episode;
}

/// "file:from-to" of each episode.
std::vector<std::string> places(const fs::path& set) {
  std::vector<std::string> places;
  for (const Json& entry :
       table::read_parquet_rows(set / "meta/episodes/chunk-000/file-000.parquet")) {
    const std::string prefix = std::string("videos/") + kFront + "/";
    places.push_back(entry[prefix + "file_index"].dump() + ":" +
                     entry[prefix + "from_timestamp"].dump() + "-" +
                     entry[prefix + "to_timestamp"].dump());
  }
  return places;
}

CommandResult read_independently(const fs::path& set) {
  return run("/usr/bin/python3 " + source_path("tests/independent/lerobot_reader.py").string() +
             " " + set.string());
}

/// All that is found must be the pixel statistics that these clips come without.
void expect_sound(const fs::path& set) {
  Findings findings;
  row().verify(set, {.deep = true, .threads = 2}, findings);
  for (const Finding& f : findings.all())
    EXPECT_EQ(f.code, "LR-STATS-MISSING") << f.code << " " << f.message;
  EXPECT_EQ(findings.count(FindingLevel::kError), 0u);
}

TEST(LeRobotV3Video, StartsANewFileBeforeAThousandSeconds) {
  TempFolder folder;
  auto writer = row().make(made_context(folder.path(), camera_only(1), row()));
  const ClipPackets clip = numbered_clip(0, 400, 1);
  for (std::uint64_t i = 0; i < 3; ++i) writer->add(episode_of(i, clip));
  writer->close();
  EXPECT_THAT(places(folder / "lerobot"),
              ElementsAre("0:0.0-400.0", "0:400.0-800.0", "1:0.0-400.0"));
  const CommandResult read = read_independently(folder / "lerobot");
  EXPECT_EQ(read.exit_code, 0) << read.err;
  expect_sound(folder / "lerobot");
}

ClipPackets noise_clip(unsigned seed) {
  std::mt19937 random(seed);
  media::EncodeOptions options;
  options.quality = 1;
  media::PictureEncoder encoder(kMadeWidth, kMadeHeight, Rational{30, 1}, options);
  for (int i = 0; i < 100; ++i) {
    media::Picture picture = numbered_picture(0);
    for (std::uint8_t& value : picture.data) value = static_cast<std::uint8_t>(random());
    encoder.add(picture);
  }
  return encoder.finish();
}

TEST(LeRobotV3Video, StartsANewFileBeforeTheSizeCap) {
  TempFolder folder;
  auto writer = row().make(
      made_context(folder.path(), camera_only(30), row(), {{"video_files_size_in_mb", 1}}));
  const ClipPackets clip = noise_clip(1);
  ASSERT_GT(clip.bytes, 100'000u);
  ASSERT_LT(clip.bytes, 1u << 20);
  const std::uint64_t fit = (1u << 20) / clip.bytes;
  for (std::uint64_t i = 0; i <= fit; ++i) writer->add(episode_of(i, clip));
  writer->close();
  const std::vector<std::string> there = places(folder / "lerobot");
  EXPECT_THAT(there[fit - 1], StartsWith("0:"));
  EXPECT_THAT(there[fit], StartsWith("1:0.0-"));
  expect_sound(folder / "lerobot");
}

/// The six episodes of SO-101 as the pipeline would hand them on: packets copied, values as they
/// are.
class So101 : public ::testing::Test {
 protected:
  static constexpr const char* kWrist = "observation.images.wrist";
  static constexpr const char* kData = "data/chunk-000/file-000.parquet";
  static constexpr const char* kVideo = "videos/observation.images.wrist/chunk-000/file-000.mp4";
  const fs::path source_ = data_path(
      "lerobot/nimiCurtis_so101_rosbag2lerobot_dataset/local_dataset_ros2/data/"
      "lerobot_dataset_example");

  CorpusSchema schema() const {
    CorpusSchema schema;
    schema.rate = {30, 1};
    schema.features = {vector_feature("observation.state", 6), vector_feature("action", 6),
                       camera_feature(kWrist)};
    schema.features[2].shape = {360, 640, 3};
    schema.true_times = false;
    return schema;
  }

  Episode episode(const VideoSource& video, std::uint64_t index, std::uint32_t first,
                  std::uint32_t rows) const {
    Episode episode;
    episode.index = index;
    episode.key = "so101-" + std::to_string(index);
    episode.rows = rows;
    episode.segment.task = "pick and place";
    table::ParquetReader reader(source_ / kData, {"observation.state", "action"}, first, rows);
    std::vector<Column> batch;
    std::size_t count = 0;
    while (reader.next(batch, count)) {
      if (episode.columns.empty()) {
        episode.columns = batch;
      } else {
        for (std::size_t c = 0; c < batch.size(); ++c)
          episode.columns[c].append_rows(batch[c], 0, count);
      }
    }
    EpisodeClip clip;
    clip.feature = kWrist;
    for (std::uint32_t i = 0; i < rows; ++i) clip.frame.push_back(first + i);
    clip.packets = media::copy_clip(video, clip.frame, Rational{30, 1});
    episode.clips.push_back(std::move(clip));
    return episode;
  }

  WriterReport rebuild(const fs::path& root) const {
    auto writer = row().make(made_context(root, schema(), row()));
    Diagnostics diagnostics;
    const auto video = media::open_video_file(source_ / kVideo, -1, diagnostics);
    std::uint32_t first = 0;
    std::uint64_t index = 0;
    for (const std::uint32_t rows : {383u, 386u, 379u, 382u, 90u, 162u}) {
      writer->add(episode(*video, index++, first, rows));
      first += rows;
    }
    return writer->close();
  }
};

std::string packet_hashes(const fs::path& video) {
  return run("ffmpeg -v error -i " + video.string() +
             " -map 0:v -c copy -f framemd5 - | grep -v '^#'")
      .out;
}

TEST_F(So101, KeepsEveryPacketBitForBit) {
  TempFolder folder;
  const WriterReport report = rebuild(folder.path());
  EXPECT_EQ(report.summary["clips"]["copied"]["clips"], 6);
  EXPECT_EQ(report.summary["clips"]["encoded"]["clips"], 0);
  const std::string before = packet_hashes(source_ / kVideo);
  EXPECT_EQ(std::count(before.begin(), before.end(), '\n'), 1782);
  EXPECT_EQ(packet_hashes((folder / "lerobot") / kVideo), before);
  const CommandResult read = read_independently(folder / "lerobot");
  EXPECT_EQ(read.exit_code, 0) << read.err;
  expect_sound(folder / "lerobot");
}

TEST_F(So101, KeepsEveryValueBitForBit) {
  TempFolder folder;
  rebuild(folder.path());
  const std::vector<std::string> names{"observation.state", "action", "timestamp", "frame_index",
                                       "episode_index",     "index",  "task_index"};
  table::ParquetReader before(source_ / kData, names), after((folder / "lerobot") / kData, names);
  const auto all = [](table::ParquetReader& reader) {
    std::vector<Column> columns, batch;
    std::size_t rows = 0;
    while (reader.next(batch, rows)) {
      if (columns.empty()) {
        columns = batch;
      } else {
        for (std::size_t c = 0; c < batch.size(); ++c) columns[c].append_rows(batch[c], 0, rows);
      }
    }
    return columns;
  };
  const std::vector<Column> old_columns = all(before), new_columns = all(after);
  for (std::size_t c = 0; c < names.size(); ++c) {
    EXPECT_EQ(old_columns[c].rows(), 1782u);
    EXPECT_EQ(old_columns[c].data, new_columns[c].data) << names[c];
  }
}

TEST_F(So101, OriginalPassesTheIndependentReaderToo) {
  const CommandResult read = read_independently(source_);
  EXPECT_EQ(read.exit_code, 0) << read.err;
  EXPECT_EQ(parse_json(read.out, "reader")["look_ups"], 1782);
}

}  // namespace
}  // namespace reelcell::test
