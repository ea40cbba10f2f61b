#include "internal/mov_layout.hpp"

#include <array>
#include <string_view>

namespace reelcell::media {
namespace {

constexpr std::size_t kMaxBoxes = 4'000'000;  ///< a day of one-second fragments is 170,000

std::uint64_t big_endian(const std::uint8_t* at, int bytes) {
  std::uint64_t value = 0;
  for (int i = 0; i < bytes; ++i) value = value << 8 | at[i];
  return value;
}

}  // namespace

MovLayout read_mov_layout(const InputFile& file) {
  MovLayout layout;
  std::uint64_t at = 0;
  for (std::size_t boxes = 0; boxes < kMaxBoxes && at < file.size(); ++boxes) {
    std::array<std::uint8_t, 16> head{};
    const std::size_t got = file.read_at(at, head);
    if (got < 8) {
      layout.cut = true;
      break;
    }
    std::uint64_t size = big_endian(head.data(), 4), header = 8;
    if (size == 1 && got == 16) size = big_endian(head.data() + 8, 8), header = 16;
    if (size == 0) size = file.size() - at;
    if (size < header) break;  // not a box: what follows is not ours to explain
    const std::string_view type(reinterpret_cast<const char*>(head.data() + 4), 4);
    const std::uint64_t end = size > UINT64_MAX / 4 - at ? UINT64_MAX / 4 : at + size;
    layout.declared_size = end;
    layout.has_ftyp = layout.has_ftyp || type == "ftyp";
    if (type == "moov") {
      layout.has_moov = true;
      layout.moov_cut = end > file.size();
    }
    if (type == "mdat") {
      layout.has_mdat = true;
      layout.payload.push_back({at + header, end});
    }
    layout.cut = end > file.size();
    at = end;
  }
  return layout;
}

}  // namespace reelcell::media
