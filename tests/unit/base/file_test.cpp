#include "reelcell/base/file.hpp"

#include <gtest/gtest.h>

#include <fstream>

#include "reelcell/base/compress.hpp"
#include "reelcell/base/diagnostics.hpp"
#include "reelcell/base/error.hpp"
#include "reelcell/base/hash.hpp"
#include "reelcell/base/options.hpp"
#include "reelcell/base/ordered_pool.hpp"
#include "support/support.hpp"

namespace reelcell {
namespace {

TEST(AtomicFile, AppearsWholeOrNotAtAll) {
  test::TempFolder folder;
  {
    AtomicFile file(folder / "a.txt");
    file.write("half");
  }
  EXPECT_TRUE(fs::is_empty(folder.path()));
  write_file_atomic(folder / "a.txt", "whole");
  EXPECT_EQ(read_text_file(folder / "a.txt"), "whole");
  EXPECT_EQ(list_files(folder.path()), std::vector<std::string>{"a.txt"});
}

TEST(SafeJoin, RefusesEveryWayOut) {
  test::TempFolder folder;
  fs::create_symlink("/etc", folder / "link");
  for (const char* bad :
       {"../x", "a/../../x", "/etc/passwd", "", "C:/x", "a\\..\\b", "link/passwd"})
    EXPECT_THROW(safe_join(folder.path(), bad), InputError) << bad;
  EXPECT_EQ(safe_join(folder.path(), "a/b.mp4"), folder.path() / "a/b.mp4");
}

TEST(Hash, AgreesWithTheCommandLineTools) {
  test::TempFolder folder;
  write_file_atomic(folder / "x", std::string(3'000'000, 'r'));
  const Digests digests = hash_file(folder / "x");
  EXPECT_EQ(test::run("sha256sum " + (folder / "x").string()).out.substr(0, 64), digests.sha256);
  EXPECT_EQ(digests, hash_bytes(as_bytes(std::string(3'000'000, 'r'))));
  EXPECT_EQ(digests.xxh3_128.size(), 32u);
}

TEST(Compress, RoundTripsAndRefusesWrongSizes) {
  const std::string text(100'000, 'z');
  for (const bool zstd : {true, false}) {
    const auto packed = zstd ? zstd_compress(as_bytes(text)) : lz4_compress(as_bytes(text));
    const auto unpack = [&](ByteView in, std::uint64_t size) {
      return zstd ? zstd_decompress(in, size) : lz4_decompress(in, size);
    };
    EXPECT_EQ(as_text(unpack(packed, text.size())), text);
    EXPECT_THROW(unpack(packed, text.size() - 1), InputError);
    EXPECT_THROW(unpack(packed, text.size() + 1), InputError);
    EXPECT_THROW(unpack(ByteView(packed).first(packed.size() / 2), text.size()), InputError);
    EXPECT_THROW(unpack(packed, 1ull << 50), InputError);
  }
  EXPECT_EQ(crc32(0, as_bytes("123456789")), 0xCBF43926u);
}

TEST(Diagnostics, CountsTheSameLossOnceAndSortsIt) {
  Diagnostics diagnostics;
  for (int i = 3; i > 0; --i)
    diagnostics.loss("csv-torn-line", "b.csv", "line " + std::to_string(i), 1, i);
  diagnostics.note("n", "a.csv", "first");
  const auto summary = diagnostics.summary();
  ASSERT_EQ(summary.size(), 2u);
  EXPECT_EQ(summary[0].where, "a.csv");
  EXPECT_EQ(summary[1].count, 3u);
  EXPECT_EQ(summary[1].message, "line 1");
  EXPECT_EQ(summary[1].last_ns, 3);
  EXPECT_TRUE(diagnostics.has_loss());
}

TEST(Options, NamesAreCheckedAndTheNearestIsNamed) {
  const std::vector<OptionSpec> specs = {
      {.name = "max_gap", .type = OptionType::kDuration, .fallback = "500ms", .help = "h"}};
  EXPECT_EQ(OptionValues::parse(Json::object(), specs, "x").duration("max_gap").count(),
            500'000'000);
  try {
    OptionValues::parse({{"max_gab", "1s"}}, specs, "recipe.json: /gates/0");
    FAIL();
  } catch (const InputError& error) {
    EXPECT_NE(std::string(error.what()).find("Did you mean 'max_gap'?"), std::string::npos)
        << error.what();
  }
  EXPECT_THROW(OptionValues::parse({{"max_gap", 5}}, specs, "x"), InputError);
  EXPECT_EQ(parse_size("256MiB"), 268435456u);
  EXPECT_THROW(parse_size("12 apples"), InputError);
}

TEST(OrderedPool, HandsResultsOnInOrderAndStopsAtTheFirstError) {
  for (const std::size_t threads : {1u, 4u}) {
    std::vector<std::size_t> seen;
    ordered_pool<std::size_t>(
        100, threads, [](std::size_t i) { return i * i; },
        [&](std::size_t i, std::size_t&& value) {
          EXPECT_EQ(value, i * i);
          seen.push_back(i);
        });
    EXPECT_EQ(seen.size(), 100u);
    seen.clear();
    EXPECT_THROW(ordered_pool<std::size_t>(
                     100, threads,
                     [](std::size_t i) -> std::size_t {
                       if (i == 7) throw InputError("seven");
                       return i;
                     },
                     [&](std::size_t i, std::size_t&&) { seen.push_back(i); }),
                 InputError);
    EXPECT_EQ(seen.size(), 7u);
  }
}

TEST(Json, ErrorsSayLineAndColumn) {
  try {
    parse_json("{\n  \"a\": 1,\n  oops\n}", "recipe.json");
    FAIL();
  } catch (const InputError& error) {
    EXPECT_NE(std::string(error.what()).find("recipe.json: line 3, column 3"), std::string::npos)
        << error.what();
  }
  EXPECT_THROW(parse_json(std::string(100'000, '['), "deep"), InputError);
}

}  // namespace
}  // namespace reelcell
