// Every kind of linalg and tensor op with every two dimensions of its operands
// and results cut: through the pipeline and run for all ranks, it must give
// what the op, run by definition, gives on one device, bit for bit in exact
// numbers.
#include "moe/Interpret/Compare.h"
#include "moe/Interpret/Evaluation.h"
#include "moe/Pipeline/Pipeline.h"

#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "mlir/Parser/Parser.h"

#include <gtest/gtest.h>

using namespace mlir;
using namespace spmd;

namespace {

/// One op as a function: %r is what `op` gives, of type `result`.
struct OpCase {
  const char *name;
  const char *arguments;
  const char *result;
  const char *op;
};

void PrintTo(const OpCase &op, std::ostream *os) { *os << op.op; }

const OpCase kOps[] = {
    {"matmul", "%a: tensor<5x7xf32>, %b: tensor<7x3xf32>, %c: tensor<5x3xf32>",
     "tensor<5x3xf32>",
     "linalg.matmul ins(%a, %b : tensor<5x7xf32>, tensor<7x3xf32>) outs(%c : "
     "tensor<5x3xf32>) -> tensor<5x3xf32>"},
    {"batch_matmul_of_bf16",
     "%a: tensor<2x5x3xbf16>, %b: tensor<2x3x7xbf16>, %c: tensor<2x5x7xf32>",
     "tensor<2x5x7xf32>",
     "linalg.batch_matmul ins(%a, %b : tensor<2x5x3xbf16>, tensor<2x3x7xbf16>) "
     "outs(%c : tensor<2x5x7xf32>) -> tensor<2x5x7xf32>"},
    {"transpose", "%a: tensor<5x3x2xf32>, %c: tensor<2x5x3xf32>",
     "tensor<2x5x3xf32>",
     "linalg.transpose ins(%a : tensor<5x3x2xf32>) outs(%c : "
     "tensor<2x5x3xf32>) permutation = [2, 0, 1]"},
    {"broadcast", "%a: tensor<5x3xf32>, %c: tensor<5x2x3xf32>",
     "tensor<5x2x3xf32>",
     "linalg.broadcast ins(%a : tensor<5x3xf32>) outs(%c : "
     "tensor<5x2x3xf32>) dimensions = [1]"},
    {"reduce_sum", "%a: tensor<5x3xf32>, %c: tensor<3xf32>", "tensor<3xf32>",
     "linalg.reduce {arith.addf} ins(%a : tensor<5x3xf32>) outs(%c : "
     "tensor<3xf32>) dimensions = [0]"},
    {"reduce_prod", "%a: tensor<5x3xf32>, %c: tensor<5xf32>", "tensor<5xf32>",
     "linalg.reduce {arith.mulf} ins(%a : tensor<5x3xf32>) outs(%c : "
     "tensor<5xf32>) dimensions = [1]"},
    {"reduce_max", "%a: tensor<5x3xf32>, %c: tensor<f32>", "tensor<f32>",
     "linalg.reduce {arith.maximumf} ins(%a : tensor<5x3xf32>) outs(%c : "
     "tensor<f32>) dimensions = [0, 1]"},
    {"reduce_min", "%a: tensor<7x3xi32>, %c: tensor<3xi32>", "tensor<3xi32>",
     "linalg.reduce {arith.minsi} ins(%a : tensor<7x3xi32>) outs(%c : "
     "tensor<3xi32>) dimensions = [0]"},
    {"reduce_of_numbers", "%a: tensor<7x3xf32>, %c: tensor<3xf32>",
     "tensor<3xf32>",
     "linalg.reduce {arith.minnumf} ins(%a : tensor<7x3xf32>) outs(%c : "
     "tensor<3xf32>) dimensions = [0]"},
    {"reduce_and", "%a: tensor<5x3xi32>, %c: tensor<3xi32>", "tensor<3xi32>",
     "linalg.reduce {arith.andi} ins(%a : tensor<5x3xi32>) outs(%c : "
     "tensor<3xi32>) dimensions = [0]"},
    {"reduce_or", "%a: tensor<5x3xi1>, %c: tensor<3xi1>", "tensor<3xi1>",
     "linalg.reduce {arith.ori} ins(%a : tensor<5x3xi1>) outs(%c : "
     "tensor<3xi1>) dimensions = [0]"},
    {"map", "%a: tensor<5x3xf32>, %b: tensor<5x3xf32>", "tensor<5x3xf32>",
     "linalg.map {arith.divf} ins(%a, %b : tensor<5x3xf32>, tensor<5x3xf32>) "
     "outs(%a : tensor<5x3xf32>)"},
    {"softmax", "%a: tensor<5x7xf32>", "tensor<5x7xf32>",
     "linalg.softmax dimension(1) ins(%a : tensor<5x7xf32>) outs(%a : "
     "tensor<5x7xf32>) -> tensor<5x7xf32>"},
    // Padding must not count as exp(0), nor what the sum began with on each
    // rank.
    {"sum_of_exponentials",
     "%a: tensor<5x7xf32>, %b: tensor<5xf32>, %c: tensor<7xf32>",
     "tensor<7xf32>",
     R"(linalg.generic {indexing_maps = [affine_map<(i, j) -> (i, j)>,
          affine_map<(i, j) -> (i)>, affine_map<(i, j) -> (j)>],
          iterator_types = ["reduction", "parallel"]}
          ins(%a, %b : tensor<5x7xf32>, tensor<5xf32>) outs(%c : tensor<7xf32>) {
        ^bb0(%x: f32, %y: f32, %out: f32):
          %i = linalg.index 0 : index
          %n = arith.index_cast %i : index to i32
          %f = arith.sitofp %n : i32 to f32
          %d = arith.subf %x, %y : f32
          %e = math.exp %d : f32
          %g = arith.addf %e, %f : f32
          %s = arith.addf %out, %g : f32
          linalg.yield %s : f32
        } -> tensor<7xf32>)"},
    {"recurrence",
     "%a: tensor<5x7xf32>, %b: tensor<7x5xf32>, %c: tensor<7xf32>",
     "tensor<7xf32>",
     R"(linalg.generic {indexing_maps = [affine_map<(i, j) -> (i, j)>,
          affine_map<(i, j) -> (j, i)>, affine_map<(i, j) -> (j)>],
          iterator_types = ["reduction", "parallel"]}
          ins(%a, %b : tensor<5x7xf32>, tensor<7x5xf32>) outs(%c : tensor<7xf32>) {
        ^bb0(%x: f32, %y: f32, %out: f32):
          %k = arith.mulf %out, %x : f32
          %n = arith.addf %k, %y : f32
          linalg.yield %n : f32
        } -> tensor<7xf32>)"},
    {"lookup",
     "%a: tensor<7x3xf32>, %i: tensor<5xi32> {moe.bound = 7 : i64}, "
     "%c: tensor<5x3xf32>",
     "tensor<5x3xf32>",
     R"(linalg.generic {indexing_maps = [affine_map<(i, j) -> (i)>,
          affine_map<(i, j) -> (i, j)>], iterator_types = ["parallel", "parallel"]}
          ins(%i : tensor<5xi32>) outs(%c : tensor<5x3xf32>) {
        ^bb0(%place: i32, %out: f32):
          %row = arith.index_cast %place : i32 to index
          %column = linalg.index 1 : index
          %x = tensor.extract %a[%row, %column] : tensor<7x3xf32>
          %s = arith.addf %out, %x : f32
          linalg.yield %s : f32
        } -> tensor<5x3xf32>)"},
    {"convolution",
     "%a: tensor<2x7x3xf32>, %b: tensor<3x3x4xf32>, %c: tensor<2x3x4xf32>",
     "tensor<2x3x4xf32>",
     "linalg.conv_1d_nwc_wcf {strides = dense<2> : tensor<1xi64>, dilations = "
     "dense<1> : tensor<1xi64>} ins(%a, %b : tensor<2x7x3xf32>, "
     "tensor<3x3x4xf32>) outs(%c : tensor<2x3x4xf32>) -> tensor<2x3x4xf32>"},
    {"depthwise",
     "%a: tensor<2x3x7xf32>, %b: tensor<3x3xf32>, %c: tensor<2x3x3xf32>",
     "tensor<2x3x3xf32>",
     "linalg.depthwise_conv_1d_ncw_cw {strides = dense<1> : tensor<1xi64>, "
     "dilations = dense<2> : tensor<1xi64>} ins(%a, %b : tensor<2x3x7xf32>, "
     "tensor<3x3xf32>) outs(%c : tensor<2x3x3xf32>) -> tensor<2x3x3xf32>"},
    {"pooling",
     "%a: tensor<2x9x3xf32>, %b: tensor<2xf32>, %c: tensor<2x3x3xf32>",
     "tensor<2x3x3xf32>",
     "linalg.pooling_nwc_max {strides = dense<3> : tensor<1xi64>, dilations = "
     "dense<1> : tensor<1xi64>} ins(%a, %b : tensor<2x9x3xf32>, tensor<2xf32>) "
     "outs(%c : tensor<2x3x3xf32>) -> tensor<2x3x3xf32>"},
    {"extract_slice", "%a: tensor<7x5xf32>", "tensor<3x2xf32>",
     "tensor.extract_slice %a[1, 2] [3, 2] [2, 1] : tensor<7x5xf32> to "
     "tensor<3x2xf32>"},
    {"insert_slice", "%a: tensor<7x5xf32>, %b: tensor<3x2xf32>",
     "tensor<7x5xf32>",
     "tensor.insert_slice %b into %a[3, 1] [3, 2] [1, 1] : tensor<3x2xf32> "
     "into "
     "tensor<7x5xf32>"},
    {"collapse_shape", "%a: tensor<5x3x2xf32>", "tensor<15x2xf32>",
     "tensor.collapse_shape %a [[0, 1], [2]] : tensor<5x3x2xf32> into "
     "tensor<15x2xf32>"},
    {"concat", "%a: tensor<5x3xf32>, %b: tensor<2x3xf32>", "tensor<7x3xf32>",
     "tensor.concat dim(0) %a, %b : (tensor<5x3xf32>, tensor<2x3xf32>) -> "
     "tensor<7x3xf32>"},
    {"gather", "%a: tensor<5x3xf32>, %i: tensor<7x1xi32> {moe.bound = 5 : i64}",
     "tensor<7x3xf32>",
     "tensor.gather %a[%i] gather_dims([0]) : (tensor<5x3xf32>, "
     "tensor<7x1xi32>) -> tensor<7x3xf32>"},
};

