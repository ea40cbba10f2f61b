#include "internal/verifier.hpp"
#include "reelcell/base/error.hpp"

namespace reelcell::readers::mcap {
namespace {
bool same(const Schema& a, const Schema& b) {
  return a.name == b.name && a.encoding == b.encoding && a.data == b.data;
}
bool same(const Channel& a, const Channel& b) {
  return a.schema_id == b.schema_id && a.topic == b.topic &&
         a.message_encoding == b.message_encoding && a.metadata == b.metadata;
}
std::string of_channel(std::uint16_t id) { return "channel " + std::to_string(id); }
}  // namespace

Report::~Report() {
  for (const auto& [key, count] : counts_)
    if (count > kShown)
      findings_.add(key.second, key.first, path_, "",
                    std::to_string(count - kShown) + " more of the same kind");
}

void Report::add(FindingLevel level, const char* code, std::uint64_t offset,
                 const std::string& message) {
  if (++counts_[{code, level}] <= kShown)
    findings_.add(level, code, path_, at_byte(offset), message);
}

void Report::expect(const char* code, std::uint64_t offset, const std::string& what,
                    std::uint64_t found, std::uint64_t expected) {
  if (found != expected)
    error(code, offset,
          what + " is " + std::to_string(found) + ", expected " + std::to_string(expected));
}

std::uint32_t crc_of(const ByteSource& source, std::uint64_t begin, std::uint64_t end) {
  constexpr std::uint64_t kStep = 1 << 20;
  Buffer buffer;
  std::uint32_t crc = 0;
  while (begin < end) {
    const ByteView bytes = source.view(begin, std::min(end - begin, kStep), buffer);
    if (bytes.empty()) break;
    crc = crc32(crc, bytes);
    begin += bytes.size();
  }
  return crc;
}

void DataVerifier::record(const Record& record, std::uint32_t crc_before) {
  if (!header_ && record.opcode != Opcode::kHeader)
    report_.error("MCAP-ORDER", record.offset,
                  "found " + name_of(record.opcode) + ", expected the Header first");
  if (record.opcode != Opcode::kMessageIndex) finish_chunk();
  switch (record.opcode) {
    case Opcode::kHeader:
      if (header_) report_.error("MCAP-ORDER", record.offset, "a second Header, expected one");
      header_ = true;
      static_cast<void>(parse_header(record.body));
      break;
    case Opcode::kSchema:
      return schema(parse_schema(record.body), record.offset);
    case Opcode::kChannel:
      return channel(parse_channel(record.body), record.offset);
    case Opcode::kMessage:
      return message(parse_message(record.body), record.offset);
    case Opcode::kChunk:
      return chunk(record);
    case Opcode::kMessageIndex:
      return message_index(record);
    case Opcode::kAttachment:
      return attachment(record);
    case Opcode::kMetadata: {
      ++observed_.statistics.metadata_count;
      observed_.metadata[record.offset] = {record.offset, kRecordHead + record.length,
                                           parse_metadata(record.body).name};
      break;
    }
    case Opcode::kDataEnd:
      return data_end(record, crc_before);
    default:
      if (is_known(record.opcode))
        report_.error("MCAP-ORDER", record.offset,
                      name_of(record.opcode) + " belongs in the summary, after DataEnd");
      else
        report_.note("MCAP-UNKNOWN-RECORD", record.offset, name_of(record.opcode) + " is skipped");
  }
}

void DataVerifier::schema(Schema schema, std::uint64_t offset) {
  if (schema.id == 0)
    report_.error("MCAP-SCHEMA", offset, "a Schema with id 0, which means 'no schema'");
  const auto [known, added] = observed_.schemas.try_emplace(schema.id, schema);
  if (!added && !same(known->second, schema))
    report_.error("MCAP-REDEFINED", offset,
                  "schema " + std::to_string(schema.id) + " ('" + schema.name +
                      "') differs from the one with this id before ('" + known->second.name + "')");
}

void DataVerifier::channel(Channel channel, std::uint64_t offset) {
  if (channel.schema_id != 0 && !observed_.schemas.contains(channel.schema_id) &&
      missing_schemas_.insert(channel.schema_id).second)
    report_.error("MCAP-SCHEMA", offset,
                  of_channel(channel.id) + " ('" + channel.topic + "') has schema " +
                      std::to_string(channel.schema_id) +
                      ", which no Schema record before it describes");
  const auto [known, added] = observed_.channels.try_emplace(channel.id, channel);
  if (!added && !same(known->second, channel))
    report_.error("MCAP-REDEFINED", offset,
                  of_channel(channel.id) + " ('" + channel.topic +
                      "') differs from the one with this id before ('" + known->second.topic +
                      "')");
  if (added) prepare_decoding(known->second, offset);
}

void DataVerifier::prepare_decoding(const Channel& channel, std::uint64_t offset) {
  const std::string what = of_channel(channel.id) + " ('" + channel.topic + "')";
  auto& codec = codecs_[channel.id];
  const auto schema = observed_.schemas.find(channel.schema_id);
  if (channel.schema_id != 0 && schema == observed_.schemas.end()) return;  // told already
  try {
    codec = make_codec(channel, channel.schema_id == 0 ? nullptr : &schema->second, {});
  } catch (const InputError& error) {
    if (is_known_encoding(channel.message_encoding))
      report_.error("MCAP-SCHEMA-UNREADABLE", offset,
                    what + ": messages cannot be decoded: " + error.message());
    else
      report_.note("MCAP-ENCODING", offset, what + ": " + error.message());
  }
}

void DataVerifier::decode(const MessageView& message, std::uint64_t offset) {
  const auto codec = codecs_.find(message.channel_id);
  if (codec == codecs_.end() || !codec->second) return;
  try {
    static_cast<void>(codec->second->sample(message.data));
    ++decoded_;
  } catch (const InputError& error) {
    report_.error("MCAP-DECODE", offset,
                  "message " + std::to_string(message.sequence) + " of '" +
                      observed_.channels.at(message.channel_id).topic + "' at log time " +
                      std::to_string(message.log_time) +
                      " does not fit its schema: " + error.message());
  }
}

void DataVerifier::message(const MessageView& message, std::uint64_t offset) {
  Statistics& statistics = observed_.statistics;
  if (!observed_.channels.contains(message.channel_id) &&
      missing_channels_[message.channel_id]++ == 0)
    report_.error("MCAP-CHANNEL", offset,
                  "a message of " + of_channel(message.channel_id) +
                      ", which no Channel record before it describes");
  const bool first = statistics.message_count++ == 0;
  ++statistics.channel_message_counts[message.channel_id];
  statistics.message_start_time =
      first ? message.log_time : std::min(statistics.message_start_time, message.log_time);
  statistics.message_end_time = std::max(statistics.message_end_time, message.log_time);
  if (!first && message.log_time < last_time_ && backwards_++ == 0) first_backwards_ = offset;
  last_time_ = message.log_time;
  decode(message, offset);
}

void DataVerifier::chunk(const Record& record) {
  ++observed_.statistics.chunk_count;
  ChunkIndex& index = observed_.chunks[record.offset];
  index.chunk_start_offset = record.offset;
  index.chunk_length = kRecordHead + record.length;
  chunk_ = &index;
  chunk_readable_ = false;
  const ChunkContents chunk = decoder_.decode(record.body, record.length, records_);
  index.message_start_time = chunk.head.message_start_time;
  index.message_end_time = chunk.head.message_end_time;
  index.compression = chunk.head.compression;
  index.compressed_size = chunk.head.records_size;
  index.uncompressed_size = chunk.head.uncompressed_size;
  if (chunk.state == ChunkState::kDamaged)
    return report_.error("MCAP-CHUNK", record.offset, "the chunk cannot be read: " + chunk.problem);
  ++(chunk.head.uncompressed_crc == 0 ? without_crc_ : crcs_);
  if (chunk.state == ChunkState::kCrc)
    report_.error("MCAP-CHUNK-CRC", record.offset, chunk.problem + "; the chunk is damaged");

  chunk_readable_ = true;
  std::uint64_t start = std::numeric_limits<std::uint64_t>::max();
  std::uint64_t end = 0;
  const std::uint64_t stopped =
      walk_records(chunk.records, [&](Opcode opcode, std::uint64_t offset, ByteView body) {
        try {
          if (opcode == Opcode::kSchema) return schema(parse_schema(body), record.offset);
          if (opcode == Opcode::kChannel) return channel(parse_channel(body), record.offset);
          if (opcode == Opcode::kMessage) {
            const MessageView view = parse_message(body);
            message(view, record.offset);
            contents_[view.channel_id].emplace_back(view.log_time, offset);
            start = std::min(start, view.log_time);
            end = std::max(end, view.log_time);
          } else if (is_known(opcode)) {
            report_.error("MCAP-ORDER", record.offset, name_of(opcode) + " inside a chunk");
          } else {
            report_.note("MCAP-UNKNOWN-RECORD", record.offset,
                         name_of(opcode) + " in the chunk is skipped");
          }
        } catch (const InputError& error) {
          report_.error("MCAP-RECORD", record.offset,
                        at_byte(offset) + " in the chunk: " + error.message());
        }
      });
  if (stopped != chunk.records.size())
    report_.error("MCAP-RECORD", record.offset,
                  at_byte(stopped) + " in the chunk is no whole record");
  if (contents_.empty()) return;
  report_.expect("MCAP-CHUNK-TIMES", record.offset, "the chunk's start time",
                 chunk.head.message_start_time, start);
  report_.expect("MCAP-CHUNK-TIMES", record.offset, "the chunk's end time",
                 chunk.head.message_end_time, end);
}

void DataVerifier::message_index(const Record& record) {
  if (!chunk_)
    return report_.error("MCAP-ORDER", record.offset, "MessageIndex without a chunk before it");
  MessageIndex index = parse_message_index(record.body);
  chunk_->message_index_offsets.emplace_back(index.channel_id, record.offset);
  chunk_->message_index_length += kRecordHead + record.length;
  if (!chunk_readable_) return;
  if (!indexed_.insert(index.channel_id).second)
    report_.error("MCAP-MESSAGE-INDEX", record.offset,
                  "a second index of " + of_channel(index.channel_id) + " for one chunk");
  Entries& found = contents_[index.channel_id];
  std::sort(found.begin(), found.end());
  std::sort(index.entries.begin(), index.entries.end());
  if (index.entries == found) return;
  const auto [entry, content] =
      std::mismatch(index.entries.begin(), index.entries.end(), found.begin(), found.end());
  const auto text = [](const Entries& list, Entries::const_iterator at) {
    return at == list.end()
               ? std::string("nothing")
               : "log time " + std::to_string(at->first) + " at " + at_byte(at->second);
  };
  report_.error("MCAP-MESSAGE-INDEX", record.offset,
                "the index of " + of_channel(index.channel_id) + " has " +
                    std::to_string(index.entries.size()) + " entries, the chunk " +
                    std::to_string(found.size()) + " messages; first difference: found " +
                    text(index.entries, entry) + ", expected " + text(found, content));
}

void DataVerifier::finish_chunk() {
  if (!chunk_) return;
  if (chunk_readable_ && !indexed_.empty())
    for (const auto& [channel, entries] : contents_)
      if (!indexed_.contains(channel) && !entries.empty())
        report_.error("MCAP-MESSAGE-INDEX", chunk_->chunk_start_offset,
                      of_channel(channel) + " has " + std::to_string(entries.size()) +
                          " messages in the chunk but no index, while other channels have one");
  chunk_ = nullptr;
  contents_.clear();
  indexed_.clear();
}

void DataVerifier::attachment(const Record& record) {
  ++observed_.statistics.attachment_count;
  const AttachmentHead head = parse_attachment_head(record.body);
  observed_.attachments[record.offset] = {record.offset,  kRecordHead + record.length,
                                          head.log_time,  head.create_time,
                                          head.data_size, head.name,
                                          head.media_type};
  if (record.length - head.data_begin < 4 || head.data_size > record.length - head.data_begin - 4)
    throw InputError("attachment '" + head.name + "' claims " + std::to_string(head.data_size) +
                     " bytes of data, more than its record has");
  const std::uint64_t body = record.offset + kRecordHead;
  const std::uint64_t crc_at = body + head.data_begin + head.data_size;
  Buffer buffer;
  const std::uint32_t expected = load_u32(source_.view(crc_at, 4, buffer).data());
  ++(expected == 0 ? without_crc_ : crcs_);
  if (expected != 0 && crc_of(source_, body, crc_at) != expected)
    report_.error("MCAP-ATTACHMENT-CRC", record.offset,
                  "attachment '" + head.name + "' does not match its CRC; it is damaged");
}

void DataVerifier::data_end(const Record& record, std::uint32_t crc_before) {
  ended_ = true;
  const std::uint32_t expected = parse_data_end(record.body);
  ++(expected == 0 ? without_crc_ : crcs_);
  if (expected != 0 && expected != crc_before)
    report_.error("MCAP-DATA-CRC", record.offset,
                  "the data section does not match its CRC; something before it is damaged");
}

void DataVerifier::finish() {
  finish_chunk();
  const Statistics& statistics = observed_.statistics;
  if (backwards_ > 0)
    report_.note("MCAP-TIME-ORDER", first_backwards_,
                 std::to_string(backwards_) +
                     " messages have an earlier log time than the one before them in the file; "
                     "reading in log-time order sorts them");
  if (without_crc_ > 0)
    report_.note(
        "MCAP-NO-CRC", 0,
        std::to_string(without_crc_) +
            " chunks, attachments or sections carry no CRC, so damage in them cannot be seen");
  report_.checked("messages", statistics.message_count);
  report_.checked("messages decoded", decoded_);
  report_.checked("chunks", statistics.chunk_count);
  report_.checked("attachments", statistics.attachment_count);
  report_.checked("CRCs", crcs_);
}

}  // namespace reelcell::readers::mcap
