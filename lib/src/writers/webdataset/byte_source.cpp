#include "internal/byte_source.hpp"

#include <zlib.h>
#include <zstd.h>

#include <algorithm>
#include <array>
#include <cstring>
#include <vector>

#include "reelcell/base/error.hpp"

namespace reelcell::webdataset {
namespace {

constexpr std::size_t kChunk = std::size_t{256} * 1024;

class MemorySource : public ByteSource {
 public:
  explicit MemorySource(ByteView bytes) : left_(bytes) {}
  std::size_t read(std::span<std::uint8_t> out) override {
    const std::size_t count = std::min(out.size(), left_.size());
    std::copy_n(left_.begin(), count, out.begin());
    left_ = left_.subspan(count);
    return count;
  }
  std::uint64_t skip(std::uint64_t bytes) override {
    const std::uint64_t count = std::min<std::uint64_t>(bytes, left_.size());
    left_ = left_.subspan(count);
    return count;
  }

 private:
  ByteView left_;
};

/// Reads ahead in chunks: a tar is many small headers.
class FileSource : public ByteSource {
 public:
  explicit FileSource(const fs::path& path) : file_(path), buffer_(kChunk) {}
  std::size_t read(std::span<std::uint8_t> out) override {
    std::size_t done = 0;
    while (done < out.size()) {
      if (at_ == filled_) {
        if (out.size() - done >= kChunk) {  // large pieces need no copy
          const std::size_t got = file_.read_at(offset_, out.subspan(done));
          offset_ += got;
          return done + got;
        }
        filled_ = file_.read_at(offset_, buffer_);
        offset_ += filled_;
        at_ = 0;
        if (filled_ == 0) break;
      }
      const std::size_t count = std::min(out.size() - done, filled_ - at_);
      std::memcpy(out.data() + done, buffer_.data() + at_, count);
      at_ += count;
      done += count;
    }
    return done;
  }
  std::uint64_t skip(std::uint64_t bytes) override {
    const std::uint64_t buffered = std::min<std::uint64_t>(bytes, filled_ - at_);
    at_ += buffered;
    const std::uint64_t left = file_.size() > offset_ ? file_.size() - offset_ : 0;
    const std::uint64_t jumped = std::min(bytes - buffered, left);
    offset_ += jumped;
    return buffered + jumped;
  }

 private:
  InputFile file_;
  Bytes buffer_;
  std::uint64_t offset_ = 0;
  std::size_t at_ = 0, filled_ = 0;
};

class GzipSource : public ByteSource {
 public:
  GzipSource(std::unique_ptr<ByteSource> from, std::string where)
      : from_(std::move(from)), where_(std::move(where)), input_(kChunk) {
    constexpr int kGzipOnly = 16 + MAX_WBITS;
    if (inflateInit2(&stream_, kGzipOnly) != Z_OK) throw InputError(where_, "zlib cannot start");
  }
  ~GzipSource() override { inflateEnd(&stream_); }
  GzipSource(const GzipSource&) = delete;
  GzipSource& operator=(const GzipSource&) = delete;

  std::size_t read(std::span<std::uint8_t> out) override {
    std::size_t done = 0;
    while (done < out.size()) {
      if (stream_.avail_in == 0) refill();
      if (stream_.avail_in == 0) {
        if (inside_) throw InputError(where_, "the gzip stream ends in its middle");
        break;
      }
      const auto room = static_cast<uInt>(std::min(out.size() - done, kChunk));
      stream_.next_out = out.data() + done;
      stream_.avail_out = room;
      inside_ = true;
      const int code = inflate(&stream_, Z_NO_FLUSH);
      done += room - stream_.avail_out;
      if (code == Z_STREAM_END) {  // another member may follow
        inside_ = false;
        inflateReset(&stream_);
      } else if (code != Z_OK && code != Z_BUF_ERROR) {
        throw InputError(where_, std::string("damaged gzip data: ") +
                                     (stream_.msg ? stream_.msg : "zlib gives no reason"));
      }
    }
    return done;
  }

