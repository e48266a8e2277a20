// What a message says of itself is held against what its receiver expects.
#include "runtime/comm/CommunicatorState.h"
#include "runtime/core/Error.h"

#include <gtest/gtest.h>

using namespace moert;

namespace {

std::vector<CollectiveSite> sites() {
  CollectiveSite first, second;
  first.kind = "all_to_all";
  second.site = 1;
  second.kind = "all_gather";
  return {first, second};
}

// Why a message is refused whose header differs as `change` makes it; "" where
// it is taken.
template <typename Change> std::string refusal(const Change &change) {
  AgreementHeader want;
  want.site = 1;
  want.sequence = 7;
  want.bytes = 64;
  want.digest = 1234;
  want.phase = 1;
  AgreementHeader got = want;
  change(got);
  try {
    checkHeader(got, want, 3, sites());
  } catch (const Error &error) {
    return error.what();
  }
  return "";
}

bool contains(const std::string &text, const std::string &part) {
  return text.find(part) != std::string::npos;
}

TEST(Header, IsTakenWhereRanksAgree) {
  EXPECT_EQ(refusal([](AgreementHeader &) {}), "");
}

TEST(Header, EachFieldIsCompared) {
  using Header = AgreementHeader;
  EXPECT_TRUE(contains(refusal([](Header &got) { got.magic = 0; }),
                       "is no message of this runtime"));
  EXPECT_TRUE(contains(refusal([](Header &got) { got.site = 0; }),
                       "rank 3 is in operation 7, collective 0"));
  EXPECT_TRUE(contains(refusal([](Header &got) { got.sequence = 8; }),
                       "rank 3 is in operation 8, collective 1"));
  EXPECT_TRUE(contains(refusal([](Header &got) { got.digest = 0; }),
                       "other layouts or another element type"));
  EXPECT_TRUE(contains(refusal([](Header &got) { got.bytes = 60; }),
                       "rank 3 sends 60 bytes in round 1"));
  EXPECT_TRUE(contains(refusal([](Header &got) { got.phase = 0; }),
                       "rank 3 sends 64 bytes in round 0"));
}

TEST(Header, SaysAllThatIsCompared) {
  SitePlan plan;
  plan.site.site = 5;
  plan.digest = 1234;
  Operation operation;
  operation.sequence = 7;
  operation.plan = &plan;
  AgreementHeader header = headerOf(operation, 2, 64);
  EXPECT_EQ(header.magic, AgreementHeader::magicNumber);
  EXPECT_EQ(header.site, 5);
  EXPECT_EQ(header.sequence, 7u);
  EXPECT_EQ(header.bytes, 64u);
  EXPECT_EQ(header.digest, 1234u);
  EXPECT_EQ(header.phase, 2u);
}

TEST(Names, AreReadAsTheyAreWritten) {
  for (Primitive primitive :
       {Primitive::Exchange, Primitive::AllReduce, Primitive::ReduceScatter,
        Primitive::AllToAllRagged})
    EXPECT_EQ(parsePrimitive(nameOf(primitive)), primitive);
  for (Reduction reduction :
       {Reduction::None, Reduction::Sum, Reduction::Max, Reduction::Min,
        Reduction::Prod, Reduction::And, Reduction::Or})
    EXPECT_EQ(parseReduction(nameOf(reduction)), reduction);
  EXPECT_THROW(parsePrimitive("broadcast"), Error);
  EXPECT_THROW(parseReduction("mean"), Error);
}

TEST(Rows, FitInTheBufferOrAreRefused) {
  SitePlan plan;
  plan.targetRows = 8;
  EXPECT_NO_THROW(checkRowCapacity(plan, 0, 8, sites()));
  EXPECT_THROW(checkRowCapacity(plan, 0, 9, sites()), Error);
}

} // namespace
