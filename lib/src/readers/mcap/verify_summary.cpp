#include "internal/verifier.hpp"
#include "reelcell/base/error.hpp"

namespace reelcell::readers::mcap {
namespace {
/// How many different ids the summary and the data section describe together.
template <class Listed, class Observed>
std::uint64_t all_ids(const Listed& listed, const Observed& observed) {
  std::set<std::uint16_t> ids;
  for (const auto& entry : listed) ids.insert(entry.value.id);
  for (const auto& entry : observed) ids.insert(entry.first);
  return ids.size();
}
}  // namespace

void SummaryVerifier::record(const Record& record) {
  places_.push_back({record.opcode, record.offset, record.end()});
  const std::uint64_t at = record.offset;
  switch (record.opcode) {
    case Opcode::kSchema:
      schemas_.push_back({at, parse_schema(record.body)});
      break;
    case Opcode::kChannel:
      channels_.push_back({at, parse_channel(record.body)});
      break;
    case Opcode::kStatistics:
      statistics_.push_back({at, parse_statistics(record.body)});
      break;
    case Opcode::kChunkIndex:
      chunks_.push_back({at, parse_chunk_index(record.body)});
      break;
    case Opcode::kAttachmentIndex:
      attachments_.push_back({at, parse_attachment_index(record.body)});
      break;
    case Opcode::kMetadataIndex:
      metadata_.push_back({at, parse_metadata_index(record.body)});
      break;
    case Opcode::kSummaryOffset:
      offsets_.push_back({at, parse_summary_offset(record.body)});
      break;
    default:
      if (is_known(record.opcode))
        report_.error("MCAP-ORDER", at, name_of(record.opcode) + " belongs in the data section");
      else
        report_.note("MCAP-UNKNOWN-RECORD", at, name_of(record.opcode) + " is skipped");
  }
}

void SummaryVerifier::footer(const Record& record, const DataVerifier& data) {
  const Footer footer = parse_footer(record.body);
  if (!data.ended())
    report_.error("MCAP-ORDER", record.offset, "found the Footer, expected DataEnd before it");
  compare_offsets(footer, record.offset);
  if (footer.summary_start == 0) {
    report_.note("MCAP-NO-SUMMARY", record.offset,
                 "the file has no summary: readers must scan all of it");
    return;
  }
  const std::uint64_t crc_at = record.offset + kRecordHead + 16;
  if (footer.summary_crc != 0 &&
      crc_of(source_, footer.summary_start, crc_at) != footer.summary_crc)
    report_.error("MCAP-SUMMARY-CRC", footer.summary_start, "the summary does not match its CRC");
  const Observed& observed = data.observed();
  compare_descriptions(observed);
  compare_statistics(observed);
  compare_chunks(observed);
  compare_others(observed);
}

void SummaryVerifier::compare_offsets(const Footer& footer, std::uint64_t footer_offset) {
  const bool has_summary = !places_.empty();
  std::uint64_t start = has_summary ? places_.front().offset : 0;
  // A summary of SummaryOffset records only is none, say some writers; both readings are accepted.
  const bool only_offsets = offsets_.size() == places_.size();
  if (footer.summary_start != start && !(only_offsets && footer.summary_start == 0))
    report_.expect("MCAP-FOOTER", footer_offset, "summary_start", footer.summary_start, start);
  report_.expect("MCAP-FOOTER", footer_offset, "summary_offset_start", footer.summary_offset_start,
                 offsets_.empty() ? 0 : offsets_.front().offset);
  for (const auto& [at, group] : offsets_) {
    const std::uint64_t end = group.group_start + group.group_length;
    std::uint64_t covered = group.group_start;
    bool pure = true;
    for (const Place& place : places_) {
      if (place.offset != covered || place.end > end) continue;
      pure = pure && place.opcode == group.group_opcode;
      covered = place.end;
    }
    // Of length 0 are the groups that a writer lists without having any.
    if (covered != end || !pure)
      report_.error("MCAP-SUMMARY-OFFSET", at,
                    "the group of " + name_of(group.group_opcode) + " at bytes " +
                        std::to_string(group.group_start) + ".." + std::to_string(end) +
                        " is not a run of such records");
  }
}

void SummaryVerifier::compare_descriptions(const Observed& observed) {
  // Some recorders describe a topic in the summary on which nothing was ever published.
  const auto unused = [&](std::uint64_t at, const std::string& what) {
    report_.note("MCAP-UNUSED", at, what + " is described in the summary only: it has no messages");
  };
  for (const auto& [at, schema] : schemas_) {
    const std::string what = "schema " + std::to_string(schema.id) + " ('" + schema.name + "')";
    const auto known = observed.schemas.find(schema.id);
    if (known == observed.schemas.end())
      unused(at, what);
    else if (known->second.name != schema.name || known->second.encoding != schema.encoding ||
             known->second.data != schema.data)
      report_.error("MCAP-REDEFINED", at, what + " is not the one in the data section");
  }
  for (const auto& [at, channel] : channels_) {
    const std::string what = "channel " + std::to_string(channel.id) + " ('" + channel.topic + "')";
    const auto known = observed.channels.find(channel.id);
    if (known == observed.channels.end())
      unused(at, what);
    else if (known->second.topic != channel.topic || known->second.schema_id != channel.schema_id ||
             known->second.message_encoding != channel.message_encoding)
      report_.error("MCAP-REDEFINED", at, what + " is not the one in the data section");
  }
}

void SummaryVerifier::compare_statistics(const Observed& observed) {
  if (statistics_.size() > 1)
    report_.error("MCAP-STATISTICS", statistics_[1].offset,
                  "a second Statistics record, expected one");
  for (const auto& [at, found] : statistics_) {
    const Statistics& expected = observed.statistics;
    const auto expect = [&, at = at](const char* what, std::uint64_t a, std::uint64_t b) {
      report_.expect("MCAP-STATISTICS", at, what, a, b);
    };
    expect("message_count", found.message_count, expected.message_count);
    // With or without those that only the summary describes: writers differ.
    if (found.schema_count != all_ids(schemas_, observed.schemas))
      expect("schema_count", found.schema_count, observed.schemas.size());
    if (found.channel_count != all_ids(channels_, observed.channels))
      expect("channel_count", found.channel_count, observed.channels.size());
    expect("attachment_count", found.attachment_count, expected.attachment_count);
    expect("metadata_count", found.metadata_count, expected.metadata_count);
    expect("chunk_count", found.chunk_count, expected.chunk_count);
    expect("message_start_time", found.message_start_time, expected.message_start_time);
    expect("message_end_time", found.message_end_time, expected.message_end_time);
    // The counts may be left out; a channel without messages may be listed with 0.
    if (found.channel_message_counts.empty()) continue;
    std::map<std::uint16_t, std::uint64_t> counts = expected.channel_message_counts;
    for (const auto& [channel, count] : found.channel_message_counts) {
      report_.expect("MCAP-STATISTICS", at,
                     "the message count of channel " + std::to_string(channel), count,
                     counts.contains(channel) ? counts[channel] : 0);
      counts.erase(channel);
    }
    for (const auto& [channel, count] : counts)
      report_.expect("MCAP-STATISTICS", at,
                     "the message count of channel " + std::to_string(channel), 0, count);
  }
}

void SummaryVerifier::compare_chunks(const Observed& observed) {
  std::set<std::uint64_t> indexed;
  for (const auto& [at, index] : chunks_) {
    const std::string what =
        "the index of the chunk at " + at_byte(index.chunk_start_offset) + ": ";
    const auto known = observed.chunks.find(index.chunk_start_offset);
    if (known == observed.chunks.end()) {
      report_.error("MCAP-CHUNK-INDEX", at, what + "no chunk is there");
      continue;
    }
    indexed.insert(index.chunk_start_offset);
    const ChunkIndex& chunk = known->second;
    const auto expect = [&, at = at](const char* field, std::uint64_t a, std::uint64_t b) {
      report_.expect("MCAP-CHUNK-INDEX", at, what + field, a, b);
    };
    expect("chunk_length", index.chunk_length, chunk.chunk_length);
    expect("compressed_size", index.compressed_size, chunk.compressed_size);
    expect("uncompressed_size", index.uncompressed_size, chunk.uncompressed_size);
    expect("message_start_time", index.message_start_time, chunk.message_start_time);
    expect("message_end_time", index.message_end_time, chunk.message_end_time);
    expect("message_index_length", index.message_index_length, chunk.message_index_length);
    if (index.compression != chunk.compression)
      report_.error("MCAP-CHUNK-INDEX", at,
                    what + "compression is '" + index.compression + "', expected '" +
                        chunk.compression + "'");
    auto found = index.message_index_offsets;
    auto expected = chunk.message_index_offsets;
    std::sort(found.begin(), found.end());
    std::sort(expected.begin(), expected.end());
    if (found != expected)
      report_.error("MCAP-CHUNK-INDEX", at,
                    what + "message_index_offsets do not lead to the chunk's MessageIndex records");
  }
  if (chunks_.empty()) return;
  for (const auto& [offset, chunk] : observed.chunks)
    if (!indexed.contains(offset))
      report_.error("MCAP-CHUNK-INDEX", offset,
                    "this chunk has no ChunkIndex, while others have one: indexed readers miss it");
}

void SummaryVerifier::compare_others(const Observed& observed) {
  for (const auto& [at, index] : attachments_) {
    const auto known = observed.attachments.find(index.offset);
    if (known == observed.attachments.end() || known->second.length != index.length ||
        known->second.data_size != index.data_size || known->second.name != index.name ||
        known->second.media_type != index.media_type || known->second.log_time != index.log_time ||
        known->second.create_time != index.create_time)
      report_.error("MCAP-ATTACHMENT-INDEX", at,
                    "the index of attachment '" + index.name + "' at " + at_byte(index.offset) +
                        " is not what is there");
  }
  for (const auto& [at, index] : metadata_) {
    const auto known = observed.metadata.find(index.offset);
    if (known == observed.metadata.end() || known->second.length != index.length ||
        known->second.name != index.name)
      report_.error("MCAP-METADATA-INDEX", at,
                    "the index of metadata '" + index.name + "' at " + at_byte(index.offset) +
                        " is not what is there");
  }
}

}  // namespace reelcell::readers::mcap
