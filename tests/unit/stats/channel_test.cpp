#include <gtest/gtest.h>

#include <cmath>
#include <fstream>

#include "reelcell/base/error.hpp"
#include "reelcell/stats/stats.hpp"
#include "support/support.hpp"

namespace reelcell::stats {
namespace {

std::vector<std::uint8_t> picture(std::size_t pixels, unsigned seed) {
  std::vector<std::uint8_t> out;
  unsigned state = seed;
  for (std::size_t i = 0; i < pixels * 3; ++i) {
    state = state * 1664525u + 1013904223u;
    const unsigned value = state >> 24;
    out.push_back(static_cast<std::uint8_t>(i % 3 == 1 ? 250 + value % 6 : value / (1 + i % 3)));
  }
  return out;
}

TEST(ChannelAccumulator, AgreesWithNumpyOnEightBitPictures) {
  const std::vector<std::uint8_t> pixels = picture(10'001, 3);
  const test::TempFolder folder;
  std::ofstream(folder / "a.bin", std::ios::binary)
      .write(reinterpret_cast<const char*>(pixels.data()),
             static_cast<std::streamsize>(pixels.size()));
  std::ofstream(folder / "s.py") << R"(
import json, sys, numpy as np
a = np.fromfile(sys.argv[1], dtype=np.uint8).reshape(-1, 3) / 255.0
print(json.dumps([a.min(0).tolist(), a.max(0).tolist(), a.mean(0).tolist(), a.std(0).tolist()]
                 + [np.quantile(a, q, axis=0).tolist() for q in (.01, .1, .5, .9, .99)]))
)";
  const auto result = test::run("/usr/bin/python3 '" + (folder / "s.py").string() + "' '" +
                                (folder / "a.bin").string() + "'");
  ASSERT_EQ(result.exit_code, 0) << result.err;
  const Json numpy = Json::parse(result.out);
  ChannelAccumulator accumulator;
  accumulator.add_rgb(pixels);
  accumulator.add_frames(1);
  const FeatureStats stats = accumulator.finish();
  const std::vector<double>* lists[] = {&stats.min, &stats.max, &stats.mean, &stats.std, &stats.q01,
                                        &stats.q10, &stats.q50, &stats.q90,  &stats.q99};
  for (std::size_t i = 0; i < std::size(lists); ++i)
    for (std::size_t c = 0; c < 3; ++c)
      EXPECT_NEAR((*lists[i])[c], numpy[i][c].get<double>(), 1e-12) << i << " " << c;
  EXPECT_EQ(stats.count, 1u);
}

TEST(ChannelAccumulator, DoesNotOverflowOnManyWhitePixels) {
  // 255^2 * n passes 2^32 after 66,051 pixels: where uint8 or 32-bit sums go wrong.
  ChannelAccumulator accumulator;
  const std::vector<std::uint8_t> white(3 * 100'000, 255), black(3 * 100'000, 0);
  accumulator.add_rgb(white);
  accumulator.add_rgb(black);
  const FeatureStats stats = accumulator.finish();
  EXPECT_EQ(stats.mean, (std::vector<double>{0.5, 0.5, 0.5}));
  EXPECT_EQ(stats.std, (std::vector<double>{0.5, 0.5, 0.5}));
  EXPECT_EQ(stats.q50[0], 0.5);
}

TEST(ChannelAccumulator, MergesExactlyInAnyOrderAndThroughJson) {
  ChannelAccumulator a, b, whole;
  a.add_rgb(picture(1000, 1));
  a.add_frames(2);
  b.add_rgb(picture(777, 2));
  b.add_frames(3);
  whole.add_rgb(picture(1000, 1));
  whole.add_rgb(picture(777, 2));
  ChannelAccumulator joined = ChannelAccumulator::from_json(Json::parse(b.to_json().dump()));
  joined.merge(a);
  EXPECT_EQ(joined.finish().mean, whole.finish().mean);
  EXPECT_EQ(joined.finish().std, whole.finish().std);
  EXPECT_EQ(joined.finish().q99, whole.finish().q99);
  EXPECT_EQ(joined.finish().count, 5u);
}

TEST(ChannelAccumulator, RefusesJsonThatIsNotItsOwn) {
  for (const char* text :
       {"[]", "{}", R"({"frames":1,"histogram":[[1],[2],[3]]})", R"({"frames":-1,"histogram":[]})",
        R"({"frames":1,"histogram":[1,2,3]})"})
    EXPECT_THROW(ChannelAccumulator::from_json(Json::parse(text)), InputError) << text;
}

TEST(ChannelAccumulator, WithoutPixelsHasNoFigures) {
  EXPECT_TRUE(std::isnan(ChannelAccumulator().finish().mean[0]));
}

}  // namespace
}  // namespace reelcell::stats
