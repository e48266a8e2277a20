#include "runtime/core/Artifact.h"
#include "runtime/core/File.h"
#include "runtime/core/Program.h"

#include <gtest/gtest.h>

using namespace moert;

static std::shared_ptr<const Program> load(const std::string &file) {
  std::string manifest =
      "{\"format\":2,\"program\":\"answer.mlir\",\"ranks\":1,\"mesh\":[],"
      "\"target\":\"cpu\",\"isa\":\"x86-64\",\"entries\":[{\"name\":\"answer\","
      "\"symbol\":\"moe_entry_answer\",\"arena_bytes\":0,\"arguments\":[],"
      "\"results\":[{\"name\":\"y\",\"dtype\":\"i32\",\"constant\":false,"
      "\"layout\":{\"shape\":[],\"dims\":[],\"unreduced\":[]}}]}],"
      "\"collectives\":[],\"matmuls\":[],\"kernels\":[]}";
  return Program::load(packArtifact(manifest, readWholeFile(file, 1 << 24)),
                       file);
}

static int32_t answerOf(const Program &program) {
  int32_t answer = 0;
  void *results[] = {&answer};
  program.function(program.manifest().get("answer"))(nullptr, nullptr, nullptr,
                                                     results);
  return answer;
}

// The loader took the second one's path for the first one's.
TEST(CoreProgram, twoProgramsOfOneProcessKeepTheirCode) {
  std::shared_ptr<const Program> one = load(ANSWER_1), two = load(ANSWER_2);
  EXPECT_EQ(answerOf(*one), 1);
  EXPECT_EQ(answerOf(*two), 2);
}

TEST(CoreProgram, theSameProgramIsLoadedOnce) {
  EXPECT_EQ(load(ANSWER_1), load(ANSWER_1));
}
