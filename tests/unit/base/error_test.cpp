#include "reelcell/base/error.hpp"

#include <gtest/gtest.h>

#include <cerrno>

namespace reelcell {
namespace {

TEST(DidYouMean, CountsASwapOfNeighboursAsOneEdit) {
  const std::vector<std::string> commands = {"align", "build", "edit", "info", "init", "seal"};
  EXPECT_EQ(did_you_mean("buidl", commands), " Did you mean 'build'?");
  EXPECT_EQ(did_you_mean("eidt", commands), " Did you mean 'edit'?");
  EXPECT_EQ(did_you_mean("sela", commands), " Did you mean 'seal'?");
}

TEST(DidYouMean, FindsAWordWithOneLetterMoreLessOrOther) {
  const std::vector<std::string> names = {"front", "wrist"};
  EXPECT_EQ(did_you_mean("fron", names), " Did you mean 'front'?");
  EXPECT_EQ(did_you_mean("wrists", names), " Did you mean 'wrist'?");
  EXPECT_EQ(did_you_mean("frunt", names), " Did you mean 'front'?");
}

TEST(DidYouMean, SaysNothingWhenNoNameIsNear) {
  EXPECT_EQ(did_you_mean("camera", {"front", "wrist"}), "");
  EXPECT_EQ(did_you_mean("dubil", {"build"}), "");
  EXPECT_EQ(did_you_mean("x", {}), "");
  EXPECT_EQ(did_you_mean("", {"front"}), "");
}

TEST(ErrnoText, NamesWhatFilesMeet) {
  EXPECT_EQ(errno_text(ELOOP),
            "Too many levels of symbolic links (ELOOP); symbolic links in the path lead back to "
            "themselves; check them");
  for (const int error : {ENOSPC, EXDEV, EFBIG, ENOMEM, ESTALE, ETIMEDOUT, EBUSY, EEXIST, ENOTEMPTY,
                          EINVAL, ENFILE, ENOLCK})
    EXPECT_EQ(errno_text(error).find("(errno"), std::string::npos) << error;
}

}  // namespace
}  // namespace reelcell
