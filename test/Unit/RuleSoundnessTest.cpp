// Every op under every placement that its sharding rule allows: partitioned and
// run for all ranks, it must give what the op gives on one device, bit for bit
// in exact numbers. A wrong rule, a missing mask or a forgotten offset shows
// here.
#include "moe/Interpret/Compare.h"
#include "moe/Interpret/Evaluation.h"
#include "moe/Partition/Passes.h"
#include "moe/Pipeline/Pipeline.h"

#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "mlir/Parser/Parser.h"
#include "mlir/Pass/PassManager.h"

#include <gtest/gtest.h>

using namespace mlir;
using namespace spmd;

namespace {

/// One op as a function: arguments in the order of its operands, all results
/// returned.
struct OpCase {
  const char *name;
  const char *arguments;
  const char *results;
  const char *op;
};

void PrintTo(const OpCase &op, std::ostream *os) { *os << op.op; }

const OpCase kOps[] = {
    {"einsum", "%a: tensor<5x7xf32>, %b: tensor<7x3xf32>", "tensor<5x3xf32>",
     "moe.einsum \"ik,kj->ij\" %a, %b : tensor<5x7xf32>, tensor<7x3xf32> -> "
     "tensor<5x3xf32>"},
    {"einsum_batch_and_summed_out",
     "%a: tensor<2x5x3xf32>, %b: tensor<5x2x4xf32>", "tensor<5x2xf32>",
     "moe.einsum \"bik,ibj->ib\" %a, %b : tensor<2x5x3xf32>, tensor<5x2x4xf32> "
     "-> tensor<5x2xf32>"},
    {"reduce_sum", "%a: tensor<5x3xf32>", "tensor<3xf32>",
     "moe.reduce sum %a dims [0] : tensor<5x3xf32> -> tensor<3xf32>"},
    {"reduce_max", "%a: tensor<5x3xf32>", "tensor<5xf32>",
     "moe.reduce max %a dims [1] : tensor<5x3xf32> -> tensor<5xf32>"},
    {"reduce_min", "%a: tensor<7xf32>", "tensor<f32>",
     "moe.reduce min %a dims [0] : tensor<7xf32> -> tensor<f32>"},
    {"reduce_prod", "%a: tensor<5x2xi32>", "tensor<2xi32>",
     "moe.reduce prod %a dims [0] : tensor<5x2xi32> -> tensor<2xi32>"},
    {"reduce_and", "%a: tensor<5x2xi32>", "tensor<2xi32>",
     "moe.reduce and %a dims [0] : tensor<5x2xi32> -> tensor<2xi32>"},
    {"reduce_or", "%a: tensor<5x2xi32>", "tensor<2xi32>",
     "moe.reduce or %a dims [0] : tensor<5x2xi32> -> tensor<2xi32>"},
    {"cumsum", "%a: tensor<5x3xf32>", "tensor<5x3xf32>",
     "moe.cumsum %a dim 1 exclusive : tensor<5x3xf32>"},
    {"softmax", "%a: tensor<5x3xf32>", "tensor<5x3xf32>",
     "moe.softmax %a dim 1 : tensor<5x3xf32>"},
    {"log_softmax", "%a: tensor<5x3xf32>", "tensor<5x3xf32>",
     "moe.log_softmax %a dim 0 : tensor<5x3xf32>"},
    {"top_k", "%a: tensor<5x4xf32>", "tensor<5x2xf32>, tensor<5x2xi32>",
     "moe.top_k %a k 2 dim 1 : tensor<5x4xf32> -> tensor<5x2xf32>, "
     "tensor<5x2xi32>"},
    {"cumsum_long", "%a: tensor<2x13xi32>", "tensor<2x13xi32>",
     "moe.cumsum %a dim 1 : tensor<2x13xi32>"},
    {"cumsum_bf16", "%a: tensor<13x2xbf16>", "tensor<13x2xbf16>",
     "moe.cumsum %a dim 0 exclusive : tensor<13x2xbf16>"},
    {"softmax_long", "%a: tensor<2x13xbf16>", "tensor<2x13xbf16>",
     "moe.softmax %a dim 1 : tensor<2x13xbf16>"},
    {"softmax_f64", "%a: tensor<7xf64>", "tensor<7xf64>",
     "moe.softmax %a dim 0 : tensor<7xf64>"},
    {"top_k_long", "%a: tensor<13x2xf32>", "tensor<3x2xf32>, tensor<3x2xi64>",
     "moe.top_k %a k 3 dim 0 : tensor<13x2xf32> -> tensor<3x2xf32>, "
     "tensor<3x2xi64>"},
    {"top_k_of_few_values", "%a: tensor<2x17xi32> {moe.bound = 3 : i64}",
     "tensor<2x2xi32>, tensor<2x2xi8>",
     "moe.top_k %a k 2 dim 1 : tensor<2x17xi32> -> tensor<2x2xi32>, "
     "tensor<2x2xi8>"},
    {"broadcast", "%a: tensor<5x3xf32>", "tensor<5x2x3xf32>",
     "moe.broadcast %a dims [0, 2] : tensor<5x3xf32> -> tensor<5x2x3xf32>"},
    {"transpose", "%a: tensor<5x3x2xf32>", "tensor<2x5x3xf32>",
     "moe.transpose %a permutation [2, 0, 1] : tensor<5x3x2xf32> -> "
     "tensor<2x5x3xf32>"},
    {"reshape", "%a: tensor<5x6x3xf32>", "tensor<5x2x3x3xf32>",
     "moe.reshape %a : tensor<5x6x3xf32> -> tensor<5x2x3x3xf32>"},
    {"reshape_merges", "%a: tensor<6x4x3xf32>", "tensor<24x3xf32>",
     "moe.reshape %a : tensor<6x4x3xf32> -> tensor<24x3xf32>"},
    {"reshape_splits", "%a: tensor<20x3xf32>", "tensor<1x5x4x3xf32>",
     "moe.reshape %a : tensor<20x3xf32> -> tensor<1x5x4x3xf32>"},
    {"reshape_merges_small", "%a: tensor<2x12xf32>", "tensor<24xf32>",
     "moe.reshape %a : tensor<2x12xf32> -> tensor<24xf32>"},
    {"reshape_regroups", "%a: tensor<4x6x2xf32>", "tensor<2x4x6xf32>",
     "moe.reshape %a : tensor<4x6x2xf32> -> tensor<2x4x6xf32>"},
    {"reshape_mixes", "%a: tensor<4x6x5xi8>", "tensor<6x4x5xi8>",
     "moe.reshape %a : tensor<4x6x5xi8> -> tensor<6x4x5xi8>"},
    {"slice_of_all_dimensions", "%a: tensor<13x7xf32>", "tensor<4x3xf32>",
     "moe.slice %a offsets [1, 2] strides [3, 1] : tensor<13x7xf32> -> "
     "tensor<4x3xf32>"},
    {"slice", "%a: tensor<5x6xf32>", "tensor<5x2xf32>",
     "moe.slice %a offsets [0, 1] strides [1, 2] : tensor<5x6xf32> -> "
     "tensor<5x2xf32>"},
    {"pad", "%a: tensor<5x3xf32>", "tensor<5x7xf32>",
     "moe.pad %a with 1.0 : f32 low [0, 1] high [0, 1] interior [0, 1] : "
     "tensor<5x3xf32> -> tensor<5x7xf32>"},
    {"concatenate", "%a: tensor<5x3xf32>, %b: tensor<5x1xf32>",
     "tensor<5x4xf32>",
     "moe.concatenate dim 1 %a, %b : tensor<5x3xf32>, tensor<5x1xf32> -> "
     "tensor<5x4xf32>"},
    {"pad_of_one", "%a: tensor<1x9xi32>", "tensor<3x12xi32>",
     "moe.pad %a with 7 : i32 low [1, 3] high [1, 0] interior [4, 0] : "
     "tensor<1x9xi32> -> tensor<3x12xi32>"},
    {"concatenate_three",
     "%a: tensor<4x2xbf16>, %b: tensor<1x2xbf16>, %c: tensor<6x2xbf16>",
     "tensor<11x2xbf16>",
     "moe.concatenate dim 0 %a, %b, %c : tensor<4x2xbf16>, tensor<1x2xbf16>, "
     "tensor<6x2xbf16> -> tensor<11x2xbf16>"},
    {"iota", "", "tensor<5x3xi32>", "moe.iota dim 0 : tensor<5x3xi32>"},
    {"one_hot", "%a: tensor<5xi32> {moe.bound = 4 : i64}", "tensor<5x3xf32>",
     "moe.one_hot %a : tensor<5xi32> -> tensor<5x3xf32>"},
    {"gather", "%a: tensor<4x3xf32>, %i: tensor<5x2xi32> {moe.bound = 5 : i64}",
     "tensor<5x2x3xf32>",
     "moe.gather %a[%i] batch_dims 0 : tensor<4x3xf32>, tensor<5x2xi32> -> "
     "tensor<5x2x3xf32>"},
    {"gather_batch",
     "%a: tensor<5x4x3xf32>, %i: tensor<5x2xi32> {moe.bound = 5 : i64}",
     "tensor<5x2x3xf32>",
     "moe.gather %a[%i] batch_dims 1 : tensor<5x4x3xf32>, tensor<5x2xi32> -> "
     "tensor<5x2x3xf32>"},
    {"random_uniform", "%s: tensor<i32>", "tensor<5x3xf32>",
     "moe.random uniform %s stream 2 : tensor<i32> -> tensor<5x3xf32>"},
    {"random_normal", "%s: tensor<i32>", "tensor<5x3xf32>",
     "moe.random normal %s stream 2 : tensor<i32> -> tensor<5x3xf32>"},
    {"gating", "%a: tensor<3x5x4xf32>, %u: tensor<3x5xf32>",
     "tensor<3x5x2xi32>, tensor<3x5x2xi32>, tensor<3x5x2xf32>",
     "moe.gating %a random %u k 2 capacity 2 : tensor<3x5x4xf32>, "
     "tensor<3x5xf32> -> tensor<3x5x2xi32>, tensor<3x5x2xi32>, "
     "tensor<3x5x2xf32>"},
    {"dispatch",
     "%a: tensor<3x5x2xf32>, %e: tensor<3x5x2xi32> {moe.bound = 6 : i64}, %c: "
     "tensor<3x5x2xi32> {moe.bound = 4 : i64}",
     "tensor<5x3x3x2xf32>",
     "moe.dispatch %a to %e, %c : tensor<3x5x2xf32>, tensor<3x5x2xi32>, "
     "tensor<3x5x2xi32> -> tensor<5x3x3x2xf32>"},
    {"combine",
     "%a: tensor<5x3x3x2xf32>, %e: tensor<3x5x2xi32> {moe.bound = 6 : i64}, "
     "%c: tensor<3x5x2xi32> {moe.bound = 4 : i64}, %w: tensor<3x5x2xf32>",
     "tensor<3x5x2xf32>",
     "moe.combine %a from %e, %c weights %w : tensor<5x3x3x2xf32>, "
     "tensor<3x5x2xi32>, tensor<3x5x2xi32>, tensor<3x5x2xf32> -> "
     "tensor<3x5x2xf32>"},
    {"cumprod", "%a: tensor<5x3xf32>", "tensor<5x3xf32>",
     "moe.cumprod %a dim 1 : tensor<5x3xf32>"},
    {"cummax", "%a: tensor<5x3xf32>", "tensor<5x3xf32>",
     "moe.cummax %a dim 1 exclusive : tensor<5x3xf32>"},
    {"cummin", "%a: tensor<5x3xf32>", "tensor<5x3xf32>",
     "moe.cummin %a dim 1 : tensor<5x3xf32>"},
    {"arg_reduce_max", "%a: tensor<5x7x2xf32>",
     "tensor<5x2xf32>, tensor<5x2xi32>",
     "moe.arg_reduce max %a dim 1 : tensor<5x7x2xf32> -> tensor<5x2xf32>, "
     "tensor<5x2xi32>"},
    {"arg_reduce_min", "%a: tensor<5x7x2xf32>",
     "tensor<5x2xf32>, tensor<5x2xi32>",
     "moe.arg_reduce min %a dim 1 : tensor<5x7x2xf32> -> tensor<5x2xf32>, "
     "tensor<5x2xi32>"},
    {"sort", "%a: tensor<5x7xf32>, %b: tensor<5x7xi32>",
     "tensor<5x7xf32>, tensor<5x7xi32>",
     "moe.sort %a, %b dim 1 descending : tensor<5x7xf32>, tensor<5x7xi32>"},
    {"sort_first", "%a: tensor<7x3xi32>", "tensor<7x3xi32>",
     "moe.sort %a dim 0 : tensor<7x3xi32>"},
    {"reverse", "%a: tensor<5x3x7xf32>", "tensor<5x3x7xf32>",
     "moe.reverse %a dims [0, 2] : tensor<5x3x7xf32>"},
    {"dynamic_slice",
     "%a: tensor<7x5x3xf32>, %i: tensor<i32> {moe.bound = 5 : i64}, %j: "
     "tensor<i32> {moe.bound = 9 : i64}",
     "tensor<3x5x2xf32>",
     "moe.dynamic_slice %a[%i, %j, %j] : tensor<7x5x3xf32> -> "
     "tensor<3x5x2xf32>"},
    {"dynamic_slice_of_integers",
     "%a: tensor<7x3xi8>, %i: tensor<i32>, %j: tensor<i32>", "tensor<1x3xi8>",
     "moe.dynamic_slice %a[%i, %j] : tensor<7x3xi8> -> tensor<1x3xi8>"},
    {"dynamic_update_slice",
     "%u: tensor<3x2x4xf32>, %a: tensor<7x5x4xf32>, %i: tensor<i32> "
     "{moe.bound = 6 : i64}, %j: tensor<i32> {moe.bound = 4 : i64}",
     "tensor<7x5x4xf32>",
     "moe.dynamic_update_slice %u into %a[%i, %j, %i] : tensor<3x2x4xf32>, "
     "tensor<7x5x4xf32>"},
    {"scatter_add",
     "%u: tensor<5x2x3xf32>, %a: tensor<4x3xf32>, %i: tensor<5x2xi32> "
     "{moe.bound = 5 : i64}",
     "tensor<4x3xf32>",
     "moe.scatter add %u into %a[%i] batch_dims 0 : tensor<5x2x3xf32>, "
     "tensor<4x3xf32>, tensor<5x2xi32>"},
    {"scatter_max",
     "%u: tensor<5x2x3xf32>, %a: tensor<4x3xf32>, %i: tensor<5x2xi32> "
     "{moe.bound = 5 : i64}",
     "tensor<4x3xf32>",
     "moe.scatter max %u into %a[%i] batch_dims 0 : tensor<5x2x3xf32>, "
     "tensor<4x3xf32>, tensor<5x2xi32>"},
    {"scatter_set",
     "%u: tensor<5x2x3xf32>, %a: tensor<4x3xf32>, %i: tensor<5x2xi32> "
     "{moe.bound = 5 : i64}",
     "tensor<4x3xf32>",
     "moe.scatter set %u into %a[%i] batch_dims 0 : tensor<5x2x3xf32>, "
     "tensor<4x3xf32>, tensor<5x2xi32>"},
    {"scatter_batch",
     "%u: tensor<5x3x2xi32>, %a: tensor<5x4x2xi32>, %i: tensor<5x3xi8> "
     "{moe.bound = 5 : i64}",
     "tensor<5x4x2xi32>",
     "moe.scatter add %u into %a[%i] batch_dims 1 : tensor<5x3x2xi32>, "
     "tensor<5x4x2xi32>, tensor<5x3xi8>"},
    {"scatter_of_nothing",
     "%u: tensor<0x3xf32>, %a: tensor<4x3xf32>, %i: tensor<0xi32>",
     "tensor<4x3xf32>",
     "moe.scatter add %u into %a[%i] batch_dims 0 : tensor<0x3xf32>, "
     "tensor<4x3xf32>, tensor<0xi32>"},
    {"reduce_window_sum", "%a: tensor<5x7xf32>", "tensor<5x4xf32>",
     "moe.reduce_window sum %a window [1, 3] strides [1, 2] dilation [1, 1] "
     "low [0, 1] high [0, 1] : tensor<5x7xf32> -> tensor<5x4xf32>"},
    {"reduce_window_max", "%a: tensor<5x7xf32>", "tensor<5x4xf32>",
     "moe.reduce_window max %a window [1, 3] strides [1, 2] dilation [1, 1] "
     "low [0, 1] high [0, 1] : tensor<5x7xf32> -> tensor<5x4xf32>"},
    {"reduce_window_prod", "%a: tensor<5x7xf32>", "tensor<5x4xf32>",
     "moe.reduce_window prod %a window [1, 3] strides [1, 2] dilation [1, "
     "1] low [0, 1] high [0, 1] : tensor<5x7xf32> -> tensor<5x4xf32>"},
    {"convolution", "%a: tensor<5x7x3xf32>, %w: tensor<3x3x4xf32>",
     "tensor<5x4x4xf32>",
     "moe.convolution %a, %w strides [2] low [1] high [1] input_dilation "
     "[1] kernel_dilation [1] groups 1 : tensor<5x7x3xf32>, "
     "tensor<3x3x4xf32> -> tensor<5x4x4xf32>"},
    {"convolution_depthwise", "%a: tensor<3x4x5xf32>, %w: tensor<3x1x5xf32>",
     "tensor<3x4x5xf32>",
     "moe.convolution %a, %w strides [1] low [2] high [0] input_dilation "
     "[1] kernel_dilation [1] groups 5 : tensor<3x4x5xf32>, "
     "tensor<3x1x5xf32> -> tensor<3x4x5xf32>"},
    {"convolution_grouped", "%a: tensor<3x4x5x4xf32>, %w: tensor<1x2x2x6xf32>",
     "tensor<3x4x9x6xf32>",
     "moe.convolution %a, %w strides [1, 1] low [0, 1] high [0, 0] "
     "input_dilation [1, 2] kernel_dilation [1, 1] groups 2 : "
     "tensor<3x4x5x4xf32>, tensor<1x2x2x6xf32> -> tensor<3x4x9x6xf32>"},
    {"convolution_of_many_groups",
     "%a: tensor<2x5x12xf32>, %w: tensor<2x2x12xf32>", "tensor<2x4x12xf32>",
     "moe.convolution %a, %w strides [1] low [0] high [0] input_dilation "
     "[1] kernel_dilation [1] groups 6 : tensor<2x5x12xf32>, "
     "tensor<2x2x12xf32> -> tensor<2x4x12xf32>"},
    {"convolution_of_few_groups",
     "%a: tensor<2x3x4xf32>, %w: tensor<1x2x8xf32>", "tensor<2x3x8xf32>",
     "moe.convolution %a, %w strides [1] low [0] high [0] input_dilation "
     "[1] kernel_dilation [1] groups 2 : tensor<2x3x4xf32>, "
     "tensor<1x2x8xf32> -> tensor<2x3x8xf32>"},
    {"balanced_assignment", "%a: tensor<3x5x4xf32>",
     "tensor<3x5x1xi32>, tensor<3x5x1xi32>",
     "moe.balanced_assignment %a : tensor<3x5x4xf32> -> tensor<3x5x1xi32>, "
     "tensor<3x5x1xi32>"},
    {"grouped_einsum",
     "%a: tensor<7x3xf32>, %w: tensor<5x3x2xf32>, %n: tensor<5xi32> "
     "{moe.bound = 3 : i64}",
     "tensor<7x2xf32>",
     "moe.grouped_einsum %a, %w sizes %n : tensor<7x3xf32>, "
     "tensor<5x3x2xf32>, tensor<5xi32> -> tensor<7x2xf32>"},
    {"grouped_einsum_batch",
     "%a: tensor<3x5x2xf32>, %w: tensor<3x2x2xf32>, %n: tensor<3x3xi32> "
     "{moe.bound = 4 : i64}, %f: tensor<3xi32> {moe.bound = 4 : i64}",
     "tensor<3x5x2xf32>",
     "moe.grouped_einsum %a, %w sizes %n first %f : tensor<3x5x2xf32>, "
     "tensor<3x2x2xf32>, tensor<3x3xi32>, tensor<3xi32> -> tensor<3x5x2xf32>"},
    {"cummax_of_bits", "%a: tensor<7xi1>", "tensor<7xi1>",
     "moe.cummax %a dim 0 : tensor<7xi1>"},
    {"cummin_of_bits", "%a: tensor<7xi1>", "tensor<7xi1>",
     "moe.cummin %a dim 0 : tensor<7xi1>"},
    {"cummin_of_integers", "%a: tensor<7x2xi32>", "tensor<7x2xi32>",
     "moe.cummin %a dim 0 exclusive : tensor<7x2xi32>"},
    {"arg_reduce_first", "%a: tensor<7x2xi32>", "tensor<2xi32>, tensor<2xi8>",
     "moe.arg_reduce min %a dim 0 : tensor<7x2xi32> -> tensor<2xi32>, "
     "tensor<2xi8>"},
    {"reduce_window_far", "%a: tensor<7xf32>", "tensor<7xf32>",
     "moe.reduce_window sum %a window [5] strides [1] dilation [1] low [4] "
     "high [0] : tensor<7xf32> -> tensor<7xf32>"},
    {"reduce_window_with_gaps", "%a: tensor<9xf32>", "tensor<2xf32>",
     "moe.reduce_window min %a window [2] strides [4] dilation [1] low [0] "
     "high [0] : tensor<9xf32> -> tensor<2xf32>"},
    {"reduce_window_of_bits", "%a: tensor<7xi32>", "tensor<5xi32>",
     "moe.reduce_window and %a window [3] strides [1] dilation [2] low [1] "
     "high [1] : tensor<7xi32> -> tensor<5xi32>"},
    {"reduce_window_of_padding", "%a: tensor<3xf32>", "tensor<9xf32>",
     "moe.reduce_window max %a window [2] strides [1] dilation [1] low [4] "
     "high [3] : tensor<3xf32> -> tensor<9xf32>"},
    {"reduce_window_none", "%a: tensor<2x3xf32>", "tensor<0x3xf32>",
     "moe.reduce_window max %a window [3, 1] strides [1, 1] dilation [1, 1] "
     "low [0, 0] high [0, 0] : tensor<2x3xf32> -> tensor<0x3xf32>"},
    {"convolution_dilated", "%a: tensor<2x5x2xf32>, %w: tensor<3x2x2xf32>",
     "tensor<2x8x2xf32>",
     "moe.convolution %a, %w strides [1] low [2] high [1] input_dilation "
     "[2] kernel_dilation [2] groups 1 : tensor<2x5x2xf32>, "
     "tensor<3x2x2xf32> -> tensor<2x8x2xf32>"},
    {"convolution_of_a_plane",
     "%a: tensor<1x5x6x2xf32>, %w: tensor<3x2x2x3xf32>", "tensor<1x5x3x3xf32>",
     "moe.convolution %a, %w strides [1, 2] low [1, 0] high [1, 1] "
     "input_dilation [1, 1] kernel_dilation [1, 1] groups 1 : "
     "tensor<1x5x6x2xf32>, tensor<3x2x2x3xf32> -> tensor<1x5x3x3xf32>"},
    {"addf", "%a: tensor<5x3xf32>, %b: tensor<5x3xf32>", "tensor<5x3xf32>",
     "arith.addf %a, %b : tensor<5x3xf32>"},
    {"divf", "%a: tensor<5x3xf32>, %b: tensor<5x3xf32>", "tensor<5x3xf32>",
     "arith.divf %a, %b : tensor<5x3xf32>"},
    {"cmpf", "%a: tensor<5x3xf32>, %b: tensor<5x3xf32>", "tensor<5x3xi1>",
     "arith.cmpf olt, %a, %b : tensor<5x3xf32>"},
    {"select", "%c: tensor<5x3xi1>, %a: tensor<5x3xf32>, %b: tensor<5x3xf32>",
     "tensor<5x3xf32>",
     "arith.select %c, %a, %b : tensor<5x3xi1>, tensor<5x3xf32>"},
    {"constant", "", "tensor<5xf32>",
     "arith.constant dense<[1.0, 2.0, 3.0, 4.0, 5.0]> : tensor<5xf32>"},
    {"exp", "%a: tensor<5x3xf32>", "tensor<5x3xf32>",
     "math.exp %a : tensor<5x3xf32>"},
};

struct MeshCase {
  const char *text;
  std::vector<std::string> axes;
};

const MeshCase kMeshes[] = {
    {"[\"x\"=2]", {"x"}},
    {"[\"x\"=3]", {"x"}},
    {"[\"x\"=2, \"y\"=2]", {"x", "y"}},
    {"[\"x\"=2, \"y\"=3] order [\"y\", \"x\"]", {"x", "y"}},
    {"[\"x\"=8]", {"x"}}, // more ranks than elements: empty blocks
};

/// For each factor the axes that cut it.
using Assignment = std::vector<std::vector<std::string>>;

/// Every way to give each axis to one factor or none, in each order.
std::vector<Assignment> assignments(size_t factors,
                                    const std::vector<std::string> &axes) {
  std::vector<Assignment> all = {Assignment(factors)};
  for (const std::string &axis : axes) {
    size_t count = all.size();
    for (size_t i = 0; i < count; ++i)
      for (size_t factor = 0; factor < factors; ++factor)
        for (size_t place = 0; place <= all[i][factor].size(); ++place) {
          Assignment next = all[i];
          next[factor].insert(next[factor].begin() + place, axis);
          all.push_back(next);
        }
  }
  return all;
}

class RuleSoundness : public testing::TestWithParam<OpCase> {
protected:
  RuleSoundness() : context(registry()) { context.loadAllAvailableDialects(); }

