#include <gmock/gmock.h>

#include <fstream>

#include "../../../lib/src/writers/webdataset/internal/members.hpp"
#include "archives.hpp"
#include "episodes.hpp"
#include "reelcell/base/error.hpp"
#include "support/support.hpp"

namespace reelcell::writers {
const WriterRow& webdataset_writer();
}

namespace reelcell::test {
namespace {

using testing::Contains;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

std::vector<Episode> four_episodes() {
  return {small_episode(0, 5), small_episode(1, 3, "val"), small_episode(2, 4),
          small_episode(3, 1)};
}
Findings verify(const fs::path& folder, bool deep = true) {
  Findings findings;
  writers::webdataset_writer().verify(folder, {.deep = deep, .threads = 2}, findings);
  return findings;
}
std::string file(const fs::path& path) { return read_text_file(path); }
std::vector<std::string> paths(const WriterReport& report) {
  std::vector<std::string> result;
  for (const CorpusFile& entry : report.files) result.push_back(entry.path);
  return result;
}

TEST(WebdatasetWriter, WritesOneSampleASegmentAndShardsBySplit) {
  const TempFolder folder;
  const WriterReport report = write_corpus(folder.path(), four_episodes());
  EXPECT_THAT(paths(report), ElementsAre("wds/train-000000.index.json", "wds/train-000000.tar",
                                         "wds/val-000000.index.json", "wds/val-000000.tar"));
  for (const CorpusFile& entry : report.files)
    EXPECT_EQ(entry.digests, hash_file(folder / entry.path)) << entry.path;
  EXPECT_EQ(report.summary["splits"]["train"]["samples"], 3);
  for (const bool deep : {false, true})
    EXPECT_THAT(verify(folder / "wds", deep).all(), IsEmpty()) << deep;
}

TEST(WebdatasetWriter, SaysWhereASampleWent) {
  const TempFolder folder;
  const auto writer = writers::webdataset_writer().make(small_context(folder.path()));
  std::vector<SamplePlace> places;
  for (const Episode& episode : four_episodes()) places.push_back(writer->add(episode));
  writer->close();
  EXPECT_EQ(places[1].file, "wds/val-000000.tar");
  const ReadArchive archive = read_archive(file(folder / places[2].file));
  EXPECT_EQ(places[2].details["key"], four_episodes()[2].key);
  EXPECT_TRUE(std::any_of(archive.entries.begin(), archive.entries.end(), [&](const auto& entry) {
    return entry.name.starts_with(four_episodes()[2].key + ".");
  }));
}

TEST(WebdatasetWriter, SortsMembersByExtension) {
  const TempFolder folder;
  write_corpus(folder.path(), {small_episode(0, 2)});
  const ReadArchive archive = read_archive(file(folder / "wds/train-000000.tar"));
  std::vector<std::string> extensions;
  for (const auto& entry : archive.entries)
    extensions.push_back(entry.name.substr(entry.name.find('.') + 1));
  EXPECT_THAT(extensions,
              ElementsAre("action.npy", "front.evidence.png", "front.mp4", "json", "mode.npy",
                          "native.force.fz.npy", "native.force.row_ranges.npy",
                          "native.force.time_ns.npy", "source_flag.npy", "source_skew_ns.npy",
                          "source_time_ns.npy", "state.npy", "time_ns.npy", "txt"));
}

TEST(WebdatasetWriter, GivesTheSameBytesEachTime) {
  const TempFolder one, two;
  write_corpus(one.path(), four_episodes());
  write_corpus(two.path(), four_episodes());
  for (const char* name : {"wds/train-000000.tar", "wds/train-000000.index.json"})
    EXPECT_EQ(file(one / name), file(two / name));
}

TEST(WebdatasetWriter, StartsANewShardAtEitherCap) {
  const TempFolder by_count, by_size;
  const WriterReport report =
      write_corpus(by_count.path(), four_episodes(), {{"shard_samples", 1}});
  EXPECT_THAT(paths(report), Contains("wds/train-000002.tar"));
  EXPECT_EQ(report.summary["splits"]["train"]["urls"], "train-{000000..000002}.tar");
  EXPECT_EQ(report.summary["splits"]["val"]["urls"], "val-000000.tar");
  // Smaller than any sample: each gets a shard of its own.
  EXPECT_THAT(paths(write_corpus(by_size.path(), four_episodes(), {{"shard_size", "1kB"}})),
              Contains("wds/train-000002.tar"));
  EXPECT_THAT(verify(by_size / "wds").all(), IsEmpty());
}

TEST(WebdatasetWriter, CompressesArraysWhenAsked) {
  const TempFolder folder;
  write_corpus(folder.path(), four_episodes(), {{"compress", "zstd"}, {"native", false}});
  const std::string shard = file(folder / "wds/train-000000.tar");
  EXPECT_THAT(shard, HasSubstr(".state.npy.zst"));
  EXPECT_EQ(shard.find("native.force"), std::string::npos);
  EXPECT_THAT(verify(folder / "wds").all(), IsEmpty());
}

TEST(WebdatasetWriter, RefusesKeysThatReadersWouldSplit) {
  const TempFolder folder;
  for (const char* key : {"a.b", "", "a/b", "__a"}) {
    Episode episode = small_episode(0, 1);
    episode.key = key;
    EXPECT_THROW(write_corpus(folder.path(), {episode}), PlanError) << key;
  }
  EXPECT_THROW(write_corpus(folder.path(), {}, {{"compress", "zstd"}, {"zstd_level", 40}}),
               PlanError);
}

TEST(WebdatasetWriter, LeavesNothingBehindWhenItIsNotClosed) {
  const TempFolder folder;
  {
    const auto writer = writers::webdataset_writer().make(small_context(folder.path()));
    writer->add(small_episode(0, 2));
  }
  EXPECT_TRUE(fs::is_empty(folder / "wds"));
}

TEST(ShortNames, KeepFullNamesWhereShortOnesWouldClash) {
  EXPECT_THAT(webdataset::short_names({"observation.state", "action", "observation.images.Front"}),
              ElementsAre("state", "action", "front"));
  EXPECT_THAT(webdataset::short_names({"observation.a", "observation.images.a", "json"}),
              ElementsAre("feature.observation.a", "feature.observation.images.a", "feature.json"));
}

TEST(WebdatasetVerify, FindsAChangedByteAnywhereInTheData) {
  const TempFolder folder;
  write_corpus(folder.path(), {small_episode(0, 2)});
  const fs::path shard = folder / "wds/train-000000.tar";
  const std::string good = file(shard);
  const Json index = read_json_file(folder / "wds/train-000000.index.json");
  for (const Json& member : index["samples"][0]["members"]) {
    std::string bad = good;
    const auto at = member["offset"].get<std::size_t>() + member["bytes"].get<std::size_t>() - 1;
    bad[at] = static_cast<char>(bad[at] ^ 1);
    write_file_atomic(shard, bad);
    EXPECT_THAT(codes_of(verify(folder / "wds", false)), Contains("WDS-HASH"))
        << member["extension"];
  }
}

TEST(WebdatasetVerify, FindsAShardThatDoesNotFitItsIndex) {
  const TempFolder folder;
  write_corpus(folder.path(), four_episodes());
  fs::copy_file(folder / "wds/val-000000.index.json", folder / "wds/train-000000.index.json",
                fs::copy_options::overwrite_existing);
  EXPECT_THAT(codes_of(verify(folder / "wds")), Contains("WDS-INDEX"));
  write_file_atomic(folder / "wds/train-000000.index.json", "{");
  EXPECT_THAT(codes_of(verify(folder / "wds")), Contains("WDS-INDEX"));
}

TEST(WebdatasetVerify, FindsAKeyThatAnotherShardHasToo) {
  const TempFolder folder;
  write_file_atomic(folder / "a-000000.tar", raw_archive({{"k1.txt", "x"}, {"k2.txt", "y"}}));
  write_file_atomic(folder / "a-000001.tar", raw_archive({{"k2.txt", "x"}, {"k3.txt", "y"}}));
  EXPECT_THAT(codes_of(verify(folder.path())), ElementsAre("WDS-KEY-REPEATED"));
}

TEST(WebdatasetVerify, FindsThatThereIsNoShard) {
  const TempFolder folder;
  EXPECT_THAT(codes_of(verify(folder.path())), ElementsAre("WDS-NO-SHARDS"));
  write_file_atomic(folder / "notes.txt", "x");
  EXPECT_THAT(codes_of(verify(folder / "notes.txt")), ElementsAre("WDS-NO-SHARDS"));
}

TEST(WebdatasetVerify, ReadsAForeignIndexAsNone) {
  const TempFolder folder;
  write_file_atomic(folder / "a-000000.tar", raw_archive({{"k1.txt", "x"}}));
  write_file_atomic(folder / "a-000000.index.json", "{\"shards\": 1}");
  EXPECT_THAT(codes_of(verify(folder.path())), ElementsAre("WDS-INDEX-FOREIGN"));
}

TEST(WebdatasetVerify, FindsACutShardAndAMissingOne) {
  const TempFolder folder;
  write_corpus(folder.path(), four_episodes(), {{"shard_samples", 1}});
  const std::string whole = file(folder / "wds/train-000000.tar");
  const std::size_t in_the_clip = whole.find("front.mp4") + 512 + 100;
  write_file_atomic(folder / "wds/train-000000.tar", whole.substr(0, in_the_clip));
  fs::remove(folder / "wds/train-000001.tar");
  const auto codes = codes_of(verify(folder / "wds", false));
  EXPECT_THAT(codes, Contains("WDS-TAR-TRUNCATED"));
  EXPECT_THAT(codes, Contains("WDS-SHARD-GAP"));
}

TEST(WebdatasetVerify, FindsRowsThatDisagree) {
  const Episode episode = small_episode(0, 4);
  Episode shorter = small_episode(0, 3);
  std::vector<webdataset::Member> members = webdataset::make_members(episode, small_schema(), {});
  const auto others = webdataset::make_members(shorter, small_schema(), {});
  std::vector<RawMember> raw;
  for (std::size_t i = 0; i < members.size(); ++i) {
    const bool swap = members[i].extension == "state.npy" || members[i].extension == "front.mp4";
    const Bytes& data = swap ? others[i].data : members[i].data;
    if (members[i].extension == "action.npy") continue;
    raw.push_back({episode.key + "." + members[i].extension, std::string(as_text(data))});
  }
  EXPECT_THAT(codes_of_shard(raw_archive(raw), true),
              ElementsAre("WDS-FRAMES-ROWS", "WDS-MEMBER-MISSING", "WDS-ROWS"));
}

TEST(WebdatasetVerify, RecognisesFoldersAndShards) {
  const TempFolder folder;
  write_corpus(folder.path(), {small_episode(0, 1)});
  const WriterRow& row = writers::webdataset_writer();
  EXPECT_EQ(row.recognise(folder / "wds"), 95);
  EXPECT_EQ(row.recognise(folder / "wds/train-000000.tar"), 70);
  EXPECT_EQ(row.recognise(folder.path()), 0);
  EXPECT_EQ(row.recognise(folder / "missing"), 0);
}

// Python's own tarfile, WebDataset's expression, numpy and PyAV: nothing of ours.
TEST(WebdatasetWriter, IsReadBackByAnIndependentReader) {
  const TempFolder folder;
  for (const char* compress : {"none", "zstd"}) {
    write_corpus(folder.path(), four_episodes(), {{"compress", compress}});
    const CommandResult result =
        run("/usr/bin/python3 " + source_path("tests/independent/webdataset_reader.py").string() +
            " " + (folder / "wds/train-000000.tar").string());
    ASSERT_EQ(result.exit_code, 0) << result.err;
    const Json samples = parse_json(result.out, "reader");
    ASSERT_EQ(samples.size(), 3u);
    const Json& sample = samples[1];
    const std::string end = compress == std::string("zstd") ? ".npy.zst" : ".npy";
    EXPECT_EQ(sample["__key__"], "seat-0001_visit-2");
    EXPECT_EQ(sample["state" + end]["dtype"], "float32");
    EXPECT_EQ(sample["state" + end]["shape"], Json({4, 3}));
    EXPECT_EQ(sample["state" + end]["values"][4], 1.25);
    EXPECT_EQ(sample["action" + end]["values"], Json({0, -1, -2, -3}));
    EXPECT_EQ(sample["mode" + end]["values"][0], "m\xC3\xA4nuell");
    EXPECT_EQ(sample["time_ns" + end]["values"][1], 1'033'333'333);
    EXPECT_EQ(sample["source_skew_ns" + end]["shape"], Json({1, 4}));
    EXPECT_EQ(sample["source_flag" + end]["values"][0], 1);
    EXPECT_EQ(sample["native.force.fz" + end]["values"][3], 11.0);
    EXPECT_EQ(sample["json"]["labels"]["verdict"]["value"], "NG");
    EXPECT_EQ(sample["json"]["labels"]["verdict"]["confidence"], 0.9);
    EXPECT_EQ(sample["txt"], "Inspect point P2");
    EXPECT_EQ(sample["front.mp4"]["frames"], 4);
    EXPECT_EQ(sample["front.mp4"]["times"], Json({"0", "1/30", "1/15", "1/10"}));
    EXPECT_EQ(sample["front.evidence.png"]["size"], Json({16, 12}));
  }
}

}  // namespace
}  // namespace reelcell::test
