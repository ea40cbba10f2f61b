// Statistics of float32 rows: `groups` episodes of ROWS x WIDTH, each with its own figures, and all
// together.
#include <cstring>

#include "bench.hpp"
#include "reelcell/base/error.hpp"
#include "reelcell/stats/stats.hpp"

namespace reelcell::bench {

namespace {

Column column_of(const float* values, std::size_t rows, std::size_t width) {
  Column column;
  column.spec = {.name = "x", .dtype = DType::kFloat32, .width = width};
  column.data = std::vector<double>(values, values + rows * width);
  return column;
}

Json numbers(const stats::FeatureStats& s) {
  return {s.min, s.max, s.mean, s.std, s.q01, s.q10, s.q50, s.q90, s.q99};
}

}  // namespace

Json run_stats(const Arguments& arguments) {
  const Bytes bytes = read_binary_file(arguments.at(0), 1ull << 33);
  const std::size_t rows = std::stoul(arguments.at(1)), width = std::stoul(arguments.at(2)),
                    groups = std::stoul(arguments.at(3));
  if (bytes.size() != groups * rows * width * sizeof(float))
    throw InputError("the file has another size than the arguments say");
  std::vector<float> values(groups * rows * width);
  std::memcpy(values.data(), bytes.data(), bytes.size());
  // As an episode carries them: doubles, made before any statistics are asked for.
  std::vector<Column> columns;
  for (std::size_t g = 0; g < groups; ++g)
    columns.push_back(column_of(values.data() + g * rows * width, rows, width));
  FeatureSpec spec;
  spec.name = "x";
  spec.shape = {static_cast<std::int64_t>(width)};
  Json check = Json::array();
  const Clock clock;
  stats::FeatureAccumulator all(spec);
  std::vector<stats::FeatureStats> each;
  for (const Column& column : columns) {
    if (groups > 1) {
      stats::FeatureAccumulator one(spec);
      one.add(column);
      each.push_back(one.finish());
    }
    all.add(column);
  }
  each.push_back(all.finish());
  Json cost = clock.lap();
  for (std::size_t i : {std::size_t{0}, each.size() / 2, each.size() - 1})
    check.push_back(numbers(each[i]));
  return result(std::move(cost), groups * rows * width, check.dump());
}

}  // namespace reelcell::bench
