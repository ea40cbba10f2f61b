// Any bytes: opened, read in both orders, every message found again by its place, attachments and
// metadata fetched. InputError is the only way to refuse.
#include <cstddef>
#include <cstdint>

#include "../../lib/src/readers/mcap/internal/file.hpp"
#include "reelcell/base/error.hpp"

namespace mcap = reelcell::readers::mcap;

namespace {
template <class Body>
void refusable(Body&& body) {
  try {
    body();
  } catch (const reelcell::InputError&) {
  }
}
}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  reelcell::Diagnostics diagnostics;
  refusable([&] {
    const auto file = mcap::McapFile::open_bytes("fuzz", {data, data + size}, diagnostics);
    for (const mcap::Order order : {mcap::Order::kFile, mcap::Order::kLogTime}) {
      const auto cursor = file->messages({.order = order}, diagnostics);
      mcap::MessageView message;
      std::size_t looked_up = 0;
      while (cursor->next(message)) {
        // A place that a cursor gives must lead back to the same bytes; a few a file keep the
        // speed.
        if (looked_up++ < 4 &&
            file->read(message.ref) != reelcell::Bytes(message.data.begin(), message.data.end()))
          __builtin_trap();
      }
    }
    for (const auto& attachment : file->summary().attachments)
      refusable([&] { static_cast<void>(file->attachment(attachment)); });
    for (const auto& metadata : file->summary().metadata)
      refusable([&] { static_cast<void>(file->metadata(metadata)); });
  });
  return 0;
}