  static DialectRegistry registry() {
    DialectRegistry registry;
    moe::registerEverything(registry);
    moe::interpret::registerEvaluations(registry);
    return registry;
  }

  OwningOpRef<ModuleOp> parse(const MeshCase &mesh) {
    OpCase op = GetParam();
    size_t count = llvm::StringRef(op.results).count("tensor");
    std::string names;
    for (size_t i = 0; i < count; ++i)
      names += (i ? ", %r#" : "%r#") + std::to_string(i);
    std::string text = std::string("spmd.mesh @mesh ") + mesh.text +
                       "\nfunc.func @f(" + op.arguments + ") -> (" +
                       op.results + ") {\n  %r:" + std::to_string(count) +
                       " = " + op.op + "\n  return " + names + " : " +
                       op.results + "\n}\n";
    return parseSourceString<ModuleOp>(text, &context);
  }

  ShardingAttr shardingOf(const DimFactors &factors,
                          const Assignment &assignment,
                          const ShardingRule &rule, bool isResult) {
    auto axesOf = [&](ArrayRef<std::string> names) {
      SmallVector<AxisRefAttr> axes;
      for (const std::string &name : names)
        axes.push_back(AxisRefAttr::get(&context, name));
      return axes;
    };
    SmallVector<DimShardingAttr> dims;
    for (const FactorList &list : factors) {
      SmallVector<AxisRefAttr> axes;
      for (int factor : list)
        llvm::append_range(axes, axesOf(assignment[factor]));
      dims.push_back(DimShardingAttr::get(&context, axes, false, 0));
    }
    SmallVector<AxisRefAttr> unreduced;
    ReductionKind kind = ReductionKind::Sum;
    for (auto [index, factor] : llvm::enumerate(rule.factors))
      if (isResult && factor.kind == FactorKind::Reduction &&
          !assignment[index].empty()) {
        llvm::append_range(unreduced, axesOf(assignment[index]));
        kind = factor.reduction;
      }
    return ShardingAttr::get(&context, FlatSymbolRefAttr::get(&context, "mesh"),
                             dims, {}, unreduced, kind);
  }

