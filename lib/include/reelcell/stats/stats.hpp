// Exact statistics in one pass over the data: float64, numerically stable, right quantiles.
#pragma once

#include <array>
#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "reelcell/base/json.hpp"
#include "reelcell/model/episode.hpp"

namespace reelcell::stats {

/// Statistics of one feature, element by element. Vectors have one entry an element (one a channel
/// for pictures); an element without any value has NaN.
struct FeatureStats {
  bool integer = false;                         ///< of an integer or bool feature
  std::vector<double> min, max, mean, std;      ///< std is the population's (numpy's ddof = 0)
  std::vector<double> q01, q10, q50, q90, q99;  ///< linear interpolation, as numpy's default
  std::vector<std::int64_t> integer_min, integer_max;  ///< exact beyond 2^53; empty for floats
  std::vector<std::uint64_t> missing;                  ///< NaNs that were left out, an element
  std::uint64_t count = 0;                             ///< rows (frames), with those that had NaN
};

/// Room in memory that the values of several accumulators share; what is over goes to an unlinked
/// file in the temporary folder.
class ValueRoom;
/// The room of whatever writes one corpus: its outputs and its manifest each keep values, and
/// together no more than this. Gone with the last accumulator that holds it. Thread-safe.
std::shared_ptr<ValueRoom> shared_room();
inline constexpr std::uint64_t kMostSharedRoom = 8ull << 20;
/// Of the shared rooms that are made from now on; kMostSharedRoom at first.
void limit_shared_room(std::uint64_t bytes);

/// Values of one feature, in order. The result depends on the sequence of values alone, not on how
/// it was cut into add() calls; in another order it is the same up to 1e-12 relative, the quantiles
/// exactly. Mean and std lose nothing around large means; integers are taken relative to the first,
/// so that nanoseconds since 1970 keep their spread. Values are kept (as float32 where exact) for
/// the quantiles: 4-8 bytes a value; beyond `memory_limit` bytes, or what its room has, they go to
/// an unlinked file in the temporary folder and are selected from there (OutputError when that is
/// full). Beside them up to 32 KiB an element. Not thread-safe; accumulators that share a room may
/// be used by different threads.
class FeatureAccumulator {
 public:
  explicit FeatureAccumulator(const FeatureSpec& spec, std::uint64_t memory_limit = 256ull << 20);
  FeatureAccumulator(const FeatureSpec& spec, std::shared_ptr<ValueRoom> room);
  ~FeatureAccumulator();
  FeatureAccumulator(FeatureAccumulator&&) noexcept;
  FeatureAccumulator& operator=(FeatureAccumulator&&) noexcept;
  /// All rows; the width is that of the spec's shape. NaN is left out and counted. Text has no
  /// statistics but its count.
  void add(const Column& column);
  FeatureStats finish() const;

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

/// RGB pixels in [0, 1] per channel, from 256-bin histograms: exact, cannot overflow, 6 KiB however
/// many frames. Merging and order change nothing. Not thread-safe: one a thread, then merge().
class ChannelAccumulator {
 public:
  void add_rgb(std::span<const std::uint8_t> rgb24);  ///< 3 bytes a pixel; does not count a frame
  void merge(const ChannelAccumulator& other);
  /// count = number of frames (LeRobot's convention), set by the caller through frames().
  void add_frames(std::uint64_t n) { frames_ += n; }
  std::uint64_t frames() const { return frames_; }
  FeatureStats finish() const;
  Json to_json() const;  ///< the histograms, so that an episode's figures can be merged later
  static ChannelAccumulator from_json(const Json& json);  ///< throws InputError

 private:
  std::array<std::array<std::uint64_t, 256>, 3> histogram_{};
  std::uint64_t frames_ = 0;
};

}  // namespace reelcell::stats
