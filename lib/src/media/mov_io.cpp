#include "internal/mov_io.hpp"

#include <algorithm>
#include <array>
#include <cstring>
#include <new>

#include "reelcell/base/error.hpp"

namespace reelcell::media {

namespace {

constexpr int kBufferSize = 32 * 1024;
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

MovIo::MovIo(const InputFile& file, MovLayout layout)
    : file_(file),
      layout_(std::move(layout)),
      size_(std::max(file.size(), layout_.payload.empty() ? 0 : layout_.payload.back().end)) {
  auto* buffer = static_cast<std::uint8_t*>(av_malloc(kBufferSize));
  if (buffer == nullptr) throw std::bad_alloc();
  context_ = avio_alloc_context(buffer, kBufferSize, 0, this, &MovIo::read, nullptr, &MovIo::seek);
  if (context_ == nullptr) {
    av_free(buffer);
    throw std::bad_alloc();
  }
}

MovIo::~MovIo() {
  av_freep(&context_->buffer);
  avio_context_free(&context_);
}

int MovIo::read(void* self, std::uint8_t* out, int size) {
  try {
    return static_cast<MovIo*>(self)->read_some({out, static_cast<std::size_t>(size)});
  } catch (const std::exception&) {
    return AVERROR(EIO);
  }
}

int MovIo::read_some(std::span<std::uint8_t> out) {
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

std::int64_t MovIo::seek(void* self, std::int64_t offset, int whence) {
  auto& io = *static_cast<MovIo*>(self);
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
