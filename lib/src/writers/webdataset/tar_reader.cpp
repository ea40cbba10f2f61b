#include "internal/tar_reader.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <optional>
#include <string_view>

namespace reelcell::webdataset {
namespace {

constexpr std::size_t kBlock = 512;
using Block = std::array<std::uint8_t, kBlock>;
// Longer than any path a system takes, far below what would hurt.
constexpr std::uint64_t kMaxExtension = 1 << 20;
constexpr std::uint64_t kMaxSize = 1ull << 62;

std::string text_field(std::span<const std::uint8_t> block, std::size_t at, std::size_t width) {
  const auto field = block.subspan(at, width);
  const auto end = std::find(field.begin(), field.end(), 0);
  return {field.begin(), end};
}

/// Octal digits between blanks, or GNU's base-256. nullopt: neither, negative or too large.
std::optional<std::uint64_t> number_field(std::span<const std::uint8_t> block, std::size_t at,
                                          std::size_t width) {
  const auto field = block.subspan(at, width);
  std::uint64_t value = 0;
  if (field[0] & 0x80) {
    if (field[0] & 0x40) return std::nullopt;  // negative
    value = field[0] & 0x3F;
    for (std::size_t i = 1; i < width; ++i) {
      if (value > kMaxSize >> 8) return std::nullopt;
      value = value << 8 | field[i];
    }
    return value;
  }
  std::size_t i = 0;
  while (i < width && field[i] == ' ') ++i;
  for (; i < width && field[i] >= '0' && field[i] <= '7'; ++i) {
    if (value > kMaxSize >> 3) return std::nullopt;
    value = value << 3 | static_cast<std::uint64_t>(field[i] - '0');
  }
  for (; i < width; ++i)
    if (field[i] != ' ' && field[i] != 0) return std::nullopt;
  return value;
}

bool checksum_good(std::span<const std::uint8_t> block) {
  const auto stated = number_field(block, 148, 8);
  if (!stated) return false;
  // Old writers summed signed bytes.
  std::int64_t plain = 0, with_sign = 0;
  for (std::size_t i = 0; i < kBlock; ++i) {
    const std::uint8_t byte = i >= 148 && i < 156 ? std::uint8_t{' '} : block[i];
    plain += byte;
    with_sign += static_cast<std::int8_t>(byte);
  }
  const auto sum = static_cast<std::int64_t>(*stated);
  return sum == plain || sum == with_sign;
}

bool is_zero(std::span<const std::uint8_t> block) {
  return std::all_of(block.begin(), block.end(), [](std::uint8_t b) { return b == 0; });
}

/// Name with USTAR's prefix; GNU and v7 keep other things in that place.
std::string full_name(std::span<const std::uint8_t> block) {
  std::string name = text_field(block, 0, 100);
  const bool ustar = text_field(block, 257, 6) == "ustar";
  const std::string prefix = ustar ? text_field(block, 345, 155) : "";
  return prefix.empty() ? name : prefix + "/" + name;
}

TarType type_of(char flag, const std::string& name) {
  switch (flag) {
    case '\0':  // v7 marks folders by the name alone
      return name.ends_with('/') ? TarType::kFolder : TarType::kFile;
    case '0':
    case '7':
      return TarType::kFile;
    case '1':
      return TarType::kHardLink;
    case '2':
      return TarType::kSymbolicLink;
    case '3':
    case '4':
    case '6':
      return TarType::kDevice;
    case '5':
      return TarType::kFolder;
    case 'S':
      return TarType::kSparse;
    default:
      return TarType::kOther;
  }
}

/// Do blocks of data follow a header of this type? Readers agree that links, devices and folders
/// have none, whatever their size field says.
bool has_data(char flag) { return flag < '1' || flag > '6'; }

constexpr std::uint64_t padding_of(std::uint64_t size) { return (kBlock - size % kBlock) % kBlock; }

}  // namespace

struct TarReader::Extensions {
  std::optional<std::string> name, link;
  std::optional<std::uint64_t> size;
  bool sparse = false;
};

void TarReader::report(TarTrouble trouble, std::string message, std::uint64_t offset) {
  problems_.push_back({trouble, offset, std::move(message)});
}

TarReader::Header TarReader::next_block(std::span<std::uint8_t> block) {
  const std::uint64_t at = offset_;
  const std::size_t got = source_->read(block);
  offset_ += got;
  if (got == kBlock && !is_zero(block)) return Header::kBlock;
  done_ = true;
  if (got == kBlock) {
    check_end();
  } else if (got == 0) {
    report(TarTrouble::kNoEnd, "the archive ends without the two zero blocks that mark the end",
           at);
  } else {
    report(TarTrouble::kTruncated,
           fmt::format("{} bytes are left where a header of 512 bytes was expected", got), at);
  }
  return Header::kEnd;
}

/// After the first zero block: a second one is due, and then nothing but zeros (archives are padded
/// to records of 10 KiB).
void TarReader::check_end() {
  Block block{};
  bool second = true;
  for (;;) {
    const std::uint64_t at = offset_;
    const std::size_t got = source_->read(block);
    offset_ += got;
    const bool zero = is_zero(std::span(block).first(got));
    if (got == 0 || (second && zero && got < kBlock)) {
      if (second)
        report(TarTrouble::kNoEnd, "the archive ends after one zero block, two mark the end", at);
      return;
    }
    if (!zero) {
      if (second)
        report(TarTrouble::kLoneZeroBlock,
               "a single zero block in the middle; readers take it for the end", at);
      else
        report(TarTrouble::kAfterEnd, "data follows the end of the archive; readers ignore it", at);
      return;
    }
    second = false;
  }
}

bool TarReader::finish_data() {
  const std::uint64_t due = data_left_ + padding_;
  const std::uint64_t skipped = source_->skip(due);
  offset_ += skipped;
  // The last member's padding may be missing: nothing of it is lost.
  const bool cut = skipped < data_left_;
  if (cut) {
    report(
        TarTrouble::kTruncated,
        fmt::format("the archive ends {} bytes before the end of the member", data_left_ - skipped),
        offset_);
    done_ = true;
  }
  data_left_ = padding_ = 0;
  return !cut;
}

std::size_t TarReader::read(std::span<std::uint8_t> out) {
  const auto want = std::min<std::uint64_t>(out.size(), data_left_);
  const std::size_t got = source_->read(out.first(want));
  offset_ += got;
  data_left_ -= got;
  if (got < want) {
    report(TarTrouble::kTruncated,
           fmt::format("the archive ends {} bytes before the end of the member", data_left_),
           offset_);
    data_left_ = padding_ = 0;
    done_ = true;
  }
  return got;
}

/// A header that says something about the next one. False when reading cannot go on.
bool TarReader::extend(char type, std::uint64_t size, Extensions& extensions) {
  if (size > kMaxExtension) {
    report(TarTrouble::kBadHeader,
           fmt::format("an extension header of {} bytes, at most {} are accepted", size,
                       kMaxExtension),
           offset_ - kBlock);
    done_ = true;
    return false;
  }
  std::string text(size, '\0');
  data_left_ = size;
  padding_ = padding_of(size);
  const std::size_t got =
      read({reinterpret_cast<std::uint8_t*>(text.data()), static_cast<std::size_t>(size)});
  if (got < size || !finish_data()) return false;
  const std::string until_nul = text.substr(0, text.find('\0'));
  if (type == 'L') extensions.name = until_nul;
  if (type == 'K') extensions.link = until_nul;
  if (type == 'x') parse_pax(text, extensions);
  return true;
}

void TarReader::parse_pax(const std::string& records, Extensions& extensions) {
  const std::uint64_t at = offset_;
  std::string_view left = records;
  const auto bad = [&](const char* what) {
    report(TarTrouble::kBadExtension,
           fmt::format("pax header: {}; the rest of it is ignored", what), at);
  };
  while (!left.empty()) {
    std::size_t length = 0, digits = 0;
    while (digits < left.size() && digits < 8 && left[digits] >= '0' && left[digits] <= '9')
      length = length * 10 + static_cast<std::size_t>(left[digits++] - '0');
    if (digits == 0 || digits >= left.size() || left[digits] != ' ')
      return bad("a record does not begin with its length");
    if (length > left.size() || length < digits + 3) return bad("a record's length is wrong");
    const std::string_view record = left.substr(digits + 1, length - digits - 1);
    const std::size_t equals = record.find('=');
    if (equals == std::string_view::npos || !record.ends_with('\n'))
      return bad("a record is not KEY=VALUE with a newline");
    const std::string_view key = record.substr(0, equals);
    const std::string_view value = record.substr(equals + 1, record.size() - equals - 2);
    left.remove_prefix(length);
    if (key == "path" || key == "GNU.sparse.name") extensions.name = std::string(value);
    if (key == "linkpath") extensions.link = std::string(value);
    if (key.starts_with("GNU.sparse.")) extensions.sparse = true;
    if (key != "size") continue;
    std::uint64_t size = 0;
    bool good = !value.empty() && value.size() <= 18;
    for (const char c : value) {
      good = good && c >= '0' && c <= '9';
      if (good) size = size * 10 + static_cast<std::uint64_t>(c - '0');
    }
    if (!good) return bad("size is not a number");
    extensions.size = size;
  }
}

/// GNU's old sparse format puts further blocks of its map between header and data.
bool TarReader::skip_sparse_maps(std::span<const std::uint8_t> block) {
  constexpr std::size_t kInHeader = 482, kInMap = 504;
  bool more = block[kInHeader] != 0;
  Block map{};
  while (more) {
    const std::size_t got = source_->read(map);
    offset_ += got;
    if (got < kBlock) {
      report(TarTrouble::kTruncated, "the archive ends in the map of a sparse file", offset_);
      done_ = true;
      return false;
    }
    more = map[kInMap] != 0;
  }
  return true;
}

bool TarReader::next(TarEntry& entry) {
  if (done_ || !finish_data()) return false;
  Extensions extensions;
  const std::uint64_t start = offset_;
  for (;;) {
    Block block{};
    const std::uint64_t at = offset_;
    if (next_block(block) == Header::kEnd) return false;
    const auto size = number_field(block, 124, 12);
    const bool summed = checksum_good(block);
    if (!summed || !size) {
      report(TarTrouble::kBadHeader,
             summed ? "the size in the header is not a number"
                    : "the header's checksum does not fit; this is no tar header",
             at);
      done_ = true;
      return false;
    }
    const char flag = static_cast<char>(block[156]);
    if (flag == 'L' || flag == 'K' || flag == 'x' || flag == 'g') {
      if (!extend(flag, *size, extensions)) return false;
      continue;
    }
    entry = {};
    entry.name = extensions.name ? *extensions.name : full_name(block);
    entry.link = extensions.link ? *extensions.link : text_field(block, 157, 100);
    entry.type_flag = flag;
    entry.type = extensions.sparse ? TarType::kSparse : type_of(flag, entry.name);
    entry.size = has_data(flag) ? extensions.size.value_or(*size) : 0;
    if (entry.type == TarType::kFolder) entry.size = 0;
    entry.header_offset = start;
    if (flag == 'S' && !skip_sparse_maps(block)) return false;
    entry.data_offset = offset_;
    data_left_ = entry.size;
    padding_ = padding_of(entry.size);
    return true;
  }
}

std::string unsafe_name(const std::string& name) {
  if (name.empty()) return "is empty";
  if (name.find('\0') != std::string::npos) return "holds a NUL byte";
  if (name.front() == '/' || name.front() == '\\') return "is absolute";
  if (name.size() > 1 && name[1] == ':') return "begins with a drive letter";
  std::size_t start = 0;
  while (start <= name.size()) {
    const std::size_t end = std::min(name.find_first_of("/\\", start), name.size());
    if (std::string_view(name).substr(start, end - start) == "..") return "leads out of its folder";
    start = end + 1;
  }
  return "";
}

}  // namespace reelcell::webdataset
