#include "reelcell/base/lock_file.hpp"

#include <gmock/gmock.h>
#include <sys/wait.h>
#include <unistd.h>

#include "support/support.hpp"

namespace reelcell {
namespace {

TEST(LockFile, IsHeldByOneOnly) {
  const test::TempFolder folder;
  const fs::path path = folder.path() / "lock";
  const auto first = LockFile::try_lock(path);
  ASSERT_TRUE(first);
  EXPECT_FALSE(LockFile::try_lock(path));
  EXPECT_THAT(LockFile::holder(path),
              testing::StartsWith("process " + std::to_string(::getpid()) + " on "));
}

TEST(LockFile, IsFreeAgainWhenItsHolderIsGone) {
  const test::TempFolder folder;
  const fs::path path = folder.path() / "lock";
  LockFile::try_lock(path).reset();
  EXPECT_TRUE(LockFile::try_lock(path));
}

TEST(LockFile, OfAKilledProcessIsFree) {
  const test::TempFolder folder;
  const fs::path path = folder.path() / "lock";
  int ready[2];
  ASSERT_EQ(::pipe(ready), 0);
  const pid_t child = ::fork();
  if (child == 0) {
    const auto lock = LockFile::try_lock(path);
    const char byte = lock ? 1 : 0;
    if (::write(ready[1], &byte, 1) != 1) ::_exit(1);
    for (;;) ::pause();
  }
  char locked = 0;
  ASSERT_EQ(::read(ready[0], &locked, 1), 1);
  ASSERT_EQ(locked, 1);
  EXPECT_FALSE(LockFile::try_lock(path));
  ::kill(child, SIGKILL);
  ::waitpid(child, nullptr, 0);
  EXPECT_TRUE(LockFile::try_lock(path));
}

TEST(LockFile, ThatWasDeletedIsMadeAnew) {
  const test::TempFolder folder;
  const fs::path path = folder.path() / "lock";
  const auto old = LockFile::try_lock(path);
  fs::remove(path);
  EXPECT_TRUE(LockFile::try_lock(path));
}

}  // namespace
}  // namespace reelcell
