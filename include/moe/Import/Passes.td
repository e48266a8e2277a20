#ifndef MOE_IMPORT_PASSES_TD
#define MOE_IMPORT_PASSES_TD

include "mlir/Pass/PassBase.td"

def MoeImportLinalg : Pass<"moe-import-linalg", "mlir::func::FuncOp"> {
  let summary = "linalg and tensor ops become the graph ops that they mean";
  let description = [{
    A structured op is read as what it is made of: values of its body become `arith`
    and `math` on tensors that have the loops which they depend on, sums of
    products over loops that the result does not have become `moe.einsum`, other
    reductions `moe.reduce`, windows `moe.convolution` and `moe.reduce_window`. What
    the result began with is combined with that once, and not at all where it
    changes nothing. A body that combines in any other way goes around `scf.for`,
    one turn for each index. docs/linalg.md says which ops are known.

    ```mlir
    // before
    %zero = arith.constant 0.0 : f32
    %empty = tensor.empty() : tensor<8x16xf32>
    %init = linalg.fill ins(%zero : f32) outs(%empty : tensor<8x16xf32>) -> tensor<8x16xf32>
    %0 = linalg.matmul ins(%a, %b : tensor<8x4xf32>, tensor<4x16xf32>) outs(%init : tensor<8x16xf32>) -> tensor<8x16xf32>
    // after
    %0 = moe.einsum "ac,cb->ab" %a, %b : tensor<8x4xf32>, tensor<4x16xf32> -> tensor<8x16xf32>
    ```
    Expects static shapes and values that are tensors. Guarantees that of both
    dialects only `tensor.extract` and `tensor.from_elements` remain. The new ops keep
    the place and the name of the old one, which reports and errors say.
  }];
  let dependentDialects = ["::moe::MoeDialect", "mlir::arith::ArithDialect",
                           "mlir::math::MathDialect", "mlir::scf::SCFDialect",
                           "mlir::tensor::TensorDialect"];
  let statistics = [Statistic<"numOps", "ops", "ops replaced">];
}

#endif // MOE_IMPORT_PASSES_TD
