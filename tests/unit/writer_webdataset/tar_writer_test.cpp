#include "../../../lib/src/writers/webdataset/internal/tar_writer.hpp"

#include <gmock/gmock.h>

#include "archives.hpp"
#include "support/support.hpp"

namespace reelcell::test {
namespace {

using webdataset::TarWriter;

std::string written(const std::vector<std::pair<std::string, std::string>>& members) {
  std::string out;
  TarWriter tar([&](ByteView bytes) { out += as_text(bytes); });
  std::uint64_t expected = 0;
  for (const auto& [name, data] : members) {
    expected += TarWriter::member_size(name, data.size());
    const std::uint64_t offset = tar.add(name, as_bytes(data));
    EXPECT_EQ(out.substr(offset, data.size()), data);
    EXPECT_EQ(tar.size(), expected);
  }
  tar.finish();
  return out;
}

TEST(TarWriter, WritesWhatTheReaderReads) {
  const std::string long_name = std::string(150, 'k') + ".state.npy";
  const std::vector<std::pair<std::string, std::string>> members = {
      {"a.json", "{}"}, {"a.npy", std::string(513, 'x')}, {long_name, "deep"}, {"b.txt", ""}};
  const ReadArchive archive = read_archive(written(members));
  EXPECT_TRUE(archive.problems.empty());
  ASSERT_EQ(archive.entries.size(), members.size());
  for (std::size_t i = 0; i < members.size(); ++i) {
    EXPECT_EQ(archive.entries[i].name, members[i].first);
    EXPECT_EQ(archive.contents[i], members[i].second);
  }
}

TEST(TarWriter, GnuTarListsAndExtracts) {
  const TempFolder folder;
  const std::string long_name = std::string(150, 'k') + ".npy";
  write_file_atomic(folder / "x.tar", written({{"a.json", "{}"}, {long_name, "deep"}}));
  const std::string at = folder.path().string();
  const CommandResult list = run("tar --utc --full-time -tvf " + at + "/x.tar");
  EXPECT_EQ(list.exit_code, 0) << list.err;
  EXPECT_EQ(list.err, "");
  EXPECT_THAT(list.out, testing::StartsWith("-r--r--r-- reelcell/reelcell "));
  EXPECT_THAT(list.out, testing::HasSubstr("1970-01-01 00:00:00 a.json\n"));
  EXPECT_THAT(list.out, testing::HasSubstr(long_name));
  const CommandResult extract = run("cd " + at + " && tar -xf x.tar && cat " + long_name);
  EXPECT_EQ(extract.exit_code, 0) << extract.err;
  EXPECT_EQ(extract.out, "deep");
}

TEST(TarWriter, KeepsSizesThatUstarCannotSay) {
  // Only the header is looked at: 8 GiB of data need not exist for it.
  EXPECT_EQ(TarWriter::member_size("a.mp4", (1ull << 33) - 512), 512 + (1ull << 33) - 512);
  EXPECT_EQ(TarWriter::member_size("a.mp4", 1ull << 33), 512 + 512 + 512 + (1ull << 33));
}

}  // namespace
}  // namespace reelcell::test
