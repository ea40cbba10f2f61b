#include <algorithm>
#include <array>
#include <cstring>
#include <string>

#include "internal/tar_writer.hpp"

namespace reelcell::webdataset {
namespace {

constexpr std::uint64_t kBlock = 512;
constexpr std::uint64_t kOctalSizeLimit = 1ull << 33;  // eleven octal digits
constexpr std::size_t kNameLimit = 100;
using Block = std::array<std::uint8_t, kBlock>;

constexpr std::uint64_t padded(std::uint64_t bytes) {
  return (bytes + kBlock - 1) / kBlock * kBlock;
}

void put_text(Block& block, std::size_t at, std::string_view text) {
  std::memcpy(block.data() + at, text.data(), text.size());
}

/// `width` - 1 octal digits and a NUL.
void put_octal(Block& block, std::size_t at, std::size_t width, std::uint64_t value) {
  for (std::size_t i = width - 1; i-- > 0; value /= 8)
    block[at + i] = static_cast<std::uint8_t>('0' + value % 8);
}

Block make_header(std::string_view name, std::uint64_t bytes, char type) {
  Block block{};
  put_text(block, 0, name.substr(0, kNameLimit));
  put_octal(block, 100, 8, 0444);
  put_octal(block, 108, 8, 0);  // uid
  put_octal(block, 116, 8, 0);  // gid
  put_octal(block, 124, 12, std::min(bytes, kOctalSizeLimit - 1));
  put_octal(block, 136, 12, 0);  // mtime
  block[156] = static_cast<std::uint8_t>(type);
  put_text(block, 257, {"ustar\00000", 8});
  put_text(block, 265, "reelcell");
  put_text(block, 297, "reelcell");
  put_octal(block, 329, 8, 0);
  put_octal(block, 337, 8, 0);
  // The checksum is taken with its own field blank; six digits, NUL, blank.
  std::memset(block.data() + 148, ' ', 8);
  std::uint64_t sum = 0;
  for (const std::uint8_t byte : block) sum += byte;
  put_octal(block, 148, 7, sum);
  block[154] = 0;
  return block;
}

/// "LENGTH KEY=VALUE\n", where LENGTH counts itself.
std::string pax_record(std::string_view key, std::string_view value) {
  const std::size_t rest = key.size() + value.size() + 3;
  std::size_t length = rest;
  while (length != rest + std::to_string(length).size())
    length = rest + std::to_string(length).size();
  return std::to_string(length) + " " + std::string(key) + "=" + std::string(value) + "\n";
}

std::string pax_records(std::string_view name, std::uint64_t bytes) {
  std::string records;
  if (name.size() > kNameLimit) records += pax_record("path", name);
  if (bytes >= kOctalSizeLimit) records += pax_record("size", std::to_string(bytes));
  return records;
}

}  // namespace

std::uint64_t TarWriter::add(std::string_view name, ByteView data) {
  const std::string records = pax_records(name, data.size());
  if (!records.empty()) {
    put(make_header("././@PaxHeader", records.size(), 'x'));
    put(as_bytes(records));
    put_padding(records.size());
  }
  put(make_header(name, data.size(), '0'));
  const std::uint64_t offset = size_;
  put(data);
  put_padding(data.size());
  return offset;
}

void TarWriter::finish() {
  put(Block{});
  put(Block{});
}

std::uint64_t TarWriter::member_size(std::string_view name, std::uint64_t bytes) {
  const std::string records = pax_records(name, bytes);
  return (records.empty() ? 0 : kBlock + padded(records.size())) + kBlock + padded(bytes);
}

void TarWriter::put(ByteView bytes) {
  sink_(bytes);
  size_ += bytes.size();
}

void TarWriter::put_padding(std::uint64_t bytes) {
  static constexpr Block kZeros{};
  put(ByteView(kZeros).first(padded(bytes) - bytes));
}

}  // namespace reelcell::webdataset
