#include "reelcell/textlog/lines.hpp"

#include <algorithm>
#include <cstring>

namespace reelcell::textlog {
namespace {
constexpr std::size_t kShownOfLong = 200;
}

LineReader::LineReader(std::shared_ptr<const InputFile> file, std::uint64_t offset,
                       std::uint64_t number, std::size_t max_line)
    : file_(std::move(file)), max_line_(max_line), file_offset_(offset), number_(number) {
  if (offset != 0 || !fill()) return;
  static constexpr std::uint8_t kMark[] = {0xEF, 0xBB, 0xBF};
  if (size_ >= 3 && std::equal(kMark, kMark + 3, buffer_.begin())) next_ = 3;
}

/// Reads a block behind the content, moving the record in hand to the front first.
bool LineReader::fill() {
  if (start_ > 0) {
    std::memmove(buffer_.data(), buffer_.data() + start_, size_ - start_);
    size_ -= start_;
    next_ -= start_;
    end_ -= std::min(end_, start_);
    first_end_ -= std::min(first_end_, start_);
    first_next_ -= std::min(first_next_, start_);
    start_ = 0;
  }
  const std::uint64_t left = file_->size() - std::min(file_->size(), file_offset_);
  const std::size_t block = static_cast<std::size_t>(std::min<std::uint64_t>(kBlock, left));
  if (block == 0) return false;
  if (buffer_.size() < size_ + block) buffer_.resize(size_ + block);
  const std::size_t got =
      file_->read_at(file_offset_, std::span(buffer_).subspan(size_, buffer_.size() - size_));
  file_offset_ += got;
  size_ += got;
  return got > 0;
}

/// Looks for the line end from `from`; sets end_ and next_.
LineReader::Found LineReader::find_end(std::size_t from) {
  for (;;) {
    const void* hit =
        size_ > from ? std::memchr(buffer_.data() + from, '\n', size_ - from) : nullptr;
    if (hit) {
      end_ = static_cast<std::size_t>(static_cast<const std::uint8_t*>(hit) - buffer_.data());
      next_ = end_ + 1;
      return Found::kLineEnd;
    }
    if (size_ - start_ > max_line_) return Found::kLimit;
    const std::size_t searched = size_ - start_;
    if (!fill()) {
      end_ = next_ = size_;
      return Found::kEndOfFile;
    }
    from = start_ + searched;
  }
}

void LineReader::set_text(Line& line, std::size_t end, bool terminated) const {
  if (terminated && end > start_ && buffer_[end - 1] == '\r') --end;
  line.text = {reinterpret_cast<const char*>(buffer_.data()) + start_, end - start_};
  line.terminated = terminated;
}

bool LineReader::next(Line& line) {
  start_ = next_;
  line.number = number_;
  line.too_long = false;
  const Found found = find_end(next_);
  line.offset = file_offset_ - (size_ - start_);
  if (found == Found::kEndOfFile && end_ == start_) return false;
  ++number_;
  if (found == Found::kLimit) {
    skip_rest(line);
    return true;
  }
  first_terminated_ = last_terminated_ = found == Found::kLineEnd;
  first_end_ = end_;
  first_next_ = next_;
  set_text(line, end_, last_terminated_);
  return true;
}

/// Drops what follows up to the next line end, a block at a time.
void LineReader::skip_rest(Line& line) {
  start_of_long_.assign(reinterpret_cast<const char*>(buffer_.data()) + start_,
                        std::min(kShownOfLong, size_ - start_));
  Found found = Found::kLimit;
  while (found == Found::kLimit) {
    start_ = next_ = size_;
    found = find_end(size_);
  }
  first_terminated_ = last_terminated_ = found == Found::kLineEnd;
  first_end_ = end_;
  first_next_ = next_;
  line.text = start_of_long_;
  line.terminated = last_terminated_;
  line.too_long = true;
}

bool LineReader::extend(Line& line) {
  if (line.too_long || !last_terminated_) return false;
  const std::size_t length_before = end_ - start_;
  const std::size_t next_before = next_ - start_;
  const Found found = find_end(next_);
  if (found == Found::kLimit || (found == Found::kEndOfFile && end_ == start_ + next_before)) {
    end_ = start_ + length_before;
    next_ = start_ + next_before;
    set_text(line, end_, true);
    return false;
  }
  ++number_;
  last_terminated_ = found == Found::kLineEnd;
  set_text(line, end_, last_terminated_);
  return true;
}

void LineReader::shrink(Line& line) {
  number_ = line.number + 1;
  end_ = first_end_;
  next_ = first_next_;
  last_terminated_ = first_terminated_;
  set_text(line, end_, last_terminated_);
}

}  // namespace reelcell::textlog