  /// The form that Propagate would leave for this placement, with whole
  /// results.
  void place(ModuleOp module, const Assignment &assignment) {
    func::FuncOp func = *module.getOps<func::FuncOp>().begin();
    Operation *op = &func.getBody().front().front();
    ShardingRule rule = cast<ShardingRuleOpInterface>(op).getShardingRule();
    for (auto [operand, dims] : llvm::zip(op->getOperands(), rule.operands))
      setSharding(operand, shardingOf(dims, assignment, rule, false));
    OpBuilder builder(func.getBody().front().getTerminator());
    for (auto [index, result] : llvm::enumerate(op->getResults())) {
      setSharding(result,
                  shardingOf(rule.results[index], assignment, rule, true));
      auto whole = ShardingAttr::getReplicated(
          FlatSymbolRefAttr::get(&context, "mesh"),
          cast<RankedTensorType>(result.getType()).getRank());
      auto reshard = ReshardOp::create(builder, op->getLoc(), result.getType(),
                                       result, whole, StringAttr());
      setSharding(reshard, whole);
      builder.getInsertionBlock()->getTerminator()->setOperand(index, reshard);
      func.setResultAttr(index, SpmdDialect::getShardingAttrName(), whole);
    }
  }

  MLIRContext context;
};

std::string describe(const Assignment &assignment) {
  std::string text;
  for (const std::vector<std::string> &axes : assignment) {
    text += "{";
    for (const std::string &axis : axes)
      text += axis;
    text += "}";
  }
  return text;
}

} // namespace

