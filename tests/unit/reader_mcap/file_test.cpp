#include "../../../lib/src/readers/mcap/internal/file.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <atomic>
#include <thread>

#include "file_support.hpp"
#include "reelcell/base/error.hpp"
#include "support/support.hpp"

namespace reelcell::readers::mcap {
namespace {
using test::McapBuilder;
using test::operator+;
using test::sample_mcap;
using testing::ElementsAre;
using testing::HasSubstr;

std::vector<std::uint64_t> times(const std::vector<TestMessage>& messages) {
  std::vector<std::uint64_t> list;
  for (const TestMessage& message : messages) list.push_back(message.log_time);
  return list;
}

/// Chunks whose times overlap: {10, 40}, {20, 30, 50}, {60}.
McapBuilder overlapping() {
  McapBuilder builder;
  builder.begin_chunk().channel(1, "/a").channel(2, "/b");
  builder.message(1, 10, {1}).message(1, 40, {2}).end_chunk("lz4");
  builder.begin_chunk()
      .message(2, 20, {3})
      .message(1, 50, {4})
      .message(1, 30, {5})
      .end_chunk("zstd");
  builder.begin_chunk().message(2, 60, {6}).end_chunk("");
  return builder;
}

TEST(McapFile, LogTimeOrderMergesOverlappingChunks) {
  Diagnostics diagnostics;
  const Bytes bytes = overlapping().finish();
  EXPECT_THAT(times(read_all(bytes, diagnostics, {.order = Order::kLogTime})),
              ElementsAre(10, 20, 30, 40, 50, 60));
  EXPECT_THAT(times(read_all(bytes, diagnostics)), ElementsAre(10, 40, 20, 50, 30, 60));
  EXPECT_TRUE(diagnostics.empty()) << text_of(diagnostics);
}

TEST(McapFile, TheIndexesTellTheTimesOfAChannelBesideRecordsOutsideChunks) {
  const auto times_of = [](McapBuilder& builder, std::uint16_t channel) {
    Diagnostics diagnostics;
    return McapFile::open_bytes("test.mcap", builder.finish(), diagnostics)->log_times({channel});
  };
  const auto with_head = [] {
    McapBuilder builder;  // a channel is described before the first chunk, as some writers do
    builder.schema(1, "a", "jsonschema", "{}").channel(1, "/a", 1).channel(2, "/b");
    builder.begin_chunk().message(1, 10, {1}).message(2, 5, {2}).message(1, 40, {3}).end_chunk("");
    return builder.raw(0x80, {1, 2, 3}).begin_chunk().message(1, 30, {4}).end_chunk("lz4");
  };
  McapBuilder only_chunks = with_head(), message_beside = with_head();
  EXPECT_EQ(times_of(only_chunks, 1), std::pair(std::uint64_t{10}, std::uint64_t{40}));
  EXPECT_EQ(times_of(only_chunks = with_head(), 2), std::pair(std::uint64_t{5}, std::uint64_t{5}));
  // No index tells of a message outside chunks.
  EXPECT_EQ(times_of(message_beside.message(1, 90, {5}), 1), std::nullopt);
}

TEST(McapFile, EqualLogTimesComeInFileOrder) {
  McapBuilder builder;
  builder.begin_chunk().channel(1, "/a").message(1, 5, {1}).message(1, 5, {2}).end_chunk("");
  builder.begin_chunk().message(1, 5, {3}).message(1, 4, {4}).end_chunk("");
  Diagnostics diagnostics;
  std::vector<std::uint32_t> sequences;
  for (const auto& message : read_all(builder.finish(), diagnostics, {.order = Order::kLogTime}))
    sequences.push_back(message.sequence);
  EXPECT_THAT(sequences, ElementsAre(3, 0, 1, 2));
}

TEST(McapFile, TimesAndChannelsSelectInBothOrdersWithAndWithoutASummary) {
  for (const bool summary : {true, false})
    for (const Order order : {Order::kFile, Order::kLogTime}) {
      Diagnostics diagnostics;
      const auto file =
          McapFile::open_bytes("test.mcap", overlapping().finish(summary), diagnostics);
      EXPECT_EQ(file->summary().from_summary, summary);
      const auto sorted = [&](const MessageQuery& query) {
        auto list = times(read_all(*file, query, diagnostics));
        std::sort(list.begin(), list.end());
        return list;
      };
      EXPECT_THAT(sorted({.start = 20, .end = 50, .order = order}), ElementsAre(20, 30, 40));
      EXPECT_THAT(sorted({.channels = {2}, .order = order}), ElementsAre(20, 60));
      EXPECT_THAT(sorted({.channels = {2}, .start = 21, .order = order}), ElementsAre(60));
      EXPECT_THAT(sorted({.channels = {1, 2}, .end = 11, .order = order}), ElementsAre(10));
      EXPECT_THAT(sorted({.start = 30, .end = 30, .order = order}), ElementsAre());
      EXPECT_THROW(sorted({.channels = {9}, .order = order}), InputError);
    }
}

TEST(McapFile, TheSummaryIsTheSameWhetherReadOrScanned) {
  Diagnostics diagnostics;
  const auto read = McapFile::open_bytes("a", overlapping().finish(true), diagnostics);
  const auto scanned = McapFile::open_bytes("b", overlapping().finish(false), diagnostics);
  for (const auto& file : {read, scanned}) {
    const Summary& summary = file->summary();
    EXPECT_EQ(summary.profile, "test");
    EXPECT_EQ(summary.library, "builder");
    EXPECT_EQ(summary.channels.at(2).topic, "/b");
    EXPECT_EQ(summary.statistics->message_count, 6u);
    EXPECT_EQ(summary.statistics->channel_message_counts.at(1), 4u);
    EXPECT_EQ(summary.start_time, 10u);
    EXPECT_EQ(summary.end_time, 60u);
    ASSERT_EQ(summary.chunks.size(), 3u);
    EXPECT_EQ(summary.chunks[1].message_start_time, 20u);
    EXPECT_EQ(summary.chunks[1].message_index_offsets,
              read->summary().chunks[1].message_index_offsets);
    EXPECT_FALSE(summary.truncated);
  }
  EXPECT_TRUE(read->summary().from_summary);
  EXPECT_FALSE(scanned->summary().from_summary);
}

TEST(McapFile, AMessageIsFoundAgainByItsPlaceFromSeveralThreads) {
  McapBuilder builder = sample_mcap("zstd", 200, 10);
  builder.message(1, 5000, {1, 2, 3});  // outside of chunks
  Diagnostics diagnostics;
  const auto file = McapFile::open_bytes("test.mcap", builder.finish(), diagnostics);
  std::vector<std::pair<MessageRef, Bytes>> places;
  const auto cursor = file->messages({}, diagnostics);
  MessageView message;
  while (cursor->next(message))
    places.emplace_back(message.ref, Bytes(message.data.begin(), message.data.end()));
  ASSERT_EQ(places.size(), 201u);
  std::atomic<int> wrong = 0;
  std::vector<std::thread> threads;
  for (std::size_t t = 0; t < 3; ++t)
    threads.emplace_back([&, t] {
      for (std::size_t i = 0; i < places.size(); ++i) {
        const auto& [ref, data] = places[(i * 37 + t * 61) % places.size()];
        wrong += file->read(ref) == data ? 0 : 1;
      }
    });
  for (std::thread& thread : threads) thread.join();
  EXPECT_EQ(wrong, 0);
  EXPECT_THROW(static_cast<void>(file->read({places[0].first.chunk_offset + 1, 0})), InputError);
  EXPECT_THROW(static_cast<void>(file->read({places[0].first.chunk_offset, 1})), InputError);
  EXPECT_THROW(static_cast<void>(file->read({MessageRef::kNoChunk, 1u << 30})), InputError);
}

TEST(McapFile, MessagesOutsideChunksAreReadInBothOrdersBesideChunks) {
  McapBuilder builder;
  builder.channel(1, "/a").message(1, 30, {1});
  builder.begin_chunk().message(1, 10, {2}).message(1, 40, {3}).end_chunk("zstd");
  builder.message(1, 20, {4}).message(1, 50, {5});
  Diagnostics diagnostics;
  const Bytes bytes = builder.finish();
  EXPECT_THAT(times(read_all(bytes, diagnostics)), ElementsAre(30, 10, 40, 20, 50));
  EXPECT_THAT(times(read_all(bytes, diagnostics, {.order = Order::kLogTime})),
              ElementsAre(10, 20, 30, 40, 50));
}

TEST(McapFile, ManyMessagesOutsideChunksAreReadAcrossWindows) {
  // Windows and runs are smaller than this; one message is larger than a window.
  McapBuilder builder;
  builder.channel(1, "/a");
  for (std::uint64_t i = 0; i < 3000; ++i)
    builder.message(1, 10'000 - i, Bytes(i == 1234 ? 700'000 : 900, static_cast<std::uint8_t>(i)));
  const Bytes indexed = McapBuilder(builder).finish(true);
  const Bytes scanned = McapBuilder(builder).finish(false);
  std::vector<TestMessage> backwards = builder.messages();
  std::reverse(backwards.begin(), backwards.end());
  for (const Bytes& bytes : {indexed, scanned}) {
    Diagnostics diagnostics;
    EXPECT_EQ(read_all(bytes, diagnostics), builder.messages());
    EXPECT_EQ(read_all(bytes, diagnostics, {.order = Order::kLogTime}), backwards);
    EXPECT_FALSE(diagnostics.has_loss()) << text_of(diagnostics);
  }
}

TEST(McapFile, WithoutChunksTheDataSectionsCrcIsCheckedWhileReading) {
  McapBuilder builder = sample_mcap("", 20, 0);
  Bytes bytes = builder.finish();
  bytes[builder.messages()[3].end - 1] ^= 1;
  Diagnostics diagnostics;
  EXPECT_EQ(read_all(bytes, diagnostics).size(), 20u);
  EXPECT_EQ(diagnostics.count("mcap-data-crc"), 1u) << text_of(diagnostics);
}

TEST(McapFile, ADamagedChunkIsLeftOutAndItsMessagesCounted) {
  for (const char* compression : {"", "lz4", "zstd"}) {
    McapBuilder builder = sample_mcap(compression, 30, 10);
    Bytes bytes = builder.finish();
    bytes[builder.chunk_offsets()[2] - 400] ^= 1;  // in the second chunk's records
    const std::uint64_t inside = builder.chunk_offsets()[1] + 60;
    bytes = McapBuilder(sample_mcap(compression, 30, 10)).finish();
    bytes[inside] ^= 0xFF;
    Diagnostics diagnostics;
    std::vector<TestMessage> expected = builder.messages();
    expected.erase(expected.begin() + 10, expected.begin() + 20);
    EXPECT_EQ(read_all(bytes, diagnostics), expected) << compression;
    EXPECT_EQ(diagnostics.count("mcap-chunk-crc") + diagnostics.count("mcap-chunk-damaged"), 10u);
    EXPECT_EQ(diagnostics.summary().front().first_ns, 1100);
    // A cursor of one channel counts what that channel lost.
    Diagnostics one;
    EXPECT_EQ(read_all(bytes, one, {.channels = {1}}).size(), 10u);
    EXPECT_EQ(one.count("mcap-chunk-crc") + one.count("mcap-chunk-damaged"), 5u);
  }
}

TEST(McapFile, UnknownRecordsAndExtraBytesAreSkipped) {
  McapBuilder builder;
  builder.raw(0x81, {1, 2, 3}).begin_chunk().channel(1, "/a").raw(0x42, {}).message(1, 7, {9});
  builder.end_chunk("zstd").raw(0x7F, Bytes(300, 1));
  // Metadata with a byte more than its fields.
  builder.raw(0x0C, McapBuilder::text("m") + McapBuilder::u32(0) + Bytes{0xAA});
  const Bytes bytes = builder.finish(false);
  Diagnostics diagnostics;
  EXPECT_EQ(read_all(bytes, diagnostics).size(), 1u);
  EXPECT_FALSE(diagnostics.has_loss()) << text_of(diagnostics);
  for (const Diagnostic& entry : diagnostics.summary())
    if (entry.code == "mcap-unknown-record") {
      EXPECT_EQ(entry.count, 3u);
    }
}

TEST(McapFile, MessagesOfAChannelThatNothingDescribesAreCountedAsLoss) {
  McapBuilder builder;
  builder.begin_chunk().channel(1, "/a").message(1, 1, {1}).message(5, 2, {1}).end_chunk("");
  Diagnostics diagnostics;
  EXPECT_EQ(read_all(builder.finish(), diagnostics).size(), 1u);
  EXPECT_EQ(diagnostics.count("mcap-unknown-channel"), 1u) << text_of(diagnostics);
}

TEST(McapFile, AScanTellsOfAnUnknownChannelOnceHoweverManyCursorsFollow) {
  McapBuilder builder;
  builder.begin_chunk().channel(1, "/a").message(1, 1, {1}).message(5, 2, {1}).end_chunk("");
  Diagnostics diagnostics;
  const auto file = McapFile::open_bytes("test.mcap", builder.finish(false), diagnostics);
  for (const Order order : {Order::kFile, Order::kLogTime})
    EXPECT_EQ(read_all(*file, {.order = order}, diagnostics).size(), 1u);
  EXPECT_EQ(diagnostics.count("mcap-unknown-channel"), 1u) << text_of(diagnostics);
}

TEST(McapFile, CursorsOfOneChannelEachRunInStepAndTogetherGiveEverything) {
  McapBuilder builder = sample_mcap("zstd", 400, 30);
  Diagnostics diagnostics;
  const auto file = McapFile::open_bytes("test.mcap", builder.finish(), diagnostics);
  for (const Order order : {Order::kFile, Order::kLogTime}) {
    const auto a = file->messages({.channels = {1}, .order = order}, diagnostics);
    const auto b = file->messages({.channels = {2}, .order = order}, diagnostics);
    MessageView message;
    for (const TestMessage& expected : builder.messages()) {
      ASSERT_TRUE((expected.channel == 1 ? a : b)->next(message));
      EXPECT_EQ(message.sequence, expected.sequence);
      EXPECT_EQ(file->read(message.ref), expected.data);
    }
    EXPECT_FALSE(a->next(message) || b->next(message));
  }
}

TEST(McapFile, AttachmentsAreFetchedAndTheirCrcChecked) {
  McapBuilder builder;
  builder.attachment("calibration.yaml", {4, 5, 6});
  Bytes bytes = builder.finish(false);
  Diagnostics diagnostics;
  const auto file = McapFile::open_bytes("test.mcap", bytes, diagnostics);
  ASSERT_EQ(file->summary().attachments.size(), 1u);
  const AttachmentIndex index = file->summary().attachments[0];
  EXPECT_EQ(index.name, "calibration.yaml");
  EXPECT_EQ(file->attachment(index), (Bytes{4, 5, 6}));
  bytes[index.offset + index.length - 5] ^= 1;
  const auto damaged = McapFile::open_bytes("test.mcap", bytes, diagnostics);
  EXPECT_THROW(static_cast<void>(damaged->attachment(index)), InputError);
}

std::string refusal(const std::string& text) {
  Diagnostics diagnostics;
  try {
    McapFile::open_bytes("run.mcap", Bytes(text.begin(), text.end()), diagnostics);
  } catch (const InputError& error) {
    return error.what();
  }
  return "";
}

TEST(McapFile, WhatIsNoMcapIsRefusedWithWhatItLooksLike) {
  EXPECT_EQ(
      refusal("FROM ros:humble\n"),
      "run.mcap: byte 0: found 46 52 4F 4D 20 72 6F 73, expected the MCAP magic 89 4D 43 41 50 "
      "30 0D 0A; this is no MCAP file");
  EXPECT_THAT(refusal(""), HasSubstr("found nothing, expected the MCAP magic"));
  EXPECT_THAT(refusal("#ROSBAG V2.0\n"), HasSubstr("a ROS 1 bag; convert it"));
  EXPECT_THAT(refusal("SQLite format 3"), HasSubstr("ros2 bag convert"));
  EXPECT_THAT(refusal("\x89MCAP1\r\n"), HasSubstr("MCAP of another version"));
  EXPECT_THAT(refusal(std::string("\x28\xB5\x2F\xFD..........")), HasSubstr("unzstd"));
  const std::string message("\x89MCAP0\r\n\x05\x01\0\0\0\0\0\0\0x", 18);
  EXPECT_THAT(refusal(message), HasSubstr("byte 8: found Message, expected the Header record"));
  Diagnostics diagnostics;
  EXPECT_THROW(McapFile::open("/nowhere/run.mcap", diagnostics), InputError);
}

TEST(McapFile, AChunkThatClaimsMoreThanItCanHoldIsRefusedBeforeAllocation) {
  for (const char* compression : {"", "lz4", "zstd", "snappy"}) {
    McapBuilder builder;
    builder.channel(1, "/a").message(1, 1, {1});
    builder.raw(0x06, McapBuilder::u64(2) + McapBuilder::u64(3) + McapBuilder::u64(1ull << 40) +
                          McapBuilder::u32(0) + McapBuilder::text(compression) +
                          McapBuilder::u64(3) + Bytes{1, 2, 3});
    builder.message(1, 9, {1});
    Diagnostics diagnostics;
    EXPECT_THAT(times(read_all(builder.finish(false), diagnostics)), ElementsAre(1, 9));
    EXPECT_EQ(diagnostics.count("mcap-chunk-damaged"), 1u) << text_of(diagnostics);
  }
}

TEST(McapFile, AFileOnDiskIsReadAsTheSameBytesInMemory) {
  const test::TempFolder folder;
  McapBuilder builder = sample_mcap("lz4", 500, 40, 300);
  const Bytes bytes = builder.finish();
  write_file_atomic(folder / "run.mcap", as_text(bytes));
  Diagnostics diagnostics;
  const auto file = McapFile::open(folder / "run.mcap", diagnostics);
  EXPECT_EQ(read_all(*file, {}, diagnostics), builder.messages());
  EXPECT_EQ(read_all(*file, {.order = Order::kLogTime}, diagnostics), builder.messages());
  EXPECT_TRUE(diagnostics.empty()) << text_of(diagnostics);
}

}  // namespace
}  // namespace reelcell::readers::mcap
