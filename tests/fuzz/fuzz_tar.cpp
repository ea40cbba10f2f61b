// Any bytes as a tar shard: walked through, and looked into as verify() does. Nothing but findings
// may come of it.
#include <cstddef>
#include <cstdint>

#include "../../lib/src/writers/webdataset/internal/tar_reader.hpp"
#include "../../lib/src/writers/webdataset/internal/verify_shard.hpp"
#include "reelcell/base/error.hpp"

namespace wds = reelcell::webdataset;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const reelcell::ByteView bytes(data, size);
  {
    const auto source = wds::memory_source(bytes);
    wds::TarReader reader(*source);
    wds::TarEntry entry;
    std::uint64_t last = 0;
    while (reader.next(entry)) {
      // Every member costs a header: the walk ends.
      if (entry.data_offset < last + 512 || entry.data_offset > size) __builtin_trap();
      last = entry.data_offset;
      static_cast<void>(wds::unsafe_name(entry.name));
    }
  }
  const auto source = wds::memory_source(bytes);
  static_cast<void>(wds::verify_shard(*source, "fuzz.tar", nullptr, {}));
  return 0;
}
