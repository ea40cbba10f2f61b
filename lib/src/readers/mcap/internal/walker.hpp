// Record by record through a range of the file, in windows.
#pragma once

#include <span>

#include "records.hpp"
#include "source.hpp"

namespace reelcell::readers::mcap {

struct Record {
  Opcode opcode{};
  std::uint64_t offset = 0;  ///< in the file
  std::uint64_t length = 0;  ///< of the body, as the record claims
  ByteView body;             ///< valid until the next step; may be a prefix, see RecordWalker
  std::uint64_t end() const { return offset + kRecordHead + length; }
};

enum class Step {
  kRecord,
  kEnd,
  kCut,      ///< fewer bytes are left than the record claims; `body` is what there is
  kGarbage,  ///< opcode 0 or a length that no record has: no record begins here
};

class RecordWalker {
 public:
  /// Bodies longer than a window are given whole only for the opcodes in `load`; of others as a
  /// prefix.
  static constexpr std::uint64_t kWindow = std::uint64_t{256} * 1024;
  RecordWalker(const ByteSource& source, std::uint64_t begin, std::uint64_t end,
               std::span<const Opcode> load = {}, std::uint64_t window = kWindow);
  /// Also compute the CRC of all bytes that were stepped over, continuing from `crc`.
  void track_crc(std::uint32_t crc);
  Step next(Record& record);
  /// Where the next record begins; after kCut and kGarbage the one that was refused.
  std::uint64_t position() const { return position_; }
  /// Up to, not with, the record given last.
  std::uint32_t crc() const { return crc_; }

 private:
  /// At least `size` bytes at `offset` when the range has them.
  ByteView bytes_at(std::uint64_t offset, std::uint64_t size);
  void add_to_crc(std::uint64_t begin, std::uint64_t end);
  const ByteSource& source_;
  std::uint64_t position_;
  const std::uint64_t end_;
  std::span<const Opcode> load_;
  const std::uint64_t window_size_;  ///< read at least at a time
  Buffer buffer_;
  ByteView window_;
  std::uint64_t window_begin_ = 0;
  bool tracking_ = false;
  std::uint32_t crc_ = 0;
  std::uint64_t crc_done_ = 0;
};

/// Calls visit(opcode, offset, body) for the whole records in `records`; where it stopped:
/// records.size() when they end with a whole record. Opcode 0 stops it, too.
template <class Visit>
std::uint64_t walk_records(ByteView records, Visit&& visit) {
  std::uint64_t at = 0;
  while (records.size() - at >= kRecordHead && records[at] != 0) {
    const std::uint64_t length = load_u64(records.data() + at + 1);
    if (length > records.size() - at - kRecordHead) break;
    visit(static_cast<Opcode>(records[at]), at, records.subspan(at + kRecordHead, length));
    at += kRecordHead + length;
  }
  return at;
}

}  // namespace reelcell::readers::mcap
