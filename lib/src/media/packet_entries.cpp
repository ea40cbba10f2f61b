#include "internal/packet_entries.hpp"

#include <algorithm>

namespace reelcell::media {

namespace {

// First byte of an entry: what is not as it was for the entry before, and therefore follows.
enum Follows : unsigned {
  kFlags = 1,       ///< flags and entry points
  kDecodeStep = 2,  ///< dts is not one step on
  kShown = 4,       ///< pts - dts
  kPlace = 8,       ///< does not begin where the last one ends
  kDuration = 16,
  kPictureOrder = 32,
};

std::uint64_t zigzag(std::uint64_t difference) {
  const auto value = static_cast<std::int64_t>(difference);
  return (difference << 1) ^ static_cast<std::uint64_t>(value >> 63);
}
std::uint64_t unzigzag(std::uint64_t value) { return (value >> 1) ^ (~(value & 1) + 1); }

void put(std::vector<std::uint8_t>& out, std::uint64_t value) {
  for (; value >= 0x80; value >>= 7) out.push_back(static_cast<std::uint8_t>(value | 0x80));
  out.push_back(static_cast<std::uint8_t>(value));
}
std::uint64_t get(const std::uint8_t*& at) {
  std::uint64_t value = 0;
  for (int shift = 0;; shift += 7) {
    const std::uint8_t byte = *at++;
    value |= static_cast<std::uint64_t>(byte & 0x7f) << shift;
    if (byte < 0x80) return value;
  }
}

unsigned flags_of(const PacketEntry& entry) {
  return static_cast<unsigned>(entry.entry) | static_cast<unsigned>(entry.seen.entry) << 2 |
         unsigned{entry.flagged_key} << 4 | unsigned{entry.discard} << 5 |
         unsigned{entry.lost} << 6 | unsigned{entry.seen.decided} << 7 |
         unsigned{entry.seen.intra} << 8;
}
void take_flags(std::uint64_t flags, PacketEntry& entry) {
  entry.entry = static_cast<Entry>(flags & 3);
  entry.seen.entry = static_cast<Entry>(flags >> 2 & 3);
  entry.flagged_key = (flags >> 4 & 1) != 0;
  entry.discard = (flags >> 5 & 1) != 0;
  entry.lost = (flags >> 6 & 1) != 0;
  entry.seen.decided = (flags >> 7 & 1) != 0;
  entry.seen.intra = (flags >> 8 & 1) != 0;
}

std::uint64_t bits(std::int64_t value) { return static_cast<std::uint64_t>(value); }

/// What an entry is told apart from. Differences wrap around, so that any number comes back.
struct Before {
  std::uint64_t dts = 0, step = 0, shown = 0, end = 0;
  std::uint64_t duration = 0, picture_order = 0;
  std::uint64_t flags = 0;
};

/// Bit patterns of an entry and its differences, and `before` moved on to it.
void pack_entry(const PacketEntry& entry, Before& before, std::vector<std::uint8_t>& out) {
  const std::uint64_t step = bits(entry.dts) - before.dts;
  const std::uint64_t shown = bits(entry.pts) - bits(entry.dts);
  const std::uint64_t flags = flags_of(entry);
  const std::uint64_t order = bits(entry.picture_order);
  unsigned follows = 0;
  if (flags != before.flags) follows |= kFlags;
  if (step != before.step) follows |= kDecodeStep;
  if (shown != before.shown) follows |= kShown;
  if (bits(entry.position) != before.end) follows |= kPlace;
  if (entry.duration != before.duration) follows |= kDuration;
  if (order != before.picture_order) follows |= kPictureOrder;
  out.push_back(static_cast<std::uint8_t>(follows));
  put(out, entry.size);
  if (follows & kFlags) put(out, flags);
  if (follows & kDecodeStep) put(out, zigzag(step - before.step));
  if (follows & kShown) put(out, zigzag(shown - before.shown));
  if (follows & kPlace) put(out, zigzag(bits(entry.position) - before.end));
  if (follows & kDuration) put(out, zigzag(entry.duration - before.duration));
  if (follows & kPictureOrder) put(out, zigzag(order - before.picture_order));
  before = {bits(entry.dts), step,  shown, bits(entry.position) + entry.size,
            entry.duration,  order, flags};
}

PacketEntry unpack_entry(const std::uint8_t*& at, Before& before) {
  const unsigned follows = *at++;
  PacketEntry entry;
  entry.size = static_cast<std::uint32_t>(get(at));
  if (follows & kFlags) before.flags = get(at);
  if (follows & kDecodeStep) before.step += unzigzag(get(at));
  if (follows & kShown) before.shown += unzigzag(get(at));
  if (follows & kPlace) before.end += unzigzag(get(at));
  if (follows & kDuration) before.duration += unzigzag(get(at));
  if (follows & kPictureOrder) before.picture_order += unzigzag(get(at));
  before.dts += before.step;
  take_flags(before.flags, entry);
  entry.dts = static_cast<std::int64_t>(before.dts);
  entry.pts = static_cast<std::int64_t>(before.dts + before.shown);
  entry.position = static_cast<std::int64_t>(before.end);
  entry.duration = static_cast<std::uint32_t>(before.duration);
  entry.picture_order = static_cast<std::int32_t>(before.picture_order);
  before.end += entry.size;
  return entry;
}

}  // namespace

PacketEntries::Page PacketEntries::pack(const std::vector<PacketEntry>& entries) {
  Page page;
  page.bytes.reserve(entries.size() * 4);
  page.lowest = page.highest = entries.front().position;
  Before before;
  for (const PacketEntry& entry : entries) {
    pack_entry(entry, before, page.bytes);
    page.lowest = std::min(page.lowest, entry.position);
    page.highest = std::max(page.highest, entry.position);
  }
  page.bytes.shrink_to_fit();
  return page;
}

void PacketEntries::unpack(std::size_t page, std::vector<PacketEntry>& entries) const {
  entries.clear();
  entries.reserve(kPage);
  const std::uint8_t* at = pages_[page].bytes.data();
  Before before;
  for (std::size_t i = 0; i < kPage; ++i) entries.push_back(unpack_entry(at, before));
}

void PacketEntries::push_back(const PacketEntry& entry) {
  tail_.push_back(entry);
  if (tail_.size() < kPage) return;
  pages_.push_back(pack(tail_));
  tail_.clear();
}

std::vector<PacketEntry> PacketEntries::unpacked() const {
  std::vector<PacketEntry> all;
  all.reserve(size());
  each([&](const PacketEntry& entry) { all.push_back(entry); });
  return all;
}

std::size_t PacketEntries::bytes() const {
  std::size_t sum = pages_.capacity() * sizeof(Page) + tail_.capacity() * sizeof(PacketEntry);
  for (const Page& page : pages_) sum += page.bytes.capacity() + 16;
  return sum;
}

}  // namespace reelcell::media
