// Random numbers that are the same on every standard library: the engine is specified by the C++
// standard, its distributions are not, so they are made here.
#pragma once

#include <cmath>
#include <cstdint>
#include <numbers>
#include <random>
#include <vector>

namespace reelcell::sample {

class Random {
 public:
  /// Independent sequences for independent parts: changing one parameter moves nothing else.
  Random(std::uint64_t seed, std::uint64_t part) : engine_(seed * 0x9E3779B97F4A7C15ull + part) {}

  /// [0, 1)
  double uniform() { return static_cast<double>(engine_() >> 11) * 0x1p-53; }
  double uniform(double low, double high) { return low + (high - low) * uniform(); }
  int index(int count) { return static_cast<int>(uniform() * count); }
  bool chance(double probability) { return uniform() < probability; }
  /// Box-Muller; one value a call, so that the sequence does not depend on who asked before.
  double normal() {
    const double u = 1 - uniform(), v = uniform();
    return std::sqrt(-2 * std::log(u)) * std::cos(2 * std::numbers::pi * v);
  }
  template <class T>
  void shuffle(std::vector<T>& items) {
    for (std::size_t i = items.size(); i > 1; --i)
      std::swap(items[i - 1], items[static_cast<std::size_t>(index(static_cast<int>(i)))]);
  }

 private:
  std::mt19937_64 engine_;
};

}  // namespace reelcell::sample
