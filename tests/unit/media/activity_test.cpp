#include "reelcell/media/activity.hpp"

#include <gtest/gtest.h>

#include <cmath>

#include "media_support.hpp"
#include "reelcell/base/error.hpp"

namespace reelcell::media::test {
namespace {

std::vector<FrameActivity> all(const fs::path& path, std::span<const FrameRange> ranges,
                               const PictureRegion& region = {}) {
  Diagnostics diagnostics;
  std::vector<FrameActivity> out;
  measure_activity(
      open_video_file(path, -1, diagnostics), ranges, region,
      [&](const FrameActivity& activity) { out.push_back(activity); }, diagnostics);
  return out;
}

fs::path bottles() {
  for (const fs::path& path : videos_under("video/intel-iot-devkit_sample-videos"))
    if (path.filename().string().find("bottle") != std::string::npos) return path;
  return {};
}

TEST(MeasureActivity, GivesEachFrameOfEachRangeOnce) {
  const std::vector<FrameRange> ranges{{0, 10}, {40, 45}};
  const auto found = all(bottles(), ranges);
  ASSERT_EQ(found.size(), 15u);
  EXPECT_TRUE(std::isnan(found[0].motion));
  EXPECT_EQ(found[10].ordinal, 40u);
  EXPECT_TRUE(std::isnan(found[10].motion)) << "the frame before it was not decoded";
  for (std::size_t i = 1; i < 10; ++i) EXPECT_FALSE(std::isnan(found[i].motion));
}

TEST(MeasureActivity, IsTheSameWhereverARangeBegins) {
  const std::vector<FrameRange> whole{{0, 60}}, part{{31, 60}};
  const auto a = all(bottles(), whole), b = all(bottles(), part);
  for (std::size_t i = 1; i < b.size(); ++i) {
    EXPECT_EQ(b[i].motion, a[i + 31].motion) << i;
    EXPECT_EQ(b[i].brightness, a[i + 31].brightness) << i;
  }
}

TEST(MeasureActivity, ARegionIsAPartOfThePicture) {
  const std::vector<FrameRange> ranges{{0, 30}};
  Diagnostics diagnostics;
  const auto format = open_video_file(bottles(), -1, diagnostics)->format();
  const auto whole = all(bottles(), ranges);
  double left = 0, right = 0, both = 0;
  const auto a = all(bottles(), ranges, {0, 0, format.width / 2, format.height});
  const auto b = all(bottles(), ranges, {format.width / 2, 0, format.width / 2, format.height});
  for (std::size_t i = 0; i < whole.size(); ++i) {
    left += a[i].brightness;
    right += b[i].brightness;
    both += whole[i].brightness;
  }
  EXPECT_NEAR((left + right) / 2, both, 0.02 * both);
  // Beyond the picture's edge there is nothing, and its border shows something else.
  EXPECT_EQ(all(bottles(), ranges, {format.width - 4, format.height - 4, 4, 4}).size(), 30u);
  EXPECT_THROW(all(bottles(), ranges, {format.width - 4, format.height - 4, 5, 4}), InputError);
  EXPECT_THROW(all(bottles(), ranges, {format.width, 0, 10, 10}), InputError);
}

}  // namespace
}  // namespace reelcell::media::test
