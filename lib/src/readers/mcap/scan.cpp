#include "internal/scan.hpp"

#include <algorithm>
#include <array>
#include <limits>

#include "reelcell/base/compress.hpp"
#include "reelcell/base/error.hpp"

namespace reelcell::readers::mcap {
namespace {

constexpr std::array kLoaded = {Opcode::kHeader,   Opcode::kSchema, Opcode::kChannel,
                                Opcode::kMetadata, Opcode::kChunk,  Opcode::kMessageIndex};
/// The same without the chunks.
constexpr std::array kBetweenChunks = {Opcode::kHeader, Opcode::kSchema, Opcode::kChannel,
                                       Opcode::kMetadata, Opcode::kMessageIndex};
/// Holds a chunk's head, and mostly the indexes before it.
constexpr std::uint64_t kSmallWindow = std::uint64_t{8} * 1024;

}  // namespace

Scan::Scan(const ByteSource& source, Depth depth, Layout& layout, Diagnostics& diagnostics)
    : source_(source),
      depth_(depth),
      layout_(layout),
      diagnostics_(diagnostics),
      runs_(layout.pieces) {
  layout_.summary.statistics.emplace();
}

void Scan::run() {
  RecordWalker walker =
      depth_ == Depth::kAll
          ? RecordWalker(source_, kMagic.size(), source_.size(), kLoaded)
          : RecordWalker(source_, kMagic.size(), source_.size(), kBetweenChunks, kSmallWindow);
  if (depth_ == Depth::kAll) walker.track_crc(crc32(0, kMagic));
  Record record;
  Step step = Step::kRecord;
  bool footer = false;
  while (!footer && (step = walker.next(record)) == Step::kRecord) {
    try {
      footer = take(record, walker.crc());
    } catch (const InputError& error) {
      lose("mcap-record-damaged", at_byte(record.offset) + ": " + error.message());
    }
  }
  check_indexes();
  if (untold_) load_untold();  // the file ends before something follows its indexes
  if (!data_ended_) layout_.data_end = walker.position();
  if (footer)
    after_footer(record.end());
  else
    ended_early(step, record);
  runs_.finish();
  finish();
}

bool Scan::take(const Record& record, std::uint32_t crc_before) {
  if (record.opcode == Opcode::kFooter) return true;
  if (data_ended_) return false;  // the summary repeats what the data section says
  if (record.opcode != Opcode::kMessageIndex) {
    check_indexes();
    if (untold_) tell_by_indexes();
  }
  switch (record.opcode) {
    case Opcode::kHeader: {
      const Header header = parse_header(record.body);
      layout_.summary.profile = header.profile;
      layout_.summary.library = header.library;
      break;
    }
    case Opcode::kSchema:
      add(parse_schema(record.body));
      break;
    case Opcode::kChannel:
      add(parse_channel(record.body));
      break;
    case Opcode::kMessage: {
      if (depth_ == Depth::kIndexes) throw NotTold{};
      if (record.length > kLargestRecord)
        throw InputError("Message record of " + std::to_string(record.length) +
                         " bytes, at most 1 GiB is accepted");
      const MessageView message = parse_message(record.body);
      count(message.channel_id, message.log_time);
      runs_.message(record.offset, record.end(), message.log_time);
      return false;
    }
    case Opcode::kChunk:
      take_chunk(record);
      break;
    case Opcode::kMessageIndex:
      take_message_index(record);
      break;
    case Opcode::kAttachment:
      take_attachment(record);
      break;
    case Opcode::kMetadata:
      layout_.summary.metadata.push_back(
          {record.offset, kRecordHead + record.length, parse_metadata(record.body).name});
      break;
    case Opcode::kDataEnd:
      end_data(record, crc_before);
      break;
    default:
      unknown(record.opcode, record.offset);
  }
  runs_.finish();
  return false;
}

void Scan::unknown(Opcode opcode, std::uint64_t offset) {
  diagnostics_.note("mcap-unknown-record", source_.name(),
                    at_byte(offset) + ": " + name_of(opcode) + " skipped");
}

void Scan::add(Schema schema) {
  if (schema.id == 0) throw InputError("Schema record with id 0, which means 'no schema'");
  layout_.summary.schemas.try_emplace(schema.id, std::move(schema));
}

void Scan::add(Channel channel) {
  const auto [known, added] = layout_.summary.channels.try_emplace(channel.id, channel);
  if (!added && (known->second.topic != channel.topic ||
                 known->second.message_encoding != channel.message_encoding))
    diagnostics_.warn("mcap-channel-redefined", source_.name(),
                      "channel " + std::to_string(channel.id) + " is '" + known->second.topic +
                          "' first and '" + channel.topic + "' later; the first one is used");
}

void Scan::count(std::uint16_t channel, std::uint64_t log_time) {
  Summary& summary = layout_.summary;
  ++summary.statistics->message_count;
  ++summary.statistics->channel_message_counts[channel];
  summary.start_time = std::min(summary.start_time.value_or(log_time), log_time);
  summary.end_time = std::max(summary.end_time.value_or(log_time), log_time);
  const auto [times, added] = summary.channel_times.try_emplace(channel, log_time, log_time);
  if (!added) {
    times->second.first = std::min(times->second.first, log_time);
    times->second.second = std::max(times->second.second, log_time);
  }
  last_time_ = log_time;
}

void Scan::take_chunk(const Record& record) {
  if (depth_ == Depth::kIndexes) {
    untold_ = {record.offset, record.length, parse_chunk_head(record.body)};
    return;
  }
  take_chunk_whole(record);
}

void Scan::take_chunk_whole(const Record& record) {
  const ChunkContents chunk = decoder_.decode(record.body, record.length, records_);
  if (chunk.state != ChunkState::kWhole) return refuse_chunk(record, chunk);
  keep_chunk(record, chunk);
}

void Scan::keep_chunk(const Record& record, const ChunkContents& chunk) {
  ChunkIndex index;
  index.chunk_start_offset = record.offset;
  index.chunk_length = std::min(kRecordHead + record.length, source_.size() - record.offset);
  index.compression = chunk.head.compression;
  index.compressed_size = chunk.head.records_size;
  index.uncompressed_size = chunk.records.size();
  index.message_start_time = std::numeric_limits<std::uint64_t>::max();
  const std::uint64_t before = layout_.summary.statistics->message_count;
  const std::uint64_t end =
      walk_records(chunk.records, [&](Opcode opcode, std::uint64_t offset, ByteView body) {
        try {
          take_inner(opcode, record.offset, body, index);
        } catch (const InputError& error) {
          lose("mcap-record-damaged", "chunk at " + at_byte(record.offset) + ", " +
                                          at_byte(offset) + " in it: " + error.message());
        }
      });
  if (chunk.state == ChunkState::kWhole && end != chunk.records.size())
    lose("mcap-record-damaged", "chunk at " + at_byte(record.offset) + ": " + at_byte(end) +
                                    " in it is no record; the rest of the chunk is left out");
  ++layout_.summary.statistics->chunk_count;
  const bool messages = layout_.summary.statistics->message_count > before;
  if (!messages) index.message_start_time = 0;
  layout_.summary.chunks.push_back(index);
  if (messages)
    layout_.pieces.push_back({Piece::Kind::kChunk, index.chunk_start_offset, index.chunk_length,
                              index.message_start_time, index.message_end_time,
                              layout_.summary.chunks.size() - 1});
}

void Scan::take_inner(Opcode opcode, std::uint64_t chunk_offset, ByteView body, ChunkIndex& index) {
  if (opcode == Opcode::kMessage) {
    const MessageView message = parse_message(body);
    count(message.channel_id, message.log_time);
    inside_.insert(message.channel_id);
    index.message_start_time = std::min(index.message_start_time, message.log_time);
    index.message_end_time = std::max(index.message_end_time, message.log_time);
  } else if (opcode == Opcode::kSchema) {
    add(parse_schema(body));
  } else if (opcode == Opcode::kChannel) {
    add(parse_channel(body));
  } else {
    unknown(opcode, chunk_offset);
  }
}

void Scan::refuse_chunk(const Record& record, const ChunkContents& chunk) {
  std::uint64_t messages = 0;
  walk_records(chunk.records, [&](Opcode opcode, std::uint64_t, ByteView) {
    messages += opcode == Opcode::kMessage ? 1 : 0;
  });
  if (chunk.head.message_end_time != 0) last_time_ = chunk.head.message_start_time;
  lose(chunk.state == ChunkState::kCrc ? "mcap-chunk-crc" : "mcap-chunk-damaged",
       "chunk at " + at_byte(record.offset) + ": " + chunk.problem + "; its messages are left out",
       std::max<std::uint64_t>(messages, 1));
}

void Scan::take_message_index(const Record& record) {
  if (untold_) {
    untold_->indexes.emplace_back(record.offset, parse_message_index(record.body));
    untold_->indexes_end = record.end();
    return;
  }
  if (record.body.size() < 2 || layout_.summary.chunks.empty()) return;
  ChunkIndex& chunk = layout_.summary.chunks.back();
  const std::uint64_t after = chunk.chunk_start_offset + chunk.chunk_length;
  if (record.offset != after + chunk.message_index_length) return;
  chunk.message_index_offsets.emplace_back(load_u16(record.body.data()), record.offset);
  chunk.message_index_length += kRecordHead + record.length;
}

void Scan::take_attachment(const Record& record) {
  const AttachmentHead head = parse_attachment_head(record.body);
  layout_.summary.attachments.push_back({record.offset, kRecordHead + record.length, head.log_time,
                                         head.create_time, head.data_size, head.name,
                                         head.media_type});
}

void Scan::end_data(const Record& record, std::uint32_t crc_before) {
  data_ended_ = true;
  layout_.data_end = record.offset;
  const std::uint32_t expected = parse_data_end(record.body);
  if (depth_ == Depth::kAll && expected != 0 && expected != crc_before)
    lose("mcap-data-crc", "the data section (to " + at_byte(record.offset) +
                              ") does not match its CRC; some of it is damaged, run `reelcell "
                              "validate` to see what else is");
}

void Scan::after_footer(std::uint64_t end) {
  Buffer buffer;
  const ByteView magic = source_.view(end, kMagic.size(), buffer);
  if (!std::equal(magic.begin(), magic.end(), kMagic.begin(), kMagic.end()))
    diagnostics_.warn("mcap-truncated", source_.name(),
                      "the magic after the footer is missing; all messages are there");
  else if (source_.size() > end + kMagic.size())
    diagnostics_.warn("mcap-trailing-bytes", source_.name(),
                      std::to_string(source_.size() - end - kMagic.size()) +
                          " bytes follow the end of the recording and are ignored");
}

void Scan::ended_early(Step step, const Record& record) {
  layout_.summary.truncated = true;
  const std::uint64_t before = layout_.summary.statistics->message_count;
  if (step == Step::kCut && record.opcode == Opcode::kChunk && !data_ended_) rescue_chunk(record);
  std::string what;
  if (step == Step::kEnd)
    what = "the file ends at " + at_byte(record.offset) + " without " +
           (data_ended_ ? "its footer" : "the end of its data section");
  else if (step == Step::kGarbage)
    what = at_byte(record.offset) + " is no record (opcode or length impossible)";
  else
    what = name_of(record.opcode) + " at " + at_byte(record.offset) + " claims " +
           std::to_string(record.length) + " bytes, the file ends after " +
           std::to_string(source_.size() - record.offset);
  if (data_ended_) {
    diagnostics_.warn("mcap-truncated", source_.name(), what + "; all messages are there");
    return;
  }
  const std::uint64_t messages = layout_.summary.statistics->message_count;
  what += "; " + std::to_string(messages) + " messages before it are kept";
  if (messages > before)
    what += ", " + std::to_string(messages - before) + " of them from the cut chunk";
  lose(step == Step::kGarbage ? "mcap-garbage" : "mcap-truncated", what);
}

void Scan::rescue_chunk(Record record) {
  Buffer buffer;
  if (depth_ == Depth::kIndexes) {
    const std::uint64_t left = source_.size() - record.offset - kRecordHead;
    record.body = source_.view(record.offset + kRecordHead, std::min(left, kLargestRecord), buffer);
  }
  const ChunkContents chunk = decoder_.decode(record.body, record.length, records_);
  if (chunk.state == ChunkState::kCut || chunk.state == ChunkState::kWhole)
    keep_chunk(record, chunk);
  else if (chunk.state == ChunkState::kCrc)
    refuse_chunk(record, chunk);
}

void Scan::lose(const char* code, const std::string& message, std::uint64_t count) {
  diagnostics_.loss(code, source_.name(), message, count,
                    last_time_ ? std::optional(clamp_time(*last_time_)) : std::nullopt);
}

void Scan::finish() {
  Summary& summary = layout_.summary;
  Statistics& statistics = *summary.statistics;
  for (const auto& [channel, count] : statistics.channel_message_counts)
    if (!summary.channels.contains(channel))
      lose("mcap-unknown-channel",
           "messages of channel " + std::to_string(channel) +
               ", which no Channel record describes, are left out",
           count);
  statistics.schema_count = static_cast<std::uint16_t>(summary.schemas.size());
  statistics.channel_count = static_cast<std::uint32_t>(summary.channels.size());
  statistics.attachment_count = static_cast<std::uint32_t>(summary.attachments.size());
  statistics.metadata_count = static_cast<std::uint32_t>(summary.metadata.size());
  statistics.message_start_time = summary.start_time.value_or(0);
  statistics.message_end_time = summary.end_time.value_or(0);
}

void layout_from_scan(const ByteSource& source, Layout& layout, Diagnostics& diagnostics) {
  Scan(source, Depth::kAll, layout, diagnostics).run();
}

bool layout_from_indexes(const ByteSource& source, Layout& layout, Diagnostics& diagnostics) {
  Layout told;
  Diagnostics met;
  try {
    Scan(source, Depth::kIndexes, told, met).run();
  } catch (const NotTold&) {
    return false;
  }
  diagnostics.merge(met);
  layout = std::move(told);
  return true;
}

}  // namespace reelcell::readers::mcap
