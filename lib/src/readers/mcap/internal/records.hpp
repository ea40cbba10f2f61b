// The records of an MCAP file, parsed with every length checked against the bytes there are.
// Layouts: https://mcap.dev/spec#records. Extra bytes at the end of a record are allowed and
// ignored.
#pragma once

#include <array>
#include <bit>
#include <cstring>
#include <string>
#include <string_view>

#include "file.hpp"

namespace reelcell::readers::mcap {

inline constexpr std::array<std::uint8_t, 8> kMagic = {0x89, 'M', 'C', 'A', 'P', '0', '\r', '\n'};
/// Opcode and length before each record's body.
inline constexpr std::uint64_t kRecordHead = 9;
/// Footer body, fixed by the spec so that it can be found from the end of the file.
inline constexpr std::uint64_t kFooterBody = 20;
/// Message body before the data: channel, sequence, log time, publish time.
inline constexpr std::uint64_t kMessageHead = 22;
/// No recorder writes a chunk or record of this size; a larger claim is damage, not data.
inline constexpr std::uint64_t kLargestRecord = 1ull << 30;

enum class Opcode : std::uint8_t {
  kHeader = 0x01,
  kFooter = 0x02,
  kSchema = 0x03,
  kChannel = 0x04,
  kMessage = 0x05,
  kChunk = 0x06,
  kMessageIndex = 0x07,
  kChunkIndex = 0x08,
  kAttachment = 0x09,
  kAttachmentIndex = 0x0A,
  kStatistics = 0x0B,
  kMetadata = 0x0C,
  kMetadataIndex = 0x0D,
  kSummaryOffset = 0x0E,
  kDataEnd = 0x0F,
};
/// "Chunk", or "unknown record (opcode 0x42)".
std::string name_of(Opcode opcode);
inline bool is_known(Opcode opcode) {
  return opcode >= Opcode::kHeader && opcode <= Opcode::kDataEnd;
}

inline std::uint16_t load_u16(const std::uint8_t* p) {
  return static_cast<std::uint16_t>(p[0] | (p[1] << 8));
}
inline std::uint32_t load_u32(const std::uint8_t* p) {
  std::uint32_t value;
  std::memcpy(&value, p, sizeof value);
  if constexpr (std::endian::native == std::endian::big) value = __builtin_bswap32(value);
  return value;
}
inline std::uint64_t load_u64(const std::uint8_t* p) {
  std::uint64_t value;
  std::memcpy(&value, p, sizeof value);
  if constexpr (std::endian::native == std::endian::big) value = __builtin_bswap64(value);
  return value;
}

struct Header {
  std::string profile, library;
};
struct Footer {
  std::uint64_t summary_start = 0;
  std::uint64_t summary_offset_start = 0;
  std::uint32_t summary_crc = 0;
};
/// All of a Chunk before its records.
struct ChunkHead {
  std::uint64_t message_start_time = 0;
  std::uint64_t message_end_time = 0;
  std::uint64_t uncompressed_size = 0;
  std::uint32_t uncompressed_crc = 0;
  std::string compression;
  std::uint64_t records_size = 0;
  std::uint64_t records_begin = 0;  ///< in the body
};
struct MessageIndex {
  std::uint16_t channel_id = 0;
  std::vector<std::pair<std::uint64_t, std::uint64_t>> entries;  ///< log time, offset in the chunk
};
/// All of an Attachment but its data.
struct AttachmentHead {
  std::uint64_t log_time = 0;
  std::uint64_t create_time = 0;
  std::string name, media_type;
  std::uint64_t data_size = 0;
  std::uint64_t data_begin = 0;  ///< in the body
};
struct Metadata {
  std::string name;
  StringPairs entries;
};
struct SummaryOffset {
  Opcode group_opcode{};
  std::uint64_t group_start = 0;
  std::uint64_t group_length = 0;
};

// Each throws InputError (without a place) when the body is too short for its fields.
Header parse_header(ByteView body);
Footer parse_footer(ByteView body);
Schema parse_schema(ByteView body);
Channel parse_channel(ByteView body);
MessageView parse_message(ByteView body);
/// `body` may be cut after its head.
ChunkHead parse_chunk_head(ByteView body);
MessageIndex parse_message_index(ByteView body);
ChunkIndex parse_chunk_index(ByteView body);
/// `body` may be cut after its head.
AttachmentHead parse_attachment_head(ByteView body);
AttachmentIndex parse_attachment_index(ByteView body);
Statistics parse_statistics(ByteView body);
Metadata parse_metadata(ByteView body);
MetadataIndex parse_metadata_index(ByteView body);
SummaryOffset parse_summary_offset(ByteView body);
std::uint32_t parse_data_end(ByteView body);

}  // namespace reelcell::readers::mcap
