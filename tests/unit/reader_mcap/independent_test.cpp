// Every other real recording, message by message against the MCAP project's own TypeScript reader.
#include <gtest/gtest.h>

#include <algorithm>
#include <set>

#include "file_support.hpp"
#include "reelcell/base/error.hpp"
#include "reelcell/base/hash.hpp"
#include "reelcell/base/json.hpp"
#include "support/support.hpp"

namespace reelcell::readers::mcap {
namespace {

std::vector<fs::path> recordings() {
  std::vector<fs::path> files;
  for (const auto& entry : fs::recursive_directory_iterator(test::data_path("")))
    if (entry.path().extension() == ".mcap" &&
        entry.path().string().find("conformance") == std::string::npos)
      files.push_back(entry.path());
  std::sort(files.begin(), files.end());
  return files;
}

/// What tests/independent/mcap_dump.mjs says of each file.
std::vector<Json> peer(const std::vector<fs::path>& files) {
  std::string command =
      "node '" + test::source_path("tests/independent/mcap_dump.mjs").string() + "'";
  for (const fs::path& file : files) command += " '" + file.string() + "'";
  const test::CommandResult result = test::run(command);
  EXPECT_EQ(result.exit_code, 0) << result.err;
  std::vector<Json> lines;
  for (std::size_t at = 0; at < result.out.size();) {
    const std::size_t end = std::min(result.out.find('\n', at), result.out.size());
    lines.push_back(parse_json(std::string_view(result.out).substr(at, end - at), "mcap_dump.mjs"));
    at = end + 1;
  }
  return lines;
}

struct Contents {
  std::uint64_t messages = 0;
  std::string sha256;
  std::map<std::string, std::uint64_t> topics;
};

Contents contents(const McapFile& file, Order order, Diagnostics& diagnostics) {
  Contents found;
  Hasher hasher;
  const auto cursor = file.messages({.order = order}, diagnostics);
  MessageView message;
  while (cursor->next(message)) {
    using test::operator+;
    using Build = test::McapBuilder;
    hasher.update(Build::u16(message.channel_id) + Build::u32(message.sequence) +
                  Build::u64(message.log_time) + Build::u64(message.publish_time) +
                  Build::u32(message.data.size()));
    hasher.update(message.data);
    ++found.messages;
    ++found.topics[file.summary().channels.at(message.channel_id).topic];
  }
  found.sha256 = hasher.finish().sha256;
  return found;
}

TEST(McapIndependent, EveryRealRecordingGivesWhatThePeersReadersGive) {
  const std::vector<fs::path> files = recordings();
  ASSERT_GE(files.size(), 40u);
  const std::vector<Json> lines = peer(files);
  ASSERT_EQ(lines.size(), files.size());
  std::set<std::string> refused;
  std::set<std::string> cut;
  std::uint64_t messages = 0;
  for (std::size_t i = 0; i < files.size(); ++i) {
    SCOPED_TRACE(files[i]);
    const Json& stream = lines[i].at("stream");
    const Json& indexed = lines[i].at("indexed");
    Diagnostics diagnostics;
    std::shared_ptr<const McapFile> file;
    try {
      file = McapFile::open(files[i], diagnostics);
    } catch (const InputError& error) {
      EXPECT_NE(stream.at("error"), "") << error.what();
      refused.insert(files[i].filename());
      continue;
    }
    const Contents in_order = contents(*file, Order::kFile, diagnostics);
    EXPECT_EQ(in_order.messages, stream.at("messages"));
    EXPECT_EQ(in_order.sha256, stream.at("sha256"));
    EXPECT_EQ(in_order.topics, (lines[i].at("topics").get<std::map<std::string, std::uint64_t>>()));
    // One file is cut in its summary, one before its data section ends: only there may messages be
    // lost.
    EXPECT_EQ(diagnostics.has_loss(), files[i].filename() == "test_sample_truncated.mcap");
    EXPECT_EQ(diagnostics.count("mcap-truncated"), stream.at("error") == "" ? 0u : 1u);
    if (file->summary().truncated) cut.insert(files[i].filename());
    if (indexed.at("error") == "") {
      EXPECT_EQ(contents(*file, Order::kLogTime, diagnostics).sha256, indexed.at("sha256"));
    }
    messages += in_order.messages;
  }
  EXPECT_EQ(refused, (std::set<std::string>{"Dockerfile.39c66709.mcap", "Dockerfile.mcap"}));
  EXPECT_EQ(cut, (std::set<std::string>{"test_sample_truncated.30b73b75.mcap",
                                        "test_sample_truncated.mcap"}));
  EXPECT_GT(messages, 60'000u);
}

}  // namespace
}  // namespace reelcell::readers::mcap
