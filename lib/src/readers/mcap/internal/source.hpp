// Where the bytes come from: a file or memory; and a buffer that does not clear what it is about to
// fill.
#pragma once

#include <memory>
#include <optional>
#include <string>

#include "reelcell/base/file.hpp"

namespace reelcell::readers::mcap {

/// Grows, never shrinks, never clears.
class Buffer {
 public:
  /// At least `size` writable bytes; earlier contents are lost when it grows.
  std::uint8_t* reserve(std::uint64_t size) {
    if (size > capacity_) {
      data_.reset();
      data_ = std::make_unique_for_overwrite<std::uint8_t[]>(size);
      capacity_ = size;
    }
    return data_.get();
  }

 private:
  std::unique_ptr<std::uint8_t[]> data_;
  std::uint64_t capacity_ = 0;
};

/// Positional reads are used rather than a memory map: a file that another program cuts while we
/// read gives an error then, not SIGBUS. Thread-safe.
class ByteSource {
 public:
  explicit ByteSource(const fs::path& path);
  ByteSource(std::string name, Bytes bytes);
  const std::string& name() const { return name_; }
  std::uint64_t size() const { return size_; }
  /// Up to `size` bytes at `offset`, fewer only at the end. The view lives in `scratch` or in this
  /// source.
  ByteView view(std::uint64_t offset, std::uint64_t size, Buffer& scratch) const;

 private:
  std::string name_;
  std::optional<InputFile> file_;
  Bytes bytes_;
  std::uint64_t size_ = 0;
};

}  // namespace reelcell::readers::mcap
