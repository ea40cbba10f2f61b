// NumPy arrays of our own shards, back into columns.
#pragma once

#include <vector>

#include "reelcell/base/file.hpp"
#include "reelcell/model/series.hpp"

namespace reelcell::pipeline::edit {

struct NpyArray {
  std::vector<std::uint64_t> shape;
  DType dtype = DType::kFloat64;  ///< "<U12" is kString
  ColumnData data;                ///< row-major
};
/// `bytes` of a .npy, or of a .npy.zst when `compressed`. Little-endian, C order, no pickles.
/// Throws InputError without a place.
NpyArray read_array(ByteView bytes, bool compressed);

}  // namespace reelcell::pipeline::edit