TEST_P(RuleSoundness, EveryPlacementGivesTheNumbersOfOneDevice) {
  int cases = 0;
  for (const MeshCase &mesh : kMeshes) {
    OwningOpRef<ModuleOp> reference = parse(mesh);
    ASSERT_TRUE(reference);
    Operation *op =
        &(*reference->getOps<func::FuncOp>().begin()).getBody().front().front();
    ShardingRule rule = cast<ShardingRuleOpInterface>(op).getShardingRule();
    for (const Assignment &assignment :
         assignments(rule.factors.size(), mesh.axes)) {
      SCOPED_TRACE(std::string(mesh.text) + " " + describe(assignment));
      OwningOpRef<ModuleOp> candidate = reference->clone();
      place(*candidate, assignment);
      PassManager manager(&context, ModuleOp::getOperationName());
      manager.addPass(moe::createSpmdPartition());
      manager.addPass(moe::createSpmdVerifyPartitioned());
      ASSERT_TRUE(succeeded(manager.run(*candidate)));
      for (uint64_t seed : {1, 2})
        ASSERT_TRUE(succeeded(moe::interpret::compareExecutions(
            *reference, *candidate, "f", moe::interpret::Mode::Exact, seed)));
      ASSERT_TRUE(succeeded(moe::interpret::compareExecutions(
          *reference, *candidate, "f", moe::interpret::Mode::Float, 3)));
      ++cases;
    }
  }
  RecordProperty("placements", cases);
}

INSTANTIATE_TEST_SUITE_P(Ops, RuleSoundness, testing::ValuesIn(kOps),
                         [](const testing::TestParamInfo<OpCase> &info) {
                           return std::string(info.param.name);
                         });
