// The sharding rule of each op, as text: its factors with their sizes, kinds
// and what they cost to cut, then what each dimension carries.
//
//   a 5, b 7 sum: [a b] [b] -> [a]          a passes through, b is summed
//   a 8 joint 2..8: [a] -> [a]              each rank gets 2 elements of a line
//                                           from each other, 8 at most
#include "moe/IR/Moe.h"
#include "moe/IR/WrittenRule.h"

#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "mlir/Parser/Parser.h"

#include <gtest/gtest.h>

using namespace mlir;
using namespace spmd;

static std::string letterOf(int factor) {
  return std::string(1, static_cast<char>('a' + factor));
}

static std::string textOf(const Factor &factor) {
  std::string text = std::to_string(factor.size);
  if (factor.kind == FactorKind::Reduction)
    text += " " + stringifyReductionKind(factor.reduction).str();
  if (factor.kind == FactorKind::Joint)
    text += " joint " + std::to_string(factor.fromEach) + ".." +
            std::to_string(factor.atMost);
  return text;
}

static std::string textOf(const DimFactors &dims) {
  std::string text;
  for (const FactorList &factors : dims) {
    text += text.empty() ? "" : " ";
    if (factors.empty())
      text += ".";
    for (int factor : factors)
      text += letterOf(factor);
  }
  return "[" + text + "]";
}

static std::string textOf(const ShardingRule &rule) {
  std::string text;
  for (auto [index, factor] : llvm::enumerate(rule.factors))
    text += (index ? ", " : "") + letterOf(index) + " " + textOf(factor);
  text += ":";
  for (const DimFactors &dims : rule.operands)
    text += " " + textOf(dims);
  text += " ->";
  for (const DimFactors &dims : rule.results)
    text += " " + textOf(dims);
  return text;
}

// The rule of `op`, whose operands are `arguments`.
static std::string ruleOf(const std::string &arguments, const std::string &op) {
  DialectRegistry registry;
  moe::registerDialects(registry);
  MLIRContext context(registry);
  OwningOpRef<ModuleOp> module = parseSourceString<ModuleOp>(
      "func.func @f(" + arguments + ") {\n" + op + "\nreturn\n}", &context);
  if (!module)
    return "no module";
  func::FuncOp func = *module->getOps<func::FuncOp>().begin();
  Operation *first = &func.getBody().front().front();
  std::optional<ShardingRule> rule = spmd::ruleOf(first);
  return rule ? textOf(*rule) : "no rule";
}

TEST(RuleText, Shapes) {
  EXPECT_EQ(ruleOf("%a: tensor<6x4xf32>",
                   "moe.reshape %a : tensor<6x4xf32> -> tensor<2x12xf32>"),
            "a 2, b 3, c 4: [ab c] -> [a bc]");
  EXPECT_EQ(ruleOf("%a: tensor<3x4xf32>",
                   "moe.reshape %a : tensor<3x4xf32> -> tensor<4x3xf32>"),
            "a 3 joint 1..1: [a .] -> [a .]");
  EXPECT_EQ(ruleOf("%a: tensor<5x3xf32>",
                   "moe.broadcast %a dims [0, 2] : "
                   "tensor<5x3xf32> -> tensor<5x2x3xf32>"),
            "a 5, b 2, c 3: [a c] -> [a b c]");
  EXPECT_EQ(ruleOf("%a: tensor<5x3xf32>",
                   "moe.transpose %a permutation [1, 0] : "
                   "tensor<5x3xf32> -> tensor<3x5xf32>"),
            "a 5, b 3: [a b] -> [b a]");
  EXPECT_EQ(ruleOf("%a: tensor<9x3xf32>",
                   "moe.slice %a offsets [1, 0] strides [2, "
                   "1] : tensor<9x3xf32> -> tensor<4x3xf32>"),
            "a 9 joint 4..4, b 3: [a b] -> [a b]");
  EXPECT_EQ(ruleOf("%a: tensor<9x3xf32>",
                   "moe.slice %a offsets [1, 0] strides [1, "
                   "1] : tensor<9x3xf32> -> tensor<8x3xf32>"),
            "a 9 joint 1..1, b 3: [a b] -> [a b]");
  EXPECT_EQ(ruleOf("%a: tensor<9x3xf32>",
                   "moe.pad %a with 0.0 : f32 low [2, 0] high [1, 0] interior "
                   "[0, 0] : tensor<9x3xf32> -> tensor<12x3xf32>"),
            "a 9 joint 3..3, b 3: [a b] -> [a b]");
  EXPECT_EQ(ruleOf("%a: tensor<2x3xf32>",
                   "moe.pad %a with 0.0 : f32 low [2, 0] high [5, 0] interior "
                   "[0, 0] : tensor<2x3xf32> -> tensor<9x3xf32>"),
            "a 2 joint 2..2, b 3: [a b] -> [a b]");
  EXPECT_EQ(ruleOf("%a: tensor<5x3xf32>, %b: tensor<4x3xf32>",
                   "moe.concatenate dim 0 %a, %b : tensor<5x3xf32>, "
                   "tensor<4x3xf32> -> tensor<9x3xf32>"),
            "a 9 joint 4..4, b 3: [a b] [a b] -> [a b]");
  EXPECT_EQ(
      ruleOf("%a: tensor<5x3xf32>",
             "moe.concatenate dim 0 %a : tensor<5x3xf32> -> tensor<5x3xf32>"),
      "a 5, b 3: [a b] -> [a b]");
  EXPECT_EQ(ruleOf("%a: tensor<5x3xf32>",
                   "moe.reverse %a dims [0] : tensor<5x3xf32>"),
            "a 5 joint 2..2, b 3: [a b] -> [a b]");
  EXPECT_EQ(
      ruleOf(
          "%a: tensor<5x3xf32>, %i: tensor<i32>, %j: tensor<i32>",
          "moe.dynamic_slice %a[%i, %j] : tensor<5x3xf32> -> tensor<2x3xf32>"),
      "a 5 sum, b 2, c 3: [a c] [] [] -> [b c]");
  EXPECT_EQ(ruleOf("%a: tensor<5x3xf32>, %u: tensor<2x3xf32>, %i: tensor<i32>, "
                   "%j: tensor<i32>",
                   "moe.dynamic_update_slice %u into %a[%i, %j] : "
                   "tensor<2x3xf32>, tensor<5x3xf32>"),
            "a 5, b 3: [. b] [a b] [] [] -> [a b]");
}