/// A dimension of an argument, or of the result behind the arguments.
struct Place {
  unsigned value;
  int64_t dim;
};

class LinalgSoundness : public testing::TestWithParam<OpCase> {
protected:
  LinalgSoundness() : context(registry()) {}

  static DialectRegistry registry() {
    DialectRegistry registry;
    moe::registerEverything(registry);
    moe::interpret::registerEvaluations(registry);
    return registry;
  }

  OwningOpRef<ModuleOp> parse(int64_t ranks) {
    OpCase op = GetParam();
    std::string text = "spmd.mesh @mesh [\"x\"=" + std::to_string(ranks) +
                       "]\nfunc.func @f(" + op.arguments + ") -> (" +
                       op.result + ") {\n  %r = " + op.op +
                       "\n  return %r : " + op.result + "\n}\n";
    return parseSourceString<ModuleOp>(text, &context);
  }

  static func::FuncOp entryOf(ModuleOp module) {
    return *module.getOps<func::FuncOp>().begin();
  }

  SmallVector<Place> placesOf(func::FuncOp func) {
    SmallVector<Place> places;
    SmallVector<Type> types(func.getArgumentTypes());
    types.append(func.getResultTypes().begin(), func.getResultTypes().end());
    for (auto [value, type] : llvm::enumerate(types))
      for (int64_t dim = 0; dim < cast<RankedTensorType>(type).getRank(); ++dim)
        places.push_back({static_cast<unsigned>(value), dim});
    return places;
  }

