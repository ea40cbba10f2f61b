// Files cut anywhere: what was whole before the cut is read, nothing else, and the loss is told.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <map>

#include "../../../lib/src/readers/mcap/internal/layout.hpp"
#include "../../../lib/src/readers/mcap/internal/walker.hpp"
#include "file_support.hpp"
#include "reelcell/base/error.hpp"
#include "support/support.hpp"

namespace reelcell::readers::mcap {
namespace {

Bytes first(const Bytes& bytes, std::uint64_t count) {
  return {bytes.begin(), bytes.begin() + static_cast<std::ptrdiff_t>(count)};
}

bool is_prefix(const std::vector<TestMessage>& part, const std::vector<TestMessage>& all) {
  return part.size() <= all.size() && std::equal(part.begin(), part.end(), all.begin());
}

std::vector<TestMessage> by_log_time(std::vector<TestMessage> messages) {
  std::stable_sort(messages.begin(), messages.end(),
                   [](const auto& a, const auto& b) { return a.log_time < b.log_time; });
  return messages;
}

/// How many messages of `all` are in records that end at or before `size`.
std::size_t whole_before(const std::vector<TestMessage>& all, std::uint64_t size) {
  return static_cast<std::size_t>(
      std::count_if(all.begin(), all.end(), [&](const auto& m) { return m.end <= size; }));
}

/// Each channel read on its own, in both orders, has what a reading of all channels has.
void expect_by_channel(const Bytes& bytes, const std::vector<TestMessage>& all) {
  Diagnostics ignored;
  const auto file = McapFile::open_bytes("test.mcap", bytes, ignored);
  std::map<std::uint16_t, std::vector<TestMessage>> by_channel;
  for (const TestMessage& message : all) by_channel[message.channel].push_back(message);
  for (const auto& [id, channel] : file->summary().channels) {
    EXPECT_EQ(read_all(*file, {.channels = {id}}, ignored), by_channel[id]) << "channel " << id;
    EXPECT_EQ(read_all(*file, {.channels = {id}, .order = Order::kLogTime}, ignored),
              by_log_time(by_channel[id]))
        << "channel " << id << ", by log time";
  }
}

/// Told by its indexes alone, a file holds what reading it through finds. False: they do not tell.
bool told_by_indexes(const Bytes& bytes) {
  const ByteSource source("test.mcap", bytes);
  Layout told, read;
  Diagnostics ignored;
  if (!layout_from_indexes(source, told, ignored)) return false;
  layout_from_scan(source, read, ignored);
  const Statistics &a = *told.summary.statistics, &b = *read.summary.statistics;
  EXPECT_EQ(a.message_count, b.message_count);
  EXPECT_EQ(a.channel_message_counts, b.channel_message_counts);
  EXPECT_EQ(a.chunk_count, b.chunk_count);
  EXPECT_EQ(a.schema_count, b.schema_count);
  EXPECT_EQ(a.channel_count, b.channel_count);
  EXPECT_EQ(told.summary.channel_times, read.summary.channel_times);
  EXPECT_EQ(told.summary.truncated, read.summary.truncated);
  return true;
}

/// Cuts at every byte. Returns how many messages were rescued from cut chunks, over all cuts.
std::size_t cut_everywhere(const test::McapBuilder& unfinished, const Bytes& bytes) {
  const std::vector<TestMessage>& all = unfinished.messages();
  const std::uint64_t data_end = unfinished.so_far().size();
  std::size_t rescued = 0;
  for (std::uint64_t size = 0; size < bytes.size(); ++size) {
    SCOPED_TRACE("cut to " + std::to_string(size) + " bytes");
    Diagnostics diagnostics;
    if (size < 8) {
      EXPECT_THROW(read_all(first(bytes, size), diagnostics), InputError);
      continue;
    }
    const std::vector<TestMessage> found = read_all(first(bytes, size), diagnostics);
    EXPECT_TRUE(is_prefix(found, all));
    EXPECT_GE(found.size(), whole_before(all, size));
    rescued += found.size() - whole_before(all, size);
    EXPECT_EQ(read_all(first(bytes, size), diagnostics, {.order = Order::kLogTime}),
              by_log_time(found));
    expect_by_channel(first(bytes, size), found);
    told_by_indexes(first(bytes, size));
    EXPECT_EQ(diagnostics.count("mcap-truncated"), 2u) << text_of(diagnostics);
    EXPECT_EQ(diagnostics.has_loss(), size < data_end) << text_of(diagnostics);
  }
  return rescued;
}

TEST(McapRecovery, AFileWithoutChunksKeepsEveryWholeMessageBeforeACutAtAnyByte) {
  test::McapBuilder builder = test::sample_mcap("", 12, 0);
  test::McapBuilder finished = builder;
  const Bytes bytes = finished.finish();
  // DataEnd still belongs to the data section.
  builder.raw(0x0F, test::McapBuilder::u32(0));
  EXPECT_EQ(cut_everywhere(builder, bytes), 0u);
}

class McapRecoveryOfChunks : public testing::TestWithParam<std::string> {};

TEST_P(McapRecoveryOfChunks, ACutAtAnyByteGivesAPrefixAndRescuesMessagesFromTheCutChunk) {
  test::McapBuilder builder = test::sample_mcap(GetParam(), 24, 8, 60);
  test::McapBuilder finished = builder;
  const Bytes bytes = finished.finish();
  builder.raw(0x0F, test::McapBuilder::u32(0));
  const std::size_t rescued = cut_everywhere(builder, bytes);
  // zstd hands out whole blocks, and a chunk this small is one block: only its checksum can be cut
  // off.
  EXPECT_GT(rescued, GetParam() == "zstd" ? 50u : 500u);
}
INSTANTIATE_TEST_SUITE_P(Compressions, McapRecoveryOfChunks, testing::Values("", "lz4", "zstd"),
                         [](const auto& name) { return name.param.empty() ? "none" : name.param; });

TEST(McapRecovery, AnUncompressedChunkGivesExactlyItsWholeMessages) {
  test::McapBuilder builder = test::sample_mcap("", 10, 10, 100);
  const Bytes bytes = builder.so_far();
  const std::uint64_t chunk = builder.chunk_offsets().at(0);
  // Opcode, length, times, sizes, CRC and an empty compression, then two channels.
  const std::uint64_t records = chunk + 9 + 8 + 8 + 8 + 4 + 4 + 8;
  constexpr std::uint64_t kChannel = 9 + 2 + 2 + (4 + 2) + (4 + 4) + 4;
  constexpr std::uint64_t kMessage = 9 + 22 + 100;
  for (std::uint64_t whole = 0; whole <= 9; ++whole) {
    for (const std::uint64_t extra : {std::uint64_t{0}, std::uint64_t{1}, kMessage - 1}) {
      Diagnostics diagnostics;
      const std::uint64_t size = records + 2 * kChannel + whole * kMessage + extra;
      EXPECT_EQ(read_all(first(bytes, size), diagnostics).size(), whole) << extra;
      EXPECT_EQ(diagnostics.count("mcap-truncated"), 1u);
    }
  }
}

TEST(McapRecovery, ALargeCutZstdChunkGivesItsWholeBlocks) {
  // More than the 128 KiB of a zstd block.
  const test::McapBuilder builder = test::sample_mcap("zstd", 4000, 4000, 200);
  const Bytes& bytes = builder.so_far();
  std::size_t before = 0;
  for (const std::uint64_t tenth : {3u, 5u, 7u, 9u}) {
    Diagnostics diagnostics;
    const auto found = read_all(first(bytes, bytes.size() * tenth / 10), diagnostics);
    EXPECT_TRUE(is_prefix(found, builder.messages()));
    EXPECT_GE(found.size(), before);
    before = found.size();
  }
  EXPECT_GT(before, 1000u);
}

TEST(McapRecovery, TheLossIsPlacedInTime) {
  const test::McapBuilder builder = test::sample_mcap("", 12, 0);
  Bytes bytes = builder.so_far();
  bytes.resize(bytes.size() - 3);
  Diagnostics diagnostics;
  EXPECT_EQ(read_all(bytes, diagnostics).size(), 11u);
  const Diagnostic loss = diagnostics.summary().back();
  EXPECT_EQ(loss.code, "mcap-truncated");
  EXPECT_EQ(loss.where, "test.mcap");
  EXPECT_EQ(loss.first_ns, 1100);
  EXPECT_THAT(loss.message, testing::HasSubstr("11 messages before it are kept"));
}

std::vector<fs::path> real_recordings() {
  std::vector<fs::path> files;
  for (const char* folder : {"ros2bag", "mcap/PlotJuggler_pj-mcap-server", "e2e"})
    for (const auto& entry : fs::recursive_directory_iterator(test::data_path(folder)))
      if (entry.path().extension() == ".mcap") files.push_back(entry.path());
  std::sort(files.begin(), files.end());
  return files;
}

TEST(McapRecovery, RealRecordingsCutAtEveryRecordGiveThePrefix) {
  std::size_t cuts = 0, told = 0;
  for (const fs::path& path : real_recordings()) {
    SCOPED_TRACE(path.filename());
    const Bytes bytes = read_binary_file(path);
    Diagnostics whole;
    const std::vector<TestMessage> all = read_all(bytes, whole);
    EXPECT_FALSE(whole.has_loss()) << text_of(whole);
    const ByteSource source("whole", bytes);
    RecordWalker walker(source, 8, bytes.size() - 8);
    Record record;
    std::size_t before = 0;
    while (walker.next(record) == Step::kRecord) {
      Diagnostics diagnostics;
      const std::vector<TestMessage> found = read_all(first(bytes, record.end()), diagnostics);
      ASSERT_TRUE(is_prefix(found, all)) << "cut at byte " << record.end();
      expect_by_channel(first(bytes, record.end()), found);
      told += told_by_indexes(first(bytes, record.end()));
      EXPECT_GE(found.size(), before);
      before = found.size();
      ++cuts;
    }
    EXPECT_EQ(before, all.size());
  }
  EXPECT_GT(cuts, 300u);
  EXPECT_GT(told, 100u);
}

TEST(McapRecovery, ASmallRealRecordingCutAtEveryByteGivesThePrefix) {
  const Bytes bytes = read_binary_file(
      test::data_path("malformed/Tiryoh_rosbag-analyzer-web/e2e/fixtures/test_sample.mcap"));
  Diagnostics whole;
  const std::vector<TestMessage> all = read_all(bytes, whole);
  ASSERT_EQ(all.size(), 14u);
  for (std::size_t size = 8; size < bytes.size(); ++size) {
    Diagnostics diagnostics;
    EXPECT_TRUE(is_prefix(read_all(first(bytes, size), diagnostics), all)) << size;
    EXPECT_FALSE(diagnostics.empty());
  }
}

TEST(McapRecovery, AnyByteFlippedNeitherCrashesNorChangesAMessageUnnoticed) {
  for (const char* compression : {"", "lz4", "zstd"}) {
    test::McapBuilder builder = test::sample_mcap(compression, 12, 6);
    const Bytes good = builder.finish();
    for (std::size_t at = 0; at < good.size(); ++at) {
      SCOPED_TRACE(std::string(compression) + " byte " + std::to_string(at));
      Bytes bad = good;
      bad[at] ^= 0x10;
      for (const Order order : {Order::kFile, Order::kLogTime}) {
        Diagnostics diagnostics;
        std::vector<TestMessage> found;
        try {
          found = read_all(bad, diagnostics, {.order = order});
        } catch (const InputError& error) {
          EXPECT_LT(at, 8u + 9 + 4 + 4 + 4 + 7) << error.what();
          continue;
        }
        if (found == builder.messages()) continue;
        EXPECT_TRUE(diagnostics.has_loss()) << text_of(diagnostics);
        for (const TestMessage& message : found)
          EXPECT_NE(std::find(builder.messages().begin(), builder.messages().end(), message),
                    builder.messages().end());
      }
    }
  }
}

}  // namespace
}  // namespace reelcell::readers::mcap
