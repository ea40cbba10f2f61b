#include "internal/source.hpp"

#include <algorithm>

namespace reelcell::readers::mcap {

ByteSource::ByteSource(const fs::path& path) : name_(path.string()), file_(path) {
  size_ = file_->size();
}

ByteSource::ByteSource(std::string name, Bytes bytes)
    : name_(std::move(name)), bytes_(std::move(bytes)), size_(bytes_.size()) {}

ByteView ByteSource::view(std::uint64_t offset, std::uint64_t size, Buffer& scratch) const {
  if (offset >= size_) return {};
  size = std::min(size, size_ - offset);
  if (!file_) return ByteView(bytes_).subspan(offset, size);
  std::uint8_t* into = scratch.reserve(size);
  return {into, file_->read_at(offset, {into, size})};
}

}  // namespace reelcell::readers::mcap