TEST(RuleText, Sums) {
  EXPECT_EQ(ruleOf("%a: tensor<2x5x3xf32>, %b: tensor<5x2x4xf32>",
                   "moe.einsum \"bik,ibj->ib\" %a, %b : tensor<2x5x3xf32>, "
                   "tensor<5x2x4xf32> -> tensor<5x2xf32>"),
            "a 2, b 5, c 3 sum, d 4 sum: [a b c] [b a d] -> [b a]");
  EXPECT_EQ(
      ruleOf("%a: tensor<5x3xi32>",
             "moe.reduce max %a dims [0] : tensor<5x3xi32> -> tensor<3xi32>"),
      "a 5 max, b 3: [a b] -> [b]");
  EXPECT_EQ(
      ruleOf("%a: tensor<5x3xf32>", "moe.cumsum %a dim 0 : tensor<5x3xf32>"),
      "a 5 joint 1..5, b 3: [a b] -> [a b]");
  EXPECT_EQ(
      ruleOf("%a: tensor<5x3xf32>", "moe.softmax %a dim 1 : tensor<5x3xf32>"),
      "a 5, b 3 joint 2..4: [a b] -> [a b]");
  EXPECT_EQ(ruleOf("%a: tensor<5x9xf32>",
                   "moe.top_k %a k 2 dim 1 : tensor<5x9xf32> "
                   "-> tensor<5x2xf32>, tensor<5x2xi32>"),
            "a 5, b 9 joint 4..9: [a b] -> [a .] [a .]");
  EXPECT_EQ(ruleOf("%a: tensor<5x9xf32>",
                   "moe.arg_reduce max %a dim 1 : tensor<5x9xf32> -> "
                   "tensor<5xf32>, tensor<5xi32>"),
            "a 5, b 9 joint 2..9: [a b] -> [a] [a]");
  EXPECT_EQ(
      ruleOf("%a: tensor<5x9xf32>", "moe.sort %a dim 1 : tensor<5x9xf32>"),
      "a 5, b 9: [a .] -> [a .]");
  EXPECT_EQ(
      ruleOf(
          "%a: tensor<9x3xf32>",
          "moe.reduce_window max %a window [3, 1] strides [1, 1] dilation [2, "
          "1] low [1, 0] high [3, 0] : tensor<9x3xf32> -> tensor<9x3xf32>"),
      "a 9 joint 5..5, b 3: [a b] -> [a b]");
  EXPECT_EQ(
      ruleOf("%a: tensor<2x5x12xf32>, %w: tensor<2x2x12xf32>",
             "moe.convolution %a, %w strides [1] low [0] high [0] "
             "input_dilation [1] kernel_dilation [1] groups 6 : "
             "tensor<2x5x12xf32>, tensor<2x2x12xf32> -> tensor<2x4x12xf32>"),
      "a 2, b 5 joint 1..1, c 12 joint 0..0: [a b c] [. . c] -> [a b c]");
  EXPECT_EQ(ruleOf("%a: tensor<2x5x3xf32>, %w: tensor<2x3x4xf32>",
                   "moe.convolution %a, %w strides [1] low [0] high [0] "
                   "input_dilation [1] kernel_dilation [1] groups 1 : "
                   "tensor<2x5x3xf32>, tensor<2x3x4xf32> -> tensor<2x4x4xf32>"),
            "a 2, b 5 joint 1..1, c 3 sum, d 4: [a b c] [. c d] -> [a b d]");
  // Depthwise: one feature makes one, or two.
  EXPECT_EQ(ruleOf("%a: tensor<2x5x3xf32>, %w: tensor<2x1x3xf32>",
                   "moe.convolution %a, %w strides [1] low [0] high [0] "
                   "input_dilation [1] kernel_dilation [1] groups 3 : "
                   "tensor<2x5x3xf32>, tensor<2x1x3xf32> -> tensor<2x4x3xf32>"),
            "a 2, b 5 joint 1..1, c 3: [a b c] [. . c] -> [a b c]");
  EXPECT_EQ(ruleOf("%a: tensor<2x5x3xf32>, %w: tensor<2x1x6xf32>",
                   "moe.convolution %a, %w strides [1] low [0] high [0] "
                   "input_dilation [1] kernel_dilation [1] groups 3 : "
                   "tensor<2x5x3xf32>, tensor<2x1x6xf32> -> tensor<2x4x6xf32>"),
            "a 2, b 5 joint 1..1, c 3 joint 0..0: [a b c] [. . c] -> [a b c]");
  // Two features make one.
  EXPECT_EQ(ruleOf("%a: tensor<2x5x6xf32>, %w: tensor<2x2x3xf32>",
                   "moe.convolution %a, %w strides [1] low [0] high [0] "
                   "input_dilation [1] kernel_dilation [1] groups 3 : "
                   "tensor<2x5x6xf32>, tensor<2x2x3xf32> -> tensor<2x4x3xf32>"),
            "a 2, b 5 joint 1..1, c 6 joint 0..0: [a b c] [. . c] -> [a b c]");
}

