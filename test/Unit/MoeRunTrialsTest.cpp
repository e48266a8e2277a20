// Outcomes of trials pass from one process to the next.
#include "runtime/core/File.h"
#include "runtime/core/GemmTrial.h"
#include "test/Unit/TestFolder.h"
#include "tools/moe-run/Trials.h"

#include <cstdlib>
#include <gtest/gtest.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

using namespace moert;
using namespace moerun;

namespace {

class MoeRunTrials : public ::testing::Test, protected TestFolder {
protected:
  void SetUp() override { setenv("MOE_CACHE_DIR", path().c_str(), 1); }

  /// Another process that found out `outcome` and keeps it.
  void keepElsewhere(const std::string &outcome,
                     const Options &options = {}) const {
    if (pid_t child = fork()) {
      int status = 0;
      waitpid(child, &status, 0);
      ASSERT_EQ(status, 0);
      return;
    }
    Trials trials(options);
    recallTrials(outcome);
    trials.keep();
    _exit(0);
  }
  std::string onlyFile() const {
    EXPECT_EQ(entries().size(), 1u);
    return at(entries().at(0));
  }
};

bool isKnown(const std::string &outcome) {
  return trialOutcomes().find(outcome) != std::string::npos;
}

} // namespace

TEST_F(MoeRunTrials, anotherProcessRecallsThem) {
  keepElsewhere("11 13 library\n");
  struct stat status;
  ASSERT_EQ(stat(onlyFile().c_str(), &status), 0);
  EXPECT_EQ(status.st_mode & 0777, 0600u);
  EXPECT_FALSE(isKnown("11 13 library\n"));
  Trials trials{Options()};
  EXPECT_TRUE(isKnown("11 13 library\n"));
  EXPECT_TRUE(libraryWins(11, 13)); // No trial would say so.
}

TEST_F(MoeRunTrials, laterOnesAreAdded) {
  keepElsewhere("17 19 tiles\n");
  keepElsewhere("23 29 library\n");
  Trials trials{Options()};
  EXPECT_TRUE(isKnown("17 19 tiles\n"));
  EXPECT_TRUE(isKnown("23 29 library\n"));
}

TEST_F(MoeRunTrials, damagedOnesAreAsGoodAsNone) {
  keepElsewhere("31 37 library\n");
  std::string bytes = readWholeFile(onlyFile(), 1 << 20);
  bytes[bytes.size() - 3] ^= 1;
  writeWholeFile(onlyFile(), bytes);
  Trials trials{Options()};
  EXPECT_FALSE(isKnown("31 37"));
  keepElsewhere("31 37 tiles\n");
  Trials mended{Options()};
  EXPECT_TRUE(isKnown("31 37 tiles\n"));
}

TEST_F(MoeRunTrials, withoutACacheNothingIsRead) {
  Options options;
  options.cache = false;
  keepElsewhere("41 43 library\n", options);
  EXPECT_TRUE(entries().empty());
  keepElsewhere("41 43 library\n");
  Trials none(options);
  EXPECT_FALSE(isKnown("41 43"));
  setenv("MOE_CACHE_DIR", "", 1);
  Trials off{Options()};
  EXPECT_FALSE(isKnown("41 43"));
}

TEST_F(MoeRunTrials, aFolderThatCannotBeUsedIsNoError) {
  chmod(path().c_str(), 0777);
  keepElsewhere("47 53 library\n");
  EXPECT_TRUE(entries().empty());
  chmod(path().c_str(), 0700);
}

TEST(GemmTrial, whatIsNoOutcomeIsPassedOver) {
  recallTrials("59 61 library\n67 best\nnonsense\n71 73 fastest\n\n");
  EXPECT_TRUE(isKnown("59 61 library\n"));
  EXPECT_FALSE(isKnown("67 "));
  EXPECT_FALSE(isKnown("71 73"));
}
