#include "internal/file.hpp"

#include <algorithm>
#include <array>

#include "internal/cursor.hpp"
#include "internal/walker.hpp"
#include "reelcell/base/compress.hpp"
#include "reelcell/base/error.hpp"

namespace reelcell::readers::mcap {

namespace {
using TimesOfChannels = std::map<std::uint16_t, std::vector<std::uint64_t>>;

/// What one chunk's MessageIndex records list. False: they are not all there.
bool list_times(const ByteSource& source, const ChunkIndex& chunk, Buffer& buffer,
                TimesOfChannels& times) {
  const std::uint64_t begin = chunk.chunk_start_offset + chunk.chunk_length;
  if (chunk.message_index_length == 0 || chunk.message_index_length > kLargestRecord) return false;
  const ByteView records = source.view(begin, chunk.message_index_length, buffer);
  const std::uint64_t end = walk_records(records, [&](Opcode opcode, std::uint64_t, ByteView body) {
    if (opcode != Opcode::kMessageIndex) return;
    const MessageIndex index = parse_message_index(body);
    auto& list = times[index.channel_id];
    for (const auto& [log_time, offset] : index.entries) list.push_back(log_time);
  });
  return end == chunk.message_index_length;
}
}  // namespace

struct McapFile::State {
  State(std::shared_ptr<const ByteSource> from, Depth depth, Diagnostics& diagnostics)
      : source(std::move(from)), layout(read_layout(*source, depth, diagnostics)), store(*source) {}

  /// Pieces of which all times are known. Uncharted ones are walked through once.
  const std::vector<Piece>& charted(Diagnostics& diagnostics) {
    std::call_once(charting, [&] {
      for (const Piece& piece : layout.pieces) {
        if (piece.kind != Piece::Kind::kUncharted) {
          pieces.push_back(piece);
          continue;
        }
        const std::vector<Piece> runs = chart_runs(*source, piece, diagnostics);
        pieces.insert(pieces.end(), runs.begin(), runs.end());
      }
    });
    return pieces;
  }

  /// Leaves `listed` empty where the indexes do not tell, or tell of too much.
  void list() {
    constexpr std::size_t kMost = 16'000'000;  // messages; 128 MB
    constexpr std::size_t kMostUnindexed = 4;  // chunks that are decompressed for it
    TimesOfChannels times;
    Buffer buffer;
    std::size_t unindexed = 0, messages = 0;
    for (const Piece& piece : layout.pieces) {
      if (piece.kind != Piece::Kind::kChunk) return;
      const ChunkIndex& chunk = layout.summary.chunks[piece.chunk];
      messages += chunk.message_index_length / 16;
      if (messages > kMost) return;
      try {
        if (list_times(*source, chunk, buffer, times)) continue;
      } catch (const InputError&) {
        return;  // a damaged index; reading the messages reports it
      }
      if (chunk.message_index_length > 0 || ++unindexed > kMostUnindexed) return;
      const auto loaded = store.load(piece);
      for (const auto& [channel, entries] : loaded->index().channels)
        for (const Entry& entry : entries) times[channel].push_back(entry.log_time);
    }
    listed = std::move(times);
  }