 private:
  void refill() {
    stream_.next_in = input_.data();
    stream_.avail_in = static_cast<uInt>(from_->read(input_));
  }
  std::unique_ptr<ByteSource> from_;
  std::string where_;
  Bytes input_;
  z_stream stream_{};
  bool inside_ = false;
};

class ZstdSource : public ByteSource {
 public:
  ZstdSource(std::unique_ptr<ByteSource> from, std::string where)
      : from_(std::move(from)), where_(std::move(where)), input_(kChunk) {
    // A hostile frame may ask for a window of gigabytes; 128 MiB is what zstd itself allows.
    ZSTD_DCtx_setParameter(context_.get(), ZSTD_d_windowLogMax, 27);
  }
  std::size_t read(std::span<std::uint8_t> out) override {
    ZSTD_outBuffer target{out.data(), out.size(), 0};
    while (target.pos < target.size) {
      if (source_.pos == source_.size) {
        source_ = {input_.data(), from_->read(input_), 0};
        if (source_.size == 0) {
          if (inside_) throw InputError(where_, "the zstd stream ends in its middle");
          break;
        }
      }
      const std::size_t code = ZSTD_decompressStream(context_.get(), &target, &source_);
      if (ZSTD_isError(code))
        throw InputError(where_, std::string("damaged zstd data: ") + ZSTD_getErrorName(code));
      inside_ = code != 0;
    }
    return target.pos;
  }

 private:
  struct Free {
    void operator()(ZSTD_DCtx* context) const { ZSTD_freeDCtx(context); }
  };
  std::unique_ptr<ByteSource> from_;
  std::string where_;
  Bytes input_;
  std::unique_ptr<ZSTD_DCtx, Free> context_{ZSTD_createDCtx()};
  ZSTD_inBuffer source_{nullptr, 0, 0};
  bool inside_ = false;
};

}  // namespace

std::uint64_t ByteSource::skip(std::uint64_t bytes) {
  Bytes scratch(std::min<std::uint64_t>(bytes, kChunk));
  std::uint64_t done = 0;
  while (done < bytes) {
    const auto want = std::min<std::uint64_t>(bytes - done, scratch.size());
    const std::size_t got = read(std::span(scratch).first(want));
    done += got;
    if (got < want) break;
  }
  return done;
}

std::unique_ptr<ByteSource> memory_source(ByteView bytes) {
  return std::make_unique<MemorySource>(bytes);
}

namespace {
/// Without a known compression the source itself.
std::unique_ptr<ByteSource> decompressing(std::unique_ptr<ByteSource> source, ByteView head,
                                          const std::string& where) {
  constexpr std::uint8_t kGzip[] = {0x1F, 0x8B}, kZstd[] = {0x28, 0xB5, 0x2F, 0xFD};
  const auto begins_with = [&](ByteView magic) {
    return head.size() >= magic.size() && std::equal(magic.begin(), magic.end(), head.begin());
  };
  if (begins_with(kGzip)) return std::make_unique<GzipSource>(std::move(source), where);
  if (begins_with(kZstd)) return std::make_unique<ZstdSource>(std::move(source), where);
  return source;
}
}  // namespace

std::unique_ptr<ByteSource> file_source(const fs::path& path) {
  std::array<std::uint8_t, 4> head{};
  const std::size_t got = InputFile(path).read_at(0, head);
  return decompressing(std::make_unique<FileSource>(path), ByteView(head).first(got),
                       path.string());
}

Bytes decompress_member(ByteView bytes, std::uint64_t limit) {
  const auto source = decompressing(memory_source(bytes), bytes, "");
  Bytes out;
  for (;;) {
    const std::size_t at = out.size();
    out.resize(at + kChunk);
    const std::size_t got = source->read(std::span(out).subspan(at));
    out.resize(at + got);
    if (got < kChunk) return out;
    if (out.size() > limit)
      throw InputError("decompresses to more than " + std::to_string(limit) + " bytes");
  }
}

}  // namespace reelcell::webdataset
