#include "reelcell/base/link_file.hpp"

#include <algorithm>

#include "reelcell/base/error.hpp"

namespace reelcell {
namespace {

constexpr std::size_t kBlock = 1 << 20;

/// As any file of ours, so that a full disk is called one: what the standard library says of a copy
/// that ran out of space is EIO.
void copy_bytes(const fs::path& from, const fs::path& to) {
  const InputFile source(from);
  AtomicFile target(to);
  Bytes block(static_cast<std::size_t>(std::min<std::uint64_t>(kBlock, source.size())));
  for (std::uint64_t at = 0; at < source.size();) {
    const std::size_t got = source.read_at(at, block);
    if (got == 0)
      throw InputError(from.string(), "became shorter while it was copied: " + std::to_string(at) +
                                          " of " + std::to_string(source.size()) + " bytes");
    target.write(ByteView(block).first(got));
    at += got;
  }
  target.commit();
}

}  // namespace

void link_file(const fs::path& from, const fs::path& to) {
  std::error_code error;
  const fs::path source = fs::canonical(from, error);
  if (error) throw InputError(from.string(), "cannot be read: " + errno_text(error.value()));
  {
    AtomicPath target(to);
    fs::remove(target.temp_path(), error);
    fs::create_hard_link(source, target.temp_path(), error);
    if (!error) {
      target.commit();
      return;
    }
  }
  copy_bytes(source, to);  // another file system, or one without links
}

}  // namespace reelcell
