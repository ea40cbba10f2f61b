#include <gtest/gtest.h>

#include "reelcell/pipeline/cluster.hpp"

namespace reelcell::pipeline {
namespace {

TEST(SlurmWords, TakesTimesAsSbatchDoes) {
  for (const char* text :
       {"90", "0", "90:30", "2:00:00", "1-12", "1-12:30", "1-12:30:15", "UNLIMITED", "infinite"})
    EXPECT_EQ(wrong_slurm_time(text), "") << text;
}

TEST(SlurmWords, RefusesOtherTimesAndSaysWhatIsExpected) {
  for (const char* text : {"", "2h", "1:2:3:4", "1-", "-1", "2:", ":30", "1-2-3", "soon", "1.5"})
    EXPECT_NE(wrong_slurm_time(text).find("expected minutes"), std::string::npos) << text;
}

TEST(SlurmWords, TakesMemoryAsSbatchDoes) {
  for (const char* text : {"8G", "8000", "0", "512m", "1T", "64K"})
    EXPECT_EQ(wrong_slurm_memory(text), "") << text;
  for (const char* text : {"", "G", "8GB", "8 G", "1.5G", "-1", "lots"})
    EXPECT_NE(wrong_slurm_memory(text).find("8G"), std::string::npos) << text;
}

}  // namespace
}  // namespace reelcell::pipeline
