// Processes as ranks: the suite, run under mpirun. Rank 0 tells how it goes;
// the others tell failures.
#include "test/Unit/CommConformance.h"

#include <gtest/gtest.h>
#include <iostream>

using namespace moert;

static Communicator *job = nullptr;

void moert::test::onEveryRank(const std::function<void(Communicator &)> &body) {
  // Ranks enter each test together: a failure then belongs to its test.
  job->barrier();
  body(*job);
}

namespace {

class FailuresOnly : public ::testing::EmptyTestEventListener {
  void OnTestPartResult(const ::testing::TestPartResult &result) override {
    if (result.failed())
      std::cout << "rank " << job->rank() << ": " << result.file_name() << ":"
                << result.line_number() << ": " << result.message() << "\n";
  }
};

} // namespace

// Results of both transports against one reference are in the suite; a large
// message that travels in parts is here, for only messages have parts.
TEST(MpiMessages, TravelInParts) {
  CollectiveSite site;
  site.source = {{1 << 20}, {{{job->size(), 1}}}, {}};
  site.target = {{1 << 20}, {{}}, {}};
  job->prepare({site});
  std::vector<float> in(site.source.localElements()), out(1 << 20);
  Range mine = site.source.range(0, job->rank());
  for (int64_t i = 0; i < mine.size(); ++i)
    in[i] = static_cast<float>(mine.begin + i);
  job->run(0, in.data(), out.data());
  int64_t wrong = 0;
  for (int64_t i = 0; i < 1 << 20; ++i)
    wrong += out[i] != static_cast<float>(i);
  EXPECT_EQ(wrong, 0);
}

TEST(MpiMessages, BuffersAreUsedAgain) {
  CollectiveSite site;
  site.source = {{4096}, {{{job->size(), 1}}}, {}};
  site.target = {{4096}, {{}}, {}};
  job->prepare({site});
  std::vector<float> in(site.source.localElements()), out(4096);
  job->run(0, in.data(), out.data());
  int64_t before = job->scratchBytes();
  for (int call = 0; call < 50; ++call)
    job->run(0, in.data(), out.data());
  EXPECT_EQ(job->scratchBytes(), before);
}

int main(int argc, char **argv) {
  ::testing::InitGoogleTest(&argc, argv);
  CommOptions options = CommOptions::fromEnvironment();
  try {
    return runMpi(options, [&](Communicator &comm) {
      job = &comm;
      if (comm.rank() != 0) {
        auto &listeners = ::testing::UnitTest::GetInstance()->listeners();
        delete listeners.Release(listeners.default_result_printer());
        listeners.Append(new FailuresOnly);
      }
      return RUN_ALL_TESTS();
    });
  } catch (const Error &error) {
    std::cerr << "error: " << error.what() << "\n";
    return 1;
  }
}
