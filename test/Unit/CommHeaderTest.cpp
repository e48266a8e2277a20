// What a message says of itself is held against what its receiver expects.
#include "runtime/comm/CommunicatorState.h"
#include "runtime/core/Error.h"

#include <gtest/gtest.h>
#include <set>

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

// All ways to cut a matrix over 8 ranks that differ in little, and of each some
// element types.
TEST(Digest, DiffersWhereSitesDo) {
  std::vector<std::vector<Digit>> cuts = {{}};
  for (int64_t size : {2, 4, 8})
    for (int64_t stride = 1; size * stride <= 8; stride *= 2)
      cuts.push_back({{size, stride}});
  CollectiveSite site;
  std::set<uint32_t> digests;
  size_t count = 0;
  for (int64_t rows : {16, 17, 24, 42})
    for (int64_t columns : {16, 17, 24, 42})
      for (const std::vector<Digit> &from : cuts)
        for (const std::vector<Digit> &to : cuts)
          for (DType dtype : {DType::F32, DType::F64, DType::I32, DType::I64}) {
            site.dtype = dtype;
            site.source = {{rows, columns}, {from, {}}, {}};
            site.target = {{rows, columns}, {{}, to}, {}};
            digests.insert(digestOf(site));
            ++count;
          }
  EXPECT_EQ(digests.size(), count);
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
