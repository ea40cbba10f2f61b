// A file told by the message indexes between its chunks.
#include <algorithm>

#include "internal/scan.hpp"
#include "reelcell/base/error.hpp"

namespace reelcell::readers::mcap {

void Scan::load_untold() {
  const Untold chunk = *std::exchange(untold_, std::nullopt);
  if (chunk.length > kLargestRecord) throw NotTold{};
  Buffer buffer;
  take_chunk_whole({Opcode::kChunk, chunk.offset, chunk.length,
                    source_.view(chunk.offset + kRecordHead, chunk.length, buffer)});
}

void Scan::check_indexes() {
  if (inside_.empty()) return;
  ChunkIndex& chunk = layout_.summary.chunks.back();
  std::set<std::uint16_t> listed;
  for (const auto& [channel, offset] : chunk.message_index_offsets) listed.insert(channel);
  if (!std::includes(listed.begin(), listed.end(), inside_.begin(), inside_.end())) {
    chunk.message_index_offsets.clear();
    chunk.message_index_length = 0;
  }
  inside_.clear();
}

void Scan::tell_by_indexes() {
  if (untold_->indexes.empty()) {
    if (untold_->head.message_end_time != 0) throw NotTold{};
    load_untold();  // holds no message
    return;
  }
  const Untold chunk = *std::exchange(untold_, std::nullopt);
  open_chunk(chunk);
  const auto& known = layout_.summary.channels;
  for (const auto& [offset, index] : chunk.indexes) {
    if (!index.entries.empty() && !known.contains(index.channel_id)) learn_channels(chunk);
    if (!index.entries.empty() && !known.contains(index.channel_id)) throw NotTold{};
    for (const auto& [log_time, at] : index.entries) count(index.channel_id, log_time);
  }
}

void Scan::learn_channels(const Untold& untold) {
  if (untold.length > kLargestRecord) throw NotTold{};
  Buffer buffer;
  const ByteView body = source_.view(untold.offset + kRecordHead, untold.length, buffer);
  const ChunkContents chunk = decoder_.decode(body, untold.length, records_);
  if (chunk.state != ChunkState::kWhole) throw NotTold{};
  try {
    walk_records(chunk.records, [&](Opcode opcode, std::uint64_t, ByteView inner) {
      if (opcode == Opcode::kSchema) add(parse_schema(inner));
      if (opcode == Opcode::kChannel) add(parse_channel(inner));
    });
  } catch (const InputError&) {
    throw NotTold{};  // reading it all says which record is damaged
  }
}

void Scan::open_chunk(const Untold& chunk) {
  ChunkIndex index;
  index.chunk_start_offset = chunk.offset;
  index.chunk_length = kRecordHead + chunk.length;
  index.compression = chunk.head.compression;
  index.compressed_size = chunk.head.records_size;
  index.uncompressed_size = chunk.head.uncompressed_size;
  index.message_start_time = chunk.head.message_start_time;
  index.message_end_time = chunk.head.message_end_time;
  for (const auto& [offset, entries] : chunk.indexes)
    index.message_index_offsets.emplace_back(entries.channel_id, offset);
  index.message_index_length = chunk.indexes_end - (chunk.offset + index.chunk_length);
  ++layout_.summary.statistics->chunk_count;
  layout_.summary.chunks.push_back(index);
  layout_.pieces.push_back({Piece::Kind::kChunk, index.chunk_start_offset, index.chunk_length,
                            index.message_start_time, index.message_end_time,
                            layout_.summary.chunks.size() - 1});
}

}  // namespace reelcell::readers::mcap
