// A feature's column, made of joined ones whose values need not be of its dtype.
#pragma once

#include <cstdint>
#include <optional>

#include "reelcell/base/diagnostics.hpp"
#include "reelcell/model/episode.hpp"

namespace reelcell::pipeline {

/// Values of floats that become whole numbers are rounded, and counted. Missing ones become 0; the
/// row's flag says that they are. One that the dtype cannot hold throws InputError: no number that
/// was never measured may stand for it.
class FittedColumn {
 public:
  explicit FittedColumn(const FeatureSpec& spec);
  /// One value of a row at `time`.
  void append(const Column& from, std::size_t row, std::size_t element, SessionTime time);
  /// Tells of what was rounded, as "value-rounded" of the feature.
  Column finish(Diagnostics& diagnostics);

 private:
  [[noreturn]] void refuse(const std::string& value, SessionTime time) const;
  void append_whole(std::int64_t value, bool same_dtype, SessionTime time);
  void append_rounded(double value, SessionTime time);

  Column column_;
  std::uint64_t rounded_ = 0;
  std::optional<std::int64_t> first_ns_, last_ns_;
};

}  // namespace reelcell::pipeline