  std::shared_ptr<const ByteSource> source;
  Layout layout;
  PieceStore store;
  /// read() goes back and forth, so pieces are kept once it was called.
  std::once_flag reading;
  std::array<PieceStore::User, 2> random_users;
  std::once_flag listing;
  std::optional<TimesOfChannels> listed;
  std::once_flag charting;
  std::vector<Piece> pieces;
};

namespace {
/// The body of a record that an index leads to.
ByteView indexed_body(const ByteSource& source, Opcode opcode, std::uint64_t offset,
                      std::uint64_t length, Buffer& buffer) {
  const ByteView record =
      length <= kLargestRecord ? source.view(offset, length, buffer) : ByteView();
  if (length < kRecordHead || record.size() < length ||
      record[0] != static_cast<std::uint8_t>(opcode) ||
      load_u64(record.data() + 1) != length - kRecordHead)
    throw InputError(source.name(),
                     at_byte(offset) + ": no " + name_of(opcode) + " record of " +
                         std::to_string(length) +
                         " bytes is there, but an index says so; the file is damaged");
  return record.subspan(kRecordHead);
}

/// Log times of one channel in one chunk, from the MessageIndex record behind the chunk.
std::optional<std::pair<std::uint64_t, std::uint64_t>> indexed_times(const ByteSource& source,
                                                                     std::uint16_t channel,
                                                                     std::uint64_t offset,
                                                                     Buffer& buffer) {
  const ByteView head = source.view(offset, kRecordHead, buffer);
  if (head.size() < kRecordHead || head[0] != static_cast<std::uint8_t>(Opcode::kMessageIndex))
    return std::nullopt;
  const std::uint64_t length = load_u64(head.data() + 1);
  if (length > kLargestRecord) return std::nullopt;
  const ByteView body = source.view(offset + kRecordHead, length, buffer);
  if (body.size() < length) return std::nullopt;
  const MessageIndex index = parse_message_index(body);
  if (index.channel_id != channel || index.entries.empty()) return std::nullopt;
  const auto [first, last] = std::minmax_element(index.entries.begin(), index.entries.end());
  return std::pair{first->first, last->first};
}

/// Visits the chunks that hold `channel`, ordered by `before`, until visit says that it is enough.
/// False: an index is missing.
template <class Before, class Visit>
bool visit_chunks(const Summary& summary, std::uint16_t channel, Before before, Visit visit) {
  std::vector<std::pair<const ChunkIndex*, std::uint64_t>> chunks;
  for (const ChunkIndex& chunk : summary.chunks) {
    if (chunk.message_index_offsets.empty() && chunk.uncompressed_size > 0) return false;
    for (const auto& [id, offset] : chunk.message_index_offsets)
      if (id == channel) chunks.emplace_back(&chunk, offset);
  }
  std::sort(chunks.begin(), chunks.end(),
            [&](const auto& a, const auto& b) { return before(*a.first, *b.first); });
  for (const auto& [chunk, offset] : chunks)
    if (!visit(*chunk, offset)) break;
  return true;
}

struct ChannelTimes {
  std::optional<std::uint64_t> first, last;
  bool known = true;
};

/// Chunks may overlap in time, so one is enough only when the next begins later than what was
/// found.
ChannelTimes channel_times(const ByteSource& source, const Summary& summary,
                           std::uint16_t channel) {
  ChannelTimes found;
  Buffer buffer;
  const auto look = [&](const ChunkIndex& chunk, std::uint64_t offset, auto done) {
    if (done(chunk)) return false;
    const auto times = indexed_times(source, channel, offset, buffer);
    if (!times) return found.known = false;
    found.first = std::min(found.first.value_or(times->first), times->first);
    found.last = std::max(found.last.value_or(times->second), times->second);
    return true;
  };
  const bool starts = visit_chunks(
      summary, channel,
      [](const ChunkIndex& a, const ChunkIndex& b) {
        return a.message_start_time < b.message_start_time;
      },
      [&](const ChunkIndex& chunk, std::uint64_t offset) {
        return look(chunk, offset, [&](const ChunkIndex& c) {
          return found.first && c.message_start_time >= *found.first;
        });
      });
  const bool ends = visit_chunks(
      summary, channel,
      [](const ChunkIndex& a, const ChunkIndex& b) {
        return a.message_end_time > b.message_end_time;
      },
      [&](const ChunkIndex& chunk, std::uint64_t offset) {
        return look(chunk, offset, [&](const ChunkIndex& c) {
          return found.last && c.message_end_time <= *found.last;
        });
      });
  found.known = found.known && starts && ends;
  return found;
}
}  // namespace

McapFile::McapFile(std::unique_ptr<State> state) : state_(std::move(state)) {}
McapFile::~McapFile() = default;

std::shared_ptr<const McapFile> McapFile::open(const fs::path& path, Diagnostics& diagnostics,
                                               Depth depth) {
  auto source = std::make_shared<const ByteSource>(path);
  return std::shared_ptr<const McapFile>(
      new McapFile(std::make_unique<State>(std::move(source), depth, diagnostics)));
}

std::shared_ptr<const McapFile> McapFile::open_bytes(std::string name, Bytes bytes,
                                                     Diagnostics& diagnostics) {
  auto source = std::make_shared<const ByteSource>(std::move(name), std::move(bytes));
  return std::shared_ptr<const McapFile>(
      new McapFile(std::make_unique<State>(std::move(source), Depth::kAll, diagnostics)));
}

const Summary& McapFile::summary() const { return state_->layout.summary; }
const std::string& McapFile::name() const { return state_->source->name(); }

std::uint64_t McapFile::size() const { return state_->source->size(); }

std::unique_ptr<MessageCursor> McapFile::messages(const MessageQuery& query,
                                                  Diagnostics& diagnostics) const {
  return at_place(name(), [&] {
    CursorContext context{shared_from_this(), *state_->source,      state_->layout,
                          state_->store,      state_->store.user(), diagnostics};
    if (query.order == Order::kFile) return make_file_cursor(std::move(context), query);
    return make_time_cursor(std::move(context), query, state_->charted(diagnostics));
  });
}

std::optional<std::pair<std::uint64_t, std::uint64_t>> McapFile::log_times(
    const std::vector<std::uint16_t>& channels) const {
  const Layout& layout = state_->layout;
  const bool only_chunks =
      std::all_of(layout.pieces.begin(), layout.pieces.end(),
                  [](const Piece& piece) { return piece.kind == Piece::Kind::kChunk; });
  if (layout.summary.channel_times.empty() && !only_chunks) return std::nullopt;
  std::optional<std::pair<std::uint64_t, std::uint64_t>> all;
  const auto widen = [&](std::uint64_t first, std::uint64_t last) {
    if (!all) all = {first, last};
    all = {std::min(all->first, first), std::max(all->second, last)};
  };
  for (const std::uint16_t channel : channels) {
    const auto scanned = layout.summary.channel_times.find(channel);
    if (scanned != layout.summary.channel_times.end()) {
      widen(scanned->second.first, scanned->second.second);
      continue;
    }
    if (!layout.summary.channel_times.empty()) continue;  // scanned, and without messages
    try {
      const ChannelTimes times = channel_times(*state_->source, layout.summary, channel);
      if (!times.known) return std::nullopt;
      if (times.first && times.last) widen(*times.first, *times.last);
    } catch (const InputError&) {
      return std::nullopt;  // a damaged index; reading the messages reports it
    }
  }
  return all;
}

std::optional<std::vector<std::uint64_t>> McapFile::indexed_times(
    const std::vector<std::uint16_t>& channels) const {
  std::call_once(state_->listing, [&] { state_->list(); });
  if (!state_->listed) return std::nullopt;
  std::vector<std::uint64_t> all;
  for (const std::uint16_t channel : channels)
    if (const auto list = state_->listed->find(channel); list != state_->listed->end())
      all.insert(all.end(), list->second.begin(), list->second.end());
  std::sort(all.begin(), all.end());
  return all;
}

Bytes McapFile::read(const MessageRef& ref) const {
  Buffer buffer;
  std::shared_ptr<const LoadedPiece> loaded;
  ByteView records;
  if (ref.chunk_offset == MessageRef::kNoChunk) {
    const ByteView head = state_->source->view(ref.offset, kRecordHead, buffer);
    const std::uint64_t length = head.size() == kRecordHead ? load_u64(head.data() + 1) : 0;
    if (length <= kLargestRecord)
      records = state_->source->view(ref.offset, kRecordHead + length, buffer);
  } else {
    const auto& pieces = state_->layout.pieces;
    const auto piece = std::lower_bound(
        pieces.begin(), pieces.end(), ref.chunk_offset,
        [](const Piece& candidate, std::uint64_t offset) { return candidate.offset < offset; });
    if (piece == pieces.end() || piece->offset != ref.chunk_offset ||
        piece->kind != Piece::Kind::kChunk)
      throw InputError(name(), "no chunk is at " + at_byte(ref.chunk_offset));
    std::call_once(state_->reading, [&] {
      for (auto& user : state_->random_users) user = state_->store.user();
    });
    loaded = state_->store.load(*piece);
    const ChunkContents& contents = loaded->contents;
    if (contents.state == ChunkState::kCrc || contents.state == ChunkState::kDamaged)
      throw InputError(name(), "chunk at " + at_byte(piece->offset) + ": " + contents.problem);
    if (ref.offset <= contents.records.size()) records = contents.records.subspan(ref.offset);
  }
  if (records.size() < kRecordHead + kMessageHead ||
      records[0] != static_cast<std::uint8_t>(Opcode::kMessage) ||
      load_u64(records.data() + 1) > records.size() - kRecordHead ||
      load_u64(records.data() + 1) < kMessageHead)
    throw InputError(name(), "no message is at " + at_byte(ref.offset) +
                                 (loaded ? " of the chunk at " + at_byte(ref.chunk_offset) : ""));
  const ByteView data =
      parse_message(records.subspan(kRecordHead, load_u64(records.data() + 1))).data;
  return {data.begin(), data.end()};
}

Bytes McapFile::attachment(const AttachmentIndex& index) const {
  Buffer buffer;
  const ByteView body =
      indexed_body(*state_->source, Opcode::kAttachment, index.offset, index.length, buffer);
  return at_place(name(), [&] {
    const AttachmentHead head = parse_attachment_head(body);
    const std::string where = "attachment '" + head.name + "' at " + at_byte(index.offset);
    if (body.size() - head.data_begin < 4 || head.data_size > body.size() - head.data_begin - 4)
      throw InputError(where + ": its data claims " + std::to_string(head.data_size) +
                       " bytes, more than the record has; the file is damaged");
    const ByteView data = body.subspan(head.data_begin, head.data_size);
    // The CRC covers all fields before it.
    const std::uint64_t crc_at = head.data_begin + head.data_size;
    const std::uint32_t expected = load_u32(body.data() + crc_at);
    if (expected != 0 && crc32(0, body.first(crc_at)) != expected)
      throw InputError(where + " does not match its CRC; the file is damaged");
    return Bytes(data.begin(), data.end());
  });
}

StringPairs McapFile::metadata(const MetadataIndex& index) const {
  Buffer buffer;
  const ByteView body =
      indexed_body(*state_->source, Opcode::kMetadata, index.offset, index.length, buffer);
  return at_place(name(), [&] { return parse_metadata(body).entries; });
}

}  // namespace reelcell::readers::mcap
