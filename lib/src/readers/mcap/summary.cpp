// The way in through the footer: fast, whatever the size of the file.
#include <algorithm>
#include <set>

#include "internal/layout.hpp"
#include "internal/walker.hpp"
#include "reelcell/base/compress.hpp"
#include "reelcell/base/error.hpp"

namespace reelcell::readers::mcap {
namespace {
constexpr std::uint64_t kFooterLength = kRecordHead + kFooterBody;
/// A summary is small beside its data; a larger one is read record by record in the scan instead.
constexpr std::uint64_t kLargestSummary = 1ull << 30;
/// The first chunks named by an index are looked at before it is believed.
constexpr std::size_t kProbedChunks = 4;

struct Tail {
  Footer footer;
  std::uint64_t offset = 0;  ///< of the Footer record
};

std::optional<Tail> find_footer(const ByteSource& source) {
  const std::uint64_t tail_size = kFooterLength + kMagic.size();
  if (source.size() < kMagic.size() + tail_size) return std::nullopt;
  Tail tail;
  tail.offset = source.size() - tail_size;
  Buffer buffer;
  const ByteView bytes = source.view(tail.offset, tail_size, buffer);
  if (bytes.size() < tail_size) return std::nullopt;
  if (!std::equal(kMagic.begin(), kMagic.end(), bytes.begin() + kFooterLength)) return std::nullopt;
  if (bytes[0] != static_cast<std::uint8_t>(Opcode::kFooter)) return std::nullopt;
  if (load_u64(bytes.data() + 1) != kFooterBody) return std::nullopt;
  tail.footer = parse_footer(bytes.subspan(kRecordHead, kFooterBody));
  return tail;
}

/// The summary's records into `summary`. Throws InputError for a damaged one.
void take_summary(ByteView records, Summary& summary) {
  const std::uint64_t end = walk_records(records, [&](Opcode opcode, std::uint64_t, ByteView body) {
    if (opcode == Opcode::kSchema) {
      Schema schema = parse_schema(body);
      summary.schemas.try_emplace(schema.id, std::move(schema));
    } else if (opcode == Opcode::kChannel) {
      Channel channel = parse_channel(body);
      summary.channels.try_emplace(channel.id, std::move(channel));
    } else if (opcode == Opcode::kStatistics) {
      summary.statistics = parse_statistics(body);
    } else if (opcode == Opcode::kChunkIndex) {
      summary.chunks.push_back(parse_chunk_index(body));
    } else if (opcode == Opcode::kAttachmentIndex) {
      summary.attachments.push_back(parse_attachment_index(body));
    } else if (opcode == Opcode::kMetadataIndex) {
      summary.metadata.push_back(parse_metadata_index(body));
    }
  });
  if (end != records.size()) throw InputError("a record of the summary is cut");
}

/// "" when everything a reader needs is in the summary.
std::string incomplete(const Summary& summary) {
  std::set<std::uint16_t> used;
  for (const ChunkIndex& chunk : summary.chunks)
    for (const auto& [channel, offset] : chunk.message_index_offsets) used.insert(channel);
  if (summary.statistics) {
    const Statistics& statistics = *summary.statistics;
    if (statistics.chunk_count != summary.chunks.size())
      return std::to_string(summary.chunks.size()) + " of " +
             std::to_string(statistics.chunk_count) + " chunks are indexed";
    if (statistics.attachment_count != summary.attachments.size())
      return "not all attachments are indexed";
    if (statistics.metadata_count != summary.metadata.size())
      return "not all metadata records are indexed";
    for (const auto& [channel, count] : statistics.channel_message_counts) used.insert(channel);
    if (statistics.message_count > 0 && used.empty()) return "its statistics name no channels";
  } else {
    if (summary.chunks.empty()) return "it has neither statistics nor chunk indexes";
    for (const ChunkIndex& chunk : summary.chunks)
      if (chunk.message_index_offsets.empty() && chunk.uncompressed_size > 0)
        return "it has no statistics and its chunk indexes name no channels";
  }
  for (const std::uint16_t id : used) {
    const auto channel = summary.channels.find(id);
    if (channel == summary.channels.end())
      return "channel " + std::to_string(id) + " is not described in it";
    const std::uint16_t schema = channel->second.schema_id;
    if (schema != 0 && !summary.schemas.contains(schema))
      return "schema " + std::to_string(schema) + " is not described in it";
  }
  return "";
}

/// "" when chunk indexes lie in the data section, apart from each other, and lead to Chunk records.
std::string misplaced(const ByteSource& source, const Summary& summary, std::uint64_t data_begin,
                      std::uint64_t data_end) {
  std::uint64_t at = data_begin;
  std::size_t probed = 0;
  for (const ChunkIndex& chunk : summary.chunks) {
    const std::string what = "the index of the chunk at " + at_byte(chunk.chunk_start_offset);
    if (chunk.chunk_start_offset < at || chunk.chunk_length < kRecordHead ||
        chunk.chunk_start_offset > data_end ||
        chunk.chunk_length > data_end - chunk.chunk_start_offset)
      return what + " is not inside the data section or overlaps another";
    at = chunk.chunk_start_offset + chunk.chunk_length;
    if (probed++ >= kProbedChunks) continue;
    Buffer buffer;
    const ByteView head = source.view(chunk.chunk_start_offset, kRecordHead, buffer);
    if (head.size() < kRecordHead || head[0] != static_cast<std::uint8_t>(Opcode::kChunk) ||
        load_u64(head.data() + 1) != chunk.chunk_length - kRecordHead)
      return what + " does not lead to a Chunk record";
  }
  return "";
}

struct Range {
  std::uint64_t begin, end;
};

/// Pieces: the chunks, and between them whatever the summary does not account for.
void lay_out(Layout& layout, std::uint64_t data_begin) {
  const Summary& summary = layout.summary;
  std::vector<Range> others;
  const auto take = [&](std::uint64_t offset, std::uint64_t length) {
    if (offset >= data_begin && offset < layout.data_end && length <= layout.data_end - offset)
      others.push_back({offset, offset + length});
  };
  for (const ChunkIndex& chunk : summary.chunks)
    take(chunk.chunk_start_offset + chunk.chunk_length, chunk.message_index_length);
  for (const AttachmentIndex& attachment : summary.attachments)
    take(attachment.offset, attachment.length);
  for (const MetadataIndex& metadata : summary.metadata) take(metadata.offset, metadata.length);
  for (std::size_t i = 0; i < summary.chunks.size(); ++i) {
    const ChunkIndex& chunk = summary.chunks[i];
    others.push_back({chunk.chunk_start_offset, chunk.chunk_start_offset + chunk.chunk_length});
    if (chunk.uncompressed_size == 0) continue;
    layout.pieces.push_back({Piece::Kind::kChunk, chunk.chunk_start_offset, chunk.chunk_length,
                             chunk.message_start_time, chunk.message_end_time, i});
  }
  std::sort(others.begin(), others.end(),
            [](const Range& a, const Range& b) { return a.begin < b.begin; });
  std::uint64_t at = data_begin;
  const auto uncharted = [&](std::uint64_t end) {
    if (end > at) layout.pieces.push_back({Piece::Kind::kUncharted, at, end - at, 0, 0, 0});
  };
  for (const Range& range : others) {
    uncharted(range.begin);
    at = std::max(at, range.end);
  }
  uncharted(layout.data_end);
  std::sort(layout.pieces.begin(), layout.pieces.end(),
            [](const Piece& a, const Piece& b) { return a.offset < b.offset; });
}

/// Leaves out what holds no message, such as Schema and Channel records before the first chunk:
/// then the indexes tell the times of every message. What is long or damaged is left to who reads
/// it.
void drop_empty_stretches(const ByteSource& source, Layout& layout) {
  const auto empty = [&](const Piece& piece) {
    RecordWalker walker(source, piece.offset, piece.offset + piece.length);
    Record record;
    Step step = Step::kEnd;
    while ((step = walker.next(record)) == Step::kRecord)
      if (record.opcode == Opcode::kMessage || record.opcode == Opcode::kChunk) return false;
    return step == Step::kEnd;
  };
  const auto uncharted = [](const Piece& piece) { return piece.kind == Piece::Kind::kUncharted; };
  std::uint64_t length = 0;
  for (const Piece& piece : layout.pieces)
    if (uncharted(piece)) length += piece.length;
  if (length > Piece::kRunSize) return;
  std::erase_if(layout.pieces, [&](const Piece& p) { return uncharted(p) && empty(p); });
}

/// Where DataEnd is, when it lies right before the summary as writers put it, with its CRC.
void find_data_end(const ByteSource& source, std::uint64_t summary_start, Layout& layout) {
  constexpr std::uint64_t kDataEndLength = kRecordHead + 4;
  layout.data_end = summary_start;
  if (summary_start < kDataEndLength) return;
  Buffer buffer;
  const ByteView bytes = source.view(summary_start - kDataEndLength, kDataEndLength, buffer);
  if (bytes.size() < kDataEndLength || load_u64(bytes.data() + 1) != 4 ||
      bytes[0] != static_cast<std::uint8_t>(Opcode::kDataEnd))
    return;
  layout.data_end = summary_start - kDataEndLength;
  const std::uint32_t crc = load_u32(bytes.data() + kRecordHead);
  if (crc != 0) layout.data_crc = crc;
}

/// Without statistics nothing says how much there is, so what lies between the chunks is looked at:
/// "" when it is nothing but indexes and messages of known channels.
std::string unaccounted(const ByteSource& source, const Layout& layout) {
  for (const Piece& piece : layout.pieces) {
    if (piece.kind != Piece::Kind::kUncharted) continue;
    RecordWalker walker(source, piece.offset, piece.offset + piece.length);
    Record record;
    while (walker.next(record) == Step::kRecord && record.opcode != Opcode::kDataEnd) {
      const bool known_message =
          record.opcode == Opcode::kMessage && record.body.size() >= kMessageHead &&
          layout.summary.channels.contains(parse_message(record.body).channel_id);
      if (is_known(record.opcode) && record.opcode != Opcode::kMessageIndex && !known_message)
        return name_of(record.opcode) + " at " + at_byte(record.offset) + " is not in it";
    }
  }
  return "";
}

void take_times(Summary& summary) {
  const auto widen = [&](std::uint64_t start, std::uint64_t end) {
    summary.start_time = std::min(summary.start_time.value_or(start), start);
    summary.end_time = std::max(summary.end_time.value_or(end), end);
  };
  if (summary.statistics && summary.statistics->message_count > 0)
    widen(summary.statistics->message_start_time, summary.statistics->message_end_time);
  // Also where there are statistics: a common writer takes a message at time 0 there for none.
  for (const ChunkIndex& chunk : summary.chunks)
    if (!chunk.message_index_offsets.empty() || chunk.message_end_time != 0)
      widen(chunk.message_start_time, chunk.message_end_time);
}
}  // namespace

bool layout_from_summary(const ByteSource& source, Layout& layout, std::string& reason,
                         Diagnostics& diagnostics) {
  const std::optional<Tail> tail = find_footer(source);
  if (!tail) {
    reason = "no footer at the end";
    return false;
  }
  const Footer& footer = tail->footer;
  if (footer.summary_start == 0) {
    reason = "it has no summary";
    return false;
  }
  std::uint64_t data_begin = 0;
  const std::optional<Header> header = read_header(source, &data_begin);
  if (!header || footer.summary_start < data_begin || footer.summary_start > tail->offset ||
      tail->offset - footer.summary_start > kLargestSummary) {
    reason = "the footer says that the summary begins at " + at_byte(footer.summary_start) +
             ", which cannot be";
    return false;
  }
  try {
    Buffer buffer;
    const std::uint64_t size = tail->offset - footer.summary_start;
    // The CRC covers the footer up to the CRC itself.
    const ByteView bytes =
        source.view(footer.summary_start, size + kFooterLength - sizeof footer.summary_crc, buffer);
    if (bytes.size() < size) throw InputError("the summary is cut");
    if (footer.summary_crc != 0 && crc32(0, bytes) != footer.summary_crc) {
      diagnostics.warn("mcap-summary-crc", source.name(),
                       "the summary at " + at_byte(footer.summary_start) +
                           " does not match its CRC; the file is scanned instead of it");
      reason = "the summary does not match its CRC";
      return false;
    }
    take_summary(bytes.first(size), layout.summary);
    reason = incomplete(layout.summary);
  } catch (const InputError& error) {
    reason = error.message();
  }
  Summary& summary = layout.summary;
  find_data_end(source, footer.summary_start, layout);
  std::sort(summary.chunks.begin(), summary.chunks.end(), [](const auto& a, const auto& b) {
    return a.chunk_start_offset < b.chunk_start_offset;
  });
  if (reason.empty()) reason = misplaced(source, summary, data_begin, layout.data_end);
  if (!reason.empty()) return false;
  summary.profile = header->profile;
  summary.library = header->library;
  summary.from_summary = true;
  take_times(summary);
  lay_out(layout, data_begin);
  if (!summary.statistics) reason = unaccounted(source, layout);
  drop_empty_stretches(source, layout);
  return reason.empty();
}

}  // namespace reelcell::readers::mcap
