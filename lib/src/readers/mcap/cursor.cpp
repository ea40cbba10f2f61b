#include "internal/cursor.hpp"

#include <algorithm>

#include "internal/walker.hpp"
#include "reelcell/base/error.hpp"

namespace reelcell::readers::mcap {

Wanted::Wanted(const Summary& summary, const MessageQuery& query)
    : channels_(std::size_t{1} << 16, Answer::kUnknownChannel),
      all_channels_(query.channels.empty()),
      nothing_(query.end <= query.start),
      start_(query.start),
      // The largest time is within reach only when no end is given.
      last_(query.end == MessageQuery::kNoEnd ? query.end : query.end - (query.end > 0 ? 1 : 0)) {
  for (const auto& [id, channel] : summary.channels)
    channels_[id] = all_channels_ ? Answer::kYes : Answer::kNo;
  for (const std::uint16_t id : query.channels) {
    if (!summary.channels.contains(id))
      throw InputError("channel " + std::to_string(id) + " is not in the file");
    channels_[id] = Answer::kYes;
  }
  if (nothing_) std::fill(channels_.begin(), channels_.end(), Answer::kNo);
}

bool Wanted::piece(const Piece& piece, const Summary& summary) const {
  if (nothing_) return false;
  if (piece.kind == Piece::Kind::kUncharted) return true;
  if (piece.start_time > last_ || piece.end_time < start_) return false;
  if (piece.kind == Piece::Kind::kRun || all_channels_) return true;
  const auto& offsets = summary.chunks[piece.chunk].message_index_offsets;
  if (offsets.empty()) return true;
  return std::any_of(offsets.begin(), offsets.end(),
                     [&](const auto& entry) { return channel(entry.first) == Answer::kYes; });
}

namespace {
/// Wanted messages of a chunk that could not be read, from its message index records; 0 when
/// unknown.
std::uint64_t count_lost(const CursorContext& context, const Piece& piece, const Wanted& wanted) {
  constexpr std::uint64_t kEntry = 16;
  std::uint64_t lost = 0;
  for (const auto& [channel, offset] :
       context.layout.summary.chunks[piece.chunk].message_index_offsets) {
    if (wanted.channel(channel) != Wanted::Answer::kYes) continue;
    Buffer buffer;
    const ByteView head = context.source.view(offset, kRecordHead + 6, buffer);
    if (head.size() < kRecordHead + 6 ||
        head[0] != static_cast<std::uint8_t>(Opcode::kMessageIndex) ||
        load_u16(head.data() + kRecordHead) != channel)
      continue;
    lost += load_u32(head.data() + kRecordHead + 2) / kEntry;
  }
  return lost;
}
}  // namespace

std::shared_ptr<const LoadedPiece> load_or_report(const CursorContext& context, const Piece& piece,
                                                  const Wanted& wanted) {
  auto loaded = context.store.load(piece);
  const ChunkContents& contents = loaded->contents;
  // A cut chunk was reported when the file was opened.
  if (contents.state == ChunkState::kWhole || contents.state == ChunkState::kCut) return loaded;
  const std::uint64_t lost = count_lost(context, piece, wanted);
  context.diagnostics.loss(
      contents.state == ChunkState::kCrc ? "mcap-chunk-crc" : "mcap-chunk-damaged",
      context.source.name(),
      "chunk at " + at_byte(piece.offset) + ": " + contents.problem + "; its messages are left out",
      std::max<std::uint64_t>(lost, 1), clamp_time(piece.start_time));
  return nullptr;
}

void report(const CursorContext& context, const Oddities& met, bool cut, std::uint64_t offset) {
  if (!context.layout.summary.from_summary) return;
  Diagnostics& diagnostics = context.diagnostics;
  const std::string& name = context.source.name();
  if (met.unknown_channel > 0)
    diagnostics.loss("mcap-unknown-channel", name,
                     "messages of channel " + std::to_string(met.last_unknown) +
                         ", which no Channel record describes, are left out",
                     met.unknown_channel);
  if (met.too_short > 0)
    diagnostics.loss("mcap-record-damaged", name,
                     "Message records shorter than their 22 bytes of head are left out (in " +
                         at_byte(offset) + ")",
                     met.too_short);
  if (met.walked < met.size && !cut)
    diagnostics.loss("mcap-record-damaged", name,
                     at_byte(met.walked) + " in the chunk at " + at_byte(offset) +
                         " is no record; the rest of the chunk is left out");
}

}  // namespace reelcell::readers::mcap
