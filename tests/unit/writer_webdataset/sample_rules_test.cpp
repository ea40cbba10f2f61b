#include "../../../lib/src/writers/webdataset/internal/sample_rules.hpp"

#include <gmock/gmock.h>

#include "archives.hpp"

namespace reelcell::test {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;
using webdataset::split_name;

std::string joined(const char* name) {
  const auto split = split_name(name);
  return split ? split->first + "|" + split->second : "-";
}

// What Python's re gives for WebDataset's ^((?:.*/|)[^.]+)[.]([^/]*)$ .
TEST(SplitName, FollowsWebDatasetsExpression) {
  EXPECT_EQ(joined("a.front.MP4"), "a|front.mp4");
  EXPECT_EQ(joined("./x.y/b.npy"), "./x.y/b|npy");
  EXPECT_EQ(joined("a"), "-");
  EXPECT_EQ(joined(".hidden"), "-");
  EXPECT_EQ(joined("x/.hidden"), "x/|hidden");
  EXPECT_EQ(joined("a.b/.hidden"), "-");
  EXPECT_EQ(joined("a.b/c"), "-");
  EXPECT_EQ(joined("a."), "a|");
  EXPECT_EQ(joined(""), "-");
}

TEST(WebdatasetVerify, AcceptsAGoodShard) {
  EXPECT_THAT(codes_of_shard(
                  raw_archive({{"a.cls", "3"}, {"a.txt", "x"}, {"b.cls", "-1\n"}, {"b.txt", "y"}})),
              IsEmpty());
}
TEST(WebdatasetVerify, FindsMembersThatAreNotAdjacent) {
  EXPECT_THAT(codes_of_shard(raw_archive({{"a.txt", "x"}, {"b.txt", "y"}, {"a.cls", "1"}})),
              testing::Contains("WDS-NOT-ADJACENT"));
}
TEST(WebdatasetVerify, FindsTwoMembersWithOneExtension) {
  EXPECT_THAT(codes_of_shard(raw_archive({{"a.txt", "x"}, {"a.TXT", "y"}})),
              ElementsAre("WDS-DUPLICATE"));
}
TEST(WebdatasetVerify, FindsSkippedNamesAndMissingExtensions) {
  EXPECT_THAT(codes_of_shard(raw_archive({{"__meta__", "x"}, {"b", "y"}, {"c.txt", "z"}})),
              ElementsAre("WDS-NO-EXTENSION", "WDS-SKIPPED"));
}
TEST(WebdatasetVerify, FindsUnevenSamples) {
  EXPECT_THAT(codes_of_shard(raw_archive({{"a.txt", "x"}, {"b.cls", "1"}})),
              ElementsAre("WDS-UNEVEN"));
}
TEST(WebdatasetVerify, FindsContentThatIsNotWhatItsNameSays) {
  EXPECT_THAT(codes_of_shard(raw_archive({{"a.json", "{"}})), ElementsAre("WDS-JSON"));
  EXPECT_THAT(codes_of_shard(raw_archive({{"a.npy", "PK"}})), ElementsAre("WDS-NPY"));
  EXPECT_THAT(codes_of_shard(raw_archive({{"a.cls", "cat"}})), ElementsAre("WDS-CLS"));
  EXPECT_THAT(codes_of_shard(raw_archive({{"a.txt.zst", std::string("\x28\xB5\x2F\xFDx", 5)}})),
              ElementsAre("WDS-COMPRESSED"));
  EXPECT_THAT(codes_of_shard(raw_archive({{"a.mp4", "no video"}}), true), ElementsAre("WDS-VIDEO"));
  EXPECT_THAT(codes_of_shard(raw_archive({{"a.jpg", "no picture"}}), true),
              ElementsAre("WDS-IMAGE"));
  EXPECT_THAT(codes_of_shard(raw_archive({{"a.jpg", "no picture"}})), IsEmpty());
}
TEST(WebdatasetVerify, FindsDamagedHeaders) {
  std::string archive = raw_archive({{"a.txt", "x"}, {"b.txt", "y"}});
  archive[1024 + 3] = 'z';  // of the second name: its checksum no longer holds
  EXPECT_THAT(codes_of_shard(archive), testing::Contains("WDS-TAR-HEADER"));
}
TEST(WebdatasetVerify, FindsRecordsThatCannotBeUsed) {
  EXPECT_THAT(codes_of_shard(raw_archive({{"pax", "no length path=a.txt\n", 'x'}, {"a.txt", "x"}})),
              ElementsAre("WDS-TAR-PAX"));
}
TEST(WebdatasetVerify, FindsWhatReadersTakeForTheEnd) {
  const std::string first = raw_member({"a.txt", "x"}), second = raw_member({"b.txt", "y"});
  const std::string zero(512, '\0');
  EXPECT_THAT(codes_of_shard(first + zero + second + zero + zero),
              ElementsAre("WDS-TAR-ZERO-BLOCK"));
  EXPECT_THAT(codes_of_shard(first + zero + zero + second + zero + zero),
              ElementsAre("WDS-TAR-AFTER-END"));
}
TEST(WebdatasetVerify, FindsLinksOutOfTheArchive) {
  EXPECT_THAT(codes_of_shard(raw_archive({{"a.txt", "x"}, {"b.txt", "", '2', "../../etc"}})),
              ElementsAre("WDS-MEMBER-TYPE", "WDS-PATH"));
}

}  // namespace
}  // namespace reelcell::test
