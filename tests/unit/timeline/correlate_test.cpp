#include "reelcell/timeline/correlate.hpp"

#include <gtest/gtest.h>

#include <cmath>
#include <random>

namespace reelcell::timeline {
namespace {

MaskedSamples noise(std::size_t count, unsigned seed, double hole = 0) {
  std::mt19937_64 random(seed);
  std::normal_distribution<float> normal;
  std::uniform_real_distribution<double> uniform(0, 1);
  MaskedSamples out;
  for (std::size_t i = 0; i < count; ++i) {
    out.value.push_back(1000 + normal(random));  // a large mean must not cost digits
    out.mask.push_back(uniform(random) < hole ? 0.0f : 1.0f);
  }
  return out;
}

TEST(Correlate, ByFftIsTheDefinitionWithHolesAndAllLags) {
  const MaskedSamples a = noise(137, 1, 0.2), b = noise(301, 2, 0.1);
  const auto fast = correlate(a, b, -150, 460, 20), slow = correlate_directly(a, b, -150, 460, 20);
  ASSERT_EQ(fast.r.size(), slow.r.size());
  for (std::size_t i = 0; i < fast.r.size(); ++i) {
    EXPECT_NEAR(fast.pairs[i], slow.pairs[i], 0.01);
    if (std::abs(slow.pairs[i] - 20) > 0.5f) {
      EXPECT_NEAR(fast.r[i], slow.r[i], 1e-4) << i;
    }
  }
}

TEST(Correlate, FindsAPartInAWholeAtItsPlace) {
  const MaskedSamples b = noise(5000, 3);
  MaskedSamples a;
  a.value.assign(b.value.begin() + 1234, b.value.begin() + 1534);
  a.mask.assign(300, 1.0f);
  for (const auto& curve :
       {correlate(a, b, 0, 4700, 100), correlate_phat(a, b, 0, 4700, 100, 0.7)}) {
    const auto peaks = find_peaks(curve.r, 0.05, 3);
    ASSERT_FALSE(peaks.empty());
    EXPECT_NEAR(peaks[0].position, 1234, 0.2);
  }
}

TEST(Correlate, PhatOfASignalWithItselfIsOneAtZero) {
  const MaskedSamples a = noise(512, 4);
  for (const double rho : {0.5, 1.0}) {
    const auto curve = correlate_phat(a, a, -20, 41, 100, rho);
    EXPECT_NEAR(curve.r[20], 1, 0.01) << rho;
    EXPECT_LT(std::abs(curve.r[10]), 0.2);
  }
}

TEST(Correlate, AConstantSideGivesNoPeak) {
  MaskedSamples flat{std::vector<float>(100, 5.0f), std::vector<float>(100, 1.0f)};
  for (const float r : correlate(flat, noise(200, 5), 0, 100, 10).r) EXPECT_EQ(r, 0);
}

TEST(FindPeaks, RefinesBetweenSamplesAndAsksForProminence) {
  std::vector<float> curve;
  for (int i = 0; i < 100; ++i) {
    const double x = (i - 40.3) / 6;
    curve.push_back(static_cast<float>(std::exp(-x * x) + 0.01 * (i % 2) + 0.3 * (i == 80)));
  }
  const auto peaks = find_peaks(curve, 0.05, 10);
  ASSERT_EQ(peaks.size(), 2u);
  EXPECT_NEAR(peaks[0].position, 40.3, 1.0);
  EXPECT_NEAR(peaks[1].position, 80, 0.5);
}

}  // namespace
}  // namespace reelcell::timeline