TEST(RuleText, Indices) {
  EXPECT_EQ(ruleOf("%a: tensor<2x5x3xf32>, %i: tensor<2x4xi32>",
                   "moe.gather %a[%i] batch_dims 1 : tensor<2x5x3xf32>, "
                   "tensor<2x4xi32> -> tensor<2x4x3xf32>"),
            "a 2, b 4, c 3, d 5 sum: [a d c] [a b] -> [a b c]");
  EXPECT_EQ(
      ruleOf(
          "%u: tensor<2x4x3xf32>, %a: tensor<2x5x3xf32>, %i: tensor<2x4xi32>",
          "moe.scatter add %u into %a[%i] batch_dims 1 : tensor<2x4x3xf32>, "
          "tensor<2x5x3xf32>, tensor<2x4xi32>"),
      "a 2, b 5, c 3, d 4 sum: [a d c] [a b c] [a d] -> [a b c]");
  EXPECT_EQ(
      ruleOf(
          "%u: tensor<2x4x3xf32>, %a: tensor<2x5x3xf32>, %i: tensor<2x4xi32>",
          "moe.scatter max %u into %a[%i] batch_dims 1 : tensor<2x4x3xf32>, "
          "tensor<2x5x3xf32>, tensor<2x4xi32>"),
      "a 2, b 5, c 3, d 4 max: [a d c] [a b c] [a d] -> [a b c]");
  EXPECT_EQ(
      ruleOf(
          "%u: tensor<2x4x3xf32>, %a: tensor<2x5x3xf32>, %i: tensor<2x4xi32>",
          "moe.scatter set %u into %a[%i] batch_dims 1 : tensor<2x4x3xf32>, "
          "tensor<2x5x3xf32>, tensor<2x4xi32>"),
      "a 2, b 5, c 3, d 4 joint 10..10: [a d c] [a b c] [a d] -> [a b c]");
  // Truth values have no sum in which the last could be told.
  EXPECT_EQ(
      ruleOf("%u: tensor<2x4x3xi1>, %a: tensor<2x5x3xi1>, %i: tensor<2x4xi32>",
             "moe.scatter set %u into %a[%i] batch_dims 1 : tensor<2x4x3xi1>, "
             "tensor<2x5x3xi1>, tensor<2x4xi32>"),
      "a 2, b 5, c 3: [a . c] [a b c] [a .] -> [a b c]");
  EXPECT_EQ(ruleOf("%i: tensor<5xi32>",
                   "moe.one_hot %i : tensor<5xi32> -> tensor<5x3xf32>"),
            "a 5, b 3: [a] -> [a b]");
  EXPECT_EQ(ruleOf("", "moe.iota dim 1 : tensor<5x3xi32>"),
            "a 5, b 3: -> [a b]");
  EXPECT_EQ(
      ruleOf("%s: tensor<i32>",
             "moe.random normal %s stream 1 : tensor<i32> -> tensor<5x3xf32>"),
      "a 5, b 3: [] -> [a b]");
}

