#include "../../../lib/src/readers/mcap/internal/verify.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <set>

#include "file_support.hpp"
#include "support/support.hpp"

namespace reelcell::readers::mcap {
namespace {
using test::McapBuilder;
using test::operator+;
using testing::Contains;
using testing::ElementsAre;
using testing::IsEmpty;

Findings verify(const Bytes& bytes) {
  const test::TempFolder folder;
  write_file_atomic(folder / "run.mcap", as_text(bytes));
  Findings findings;
  verify_mcap(folder / "run.mcap", {}, findings);
  return findings;
}

/// Codes of the errors, each once.
std::set<std::string> errors(const Findings& findings) {
  std::set<std::string> codes;
  for (const Finding& finding : findings.all())
    if (finding.level == FindingLevel::kError) codes.insert(finding.code);
  return codes;
}
std::set<std::string> errors(const Bytes& bytes) { return errors(verify(bytes)); }

void put(Bytes& bytes, std::uint64_t at, const Bytes& value) {
  std::copy(value.begin(), value.end(), bytes.begin() + static_cast<std::ptrdiff_t>(at));
}

/// Where the first record with `opcode` begins after the data section.
std::uint64_t summary_record(const Bytes& bytes, std::uint8_t opcode) {
  bool summary = false;
  for (std::uint64_t at = 8; at + 9 <= bytes.size();) {
    if (summary && bytes[at] == opcode) return at;
    summary = summary || bytes[at] == 0x0F;
    std::uint64_t length = 0;
    for (int i = 7; i >= 0; --i) length = length << 8 | bytes[at + 1 + static_cast<unsigned>(i)];
    at += 9 + length;
  }
  throw std::runtime_error("no such record");
}

/// The file with `records` (opcode and body) as its summary, and `offsets` as its summary offsets.
using Records = std::vector<std::pair<std::uint8_t, Bytes>>;
Bytes with_summary(Bytes file, const Records& records, const Records& offsets = {}) {
  file.resize(file.size() - 8 - (9 + 20));  // magic and footer
  const auto add = [&](const Records& list) {
    const std::uint64_t start = file.size();
    for (const auto& [opcode, body] : list)
      file = file + Bytes{opcode} + McapBuilder::u64(body.size()) + body;
    return list.empty() ? 0 : start;
  };
  const std::uint64_t summary_start = add(records);
  const std::uint64_t offset_start = add(offsets);
  return file + Bytes{0x02} + McapBuilder::u64(20) + McapBuilder::u64(summary_start) +
         McapBuilder::u64(offset_start) + McapBuilder::u32(0) +
         Bytes{0x89, 'M', 'C', 'A', 'P', '0', '\r', '\n'};
}

/// Codes of everything found that is no error.
std::set<std::string> remarks(const Bytes& bytes) {
  const Findings findings = verify(bytes);
  std::set<std::string> codes;
  for (const Finding& finding : findings.all())
    if (finding.level != FindingLevel::kError) codes.insert(finding.code);
  return codes;
}

TEST(McapVerify, AGoodFileHasNoFindingsAndSaysWhatWasChecked) {
  for (const char* compression : {"", "lz4", "zstd"}) {
    const Findings findings = verify(test::sample_mcap(compression, 30, 10).finish());
    EXPECT_THAT(findings.all(), IsEmpty());
    const auto& checked = findings.checked();
    EXPECT_THAT(checked, Contains(std::pair<std::string, std::uint64_t>("messages", 30)));
    EXPECT_THAT(checked, Contains(std::pair<std::string, std::uint64_t>("chunks", 3)));
    EXPECT_THAT(checked, Contains(std::pair<std::string, std::uint64_t>("CRCs", 4)));
  }
}

TEST(McapVerify, AnyByteFlippedAfterTheHeaderIsFound) {
  const Bytes good = test::sample_mcap("lz4", 12, 6).finish();
  for (std::size_t at = 0; at < good.size(); ++at) {
    Bytes bad = good;
    bad[at] ^= 0x04;
    EXPECT_GT(verify(bad).count(FindingLevel::kError) + verify(bad).count(FindingLevel::kWarning),
              0u)
        << "byte " << at;
  }
}

TEST(McapVerify, MagicAndTruncationAreTold) {
  Bytes bytes = test::sample_mcap("zstd", 12, 6).finish();
  EXPECT_THAT(errors(Bytes{'n', 'o'}), ElementsAre("MCAP-MAGIC"));
  Bytes cut(bytes.begin(), bytes.end() - 1);
  EXPECT_THAT(errors(cut), ElementsAre("MCAP-TRUNCATED"));
  cut.resize(bytes.size() / 2);
  EXPECT_THAT(errors(cut), ElementsAre("MCAP-TRUNCATED"));
  bytes.push_back(0);
  const Findings findings = verify(bytes);
  ASSERT_EQ(findings.all().size(), 1u);
  EXPECT_EQ(findings.all()[0].code, "MCAP-TRAILING");
  EXPECT_EQ(findings.all()[0].level, FindingLevel::kWarning);
}

TEST(McapVerify, ADamagedChunkIsNamedByItsCrcAndPlace) {
  const McapBuilder builder = test::sample_mcap("", 12, 6);
  Bytes bytes = McapBuilder(builder).finish();
  bytes[builder.chunk_offsets()[1] + 200] ^= 1;
  const Findings findings = verify(bytes);
  EXPECT_THAT(errors(findings), ElementsAre("MCAP-CHUNK-CRC", "MCAP-DATA-CRC", "MCAP-DECODE"));
  EXPECT_EQ(findings.all()[0].path, "run.mcap");
  EXPECT_EQ(findings.all()[0].where, "byte " + std::to_string(builder.chunk_offsets()[1]));
}

TEST(McapVerify, AChunkOfWhichNothingCanBeHadIsNamed) {
  McapBuilder builder;
  const Bytes rest{1, 2, 3, 4};
  builder.raw(0x06, McapBuilder::u64(1) + McapBuilder::u64(2) + McapBuilder::u64(40) +
                        McapBuilder::u32(0) + McapBuilder::text("brotli") +
                        McapBuilder::u64(rest.size()) + rest);
  const Findings findings = verify(builder.finish(false));
  EXPECT_THAT(errors(findings), ElementsAre("MCAP-CHUNK"));
}

TEST(McapVerify, StatisticsAreHeldAgainstTheContents) {
  Bytes bytes = test::sample_mcap("lz4", 12, 6).finish();
  const std::uint64_t at = summary_record(bytes, 0x0B);
  put(bytes, at + 9, McapBuilder::u64(13));
  const Findings findings = verify(bytes);
  EXPECT_THAT(errors(findings), ElementsAre("MCAP-STATISTICS", "MCAP-SUMMARY-CRC"));
  EXPECT_THAT(findings.all(),
              Contains(testing::Field(&Finding::message, "message_count is 13, expected 12")));
}

TEST(McapVerify, ChunkIndexesAreHeldAgainstTheChunks) {
  Bytes bytes = test::sample_mcap("lz4", 12, 6).finish();
  const std::uint64_t at = summary_record(bytes, 0x08) + 9;
  Bytes times = bytes;
  put(times, at, McapBuilder::u64(999));
  EXPECT_THAT(errors(times), ElementsAre("MCAP-CHUNK-INDEX", "MCAP-SUMMARY-CRC"));
  put(bytes, at + 16, McapBuilder::u64(8));
  EXPECT_THAT(errors(bytes), ElementsAre("MCAP-CHUNK-INDEX", "MCAP-SUMMARY-CRC"));
}

TEST(McapVerify, MessageIndexesAreHeldAgainstTheMessages) {
  const McapBuilder builder = test::sample_mcap("", 12, 6);
  Bytes bytes = McapBuilder(builder).finish();
  // The first MessageIndex follows the first chunk; its first entry's time comes after channel and
  // length.
  const std::uint64_t index = builder.messages()[0].end;
  ASSERT_EQ(bytes[index], 0x07);
  put(bytes, index + 9 + 2 + 4, McapBuilder::u64(77));
  EXPECT_THAT(errors(bytes), ElementsAre("MCAP-DATA-CRC", "MCAP-MESSAGE-INDEX"));
}

TEST(McapVerify, ChunkTimesAreHeldAgainstTheMessages) {
  const McapBuilder builder = test::sample_mcap("", 12, 6);
  Bytes bytes = McapBuilder(builder).finish();
  put(bytes, builder.chunk_offsets()[0] + 9, McapBuilder::u64(1));
  EXPECT_THAT(errors(bytes), ElementsAre("MCAP-CHUNK-INDEX", "MCAP-CHUNK-TIMES", "MCAP-DATA-CRC"));
}

TEST(McapVerify, ReferencesToChannelsAndSchemasMustLeadSomewhere) {
  McapBuilder builder;
  builder.channel(1, "/a").message(1, 1, {'{', '}'}).message(7, 2, {});
  builder.raw(0x04, McapBuilder::u16(2) + McapBuilder::u16(9) + McapBuilder::text("/b") +
                        McapBuilder::text("cdr") + McapBuilder::u32(0));
  builder.raw(0x04, McapBuilder::u16(1) + McapBuilder::u16(0) + McapBuilder::text("/other") +
                        McapBuilder::text("json") + McapBuilder::u32(0));
  EXPECT_THAT(errors(builder.finish(false)),
              ElementsAre("MCAP-CHANNEL", "MCAP-REDEFINED", "MCAP-SCHEMA"));
}

TEST(McapVerify, RecordsStandInTheirSections) {
  McapBuilder index;
  index.channel(1, "/a").raw(0x07, McapBuilder::u16(1) + McapBuilder::u32(0));
  EXPECT_THAT(errors(index.finish(false)), ElementsAre("MCAP-ORDER"));
  McapBuilder header;
  header.raw(0x01, McapBuilder::text("test") + McapBuilder::text("twice"));
  EXPECT_THAT(errors(header.finish(false)), ElementsAre("MCAP-ORDER"));
  McapBuilder inside;
  inside.begin_chunk().channel(1, "/a").raw(0x0A, {}).message(1, 1, {'{', '}'}).end_chunk("");
  EXPECT_THAT(errors(inside.finish()), Contains("MCAP-ORDER"));
}

TEST(McapVerify, ARecordTooShortForItsFieldsIsNamed) {
  McapBuilder builder;
  builder.channel(1, "/a").raw(0x05, {1, 0});
  EXPECT_THAT(errors(builder.finish(false)), ElementsAre("MCAP-RECORD"));
  McapBuilder chunk;
  chunk.begin_chunk().channel(1, "/a").raw(0x05, {1, 0}).message(1, 1, {'{', '}'}).end_chunk("");
  EXPECT_THAT(errors(chunk.finish()), Contains("MCAP-RECORD"));
}

TEST(McapVerify, RecordsThatNobodyKnowsAreSkipped) {
  McapBuilder builder;
  builder.channel(1, "/a").raw(0x70, {1, 2, 3}).message(1, 1, {'{', '}'});
  const Findings findings = verify(builder.finish());
  ASSERT_EQ(findings.all().size(), 1u);
  EXPECT_EQ(findings.all()[0].code, "MCAP-UNKNOWN-RECORD");
}

TEST(McapVerify, TheFooterIsHeldAgainstTheSummary) {
  Bytes bytes = test::sample_mcap("lz4", 12, 6).finish();
  // Footer body: summary_start, summary_offset_start, crc; then the magic.
  put(bytes, bytes.size() - 8 - 20 + 8, McapBuilder::u64(17));
  EXPECT_THAT(errors(bytes), Contains("MCAP-FOOTER"));
}

TEST(McapVerify, AttachmentsAreHeldAgainstTheirCrc) {
  McapBuilder builder;
  builder.attachment("a", Bytes(300'000, 7));
  Bytes bytes = builder.finish(false);
  EXPECT_THAT(errors(bytes), IsEmpty());
  bytes[200'000] ^= 1;
  EXPECT_THAT(errors(bytes), ElementsAre("MCAP-ATTACHMENT-CRC", "MCAP-DATA-CRC"));
}

TEST(McapVerify, MessagesOutOfTimeOrderAreANote) {
  McapBuilder builder;
  builder.channel(1, "/a");
  for (const std::uint64_t time : {5, 4, 6}) builder.message(1, time, {'{', '}'});
  const Findings findings = verify(builder.finish());
  ASSERT_EQ(findings.all().size(), 1u);
  EXPECT_EQ(findings.all()[0].code, "MCAP-TIME-ORDER");
  EXPECT_EQ(findings.all()[0].level, FindingLevel::kNote);
}

TEST(McapVerify, AFaultThatRepeatsIsToldTenTimesAndThenCounted) {
  McapBuilder builder;
  builder.channel(1, "/a");
  for (int i = 0; i < 50; ++i) builder.raw(0x05, {1, 0});
  const Findings findings = verify(builder.finish(false));
  EXPECT_EQ(findings.count(FindingLevel::kError), 11u);
  EXPECT_EQ(findings.all().back().message, "40 more of the same kind");
}

TEST(McapVerify, EveryMessageIsDecodedByItsSchema) {
  McapBuilder builder;
  builder.channel(1, "/a");
  const auto message = [&](std::uint64_t time, const std::string& text) {
    builder.message(1, time, {text.begin(), text.end()});
  };
  message(10, R"({"v": 1})");
  message(20, R"({"v": 1)");
  message(30, R"({"v": 2})");
  const Findings findings = verify(builder.finish());
  ASSERT_THAT(errors(findings), ElementsAre("MCAP-DECODE"));
  EXPECT_EQ(findings.count(FindingLevel::kError), 1u);
  const auto found = std::find_if(findings.all().begin(), findings.all().end(),
                                  [](const Finding& f) { return f.code == "MCAP-DECODE"; });
  EXPECT_THAT(found->message, testing::HasSubstr("message 1 of '/a' at log time 20"));
  EXPECT_THAT(findings.checked(),
              Contains(std::pair<std::string, std::uint64_t>("messages decoded", 2)));
}

TEST(McapVerify, AnUnknownEncodingIsANoteAndABadSchemaAnError) {
  McapBuilder builder;
  builder.schema(1, "pkg/msg/A", "ros2msg", "NoSuchType value\n")
      .channel(1, "/a", 0, "morse")
      .channel(2, "/b", 1, "cdr");
  builder.message(1, 10, {1, 2}).message(2, 20, {0, 1, 0, 0});
  const Findings findings = verify(builder.finish());
  EXPECT_THAT(errors(findings), ElementsAre("MCAP-SCHEMA-UNREADABLE"));
  EXPECT_TRUE(std::any_of(findings.all().begin(), findings.all().end(), [](const Finding& f) {
    return f.code == "MCAP-ENCODING" && f.level == FindingLevel::kNote;
  }));
}

TEST(McapVerify, IndexesOfAttachmentsAndMetadataLeadToThem) {
  McapBuilder builder;
  const std::uint64_t attachment = builder.so_far().size();
  builder.attachment("photo", {1, 2, 3});
  const std::uint64_t metadata = builder.so_far().size();
  const Bytes body = McapBuilder::text("cell") + McapBuilder::u32(0);
  builder.raw(0x0C, body);
  const std::uint64_t end = builder.so_far().size();
  const auto index_a = [&](std::uint64_t at, const std::string& name) {
    return std::pair<std::uint8_t, Bytes>{
        0x0A, McapBuilder::u64(at) + McapBuilder::u64(metadata - attachment) + McapBuilder::u64(1) +
                  McapBuilder::u64(2) + McapBuilder::u64(3) + McapBuilder::text(name) +
                  McapBuilder::text("x/y")};
  };
  const auto index_m = [&](std::uint64_t at, const std::string& name) {
    return std::pair<std::uint8_t, Bytes>{
        0x0D, McapBuilder::u64(at) + McapBuilder::u64(end - metadata) + McapBuilder::text(name)};
  };
  const Bytes file = builder.finish(false);
  EXPECT_THAT(errors(with_summary(file, {index_a(attachment, "photo"), index_m(metadata, "cell")})),
              IsEmpty());
  for (const auto& bad : {index_a(attachment + 1, "photo"), index_a(attachment, "other")})
    EXPECT_THAT(errors(with_summary(file, {bad})), ElementsAre("MCAP-ATTACHMENT-INDEX"));
  for (const auto& bad : {index_m(attachment, "cell"), index_m(metadata, "seat")})
    EXPECT_THAT(errors(with_summary(file, {bad})), ElementsAre("MCAP-METADATA-INDEX"));
}

TEST(McapVerify, ASummaryOffsetIsARunOfItsRecords) {
  McapBuilder builder;
  builder.channel(1, "/a").message(1, 1, {'{', '}'});
  const Bytes file = builder.finish(false);
  const Bytes channel = McapBuilder::u16(1) + McapBuilder::u16(0) + McapBuilder::text("/a") +
                        McapBuilder::text("json") + McapBuilder::u32(0);
  const std::uint64_t start = file.size() - 8 - (9 + 20);
  const auto offset = [&](std::uint8_t opcode, std::uint64_t at, std::uint64_t length) {
    return Records{{0x0E, Bytes{opcode} + McapBuilder::u64(at) + McapBuilder::u64(length)}};
  };
  const Records summary{{0x04, channel}};
  const std::uint64_t length = 9 + channel.size();
  EXPECT_THAT(errors(with_summary(file, summary, offset(0x04, start, length))), IsEmpty());
  for (const Records& bad : {offset(0x03, start, length), offset(0x04, start, length - 1),
                             offset(0x04, start - 1, length)})
    EXPECT_THAT(errors(with_summary(file, summary, bad)), ElementsAre("MCAP-SUMMARY-OFFSET"));
}

TEST(McapVerify, WhatAFileGoesWithoutIsRemarked) {
  McapBuilder builder;
  builder.channel(1, "/a").message(1, 1, {'{', '}'});
  Bytes file = builder.finish(false);
  EXPECT_THAT(remarks(file), ElementsAre("MCAP-NO-SUMMARY"));
  const std::uint64_t data_crc = file.size() - 8 - (9 + 20) - 4;
  put(file, data_crc, McapBuilder::u32(0));
  EXPECT_THAT(remarks(file), ElementsAre("MCAP-NO-CRC", "MCAP-NO-SUMMARY"));
}

TEST(McapVerify, ATopicThatOnlyTheSummaryDescribesIsRemarked) {
  McapBuilder builder;
  builder.channel(1, "/a").message(1, 1, {'{', '}'});
  const auto channel = [](std::uint64_t id, const std::string& topic) {
    return std::pair<std::uint8_t, Bytes>{
        0x04, McapBuilder::u16(id) + McapBuilder::u16(0) + McapBuilder::text(topic) +
                  McapBuilder::text("json") + McapBuilder::u32(0)};
  };
  const Bytes file = builder.finish(false);
  EXPECT_THAT(remarks(with_summary(file, {channel(1, "/a")})), IsEmpty());
  EXPECT_THAT(remarks(with_summary(file, {channel(1, "/a"), channel(2, "/b")})),
              ElementsAre("MCAP-UNUSED"));
}

TEST(McapVerify, RealRecordingsHaveTheErrorsThatTheyAreKnownFor) {
  std::size_t checked = 0;
  std::set<std::string> faulty;
  for (const char* folder : {"ros2bag", "mcap/PlotJuggler_pj-mcap-server", "e2e"})
    for (const auto& entry : fs::recursive_directory_iterator(test::data_path(folder))) {
      if (entry.path().extension() != ".mcap") continue;
      Findings findings;
      verify_mcap(entry.path(), {}, findings);
      for (const Finding& finding : findings.all())
        if (finding.level == FindingLevel::kError)
          faulty.insert(finding.path + ": " + finding.code);
      ++checked;
    }
  EXPECT_GE(checked, 25u);
  // The first took the message at time 0 for none; two are bad on purpose, one aligns its fields
  // from the start of the message.
  EXPECT_THAT(faulty, ElementsAre("rewriter_a_0.mcap: MCAP-STATISTICS",
                                  "test_bad_schema.mcap: MCAP-SCHEMA-UNREADABLE",
                                  "test_embedded_timestamp.mcap: MCAP-DECODE",
                                  "test_unsupported_encoding.mcap: MCAP-SCHEMA-UNREADABLE"));
}

}  // namespace
}  // namespace reelcell::readers::mcap