  // The dimension over "x", the others open.
  void cut(func::FuncOp func, Place place) {
    unsigned arguments = func.getNumArguments();
    bool isArgument = place.value < arguments;
    Type type = isArgument ? func.getArgumentTypes()[place.value]
                           : func.getResultTypes()[place.value - arguments];
    SmallVector<DimShardingAttr> dims;
    for (int64_t dim = 0; dim < cast<RankedTensorType>(type).getRank(); ++dim) {
      SmallVector<AxisRefAttr> axes;
      if (dim == place.dim)
        axes.push_back(AxisRefAttr::get(&context, "x"));
      dims.push_back(
          DimShardingAttr::get(&context, axes, /*isOpen=*/axes.empty(), 0));
    }
    auto sharding =
        ShardingAttr::get(&context, FlatSymbolRefAttr::get(&context, "mesh"),
                          dims, {}, {}, ReductionKind::Sum);
    StringRef name = SpmdDialect::getShardingAttrName();
    if (isArgument)
      func.setArgAttr(place.value, name, sharding);
    else
      func.setResultAttr(place.value - arguments, name, sharding);
  }

  MLIRContext context;
};

} // namespace

TEST_P(LinalgSoundness, EveryTwoCutsGiveTheNumbersOfOneDevice) {
  // Two do not divide, and of eight some have nothing.
  for (int64_t ranks : {2, 3, 8}) {
    OwningOpRef<ModuleOp> reference = parse(ranks);
    ASSERT_TRUE(reference);
    SmallVector<Place> places = placesOf(entryOf(*reference));
    for (Place first : places)
      for (Place second : places) {
        if (second.value < first.value ||
            (second.value == first.value && second.dim != first.dim))
          continue;
        SCOPED_TRACE(testing::Message()
                     << ranks << " ranks, dimension " << first.dim
                     << " of value " << first.value << " and " << second.dim
                     << " of " << second.value);
        OwningOpRef<ModuleOp> candidate = reference->clone();
        cut(entryOf(*candidate), first);
        cut(entryOf(*candidate), second);
        moe::PipelineOptions options;
        options.last = moe::Stage::Optimize;
        ASSERT_TRUE(succeeded(moe::runPipeline(*candidate, options)));
        for (auto mode :
             {moe::interpret::Mode::Exact, moe::interpret::Mode::Float})
          ASSERT_TRUE(succeeded(moe::interpret::compareExecutions(
              *reference, *candidate, "f", mode, /*seed=*/1)));
      }
  }
}

INSTANTIATE_TEST_SUITE_P(Ops, LinalgSoundness, testing::ValuesIn(kOps),
                         [](const testing::TestParamInfo<OpCase> &info) {
                           return std::string(info.param.name);
                         });
