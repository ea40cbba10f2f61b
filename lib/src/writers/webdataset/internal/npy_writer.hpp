// NumPy's .npy, version 1.0, little-endian, C order (numpy.lib.format).
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "reelcell/base/file.hpp"
#include "reelcell/model/series.hpp"

namespace reelcell::webdataset {

/// rows x width, or [rows] when `scalar`. Values are narrowed to the column's type; text becomes
/// numpy's fixed-width Unicode ("<U12").
Bytes npy_of_column(const Column& column, bool scalar);
/// Shape gives the split of `values`; their count must be its product (assert).
Bytes npy_of_int64(std::span<const std::int64_t> values, const std::vector<std::size_t>& shape);
Bytes npy_of_int8(std::span<const std::int8_t> values, const std::vector<std::size_t>& shape);
Bytes npy_of_uint32(std::span<const std::uint32_t> values, const std::vector<std::size_t>& shape);

}  // namespace reelcell::webdataset