TEST(RuleText, Experts) {
  EXPECT_EQ(ruleOf("%g: tensor<2x4x3xf32>, %u: tensor<2x4xf32>",
                   "moe.gating %g random %u k 2 capacity 4 : "
                   "tensor<2x4x3xf32>, tensor<2x4xf32> -> tensor<2x4x2xi32>, "
                   "tensor<2x4x2xi32>, tensor<2x4x2xf32>"),
            "a 2: [a . .] [a .] -> [a . .] [a . .] [a . .]");
  EXPECT_EQ(
      ruleOf("%t: tensor<2x4x8xf32>, %e: tensor<2x4x1xi32>",
             "moe.dispatch %t to %e, %e : tensor<2x4x8xf32>, "
             "tensor<2x4x1xi32>, tensor<2x4x1xi32> -> tensor<3x2x5x8xf32>"),
      "a 3, b 2, c 8, d 4 sum: [b d c] [b d .] [b d .] -> [a b . c]");
  EXPECT_EQ(
      ruleOf("%x: tensor<3x2x5x8xf32>, %e: tensor<2x4x1xi32>, %w: "
             "tensor<2x4x1xf32>",
             "moe.combine %x from %e, %e weights %w : tensor<3x2x5x8xf32>, "
             "tensor<2x4x1xi32>, tensor<2x4x1xi32>, tensor<2x4x1xf32> -> "
             "tensor<2x4x8xf32>"),
      "a 3 sum, b 2, c 8, d 4: [a b . c] [b d .] [b d .] [b d .] -> [b d c]");
  EXPECT_EQ(ruleOf("%a: tensor<3x5x4xf32>",
                   "moe.balanced_assignment %a : tensor<3x5x4xf32> -> "
                   "tensor<3x5x1xi32>, tensor<3x5x1xi32>"),
            "a 3: [a . .] -> [a . .] [a . .]");
  EXPECT_EQ(
      ruleOf(
          "%x: tensor<2x4x5xf32>, %w: tensor<3x5x6xf32>, %n: tensor<2x3xi32>",
          "moe.grouped_einsum %x, %w sizes %n : tensor<2x4x5xf32>, "
          "tensor<3x5x6xf32>, tensor<2x3xi32> -> tensor<2x4x6xf32>"),
      "a 2, b 4, c 3 sum, d 5 sum, e 6: [a b d] [c d e] [a .] -> [a b e]");
}

TEST(RuleText, Written) {
  std::string argument = "%a: tensor<4x3xf32>";
  std::string op = "%0 = tensor.extract_slice %a[0, 0] [4, 1] [1, 1] "
                   "{spmd.rule = \"";
  std::string type = "\"} : tensor<4x3xf32> to tensor<4xf32>";
  EXPECT_EQ(ruleOf(argument, op + "ij->i" + type),
            "a 4, b 3 sum: [a b] -> [a]");
  EXPECT_EQ(ruleOf(argument, op + "ij->i max" + type),
            "a 4, b 3 max: [a b] -> [a]");
  EXPECT_EQ(ruleOf(argument, op + "i.->i" + type), "a 4: [a .] -> [a]");
  EXPECT_EQ(ruleOf("", "%0 = tensor.empty() {spmd.rule = \"->ij\"} : "
                       "tensor<4x3xf32>"),
            "a 4, b 3: -> [a b]");
  EXPECT_EQ(ruleOf("%a: tensor<f32>",
                   "%0 = tensor.bitcast %a {spmd.rule = \"->\"} : "
                   "tensor<f32> to tensor<i32>"),
            ": [] -> []");
  // What is no tensor has no dimensions.
  EXPECT_EQ(ruleOf("%a: tensor<4x3xf32>, %i: index",
                   "%0 = tensor.extract_slice %a[%i, 0] [1, 3] [1, 1] "
                   "{spmd.rule = \".j,->.j\"} : "
                   "tensor<4x3xf32> to tensor<1x3xf32>"),
            "a 3: [. a] [] -> [. a]");
}
