#include "internal/layout.hpp"

#include <algorithm>
#include <array>
#include <cstdio>

#include "internal/walker.hpp"
#include "reelcell/base/error.hpp"

namespace reelcell::readers::mcap {
namespace {

/// What the first bytes are instead, where they are known.
std::string recognised(ByteView head) {
  const auto starts = [&](std::string_view text) { return as_text(head).starts_with(text); };
  if (starts("#ROSBAG V")) return "a ROS 1 bag; convert it with `mcap convert`";
  if (starts("SQLite format 3")) return "a ROS 2 SQLite bag; convert it with `ros2 bag convert`";
  if (starts("\x28\xB5\x2F\xFD")) return "a zstd file; decompress it first (`unzstd`)";
  if (starts("\x04\x22\x4D\x18")) return "an lz4 file; decompress it first (`unlz4`)";
  if (starts("\x1F\x8B")) return "a gzip file; decompress it first (`gunzip`)";
  if (starts("version https://git-lfs")) return "a Git LFS pointer; fetch it with `git lfs pull`";
  if (head.size() >= 5 && std::equal(kMagic.begin(), kMagic.begin() + 5, head.begin()))
    return "MCAP of another version; version 0 is read";
  return "";
}

/// Files up to this size are read through rather than told by their indexes.
constexpr std::uint64_t kReadThrough = std::uint64_t{64} << 20;

std::string hex(ByteView bytes) {
  std::string text;
  for (const std::uint8_t byte : bytes) {
    std::array<char, 4> digits{};
    std::snprintf(digits.data(), digits.size(), "%02X", byte);
    text += (text.empty() ? "" : " ") + std::string(digits.data());
  }
  return text.empty() ? "nothing" : text;
}
}  // namespace

void check_magic(const ByteSource& source) {
  Buffer buffer;
  const ByteView head = source.view(0, 32, buffer);
  const ByteView magic = head.first(std::min(head.size(), kMagic.size()));
  if (std::equal(magic.begin(), magic.end(), kMagic.begin(), kMagic.end())) return;
  const std::string guess = recognised(head);
  throw InputError(source.name(), "byte 0: found " + hex(magic) + ", expected the MCAP magic " +
                                      hex(kMagic) + "; " +
                                      (guess.empty()      ? "this is no MCAP file"
                                       : head.size() >= 8 ? "it looks like " + guess
                                                          : guess));
}

std::optional<Header> read_header(const ByteSource& source, std::uint64_t* end) {
  constexpr std::array kLoaded = {Opcode::kHeader};
  RecordWalker walker(source, kMagic.size(), source.size(), kLoaded);
  Record record;
  const Step step = walker.next(record);
  *end = walker.position();
  const bool cut = step == Step::kEnd || step == Step::kCut;
  if (cut && (record.offset == source.size() || record.opcode == Opcode::kHeader))
    return std::nullopt;
  if (record.opcode != Opcode::kHeader)
    throw InputError(source.name(), at_byte(record.offset) + ": found " + name_of(record.opcode) +
                                        ", expected the Header record (opcode 0x01) that an MCAP "
                                        "file begins with; the file is damaged");
  if (step != Step::kRecord)
    throw InputError(source.name(), at_byte(record.offset) + ": the Header record claims " +
                                        std::to_string(record.length) +
                                        " bytes; the file is damaged");
  return at_place(source.name(), [&] { return parse_header(record.body); });
}

Layout read_layout(const ByteSource& source, Depth depth, Diagnostics& diagnostics) {
  check_magic(source);
  std::uint64_t unused = 0;
  static_cast<void>(read_header(source, &unused));
  Layout layout;
  std::string reason;
  if (layout_from_summary(source, layout, reason, diagnostics)) return layout;
  if (depth == Depth::kIndexes && source.size() > kReadThrough &&
      layout_from_indexes(source, layout, diagnostics)) {
    diagnostics.note("mcap-indexed", source.name(),
                     "counts and times are those of its message indexes, its summary being of no "
                     "use (" +
                         reason + "); damage inside its chunks is not seen");
    return layout;
  }
  diagnostics.note("mcap-scanned", source.name(),
                   "the whole file was scanned instead of its summary: " + reason);
  Layout scanned;
  layout_from_scan(source, scanned, diagnostics);
  return scanned;
}

void RunBuilder::message(std::uint64_t offset, std::uint64_t end, std::uint64_t log_time) {
  const bool joins = run_.length > 0 && run_.offset + run_.length == offset;
  if (!joins || end - run_.offset > Piece::kRunSize) {
    finish();
    run_ = {Piece::Kind::kRun, offset, 0, log_time, log_time, 0};
  }
  run_.length = end - run_.offset;
  run_.start_time = std::min(run_.start_time, log_time);
  run_.end_time = std::max(run_.end_time, log_time);
}

void RunBuilder::finish() {
  if (run_.length > 0) pieces_.push_back(run_);
  run_ = {};
}

std::vector<Piece> chart_runs(const ByteSource& source, const Piece& uncharted,
                              Diagnostics& diagnostics) {
  std::vector<Piece> runs;
  RunBuilder builder(runs);
  RecordWalker walker(source, uncharted.offset, uncharted.offset + uncharted.length);
  Record record;
  Step step = Step::kEnd;
  while ((step = walker.next(record)) == Step::kRecord) {
    if (record.opcode == Opcode::kMessage && record.body.size() >= kMessageHead &&
        record.length <= kLargestRecord)
      builder.message(record.offset, record.end(), parse_message(record.body).log_time);
  }
  builder.finish();
  if (step != Step::kEnd)
    diagnostics.loss("mcap-garbage", source.name(),
                     at_byte(record.offset) + " is no whole record, expected one up to " +
                         at_byte(uncharted.offset + uncharted.length) +
                         "; what lies between is left out");
  return runs;
}

}  // namespace reelcell::readers::mcap
