#include "internal/file_io.hpp"

#include <algorithm>
#include <cstring>
#include <new>

namespace reelcell::media {
namespace {

constexpr int kBufferSize = 32 * 1024;

}  // namespace

FileIo::FileIo(InputFile file, MovLayout layout)
    : file_(std::move(file)),
      layout_(std::move(layout)),
      size_(std::max(file_.size(), layout_.payload.empty() ? 0 : layout_.payload.back().end)) {
  auto* buffer = static_cast<std::uint8_t*>(av_malloc(kBufferSize));
  if (buffer == nullptr) throw std::bad_alloc();
  context_ =
      avio_alloc_context(buffer, kBufferSize, 0, this, &FileIo::read, nullptr, &FileIo::seek);
  if (context_ == nullptr) {
    av_free(buffer);
    throw std::bad_alloc();
  }
}

FileIo::~FileIo() {
  av_freep(&context_->buffer);
  avio_context_free(&context_);
}

int FileIo::read(void* self, std::uint8_t* out, int size) {
  auto& io = *static_cast<FileIo*>(self);
  try {
    return io.read_some({out, static_cast<std::size_t>(size)});
  } catch (...) {
    if (!io.failure_) io.failure_ = std::current_exception();
    return AVERROR(EIO);
  }
}

void FileIo::rethrow() const {
  if (failure_) std::rethrow_exception(failure_);
}

int FileIo::read_some(std::span<std::uint8_t> out) {
  std::uint64_t wanted = out.size();
  if (skip_) {
    const auto next =
        std::upper_bound(layout_.payload.begin(), layout_.payload.end(), at_,
                         [](std::uint64_t at, const auto& range) { return at < range.end; });
    if (next != layout_.payload.end() && at_ >= next->begin) {
      const std::uint64_t given = std::min<std::uint64_t>(wanted, next->end - at_);
      // Large reads go straight into a packet that nobody looks into; small ones pass through
      // libav's buffer.
      if (out.size() <= kBufferSize) std::memset(out.data(), 0, static_cast<std::size_t>(given));
      at_ += given;
      return static_cast<int>(given);
    }
    if (next != layout_.payload.end()) wanted = std::min(wanted, next->begin - at_);
  }
  const std::size_t got = file_.read_at(at_, out.first(static_cast<std::size_t>(wanted)));
  at_ += got;
  return got == 0 ? AVERROR_EOF : static_cast<int>(got);
}

std::int64_t FileIo::seek(void* self, std::int64_t offset, int whence) {
  auto& io = *static_cast<FileIo*>(self);
  const std::uint64_t size = io.skip_ ? io.size_ : io.file_.size();
  if (whence == AVSEEK_SIZE) return static_cast<std::int64_t>(size);
  std::int64_t base = 0;
  if (whence == SEEK_CUR) base = static_cast<std::int64_t>(io.at_);
  if (whence == SEEK_END) base = static_cast<std::int64_t>(size);
  std::int64_t target = 0;
  if (__builtin_add_overflow(base, offset, &target) || target < 0) return AVERROR(EINVAL);
  io.at_ = static_cast<std::uint64_t>(target);
  return target;
}

}  // namespace reelcell::media
