#include <gmock/gmock.h>

#include "archives.hpp"
#include "reelcell/base/error.hpp"
#include "reelcell/model/corpus.hpp"
#include "support/support.hpp"

namespace reelcell::writers {
const WriterRow& webdataset_writer();
}

namespace reelcell::test {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;
using webdataset::TarTrouble;
using webdataset::TarType;

ReadArchive read_file(const std::string& relative) {
  const Bytes bytes = read_binary_file(data_path(relative));
  return read_archive(as_text(bytes));
}
ReadArchive read_odd(const std::string& name) {
  return read_file("malformed/alexcrichton_tar-rs/tests/archives/" + name);
}
std::vector<TarTrouble> troubles(const ReadArchive& archive) {
  std::vector<TarTrouble> result;
  for (const auto& problem : archive.problems) result.push_back(problem.trouble);
  return result;
}
std::vector<std::string> names(const ReadArchive& archive) {
  std::vector<std::string> result;
  for (const auto& entry : archive.entries) result.push_back(entry.name);
  return result;
}
std::vector<std::string> codes_of_file(const std::string& relative, bool deep = false) {
  Findings findings;
  writers::webdataset_writer().verify(data_path(relative), {.deep = deep}, findings);
  return codes_of(findings);
}

TEST(TarReader, ReadsSimpleArchives) {
  const ReadArchive archive = read_odd("reading_files.tar");
  EXPECT_THAT(names(archive), ElementsAre("a", "b"));
  EXPECT_EQ(archive.contents[0], "a\na\na\na\na\na\na\na\na\na\na\n");
  EXPECT_THAT(archive.problems, IsEmpty());
  EXPECT_THAT(names(read_odd("spaces.tar")), ElementsAre("a"));
  EXPECT_THAT(names(read_odd("file_times.tar")), ElementsAre("a"));
}

TEST(TarReader, ReadsPaxNamesSizesAndOwners) {
  EXPECT_THAT(names(read_odd("pax.tar")), ElementsAre("Cargo.toml", "src/lib.rs"));
  const ReadArchive sized = read_odd("pax_size.tar");
  ASSERT_EQ(sized.entries.size(), 1u);
  EXPECT_EQ(sized.entries[0].size, 4u);
  const ReadArchive longs = read_odd("pax2.tar");
  ASSERT_EQ(longs.entries.size(), 5u);
  EXPECT_EQ(longs.entries[1].name.size(), 12u * 16 + 15);
  EXPECT_EQ(longs.entries[3].type, TarType::kSymbolicLink);
  EXPECT_EQ(longs.entries[4].type, TarType::kHardLink);
  EXPECT_EQ(longs.entries[4].link, longs.entries[1].name);
  EXPECT_THAT(names(read_odd("biguid_pax.tar")), ElementsAre("./test.txt"));
  EXPECT_THAT(names(read_odd("biguid_gnu.tar")), ElementsAre("./test.txt"));
}

TEST(TarReader, ReadsGnuLongNames) {
  const ReadArchive archive = read_odd("7z_long_path.tar");
  ASSERT_EQ(archive.entries.size(), 2u);
  EXPECT_EQ(archive.entries[0].type, TarType::kFolder);
  EXPECT_TRUE(archive.entries[1].name.ends_with("_long_folder_name/test.txt"));
  EXPECT_GT(archive.entries[1].name.size(), 100u);
}

TEST(TarReader, FindsItsWayThroughSparseMaps) {
  const ReadArchive archive = read_odd("sparse.tar");
  EXPECT_THAT(names(archive),
              ElementsAre("sparse_begin.txt", "sparse_end.txt", "sparse_ext.txt", "sparse.txt"));
  for (const auto& entry : archive.entries) EXPECT_EQ(entry.type, TarType::kSparse);
  EXPECT_THAT(archive.problems, IsEmpty());
  EXPECT_THAT(names(read_odd("sparse-large.tar")), ElementsAre("huge"));
  EXPECT_THAT(read_odd("sparse-1.tar").problems, IsEmpty());
}

TEST(TarReader, ReportsAMissingEnd) {
  // Its record is a block short, but both blocks of the end are there.
  const ReadArchive archive = read_odd("simple_missing_last_header.tar");
  EXPECT_THAT(names(archive), ElementsAre("a", "b", "c"));
  EXPECT_THAT(archive.problems, IsEmpty());
  EXPECT_THAT(troubles(read_archive(raw_member({"a.txt", "x"}))), ElementsAre(TarTrouble::kNoEnd));
}

TEST(TarReader, ReportsWhatLiesBeyondTheEnd) {
  const std::string good = raw_archive({{"a.txt", "x"}});
  EXPECT_THAT(troubles(read_archive(good + raw_member({"b.txt", "y"}))),
              ElementsAre(TarTrouble::kAfterEnd));
  const std::string lone = raw_member({"a.txt", "x"}) + std::string(512, '\0');
  EXPECT_THAT(troubles(read_archive(lone + raw_member({"b.txt", "y"}))),
              ElementsAre(TarTrouble::kLoneZeroBlock));
}

TEST(TarReader, SurvivesACutAtEveryByte) {
  const std::string whole = raw_archive({{"a.json", "{}"}, {"a.npy", std::string(600, 'n')}});
  for (std::size_t length = 0; length < whole.size(); ++length) {
    const ReadArchive archive = read_archive(std::string_view(whole).substr(0, length));
    EXPECT_LE(archive.entries.size(), 2u);
    EXPECT_EQ(archive.problems.size(), 1u) << "cut at " << length;
  }
}

TEST(TarReader, RefusesAHeaderWithAnyByteChanged) {
  const std::string whole = raw_archive({{"a.json", "{}"}});
  for (std::size_t at = 0; at < 500; ++at) {
    std::string changed = whole;
    changed[at] = static_cast<char>(changed[at] ^ 0x15);
    const ReadArchive archive = read_archive(changed);
    EXPECT_THAT(troubles(archive), ElementsAre(TarTrouble::kBadHeader)) << "byte " << at;
  }
}

TEST(TarReader, DoesNotBelieveHugeSizes) {
  std::string archive = raw_archive({{"a.bin", "12345678"}});
  const std::string base256 = std::string("\x80\0\0\0\x3F\xFF\xFF\xFF\xFF\xFF\xFF\xFF", 12);
  archive.replace(124, 12, base256);
  repair_checksum(archive);
  const ReadArchive read = read_archive(archive);
  ASSERT_EQ(read.entries.size(), 1u);
  EXPECT_EQ(read.entries[0].size, 0x3FFFFFFFFFFFFFFFull);
  EXPECT_THAT(troubles(read), ElementsAre(TarTrouble::kTruncated));
  archive.replace(124, 12, std::string(12, '\xFF'));  // negative
  repair_checksum(archive);
  EXPECT_THAT(troubles(read_archive(archive)), ElementsAre(TarTrouble::kBadHeader));
  std::string name = raw_archive({{"././@LongLink", "x", 'L'}});
  name.replace(124, 11, "77777777777");
  repair_checksum(name);
  EXPECT_THAT(troubles(read_archive(name)), ElementsAre(TarTrouble::kBadHeader));
}

TEST(TarReader, IgnoresBrokenPaxRecords) {
  for (const char* records : {"x", "99 path=a\n", "9 path=ab", "3 =\n", "0 a=b\n", "12 size=12x4\n",
                              "11 path=abc", "99999999999999999999 a=b\n"}) {
    const ReadArchive archive =
        read_archive(raw_archive({{"pax", records, 'x'}, {"a.txt", "hello"}}));
    ASSERT_EQ(archive.entries.size(), 1u) << records;
    EXPECT_EQ(archive.entries[0].name, "a.txt");
    EXPECT_EQ(archive.contents[0], "hello");
    EXPECT_THAT(troubles(archive), ElementsAre(TarTrouble::kBadExtension)) << records;
  }
}

TEST(TarReader, NamesWhatIsUnsafe) {
  for (const char* name :
       {"", "/etc/passwd", "../x.json", "a/../../x", "..\\..\\x", "C:\\x", "\\x", "a/.."})
    EXPECT_NE(webdataset::unsafe_name(name), "") << name;
  for (const char* name : {"a.json", "./a.json", "a..b/c", "..a", "a/b/c.npy"})
    EXPECT_EQ(webdataset::unsafe_name(name), "") << name;
}

TEST(WebdatasetVerify, FindsZipSlip) {
  for (const char* name : {"zip-slip.tar", "zip-slip-win.tar"})
    EXPECT_THAT(
        codes_of_file(std::string("malformed/snyk_zip-slip-vulnerability/archives/") + name),
        testing::Contains("WDS-PATH"))
        << name;
}

TEST(WebdatasetVerify, NamesWhatIsWrongWithEachOddArchive) {
  const std::vector<std::pair<std::string, std::vector<std::string>>> expected = {
      {"7z_long_path.tar", {}},
      {"biguid_gnu.tar", {}},
      {"biguid_pax.tar", {}},
      {"directory.tar", {"WDS-EMPTY", "WDS-NO-EXTENSION"}},
      {"duplicate_dirs.tar", {"WDS-EMPTY"}},
      {"empty_filename.tar", {"WDS-EMPTY", "WDS-PATH", "WDS-TAR-NO-END"}},
      {"file_times.tar", {"WDS-EMPTY", "WDS-NO-EXTENSION"}},
      {"link.tar", {"WDS-EMPTY", "WDS-MEMBER-TYPE", "WDS-NO-EXTENSION"}},
      {"pax.tar", {"WDS-UNEVEN"}},
      {"pax2.tar", {"WDS-EMPTY", "WDS-MEMBER-TYPE", "WDS-NO-EXTENSION"}},
      {"pax_size.tar", {"WDS-EMPTY", "WDS-NO-EXTENSION"}},
      {"reading_files.tar", {"WDS-EMPTY", "WDS-NO-EXTENSION"}},
      {"simple.tar", {"WDS-EMPTY", "WDS-NO-EXTENSION"}},
      {"simple_missing_last_header.tar", {"WDS-EMPTY", "WDS-NO-EXTENSION"}},
      {"spaces.tar", {"WDS-EMPTY", "WDS-NO-EXTENSION"}},
      {"sparse-1.tar", {"WDS-EMPTY", "WDS-SPARSE"}},
      {"sparse-large.tar", {"WDS-EMPTY", "WDS-SPARSE"}},
      {"sparse.tar", {"WDS-EMPTY", "WDS-SPARSE"}},
      {"xattrs.tar", {"WDS-EMPTY", "WDS-NO-EXTENSION"}},
  };
  for (const auto& [name, codes] : expected)
    EXPECT_EQ(codes_of_file("malformed/alexcrichton_tar-rs/tests/archives/" + name), codes) << name;
}

TEST(WebdatasetVerify, AcceptsThePeersOwnShards) {
  const std::string folder = "webdataset/webdataset_webdataset/testdata/";
  for (const char* name : {"compressed.tar", "mpdata.tar", "tendata.tar", "testgz.tar"})
    EXPECT_THAT(codes_of_file(folder + name, true), IsEmpty()) << name;
  // A gzipped shard, read through its compression; its digits and pictures make 90 samples.
  Findings findings;
  writers::webdataset_writer().verify(data_path(folder + "sample.tgz"), {.deep = true}, findings);
  EXPECT_THAT(findings.all(), IsEmpty());
  EXPECT_THAT(findings.checked(), testing::Contains(testing::Pair("samples", 90u)));
}

TEST(ByteSource, ReportsDamagedCompression) {
  const TempFolder folder;
  const Bytes whole =
      read_binary_file(data_path("webdataset/webdataset_webdataset/testdata/sample.tgz"));
  write_file_atomic(folder / "cut.tgz", as_text(ByteView(whole).first(whole.size() / 2)));
  Findings findings;
  writers::webdataset_writer().verify(folder.path(), {}, findings);
  EXPECT_THAT(codes_of(findings), ElementsAre("WDS-READ"));
}

}  // namespace
}  // namespace reelcell::test
