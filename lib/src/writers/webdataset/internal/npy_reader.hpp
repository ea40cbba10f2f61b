// What a .npy says of itself, checked against its length. For verify(): the writer has code of its
// own.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "reelcell/base/file.hpp"

namespace reelcell::webdataset {

struct NpyInfo {
  std::string type;  ///< "<f4"; "" for a structured type
  bool fortran_order = false;
  std::vector<std::uint64_t> shape;
  ByteView data;
};

/// Throws InputError (without a place) for anything numpy.load(allow_pickle=False) would refuse.
NpyInfo read_npy(ByteView bytes);

}  // namespace reelcell::webdataset
