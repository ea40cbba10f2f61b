#include "internal/records.hpp"

#include <cstdio>

#include "reelcell/base/error.hpp"

namespace reelcell::readers::mcap {
namespace {

/// Takes fields off the front of a record's body.
class Fields {
 public:
  Fields(Opcode opcode, ByteView body) : opcode_(opcode), body_(body) {}
  bool done() const { return position_ == body_.size(); }
  std::uint64_t position() const { return position_; }
  std::uint16_t u16(const char* field) { return load_u16(take(2, field)); }
  std::uint32_t u32(const char* field) { return load_u32(take(4, field)); }
  std::uint64_t u64(const char* field) { return load_u64(take(8, field)); }
  std::string text(const char* field) { return std::string(as_text(block(field))); }
  /// A u32 length and as many bytes.
  ByteView block(const char* field) {
    const std::uint32_t size = u32(field);
    return {take(size, field), size};
  }
  Fields inner(const char* field) { return {opcode_, block(field)}; }
  StringPairs text_map(const char* field) {
    StringPairs pairs;
    for (Fields map = inner(field); !map.done();) {
      std::string key = map.text(field);
      pairs.emplace_back(std::move(key), map.text(field));
    }
    return pairs;
  }

 private:
  const std::uint8_t* take(std::uint64_t size, const char* field) {
    const std::uint64_t left = body_.size() - position_;
    if (size > left)
      throw InputError(name_of(opcode_) + " record: '" + field + "' needs " + std::to_string(size) +
                       " bytes, " + std::to_string(left) +
                       " are left in the record; the file is damaged");
    const std::uint8_t* at = body_.data() + position_;
    position_ += size;
    return at;
  }
  Opcode opcode_;
  ByteView body_;
  std::uint64_t position_ = 0;
};

}  // namespace

std::string name_of(Opcode opcode) {
  static constexpr std::array<const char*, 16> kNames = {
      "",         "Header",        "Footer",        "Schema",     "Channel",         "Message",
      "Chunk",    "MessageIndex",  "ChunkIndex",    "Attachment", "AttachmentIndex", "Statistics",
      "Metadata", "MetadataIndex", "SummaryOffset", "DataEnd"};
  if (is_known(opcode)) return kNames[static_cast<std::size_t>(opcode)];
  std::array<char, 48> text{};
  std::snprintf(text.data(), text.size(), "unknown record (opcode 0x%02X)",
                static_cast<unsigned>(opcode));
  return text.data();
}

Header parse_header(ByteView body) {
  Fields fields(Opcode::kHeader, body);
  Header header;
  header.profile = fields.text("profile");
  header.library = fields.text("library");
  return header;
}

Footer parse_footer(ByteView body) {
  Fields fields(Opcode::kFooter, body);
  Footer footer;
  footer.summary_start = fields.u64("summary_start");
  footer.summary_offset_start = fields.u64("summary_offset_start");
  footer.summary_crc = fields.u32("summary_crc");
  return footer;
}

Schema parse_schema(ByteView body) {
  Fields fields(Opcode::kSchema, body);
  Schema schema;
  schema.id = fields.u16("id");
  schema.name = fields.text("name");
  schema.encoding = fields.text("encoding");
  const ByteView data = fields.block("data");
  schema.data.assign(data.begin(), data.end());
  return schema;
}

Channel parse_channel(ByteView body) {
  Fields fields(Opcode::kChannel, body);
  Channel channel;
  channel.id = fields.u16("id");
  channel.schema_id = fields.u16("schema_id");
  channel.topic = fields.text("topic");
  channel.message_encoding = fields.text("message_encoding");
  channel.metadata = fields.text_map("metadata");
  return channel;
}

MessageView parse_message(ByteView body) {
  Fields fields(Opcode::kMessage, body);
  MessageView message;
  message.channel_id = fields.u16("channel_id");
  message.sequence = fields.u32("sequence");
  message.log_time = fields.u64("log_time");
  message.publish_time = fields.u64("publish_time");
  message.data = body.subspan(fields.position());
  return message;
}

ChunkHead parse_chunk_head(ByteView body) {
  Fields fields(Opcode::kChunk, body);
  ChunkHead head;
  head.message_start_time = fields.u64("message_start_time");
  head.message_end_time = fields.u64("message_end_time");
  head.uncompressed_size = fields.u64("uncompressed_size");
  head.uncompressed_crc = fields.u32("uncompressed_crc");
  head.compression = fields.text("compression");
  head.records_size = fields.u64("records");
  head.records_begin = fields.position();
  return head;
}

MessageIndex parse_message_index(ByteView body) {
  Fields fields(Opcode::kMessageIndex, body);
  MessageIndex index;
  index.channel_id = fields.u16("channel_id");
  for (Fields records = fields.inner("records"); !records.done();) {
    const std::uint64_t log_time = records.u64("records");
    index.entries.emplace_back(log_time, records.u64("records"));
  }
  return index;
}

ChunkIndex parse_chunk_index(ByteView body) {
  Fields fields(Opcode::kChunkIndex, body);
  ChunkIndex index;
  index.message_start_time = fields.u64("message_start_time");
  index.message_end_time = fields.u64("message_end_time");
  index.chunk_start_offset = fields.u64("chunk_start_offset");
  index.chunk_length = fields.u64("chunk_length");
  for (Fields map = fields.inner("message_index_offsets"); !map.done();) {
    const std::uint16_t channel = map.u16("message_index_offsets");
    index.message_index_offsets.emplace_back(channel, map.u64("message_index_offsets"));
  }
  index.message_index_length = fields.u64("message_index_length");
  index.compression = fields.text("compression");
  index.compressed_size = fields.u64("compressed_size");
  index.uncompressed_size = fields.u64("uncompressed_size");
  return index;
}

AttachmentHead parse_attachment_head(ByteView body) {
  Fields fields(Opcode::kAttachment, body);
  AttachmentHead head;
  head.log_time = fields.u64("log_time");
  head.create_time = fields.u64("create_time");
  head.name = fields.text("name");
  head.media_type = fields.text("media_type");
  head.data_size = fields.u64("data");
  head.data_begin = fields.position();
  return head;
}

AttachmentIndex parse_attachment_index(ByteView body) {
  Fields fields(Opcode::kAttachmentIndex, body);
  AttachmentIndex index;
  index.offset = fields.u64("offset");
  index.length = fields.u64("length");
  index.log_time = fields.u64("log_time");
  index.create_time = fields.u64("create_time");
  index.data_size = fields.u64("data_size");
  index.name = fields.text("name");
  index.media_type = fields.text("media_type");
  return index;
}

Statistics parse_statistics(ByteView body) {
  Fields fields(Opcode::kStatistics, body);
  Statistics statistics;
  statistics.message_count = fields.u64("message_count");
  statistics.schema_count = fields.u16("schema_count");
  statistics.channel_count = fields.u32("channel_count");
  statistics.attachment_count = fields.u32("attachment_count");
  statistics.metadata_count = fields.u32("metadata_count");
  statistics.chunk_count = fields.u32("chunk_count");
  statistics.message_start_time = fields.u64("message_start_time");
  statistics.message_end_time = fields.u64("message_end_time");
  for (Fields map = fields.inner("channel_message_counts"); !map.done();) {
    const std::uint16_t channel = map.u16("channel_message_counts");
    statistics.channel_message_counts[channel] = map.u64("channel_message_counts");
  }
  return statistics;
}

Metadata parse_metadata(ByteView body) {
  Fields fields(Opcode::kMetadata, body);
  Metadata metadata;
  metadata.name = fields.text("name");
  metadata.entries = fields.text_map("metadata");
  return metadata;
}

MetadataIndex parse_metadata_index(ByteView body) {
  Fields fields(Opcode::kMetadataIndex, body);
  MetadataIndex index;
  index.offset = fields.u64("offset");
  index.length = fields.u64("length");
  index.name = fields.text("name");
  return index;
}

SummaryOffset parse_summary_offset(ByteView body) {
  if (body.empty()) throw InputError("SummaryOffset record: it is empty; the file is damaged");
  Fields fields(Opcode::kSummaryOffset, body.subspan(1));
  SummaryOffset offset;
  offset.group_opcode = static_cast<Opcode>(body[0]);
  offset.group_start = fields.u64("group_start");
  offset.group_length = fields.u64("group_length");
  return offset;
}

std::uint32_t parse_data_end(ByteView body) {
  return Fields(Opcode::kDataEnd, body).u32("data_section_crc");
}

}  // namespace reelcell::readers::mcap
