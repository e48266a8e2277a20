// The fuzzer's own parts: what it writes, and how it makes programs small.
#include "tools/moe-fuzz/Case.h"
#include "tools/moe-fuzz/Rounding.h"
#include "tools/moe-fuzz/Shrink.h"

#include "moe/IR/Moe.h"
#include "moe/Interpret/Compare.h"

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Math/IR/Math.h"

#include <gtest/gtest.h>
#include <set>

using namespace mlir;
using namespace moe::fuzz;
using namespace moe::interpret;

namespace {

TEST(FuzzProgram, EveryOpOfUsersHasAnEntry) {
  std::set<std::string> known;
  for (const OpWriters &writers : {allOpWriters(), annotationWriters()})
    for (const OpWriter &writer : writers)
      known.insert(writer.op);
  for (const OpOfPasses &op : opsOfPasses())
    known.insert(op.op);
  Checker checker;
  MLIRContext &context = checker.getContext();
  context.loadDialect<moe::MoeDialect, spmd::SpmdDialect, arith::ArithDialect,
                      math::MathDialect>();
  for (RegisteredOperationName op : context.getRegisteredOperations())
    if (op.getDialectNamespace() == "moe" ||
        op.hasInterface<spmd::ShardingRuleOpInterface>())
      EXPECT_TRUE(known.count(op.getStringRef().str()))
          << op.getStringRef().str()
          << " has no entry in tools/moe-fuzz and no reason in opsOfPasses()";
}

TEST(FuzzProgram, IsLegalAndTheSameForTheSameDraws) {
  Checker checker;
  for (uint64_t seed = 0; seed < 200; ++seed) {
    Parts draws;
    std::string text = writeCase(seed, allOpWriters(), &draws);
    Draws again(draws);
    EXPECT_EQ(writeProgram(again, allOpWriters()), text);
    EXPECT_TRUE(checker.parse(text)) << text;
  }
}

// Whatever is left of the draws makes a program.
TEST(FuzzProgram, IsLegalForAnyPartOfTheDraws) {
  Checker checker;
  for (uint64_t seed = 0; seed < 100; ++seed) {
    Parts draws;
    writeCase(seed, allOpWriters(), &draws);
    for (std::vector<uint32_t> &part : draws)
      part.resize(part.size() / 2);
    draws.erase(draws.begin() + 2 + seed % (draws.size() - 2));
    Draws fewer(draws);
    std::string text = writeProgram(fewer, allOpWriters());
    EXPECT_TRUE(checker.parse(text)) << text;
  }
}

TEST(FuzzShrink, DropsPartsAndLowersNumbers) {
  Parts parts = {{5, 5}, {1}, {7, 20, 3}, {9}, {30, 2}};
  Parts small = shrinkDraws(parts, 1000, [](const Parts &parts) {
    for (size_t part = 2; part < parts.size(); ++part)
      for (uint32_t number : parts[part])
        if (number >= 10)
          return true;
    return false;
  });
  ASSERT_EQ(small.size(), 3u);
  EXPECT_EQ(small[2].back(), 10u);
}

TEST(FuzzShrink, KeepsTheOpThatFails) {
  Checker checker;
  auto module = checker.parse(R"(
    spmd.mesh @mesh ["x"=2]
    func.func @forward(%a: tensor<4x8xf32> {moe.name = "a", spmd.sharding = #spmd.sharding<@mesh, [{"x"}, {}]>})
        -> (tensor<4x8xf32>, tensor<4x8xf32> {spmd.sharding = #spmd.sharding<@mesh, [{}, {"x"}]>}) {
      %0 = moe.cumsum %a dim 0 : tensor<4x8xf32>
      %1 = moe.softmax %0 dim 1 : tensor<4x8xf32>
      %2 = moe.cumsum %1 dim 1 : tensor<4x8xf32>
      return %0, %2 : tensor<4x8xf32>, tensor<4x8xf32>
    })");
  ASSERT_TRUE(module);
  auto small = shrinkModule(*module, [](ModuleOp module) {
    bool found = false;
    module.walk([&](moe::SoftmaxOp op) { found |= !op->use_empty(); });
    return found;
  });
  auto func = small->lookupSymbol<func::FuncOp>("forward");
  EXPECT_EQ(func.getNumArguments(), 1u);
  EXPECT_EQ(func.getNumResults(), 1u);
  EXPECT_FALSE(func.getResultAttr(0, "spmd.sharding"));
  EXPECT_EQ(func.getBody().front().getOperations().size(), 2u);
}

TEST(FuzzFailure, IsOfOneKindWhateverTheNumbers) {
  Failure a{"partition", "result 'result0' differs at global index [1, 2]"};
  Failure b{"partition", "result 'result3' differs at global index [4]"};
  Failure c{"optimize", "result 'result3' differs at global index [4]"};
  EXPECT_EQ(a.kind(), b.kind());
  EXPECT_NE(a.kind(), c.kind());
}

TEST(FuzzCheck, CrashIsAFailure) {
#if defined(__has_feature)
#if __has_feature(thread_sanitizer)
  GTEST_SKIP() << "what follows a crash runs in its handler, which the thread "
                  "sanitizer refuses";
#endif
#endif
  Checker checker;
  checker.onStage = [](moe::Stage, ModuleOp) { std::abort(); };
  const char *text = "func.func @forward(%a: tensor<2xf32>) -> tensor<2xf32> "
                     "{ return %a : tensor<2xf32> }";
  auto failure = checker.check(text, 0);
  ASSERT_TRUE(failure);
  EXPECT_EQ(failure->message, "crashed");
  checker.onStage = nullptr;
  EXPECT_FALSE(checker.check(text, 0));
}

// The mask of a choice sums to 1, and MLIR makes a number of sin(1).
TEST(FuzzCheck, FunctionsOfSumsOfMasksAreFolded) {
  Checker checker;
  auto failure = checker.check(R"(
    spmd.mesh @mesh ["x"=2]
    func.func @forward(%a: tensor<3x5xf32>) -> tensor<3xf32> {
      %v, %i = moe.top_k %a k 1 dim 1
          : tensor<3x5xf32> -> tensor<3x1xf32>, tensor<3x1xi32>
      %0 = moe.reshape %i : tensor<3x1xi32> -> tensor<3xi32>
      %1 = moe.one_hot %0 : tensor<3xi32> -> tensor<3x5xf32>
      %2 = moe.einsum "ab->a" %1 : tensor<3x5xf32> -> tensor<3xf32>
      %3 = math.sin %2 : tensor<3xf32>
      return %3 : tensor<3xf32>
    })",
                               0);
  EXPECT_FALSE(failure) << failure->message;
}

// A candidate that adds `more` to what the reference gives.
bool isRoundingOf(Checker &checker, const std::string &more) {
  auto program = [&](const std::string &last) {
    return checker.parse(R"(
      func.func @forward(%a: tensor<7x9xf32>) -> tensor<7xf32> {
        %one = arith.constant dense<1.0> : tensor<7xf32>
        %more = arith.constant dense<)" +
                         last + R"(> : tensor<7xf32>
        %0 = moe.softmax %a dim 1 : tensor<7x9xf32>
        %1 = moe.reduce sum %0 dims [1] : tensor<7x9xf32> -> tensor<7xf32>
        %2 = arith.subf %one, %1 : tensor<7xf32>
        %3 = arith.addf %2, %more : tensor<7xf32>
        return %3 : tensor<7xf32>
      })");
  };
  auto reference = program("0.0"), candidate = program(more);
  auto entry = *findEntry(*reference, "forward");
  auto inputs = *makeInputs(entry, InputOptions());
  auto results = *Interpreter(Mode::Float, 0).run(entry, inputs);
  auto actual = *Interpreter(Mode::Float, 0)
                     .run(*findEntry(*candidate, "forward"), inputs);
  return isRounding({entry, inputs, results}, actual, 0);
}

TEST(FuzzRounding, IsMeasuredAndNotGuessed) {
  Checker checker;
  EXPECT_TRUE(isRoundingOf(checker, "6.0e-8"));
  EXPECT_FALSE(isRoundingOf(checker, "1.0e-4"));
}

} // namespace
