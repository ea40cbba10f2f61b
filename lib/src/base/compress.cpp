#include "reelcell/base/compress.hpp"

#include <lz4frame.h>
#include <zstd.h>

#include <memory>
#include <string>

#include "reelcell/base/error.hpp"

namespace reelcell {
namespace {
std::string size_message(const char* kind, std::uint64_t found, std::uint64_t expected) {
  return std::string(kind) + " data decompresses to " + std::to_string(found) +
         " bytes, expected " + std::to_string(expected) + "; the file is damaged";
}
// Nothing in our formats is larger; a bigger claim is damage, not data.
constexpr std::uint64_t kLargest = 1ull << 32;
void check_size(const char* kind, std::uint64_t expected) {
  if (expected > kLargest)
    throw InputError(std::string(kind) + " data claims " + std::to_string(expected) +
                     " bytes, at most 4 GiB is accepted; the file is damaged");
}
}  // namespace

std::vector<std::uint8_t> zstd_decompress(std::span<const std::uint8_t> input,
                                          std::uint64_t expected_size) {
  check_size("zstd", expected_size);
  // A claim that no zstd frame of this length can meet is refused before the memory is touched.
  const unsigned long long claimed = ZSTD_getFrameContentSize(input.data(), input.size());
  if (claimed == ZSTD_CONTENTSIZE_ERROR) throw InputError("not a zstd frame; the file is damaged");
  if (claimed != ZSTD_CONTENTSIZE_UNKNOWN && claimed > expected_size)
    throw InputError(size_message("zstd", claimed, expected_size));
  std::vector<std::uint8_t> output(expected_size);
  const std::size_t got = ZSTD_decompress(output.data(), output.size(), input.data(), input.size());
  if (ZSTD_isError(got))
    throw InputError(std::string("zstd: ") + ZSTD_getErrorName(got) + "; the data is damaged");
  if (got != expected_size) throw InputError(size_message("zstd", got, expected_size));
  return output;
}

std::vector<std::uint8_t> lz4_decompress(std::span<const std::uint8_t> input,
                                         std::uint64_t expected_size) {
  check_size("lz4", expected_size);
  LZ4F_dctx* raw = nullptr;
  if (LZ4F_isError(LZ4F_createDecompressionContext(&raw, LZ4F_VERSION)))
    throw InputError("lz4: out of memory");
  const std::unique_ptr<LZ4F_dctx, LZ4F_errorCode_t (*)(LZ4F_dctx*)> context(
      raw, LZ4F_freeDecompressionContext);
  std::vector<std::uint8_t> output(expected_size);
  std::size_t in_done = 0;
  std::size_t out_done = 0;
  std::size_t hint = 1;
  while (in_done < input.size() && hint != 0) {
    std::size_t in_size = input.size() - in_done;
    std::size_t out_size = output.size() - out_done;
    hint = LZ4F_decompress(context.get(), output.data() + out_done, &out_size,
                           input.data() + in_done, &in_size, nullptr);
    if (LZ4F_isError(hint))
      throw InputError(std::string("lz4: ") + LZ4F_getErrorName(hint) + "; the data is damaged");
    in_done += in_size;
    out_done += out_size;
    if (in_size == 0 && out_size == 0) break;
  }
  if (out_done != expected_size || hint != 0)
    throw InputError(size_message("lz4", out_done, expected_size));
  return output;
}

std::vector<std::uint8_t> zstd_compress(std::span<const std::uint8_t> input, int level) {
  const std::unique_ptr<ZSTD_CCtx, std::size_t (*)(ZSTD_CCtx*)> context(ZSTD_createCCtx(),
                                                                        ZSTD_freeCCtx);
  ZSTD_CCtx_setParameter(context.get(), ZSTD_c_compressionLevel, level);
  ZSTD_CCtx_setParameter(context.get(), ZSTD_c_checksumFlag, 1);
  std::vector<std::uint8_t> output(ZSTD_compressBound(input.size()));
  const std::size_t got =
      ZSTD_compress2(context.get(), output.data(), output.size(), input.data(), input.size());
  if (ZSTD_isError(got)) throw OutputError(std::string("zstd: ") + ZSTD_getErrorName(got));
  output.resize(got);
  return output;
}

std::vector<std::uint8_t> lz4_compress(std::span<const std::uint8_t> input) {
  std::vector<std::uint8_t> output(LZ4F_compressFrameBound(input.size(), nullptr));
  const std::size_t got =
      LZ4F_compressFrame(output.data(), output.size(), input.data(), input.size(), nullptr);
  if (LZ4F_isError(got)) throw OutputError(std::string("lz4: ") + LZ4F_getErrorName(got));
  output.resize(got);
  return output;
}

}  // namespace reelcell
