#include <gtest/gtest.h>
#include <malloc.h>

#include <cmath>
#include <cstring>
#include <ctime>
#include <fstream>
#include <random>

#include "reelcell/base/error.hpp"
#include "reelcell/stats/stats.hpp"
#include "support/support.hpp"

namespace reelcell::stats {
namespace {

FeatureSpec feature(DType dtype, std::int64_t width) {
  FeatureSpec spec;
  spec.name = "f";
  spec.dtype = dtype;
  spec.shape = {width};
  return spec;
}

Column numbers(std::vector<double> values, std::size_t width, DType dtype = DType::kFloat64) {
  return {ColumnSpec{"f", dtype, width}, std::move(values)};
}
Column integers(std::vector<std::int64_t> values, std::size_t width) {
  return {ColumnSpec{"f", DType::kInt64, width}, std::move(values)};
}

FeatureStats stats_of(const Column& column, std::size_t width,
                      std::uint64_t memory_limit = 256ull << 20) {
  FeatureAccumulator accumulator(feature(column.spec.dtype, static_cast<std::int64_t>(width)),
                                 memory_limit);
  accumulator.add(column);
  return accumulator.finish();
}

/// numpy's figures of an array stored as raw values: stat -> one number an element.
Json numpy_stats(const void* data, std::size_t size, const char* dtype, std::size_t width) {
  const test::TempFolder folder;
  std::ofstream(folder / "a.bin", std::ios::binary)
      .write(static_cast<const char*>(data), static_cast<std::streamsize>(size));
  std::ofstream(folder / "s.py") << R"(
import json, sys, numpy as np
a = np.fromfile(sys.argv[1], dtype=sys.argv[2]).reshape(-1, int(sys.argv[3]))
out = {}
for e in range(a.shape[1]):
    v = a[:, e]
    v = v[~np.isnan(v)] if v.dtype.kind == 'f' else v
    w = v.astype(np.longdouble)
    row = {'min': float(v.min()), 'max': float(v.max()), 'mean': float(w.mean()), 'std': float(w.std())}
    for q in (1, 10, 50, 90, 99):
        row['q%02d' % q] = float(np.quantile(v.astype(np.float64), q / 100))
    for k, x in row.items():
        out.setdefault(k, []).append(x)
print(json.dumps(out))
)";
  const auto result =
      test::run("/usr/bin/python3 '" + (folder / "s.py").string() + "' '" +
                (folder / "a.bin").string() + "' " + dtype + " " + std::to_string(width));
  EXPECT_EQ(result.exit_code, 0) << result.err;
  return Json::parse(result.out);
}

void expect_like_numpy(const FeatureStats& ours, const Json& numpy) {
  const std::pair<const char*, const std::vector<double>*> lists[] = {
      {"min", &ours.min}, {"max", &ours.max}, {"mean", &ours.mean},
      {"std", &ours.std}, {"q01", &ours.q01}, {"q10", &ours.q10},
      {"q50", &ours.q50}, {"q90", &ours.q90}, {"q99", &ours.q99}};
  for (const auto& [name, list] : lists) {
    ASSERT_EQ(list->size(), numpy[name].size()) << name;
    const bool exact = name[0] == 'q' || std::strncmp(name, "m", 1) == 0;
    for (std::size_t e = 0; e < list->size(); ++e) {
      const double expected = numpy[name][e].get<double>();
      const bool rounded = std::string(name) == "mean" || !exact;
      if (rounded)
        EXPECT_NEAR((*list)[e], expected, 1e-12 * std::max(std::abs(expected), 1e-300))
            << name << e;
      else
        EXPECT_EQ((*list)[e], expected) << name << e;
    }
  }
}

std::vector<double> normal(std::size_t count, double mean, double spread, unsigned seed) {
  std::mt19937_64 random(seed);
  std::normal_distribution<double> distribution(mean, spread);
  std::vector<double> out(count);
  for (double& value : out) value = distribution(random);
  return out;
}

TEST(FeatureAccumulator, AgreesWithNumpyOnDoublesOfManySizes) {
  for (const std::size_t rows : {1u, 2u, 3u, 7u, 101u, 4095u, 4096u, 4097u, 20'000u, 70'001u}) {
    const std::vector<double> values = normal(rows * 3, 0.3, 2, 7);
    expect_like_numpy(stats_of(numbers(values, 3), 3),
                      numpy_stats(values.data(), values.size() * 8, "float64", 3));
  }
}

TEST(FeatureAccumulator, AgreesWithNumpyOnFloats) {
  std::vector<double> values = normal(150'000, -4, 3, 11);
  for (double& value : values) value = static_cast<double>(static_cast<float>(value));
  expect_like_numpy(stats_of(numbers(values, 5, DType::kFloat32), 5),
                    numpy_stats(values.data(), values.size() * 8, "float64", 5));
}

TEST(FeatureAccumulator, KeepsTheSpreadAroundALargeMean) {
  // The textbook formula E[x^2] - E[x]^2 gives 0 or a negative number here.
  std::vector<double> values;
  for (int i = 0; i < 100'000; ++i) values.push_back(1e9 + (i % 2 ? 0.001 : -0.001));
  const FeatureStats stats = stats_of(numbers(values, 1), 1);
  EXPECT_NEAR(stats.std[0], 0.001, 1e-7);  // 1e9 itself is stored to 1.2e-7
  expect_like_numpy(stats, numpy_stats(values.data(), values.size() * 8, "float64", 1));
  values[0] = 0;  // an outlier must not become the origin of all differences
  expect_like_numpy(stats_of(numbers(values, 1), 1),
                    numpy_stats(values.data(), values.size() * 8, "float64", 1));
}

TEST(FeatureAccumulator, LeavesNaNOutAndCountsIt) {
  std::vector<double> values = normal(30'000, 1, 1, 3);
  for (std::size_t i = 0; i < values.size(); i += 6) values[i] = std::nan("");  // all of element 0
  for (std::size_t i = 1; i < values.size(); i += 14) values[i] = std::nan("");
  const FeatureStats stats = stats_of(numbers(values, 2), 2);
  const Json numpy = numpy_stats(values.data(), values.size() * 8, "float64", 2);
  expect_like_numpy(stats, numpy);
  EXPECT_EQ(stats.count, 15'000u);
  EXPECT_EQ(stats.missing[0], 5'000u);
  const FeatureStats none = stats_of(numbers({std::nan(""), std::nan("")}, 1), 1);
  EXPECT_TRUE(std::isnan(none.mean[0]) && std::isnan(none.q50[0]) && std::isnan(none.min[0]));
  EXPECT_EQ(none.missing[0], 2u);
}

TEST(FeatureAccumulator, IsExactOnIntegersBeyondDoubles) {
  // Nanoseconds since 1970: doubles are 256 ns apart there.
  const std::int64_t base = 1'769'850'000'000'000'001;
  std::vector<std::int64_t> values;
  for (std::int64_t i = 0; i < 10'001; ++i) values.push_back(base + i * 3);
  const FeatureStats stats = stats_of(integers(values, 1), 1);
  EXPECT_TRUE(stats.integer);
  EXPECT_EQ(stats.integer_min[0], base);
  EXPECT_EQ(stats.integer_max[0], base + 30'000);
  EXPECT_NEAR(stats.std[0], 3 * std::sqrt((10'001.0 * 10'001.0 - 1) / 12), 1e-9);
  EXPECT_EQ(stats.q50[0], static_cast<double>(base + 15'000));
  const FeatureStats extreme = stats_of(integers({INT64_MAX, INT64_MIN, 0}, 1), 1);
  EXPECT_EQ(extreme.integer_min[0], INT64_MIN);
  EXPECT_EQ(extreme.integer_max[0], INT64_MAX);
  EXPECT_NEAR(extreme.q50[0], 0, 1024);
}

TEST(FeatureAccumulator, AgreesWithNumpyOnIntegersWithManyTies) {
  std::vector<std::int64_t> values;
  std::mt19937 random(5);
  for (int i = 0; i < 80'000; ++i) values.push_back(i % 2 ? random() % 2 : random() % 1000);
  expect_like_numpy(stats_of(integers(values, 2), 2),
                    numpy_stats(values.data(), values.size() * 8, "int64", 2));
}

/// Bit for bit.
void expect_same(const FeatureStats& a, const FeatureStats& b) {
  for (const auto list : {&FeatureStats::min, &FeatureStats::max, &FeatureStats::mean,
                          &FeatureStats::std, &FeatureStats::q01, &FeatureStats::q10,
                          &FeatureStats::q50, &FeatureStats::q90, &FeatureStats::q99})
    EXPECT_EQ(a.*list, b.*list);
  EXPECT_EQ(a.count, b.count);
}

TEST(FeatureAccumulator, DoesNotDependOnHowTheRowsAreCut) {
  const std::vector<double> values = normal(3 * 20'000, 5, 1, 17);
  const FeatureStats whole = stats_of(numbers(values, 3), 3);
  for (const std::size_t rows : {1u, 300u, 4096u, 5000u}) {
    FeatureAccumulator accumulator(feature(DType::kFloat64, 3));
    for (std::size_t at = 0; at < values.size(); at += rows * 3)
      accumulator.add(numbers(
          {values.begin() + static_cast<std::ptrdiff_t>(at),
           values.begin() + static_cast<std::ptrdiff_t>(std::min(values.size(), at + rows * 3))},
          3));
    expect_same(accumulator.finish(), whole);
  }
}

TEST(FeatureAccumulator, HasTheSameQuantilesInAnyOrderAndTheSameMomentsNearly) {
  std::vector<double> values = normal(50'000, 1e6, 1, 23);
  const FeatureStats forward = stats_of(numbers(values, 1), 1);
  std::reverse(values.begin(), values.end());
  const FeatureStats backward = stats_of(numbers(values, 1), 1);
  EXPECT_EQ(forward.q01, backward.q01);
  EXPECT_EQ(forward.q50, backward.q50);
  EXPECT_NEAR(forward.mean[0], backward.mean[0], 1e-12 * forward.mean[0]);
  EXPECT_NEAR(forward.std[0], backward.std[0], 1e-9 * forward.std[0]);
}

TEST(FeatureAccumulator, GivesTheSameFromAFileAsFromMemory) {
  // Floats, then doubles: blocks of both kinds, in memory and spilled.
  std::vector<double> values = normal(2 * 300'000, 0, 1, 29);
  for (std::size_t i = 0; i < values.size() / 2; ++i)
    values[i] = static_cast<double>(static_cast<float>(values[i]));
  const FeatureStats memory = stats_of(numbers(values, 2), 2);
  expect_same(stats_of(numbers(values, 2), 2, 600'000), memory);
  expect_same(stats_of(numbers(values, 2), 2, 0), memory);
}

TEST(FeatureAccumulator, CanGoOnAfterFinish) {
  FeatureAccumulator accumulator(feature(DType::kFloat32, 1));
  accumulator.add(numbers({1, 2}, 1));
  EXPECT_EQ(accumulator.finish().mean[0], 1.5);
  accumulator.add(numbers({6}, 1));
  EXPECT_EQ(accumulator.finish().mean[0], 3);
  EXPECT_EQ(accumulator.finish().count, 3u);
}

TEST(FeatureAccumulator, TreatsTextAsCountedOnly) {
  FeatureAccumulator accumulator(feature(DType::kString, 1));
  accumulator.add({ColumnSpec{"f", DType::kString, 1}, std::vector<std::string>{"a", "b"}});
  EXPECT_EQ(accumulator.finish().count, 2u);
  EXPECT_TRUE(accumulator.finish().mean.empty());
}

TEST(FeatureAccumulator, OrdersZerosInfinitiesAndDenormals) {
  const double inf = std::numeric_limits<double>::infinity();
  const FeatureStats stats =
      stats_of(numbers({inf, -0.0, 0.0, -inf, 5e-324, -5e-324, 1e-45}, 1), 1);
  EXPECT_EQ(stats.min[0], -inf);
  EXPECT_EQ(stats.max[0], inf);
  EXPECT_EQ(stats.q50[0], 0);
}

TEST(FeatureAccumulator, TakesAMillionRowsOfFourteenQuickly) {
  const Column column = numbers(normal(14'000'000, 0, 1, 31), 14, DType::kFloat32);
  Column floats = column;
  for (double& value : std::get<std::vector<double>>(floats.data))
    value = static_cast<double>(static_cast<float>(value));
  // CPU time: on a busy machine the wall clock says nothing of this code.
  const std::clock_t start = std::clock();
  const FeatureStats stats = stats_of(floats, 14);
  const double took = static_cast<double>(std::clock() - start) * 1e3 / CLOCKS_PER_SEC;
  RecordProperty("milliseconds", std::to_string(took));
  std::cout << took << " ms\n";
  EXPECT_NEAR(stats.mean[3], 0, 0.01);
  EXPECT_LT(took, 5'000);  // far above what it takes, also under a sanitizer
}

TEST(FeatureAccumulator, GivesBackTheMemoryOfWhatItPutIntoTheFile) {
  const auto held = [] {
    const struct mallinfo2 info = mallinfo2();
    return info.uordblks + info.hblkhd;
  };
  std::vector<double> values(100'000);
  for (std::size_t i = 0; i < values.size(); ++i) values[i] = std::sin(static_cast<double>(i));
  const Column column = numbers(values, 1);
  FeatureAccumulator all(feature(DType::kFloat64, 1), 1 << 20);
  const std::size_t before = held();
  for (int i = 0; i < 60; ++i) all.add(column);  // 48 MB
  EXPECT_LT(held() - before, 8u << 20);
  EXPECT_EQ(all.finish().count, 6'000'000u);
}

TEST(FeatureAccumulator, HoldsNoMoreThanTheRoomThatAllShare) {
  const auto held = [] {
    const struct mallinfo2 info = mallinfo2();
    return info.uordblks + info.hblkhd;
  };
  limit_shared_room(2 << 20);
  std::vector<FeatureAccumulator> shared;
  for (int i = 0; i < 4; ++i) shared.emplace_back(feature(DType::kFloat32, 7), shared_room());
  FeatureAccumulator alone(feature(DType::kFloat32, 7));
  std::vector<Column> columns;
  for (unsigned part = 0; part < 40; ++part)
    columns.push_back(numbers(normal(7 * 5'000, 3, 2, part), 7, DType::kFloat32));
  const std::size_t before = held();
  for (const Column& column : columns)
    for (FeatureAccumulator& accumulator : shared) accumulator.add(column);
  // 4 x 7 x 200,000 values of 8 bytes are 45 MB. Beside the room: 32 KiB an element that wait.
  EXPECT_LT(held() - before, 6u << 20);
  for (const Column& column : columns) alone.add(column);
  const FeatureStats expected = alone.finish();
  for (const FeatureAccumulator& accumulator : shared) expect_same(accumulator.finish(), expected);
  limit_shared_room(kMostSharedRoom);
}

TEST(FeatureAccumulator, ARoomIsFreeAgainWhenItsUsersAreGone) {
  limit_shared_room(1 << 20);
  const std::weak_ptr<ValueRoom> first = [] {
    const auto room = shared_room();
    FeatureAccumulator user(feature(DType::kFloat64, 1), room);
    EXPECT_EQ(shared_room(), room);
    return std::weak_ptr(room);
  }();
  EXPECT_TRUE(first.expired());
  EXPECT_NE(shared_room(), nullptr);
  limit_shared_room(kMostSharedRoom);
}

}  // namespace
}  // namespace reelcell::stats
