#ifndef SPMD_MANUAL_TD
#define SPMD_MANUAL_TD

include "dialects/Spmd/SpmdAttrs.td"
include "mlir/Interfaces/ControlFlowInterfaces.td"
include "mlir/Interfaces/SideEffectInterfaces.td"

def Spmd_ManualOp : Op<Spmd_Dialect, "manual", [
    IsolatedFromAbove, RecursiveMemoryEffects,
    SingleBlockImplicitTerminator<"YieldOp">]> {
  let summary = "a region written for one rank";
  let description = [{
    The region is what each rank runs on its own blocks, with collectives where it
    needs other ranks. Operands come in the layouts `in`, results leave in the layouts
    `out`; over axes that these do not name all ranks hold, and must make, the same.
    Arguments of the region have the types of local buffers, ceil(n/d) elements a
    dimension, of which the last may be padding of any value.
    ```mlir
    // Each rank of "x"=2 sums its rows; all_reduce makes the sum of all of it.
    %s = spmd.manual(%a) in [#rows] out [#whole] {
    ^bb0(%block: tensor<4x5xf32>):
      %0 = moe.reduce sum %block dims [0] : tensor<4x5xf32> -> tensor<5xf32>
      %1 = spmd.all_reduce %0 from #partial to #whole of tensor<5xf32> : tensor<5xf32> -> tensor<5xf32>
      spmd.yield %1 : tensor<5xf32>
    } : (tensor<8x5xf32>) -> tensor<5xf32>
    ```
    **Constraints:** one sharding for each operand and each result, closed and without
    unreduced axes; arguments of the region and what it yields have local types; no
    annotation, reshard or manual region in it.
  }];
  let arguments = (ins Variadic<AnyRankedTensor>:$inputs, ArrayAttr:$in, ArrayAttr:$out);
  let results = (outs Variadic<AnyRankedTensor>:$results);
  let regions = (region SizedRegion<1>:$body);
  let assemblyFormat = [{
    `(` $inputs `)` `in` $in `out` $out $body attr-dict `:` functional-type($inputs, $results)
  }];
  let hasVerifier = 1;
  let hasRegionVerifier = 1;
  let extraClassDeclaration = [{
    ::spmd::ShardingAttr getInputSharding(unsigned index) {
      return ::llvm::cast<::spmd::ShardingAttr>(getIn()[index]);
    }
    ::spmd::ShardingAttr getResultSharding(unsigned index) {
      return ::llvm::cast<::spmd::ShardingAttr>(getOut()[index]);
    }
  }];
}

def Spmd_YieldOp : Op<Spmd_Dialect, "yield", [Pure, Terminator, ReturnLike, ParentOneOf<["ManualOp"]>]> {
  let summary = "what a rank of a manual region hands on";
  let arguments = (ins Variadic<AnyRankedTensor>:$values);
  let assemblyFormat = "($values^ `:` type($values))? attr-dict";
  let builders = [OpBuilder<(ins), [{ build($_builder, $_state, ::mlir::ValueRange()); }]>];
}

#endif // SPMD_MANUAL_TD
