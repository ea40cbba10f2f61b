// All 416 files of the MCAP project's conformance suite, against the JSON beside each.
#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <set>

#include "../../../lib/src/readers/mcap/internal/chunk.hpp"
#include "../../../lib/src/readers/mcap/internal/file.hpp"
#include "../../../lib/src/readers/mcap/internal/verify.hpp"
#include "../../../lib/src/readers/mcap/internal/walker.hpp"
#include "reelcell/base/json.hpp"
#include "support/support.hpp"

namespace reelcell::readers::mcap {
namespace {

constexpr std::size_t kSuiteSize = 416;

std::vector<fs::path> suite() {
  std::vector<fs::path> files;
  for (const auto& entry :
       fs::recursive_directory_iterator(test::data_path("mcap/foxglove_mcap-conformance")))
    if (entry.path().extension() == ".mcap") files.push_back(entry.path());
  std::sort(files.begin(), files.end());
  return files;
}

Json expected_records(const fs::path& file) {
  return read_json_file(fs::path(file).replace_extension(".json")).at("records");
}

Json number(std::uint64_t value) { return std::to_string(value); }
Json bytes(ByteView data) {
  Json list = Json::array();
  for (const std::uint8_t byte : data) list.push_back(std::to_string(byte));
  return list;
}
Json text_map(const StringPairs& pairs) {
  Json map = Json::object();
  for (const auto& [key, value] : pairs) map[key] = value;
  return map;
}
template <class Map>
Json number_map(const Map& map) {
  Json object = Json::object();
  for (const auto& [key, value] : map) object[std::to_string(key)] = std::to_string(value);
  return object;
}
Json record(const char* type, std::vector<std::pair<const char*, Json>> fields) {
  Json list = Json::array();
  for (auto& [name, value] : fields) list.push_back(Json::array({name, value}));
  return {{"type", type}, {"fields", list}};
}

Json to_json(const Schema& schema) {
  return record("Schema", {{"data", bytes(schema.data)},
                           {"encoding", schema.encoding},
                           {"id", number(schema.id)},
                           {"name", schema.name}});
}
Json to_json(const Channel& channel) {
  return record("Channel", {{"id", number(channel.id)},
                            {"message_encoding", channel.message_encoding},
                            {"metadata", text_map(channel.metadata)},
                            {"schema_id", number(channel.schema_id)},
                            {"topic", channel.topic}});
}
Json to_json(const MessageView& message) {
  return record("Message", {{"channel_id", number(message.channel_id)},
                            {"data", bytes(message.data)},
                            {"log_time", number(message.log_time)},
                            {"publish_time", number(message.publish_time)},
                            {"sequence", number(message.sequence)}});
}
Json to_json(const Statistics& statistics) {
  return record("Statistics",
                {{"attachment_count", number(statistics.attachment_count)},
                 {"channel_count", number(statistics.channel_count)},
                 {"channel_message_counts", number_map(statistics.channel_message_counts)},
                 {"chunk_count", number(statistics.chunk_count)},
                 {"message_count", number(statistics.message_count)},
                 {"message_end_time", number(statistics.message_end_time)},
                 {"message_start_time", number(statistics.message_start_time)},
                 {"metadata_count", number(statistics.metadata_count)},
                 {"schema_count", number(statistics.schema_count)}});
}
Json to_json(const ChunkIndex& index) {
  return record("ChunkIndex", {{"chunk_length", number(index.chunk_length)},
                               {"chunk_start_offset", number(index.chunk_start_offset)},
                               {"compressed_size", number(index.compressed_size)},
                               {"compression", index.compression},
                               {"message_end_time", number(index.message_end_time)},
                               {"message_index_length", number(index.message_index_length)},
                               {"message_index_offsets", number_map(index.message_index_offsets)},
                               {"message_start_time", number(index.message_start_time)},
                               {"uncompressed_size", number(index.uncompressed_size)}});
}
Json to_json(const AttachmentIndex& index) {
  return record("AttachmentIndex", {{"create_time", number(index.create_time)},
                                    {"data_size", number(index.data_size)},
                                    {"length", number(index.length)},
                                    {"log_time", number(index.log_time)},
                                    {"media_type", index.media_type},
                                    {"name", index.name},
                                    {"offset", number(index.offset)}});
}
Json to_json(const MetadataIndex& index) {
  return record(
      "MetadataIndex",
      {{"length", number(index.length)}, {"name", index.name}, {"offset", number(index.offset)}});
}

/// One record as the suite writes it; chunks give their contents, message indexes nothing.
void append(Opcode opcode, ByteView body, Json& out) {
  switch (opcode) {
    case Opcode::kHeader: {
      const Header header = parse_header(body);
      out.push_back(record("Header", {{"library", header.library}, {"profile", header.profile}}));
      break;
    }
    case Opcode::kFooter: {
      const Footer footer = parse_footer(body);
      out.push_back(record("Footer", {{"summary_crc", number(footer.summary_crc)},
                                      {"summary_offset_start", number(footer.summary_offset_start)},
                                      {"summary_start", number(footer.summary_start)}}));
      break;
    }
    case Opcode::kSchema:
      out.push_back(to_json(parse_schema(body)));
      break;
    case Opcode::kChannel:
      out.push_back(to_json(parse_channel(body)));
      break;
    case Opcode::kMessage:
      out.push_back(to_json(parse_message(body)));
      break;
    case Opcode::kChunk: {
      ChunkDecoder decoder;
      Buffer buffer;
      const ChunkContents chunk = decoder.decode(body, body.size(), buffer);
      ASSERT_EQ(chunk.state, ChunkState::kWhole) << chunk.problem;
      const std::uint64_t end =
          walk_records(chunk.records, [&](Opcode inner, std::uint64_t, ByteView inner_body) {
            append(inner, inner_body, out);
          });
      EXPECT_EQ(end, chunk.records.size());
      break;
    }
    case Opcode::kMessageIndex:
      EXPECT_FALSE(parse_message_index(body).entries.empty());
      break;
    case Opcode::kChunkIndex:
      out.push_back(to_json(parse_chunk_index(body)));
      break;
    case Opcode::kAttachment: {
      const AttachmentHead head = parse_attachment_head(body);
      out.push_back(
          record("Attachment", {{"create_time", number(head.create_time)},
                                {"data", bytes(body.subspan(head.data_begin, head.data_size))},
                                {"log_time", number(head.log_time)},
                                {"media_type", head.media_type},
                                {"name", head.name}}));
      break;
    }
    case Opcode::kAttachmentIndex:
      out.push_back(to_json(parse_attachment_index(body)));
      break;
    case Opcode::kStatistics:
      out.push_back(to_json(parse_statistics(body)));
      break;
    case Opcode::kMetadata: {
      const Metadata metadata = parse_metadata(body);
      out.push_back(
          record("Metadata", {{"metadata", text_map(metadata.entries)}, {"name", metadata.name}}));
      break;
    }
    case Opcode::kMetadataIndex:
      out.push_back(to_json(parse_metadata_index(body)));
      break;
    case Opcode::kSummaryOffset: {
      const SummaryOffset offset = parse_summary_offset(body);
      out.push_back(record("SummaryOffset",
                           {{"group_length", number(offset.group_length)},
                            {"group_opcode", number(static_cast<unsigned>(offset.group_opcode))},
                            {"group_start", number(offset.group_start)}}));
      break;
    }
    case Opcode::kDataEnd:
      out.push_back(record("DataEnd", {{"data_section_crc", number(parse_data_end(body))}}));
      break;
    default:
      ADD_FAILURE() << name_of(opcode);
  }
}

/// The records of `expected` of one type, without those that only repeat earlier ones.
std::set<std::string> distinct(const Json& expected, const std::string& type) {
  std::set<std::string> found;
  for (const Json& entry : expected)
    if (entry.at("type") == type) found.insert(entry.dump());
  return found;
}

template <class Values>
std::set<std::string> as_texts(const Values& values) {
  std::set<std::string> texts;
  for (const auto& value : values) {
    if constexpr (requires { value.second; })
      texts.insert(to_json(value.second).dump());
    else
      texts.insert(to_json(value).dump());
  }
  return texts;
}

std::uint64_t log_time_of(const Json& message) {
  for (const Json& field : message.at("fields"))
    if (field.at(0) == "log_time") return std::stoull(field.at(1).get<std::string>());
  throw std::runtime_error("a message without log_time");
}

Json messages_of(const McapFile& file, Order order, Diagnostics& diagnostics) {
  Json list = Json::array();
  const auto cursor = file.messages({.order = order}, diagnostics);
  MessageView message;
  while (cursor->next(message)) {
    list.push_back(to_json(message));
    EXPECT_EQ(file.read(message.ref), Bytes(message.data.begin(), message.data.end()));
  }
  return list;
}

TEST(McapConformance, EveryRecordOfAll416FilesIsReadInSequence) {
  std::size_t checked = 0;
  for (const fs::path& path : suite()) {
    SCOPED_TRACE(path.filename());
    const ByteSource source(path);
    constexpr std::array kAll = {Opcode::kChunk, Opcode::kAttachment};
    RecordWalker walker(source, kMagic.size(), source.size() - kMagic.size(), kAll);
    Json found = Json::array();
    Record record;
    Step step;
    while ((step = walker.next(record)) == Step::kRecord) append(record.opcode, record.body, found);
    EXPECT_EQ(step, Step::kEnd);
    ASSERT_EQ(found.dump(1), expected_records(path).dump(1));
    ++checked;
  }
  EXPECT_EQ(checked, kSuiteSize);
}

TEST(McapConformance, All416FilesGiveTheirContentsThroughTheFileInBothOrders) {
  std::size_t checked = 0;
  std::size_t indexed = 0;
  for (const fs::path& path : suite()) {
    SCOPED_TRACE(path.filename());
    const Json expected = expected_records(path);
    Json messages = Json::array();
    for (const Json& entry : expected)
      if (entry.at("type") == "Message") messages.push_back(entry);
    Diagnostics diagnostics;
    const auto file = McapFile::open(path, diagnostics);
    EXPECT_EQ(messages_of(*file, Order::kFile, diagnostics), messages);
    std::stable_sort(messages.begin(), messages.end(),
                     [](const Json& a, const Json& b) { return log_time_of(a) < log_time_of(b); });
    EXPECT_EQ(messages_of(*file, Order::kLogTime, diagnostics), messages);
    EXPECT_EQ(as_texts(file->summary().schemas), distinct(expected, "Schema"));
    EXPECT_EQ(as_texts(file->summary().channels), distinct(expected, "Channel"));
    const std::set<std::string> statistics = distinct(expected, "Statistics");
    if (!statistics.empty()) {
      ASSERT_TRUE(file->summary().statistics.has_value());
      EXPECT_EQ(to_json(*file->summary().statistics).dump(), *statistics.begin());
    }
    for (const auto& [type, texts] :
         {std::pair{"ChunkIndex", as_texts(file->summary().chunks)},
          std::pair{"AttachmentIndex", as_texts(file->summary().attachments)},
          std::pair{"MetadataIndex", as_texts(file->summary().metadata)}}) {
      const std::set<std::string> given = distinct(expected, type);
      if (!given.empty()) {
        EXPECT_EQ(texts, given);
      }
    }
    for (const AttachmentIndex& attachment : file->summary().attachments)
      EXPECT_EQ(file->attachment(attachment), (Bytes{1, 2, 3}));
    for (const MetadataIndex& metadata : file->summary().metadata)
      EXPECT_EQ(file->metadata(metadata), (StringPairs{{"foo", "bar"}}));
    indexed += file->summary().from_summary ? 1 : 0;
    EXPECT_FALSE(diagnostics.has_loss());
    for (const Diagnostic& entry : diagnostics.summary()) EXPECT_EQ(entry.code, "mcap-scanned");
    ++checked;
  }
  EXPECT_EQ(checked, kSuiteSize);
  // Both ways in were taken: the files whose summary tells everything did not need a scan.
  EXPECT_GT(indexed, 50u);
  EXPECT_LT(indexed, kSuiteSize);
}

TEST(McapConformance, All416FilesAreFoundValid) {
  std::size_t checked = 0;
  for (const fs::path& path : suite()) {
    Findings findings;
    verify_mcap(path, {}, findings);
    for (const Finding& finding : findings.all())
      EXPECT_EQ(finding.level, FindingLevel::kNote)
          << path.filename() << ": " << finding.code << " " << finding.where << ": "
          << finding.message;
    ++checked;
  }
  EXPECT_EQ(checked, kSuiteSize);
}

}  // namespace
}  // namespace reelcell::readers::mcap
