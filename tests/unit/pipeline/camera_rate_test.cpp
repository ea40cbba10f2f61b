#include "internal/camera_rate.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <random>
#include <set>

namespace reelcell::pipeline {
namespace {
/// A camera of 30 Hz whose stamps are rounded to `tick`; the frames in `lost` are not there.
std::vector<SessionTime> camera(std::int64_t tick, const std::set<int>& lost, int frames = 900) {
  std::vector<SessionTime> times;
  for (int i = 0; i < frames; ++i)
    if (!lost.contains(i))
      times.push_back(session_time((i * std::int64_t{100'000'000} / 3 + tick / 2) / tick * tick));
  return times;
}
VideoFormat format_of(const std::vector<SessionTime>& times, std::int64_t tick) {
  VideoFormat format;
  format.time_base = make_rational(tick, 1'000'000'000);
  format.average_rate = make_rational(static_cast<std::int64_t>(times.size() - 1) * 1'000'000'000,
                                      (times.back() - times.front()).count());
  return format;
}
constexpr std::int64_t kMillisecond = 1'000'000, kMicrosecond = 1'000;
constexpr double kMedianOfMilliseconds = 1000.0 / 33;

TEST(CameraRate, TheAverageIsTheRateBehindRoundedStamps) {
  const auto times = camera(kMillisecond, {});
  VideoFormat format = format_of(times, kMillisecond);
  format.average_rate = {30, 1};
  const FramePace pace = pace_of(times, kMedianOfMilliseconds);
  EXPECT_TRUE(average_is_steady(pace, format));
  EXPECT_EQ(camera_hz(pace, format), 30.0);
}

TEST(CameraRate, LostFramesDoNotLowerTheRateOfRoundedStamps) {
  const auto times = camera(kMillisecond, {100, 200, 300, 301, 302, 303, 304, 500, 700, 800});
  const VideoFormat format = format_of(times, kMillisecond);
  EXPECT_LT(hz_of(format.average_rate), 29.7);
  const FramePace pace = pace_of(times, kMedianOfMilliseconds);
  EXPECT_FALSE(average_is_steady(pace, format));
  EXPECT_NEAR(camera_hz(pace, format), 30.0, 0.01);
}

TEST(CameraRate, TheMedianIsTheRateOfFineStampsWithLostFrames) {
  const auto times = camera(kMicrosecond, {100, 300});
  const VideoFormat format = format_of(times, kMicrosecond);
  EXPECT_NEAR(camera_hz(pace_of(times, 1e6 / 33'333), format), 30.0, 0.001);
}

TEST(CameraRate, TheMedianIsTheRateOfACameraThatKeepsNoPace) {
  std::vector<SessionTime> times;
  for (std::int64_t i = 0, t = 0; i < 300; ++i, t += i % 3 == 0 ? 45'000'000 : 33'000'000)
    times.push_back(session_time(t));
  const double median = 1e9 / 33'000'000;
  EXPECT_EQ(camera_hz(pace_of(times, median), format_of(times, kMillisecond)), median);
}

TEST(CameraRate, TwoFramesAtOneTimeAreNoInterval) {
  auto times = camera(kMillisecond, {});
  times.insert(times.begin() + 10, times[10]);
  EXPECT_NEAR(pace_of(times, kMedianOfMilliseconds).steady_hz, 30.0, 0.01);
  EXPECT_TRUE(pace_of(times, kMedianOfMilliseconds).unbroken);
}

TEST(MedianInterval, IsTheMiddleOneOfTheSortedIntervals) {
  std::mt19937_64 random(7);
  for (const std::size_t frames : {2u, 3u, 4u, 5u, 100u, 1001u}) {
    std::vector<SessionTime> times{session_time(-5'000'000'000)};
    while (times.size() < frames)
      times.push_back(times.back() + Nanos(static_cast<std::int64_t>(random() % 70'000'000)));
    std::vector<Nanos> sorted;
    for (std::size_t i = 1; i < frames; ++i) sorted.push_back(times[i] - times[i - 1]);
    std::sort(sorted.begin(), sorted.end());
    EXPECT_EQ(median_interval(times), sorted[sorted.size() / 2]) << frames;
  }
}

TEST(MedianInterval, IsNotThereForOneFrameOrFramesOfOneTime) {
  for (const std::size_t frames : {0u, 1u, 2u, 3u, 100u})
    EXPECT_EQ(median_interval(std::vector<SessionTime>(frames, session_time(1))), std::nullopt)
        << frames;
}

}  // namespace
}  // namespace reelcell::pipeline
