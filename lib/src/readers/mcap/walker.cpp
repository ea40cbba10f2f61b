#include "internal/walker.hpp"

#include <algorithm>

#include "reelcell/base/compress.hpp"

namespace reelcell::readers::mcap {

RecordWalker::RecordWalker(const ByteSource& source, std::uint64_t begin, std::uint64_t end,
                           std::span<const Opcode> load, std::uint64_t window)
    : source_(source),
      position_(begin),
      end_(std::min(end, source.size())),
      load_(load),
      window_size_(window),
      crc_done_(begin) {}

void RecordWalker::track_crc(std::uint32_t crc) {
  tracking_ = true;
  crc_ = crc;
}

ByteView RecordWalker::bytes_at(std::uint64_t offset, std::uint64_t size) {
  if (offset >= end_) return {};
  const std::uint64_t left = end_ - offset;
  size = std::min(size, left);
  if (offset < window_begin_ || offset + size > window_begin_ + window_.size()) {
    window_ = source_.view(offset, std::min(std::max(size, window_size_), left), buffer_);
    window_begin_ = offset;
  }
  return window_.subspan(offset - window_begin_);
}

void RecordWalker::add_to_crc(std::uint64_t begin, std::uint64_t end) {
  while (begin < end) {
    ByteView bytes = bytes_at(begin, std::min(end - begin, window_size_));
    if (bytes.empty()) return;
    bytes = bytes.first(std::min<std::uint64_t>(bytes.size(), end - begin));
    crc_ = crc32(crc_, bytes);
    begin += bytes.size();
  }
}

Step RecordWalker::next(Record& record) {
  if (tracking_) {
    add_to_crc(crc_done_, position_);
    crc_done_ = position_;
  }
  record = {};
  record.offset = position_;
  if (position_ >= end_) return Step::kEnd;
  const ByteView head = bytes_at(position_, kRecordHead);
  if (head.empty()) return Step::kEnd;
  if (head[0] == 0) return Step::kGarbage;
  record.opcode = static_cast<Opcode>(head[0]);
  if (head.size() < kRecordHead) return Step::kCut;
  record.length = load_u64(head.data() + 1);
  const std::uint64_t left = end_ - position_ - kRecordHead;
  const bool cut = record.length > left;
  const bool whole = std::find(load_.begin(), load_.end(), record.opcode) != load_.end();
  if (whole && record.length > kLargestRecord && !cut) return Step::kGarbage;
  const std::uint64_t wanted =
      std::min({record.length, left, whole ? kLargestRecord : window_size_ / 2});
  const ByteView bytes = bytes_at(position_, kRecordHead + wanted);
  if (bytes.size() < kRecordHead + wanted) return Step::kCut;  // the file shrank while we read it
  record.body = bytes.subspan(kRecordHead, wanted);
  if (cut) return Step::kCut;
  position_ = record.end();
  return Step::kRecord;
}

}  // namespace reelcell::readers::mcap
