// A track's packets as few bytes: an hour has 100,000 of them, and all are asked for again and
// again.
#pragma once

#include <cstdint>
#include <limits>
#include <span>
#include <utility>
#include <vector>

#include "internal/av.hpp"
#include "internal/bitstream.hpp"

namespace reelcell::media {

/// A packet of the track, in decode order. Times are in the track's time base.
struct PacketEntry {
  std::int64_t pts = AV_NOPTS_VALUE;
  std::int64_t dts = AV_NOPTS_VALUE;
  std::int64_t position = -1;  ///< of its first byte in the file, -1 unknown
  std::uint32_t size = 0;
  std::uint32_t duration = 0;
  std::int32_t picture_order = 0;  ///< of the codec; only filled where the container lacks pts
  Entry entry = Entry::kNone;
  bool flagged_key = false;  ///< what the container said
  bool discard = false;      ///< decoded, not shown
  bool lost = false;         ///< cut off or marked corrupt: cannot be used
  FrameClass seen;
};

/// Entries in decode order, in pages; each page holds what an entry does not share with the one
/// before it: 3 to 6 bytes an entry of a usual file, and never an entry other than as it was added.
/// Copies nothing: many may read at once while none changes it.
class PacketEntries {
 public:
  static constexpr std::size_t kPage = 512;  ///< entries

  PacketEntries() = default;
  explicit PacketEntries(const std::vector<PacketEntry>& entries) {
    for (const PacketEntry& entry : entries) push_back(entry);
  }
  void push_back(const PacketEntry& entry);
  std::size_t size() const { return pages_.size() * kPage + tail_.size(); }
  bool empty() const { return size() == 0; }
  std::vector<PacketEntry> unpacked() const;
  std::size_t bytes() const;  ///< of memory, about

  /// visit(const PacketEntry&), first to last.
  template <class Visit>
  void each(Visit&& visit) const {
    std::vector<PacketEntry> page;
    for (std::size_t p = 0; p <= pages_.size(); ++p)
      for (const PacketEntry& entry : page_at(p, page)) visit(entry);
  }
  /// visit(PacketEntry&), first to last, and keeps what it changed.
  template <class Visit>
  void edit(Visit&& visit) {
    std::vector<PacketEntry> page;
    for (std::size_t p = 0; p < pages_.size(); ++p) {
      unpack(p, page);
      for (PacketEntry& entry : page) visit(entry);
      pages_[p] = pack(page);
    }
    for (PacketEntry& entry : tail_) visit(entry);
  }
  /// The same, last to first.
  template <class Visit>
  void edit_backwards(Visit&& visit) {
    for (std::size_t i = tail_.size(); i-- > 0;) visit(tail_[i]);
    std::vector<PacketEntry> page;
    for (std::size_t p = pages_.size(); p-- > 0;) {
      unpack(p, page);
      for (std::size_t i = page.size(); i-- > 0;) visit(page[i]);
      pages_[p] = pack(page);
    }
  }
  template <class Test>
  bool any(Test&& test) const {
    std::vector<PacketEntry> page;
    for (std::size_t p = 0; p <= pages_.size(); ++p)
      for (const PacketEntry& entry : page_at(p, page))
        if (test(entry)) return true;
    return false;
  }
  /// Calls visit(ordinal) for the entries of this position and size until it returns false.
  template <class Visit>
  void at_place(std::int64_t position, std::uint32_t size, Visit&& visit) const {
    std::vector<PacketEntry> page;
    for (std::size_t p = 0; p <= pages_.size(); ++p) {
      if (p < pages_.size() && (position < pages_[p].lowest || position > pages_[p].highest))
        continue;
      const std::span<const PacketEntry> entries = page_at(p, page);
      for (std::size_t i = 0; i < entries.size(); ++i)
        if (entries[i].position == position && entries[i].size == size &&
            !visit(static_cast<std::uint32_t>(p * kPage + i)))
          return;
    }
  }

 private:
  friend class PacketReader;
  struct Page {
    std::vector<std::uint8_t> bytes;
    std::int64_t lowest = 0, highest = 0;  ///< positions
  };
  static Page pack(const std::vector<PacketEntry>& entries);
  void unpack(std::size_t page, std::vector<PacketEntry>& entries) const;
  /// Of page `page`, unpacked into `room`; the last is the tail, which is not packed.
  std::span<const PacketEntry> page_at(std::size_t page, std::vector<PacketEntry>& room) const {
    if (page == pages_.size()) return tail_;
    unpack(page, room);
    return room;
  }

  std::vector<Page> pages_;  ///< full ones
  std::vector<PacketEntry> tail_;
};

/// Entries by their ordinals, best from near ones to near ones. Borrows; one a thread.
class PacketReader {
 public:
  explicit PacketReader(const PacketEntries& entries) : entries_(&entries) {}
  std::size_t size() const { return entries_->size(); }
  /// Until the next call.
  const PacketEntry& operator[](std::size_t ordinal) {
    const std::size_t page = ordinal / PacketEntries::kPage;
    if (page == entries_->pages_.size()) return entries_->tail_[ordinal % PacketEntries::kPage];
    if (page != page_) entries_->unpack(page_ = page, room_);
    return room_[ordinal % PacketEntries::kPage];
  }

 private:
  const PacketEntries* entries_;
  std::size_t page_ = std::numeric_limits<std::size_t>::max();
  std::vector<PacketEntry> room_;
};

}  // namespace reelcell::media
