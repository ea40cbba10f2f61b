// Any bytes as an npy file and as a compressed member: refused with InputError or understood.
#include <cstddef>
#include <cstdint>

#include "../../lib/src/writers/webdataset/internal/byte_source.hpp"
#include "../../lib/src/writers/webdataset/internal/npy_reader.hpp"
#include "reelcell/base/error.hpp"

namespace wds = reelcell::webdataset;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const reelcell::ByteView bytes(data, size);
  try {
    const wds::NpyInfo info = wds::read_npy(bytes);
    if (info.data.size() > size) __builtin_trap();
  } catch (const reelcell::InputError&) {
  }
  try {
    static_cast<void>(wds::decompress_member(bytes, 1 << 20));
  } catch (const reelcell::InputError&) {
  }
  return 0;
}
