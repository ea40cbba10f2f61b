#include "reelcell/base/journal.hpp"

#include <gtest/gtest.h>

#include <fstream>

#include "reelcell/base/error.hpp"
#include "support/support.hpp"

namespace reelcell {
namespace {

TEST(Journal, GivesTheNextRunWhatTheLastOneWrote) {
  const test::TempFolder folder;
  const fs::path path = folder.path() / "journal";
  {
    Journal journal(path);
    journal.append({{"file", "a"}});
    journal.append({{"file", "b\nc"}});
  }
  const Journal journal(path);
  ASSERT_EQ(journal.earlier().size(), 2u);
  EXPECT_EQ(journal.earlier()[1]["file"], "b\nc");
}

TEST(Journal, CutsOffATornTailWhereverItWasTorn) {
  const test::TempFolder folder;
  const fs::path path = folder.path() / "journal";
  {
    Journal journal(path);
    journal.append({{"n", 1}});
    journal.append({{"n", 2}});
  }
  const std::string whole = read_text_file(path);
  const std::size_t second = whole.find('\n') + 1;
  for (std::size_t size = second; size < whole.size(); ++size) {
    std::ofstream(path, std::ios::binary | std::ios::trunc) << whole.substr(0, size);
    {
      Journal journal(path);
      ASSERT_EQ(journal.earlier().size(), 1u) << size;
      journal.append({{"n", 3}});
    }
    const auto entries = Journal::read(path);
    ASSERT_EQ(entries.size(), 2u) << size;
    EXPECT_EQ(entries[1]["n"], 3);
  }
}

TEST(Journal, IgnoresEverythingFromAFlippedByteOn) {
  const test::TempFolder folder;
  const fs::path path = folder.path() / "journal";
  {
    Journal journal(path);
    for (int n = 0; n < 3; ++n) journal.append({{"n", n}});
  }
  std::string text = read_text_file(path);
  const std::size_t second = text.find('\n') + 20;
  text[second] = static_cast<char>(text[second] ^ 1);
  std::ofstream(path, std::ios::binary | std::ios::trunc) << text;
  EXPECT_EQ(Journal::read(path).size(), 1u);
}

TEST(Journal, IsEmptyWhereThereIsNone) {
  const test::TempFolder folder;
  EXPECT_TRUE(Journal::read(folder.path() / "none").empty());
  EXPECT_THROW(Journal(folder.path() / "no" / "folder"), OutputError);
}

}  // namespace
}  // namespace reelcell
