#include "internal/chunk.hpp"

#include <lz4frame.h>
#include <zstd.h>

#include <algorithm>
#include <array>
#include <cstdio>

#include "reelcell/base/compress.hpp"
#include "reelcell/base/error.hpp"

namespace reelcell::readers::mcap {
namespace {
// The most that one byte can stand for, so that a claimed size is refused before memory is taken:
// zstd's densest block is 4 bytes for 128 KiB, lz4's a length byte for 255.
constexpr std::uint64_t kZstdDensest = 32 * 1024;
constexpr std::uint64_t kLz4Densest = 255;

std::string wrong_size(std::uint64_t found, std::uint64_t expected) {
  return "its records decompress to " + std::to_string(found) + " bytes, expected " +
         std::to_string(expected);
}

std::string hex(std::uint32_t crc) {
  std::array<char, 16> text{};
  std::snprintf(text.data(), text.size(), "%08x", crc);
  return text.data();
}

/// "" when `head` may be believed enough to allocate for it.
std::string implausible(const ChunkHead& head) {
  const std::uint64_t size = head.uncompressed_size;
  if (size > kLargestRecord)
    return "it claims " + std::to_string(size) + " bytes of records, at most " +
           std::to_string(kLargestRecord) + " are accepted";
  if (head.compression.empty())
    return size == head.records_size ? "" : wrong_size(head.records_size, size);
  if (head.compression != "zstd" && head.compression != "lz4")
    return "its compression is '" + head.compression + "', known are '', 'lz4' and 'zstd'";
  const std::uint64_t densest = head.compression == "zstd" ? kZstdDensest : kLz4Densest;
  if (size / densest > head.records_size)
    return "it claims " + std::to_string(size) + " bytes of records in " +
           std::to_string(head.records_size) + " bytes of " + head.compression +
           ", which cannot hold them";
  return "";
}
}  // namespace

struct ChunkDecoder::Contexts {
  std::unique_ptr<ZSTD_DCtx, std::size_t (*)(ZSTD_DCtx*)> zstd{nullptr, ZSTD_freeDCtx};
  std::unique_ptr<LZ4F_dctx, LZ4F_errorCode_t (*)(LZ4F_dctx*)> lz4{nullptr,
                                                                   LZ4F_freeDecompressionContext};
  ZSTD_DCtx* zstd_ready() {
    if (!zstd) zstd.reset(ZSTD_createDCtx());
    if (!zstd) throw std::bad_alloc();
    ZSTD_DCtx_reset(zstd.get(), ZSTD_reset_session_only);
    return zstd.get();
  }
  LZ4F_dctx* lz4_ready() {
    if (!lz4) {
      LZ4F_dctx* raw = nullptr;
      if (LZ4F_isError(LZ4F_createDecompressionContext(&raw, LZ4F_VERSION))) throw std::bad_alloc();
      lz4.reset(raw);
    }
    LZ4F_resetDecompressionContext(lz4.get());
    return lz4.get();
  }
};

ChunkDecoder::ChunkDecoder() : contexts_(std::make_unique<Contexts>()) {}
ChunkDecoder::~ChunkDecoder() = default;

std::string ChunkDecoder::zstd(ByteView from, std::uint8_t* to, std::uint64_t size) {
  const std::size_t got =
      ZSTD_decompressDCtx(contexts_->zstd_ready(), to, size, from.data(), from.size());
  if (ZSTD_isError(got)) return std::string("zstd: ") + ZSTD_getErrorName(got);
  return got == size ? "" : wrong_size(got, size);
}

std::string ChunkDecoder::lz4(ByteView from, std::uint8_t* to, std::uint64_t size) {
  // stableDst: what is written stays where it is, so the library needs no copy of its own.
  LZ4F_decompressOptions_t options{};
  options.stableDst = 1;
  LZ4F_dctx* context = contexts_->lz4_ready();
  std::uint64_t in_done = 0;
  std::uint64_t out_done = 0;
  while (in_done < from.size()) {
    std::size_t in = from.size() - in_done;
    std::size_t out = size - out_done;
    const std::size_t hint =
        LZ4F_decompress(context, to + out_done, &out, from.data() + in_done, &in, &options);
    if (LZ4F_isError(hint)) return std::string("lz4: ") + LZ4F_getErrorName(hint);
    in_done += in;
    out_done += out;
    if (hint == 0) break;
    if (in == 0 && out == 0)
      return "its records decompress to more than the " + std::to_string(size) + " bytes expected";
  }
  return out_done == size ? "" : wrong_size(out_done, size);
}

std::uint64_t ChunkDecoder::zstd_prefix(ByteView from, std::uint8_t* to, std::uint64_t size) {
  ZSTD_DCtx* context = contexts_->zstd_ready();
  ZSTD_inBuffer in{from.data(), from.size(), 0};
  ZSTD_outBuffer out{to, size, 0};
  while (out.pos < out.size) {
    const std::size_t before_in = in.pos;
    const std::size_t before_out = out.pos;
    if (ZSTD_isError(ZSTD_decompressStream(context, &out, &in))) break;
    if (in.pos == before_in && out.pos == before_out) break;
  }
  return out.pos;
}

ChunkContents ChunkDecoder::decode(ByteView body, std::uint64_t length, Buffer& out) {
  ChunkContents result;
  const bool cut = body.size() < length;
  try {
    result.head = parse_chunk_head(body);
  } catch (const InputError& error) {
    result.problem = error.message();
    return result;
  }
  const ChunkHead& head = result.head;
  result.problem = implausible(head);
  if (result.problem.empty() && head.records_size > length - head.records_begin)
    result.problem = "its records claim " + std::to_string(head.records_size) + " bytes, " +
                     std::to_string(length - head.records_begin) + " are left in the record";
  if (!result.problem.empty()) return result;

  const ByteView stored =
      body.subspan(head.records_begin,
                   std::min<std::uint64_t>(head.records_size, body.size() - head.records_begin));
  if (cut && stored.size() < head.records_size) {
    result.state = ChunkState::kCut;
    if (head.compression.empty()) {
      result.records = stored;
    } else {
      std::uint8_t* to = out.reserve(head.uncompressed_size);
      result.records = {to, head.compression == "zstd"
                                ? zstd_prefix(stored, to, head.uncompressed_size)
                                : lz4_prefix(stored, to, head.uncompressed_size)};
    }
    result.problem = "the file ends inside it";
    return result;
  }
  if (head.compression.empty()) {
    result.records = stored;
  } else if (head.uncompressed_size > 0) {
    std::uint8_t* to = out.reserve(head.uncompressed_size);
    result.problem = head.compression == "zstd" ? zstd(stored, to, head.uncompressed_size)
                                                : lz4(stored, to, head.uncompressed_size);
    if (!result.problem.empty()) return result;
    result.records = {to, head.uncompressed_size};
  }
  result.state = ChunkState::kWhole;
  if (head.uncompressed_crc != 0) {
    const std::uint32_t found = crc32(0, result.records);
    if (found != head.uncompressed_crc) {
      result.state = ChunkState::kCrc;
      result.problem =
          "the CRC of its records is " + hex(found) + ", expected " + hex(head.uncompressed_crc);
    }
  }
  return result;
}

}  // namespace reelcell::readers::mcap
