#ifndef SPMD_MANUAL_TD
#define SPMD_MANUAL_TD

include "dialects/Spmd/SpmdAttrs.td"
include "mlir/Interfaces/ControlFlowInterfaces.td"
include "mlir/Interfaces/SideEffectInterfaces.td"

def Spmd_ManualOp : Op<Spmd_Dialect, "manual", [
    IsolatedFromAbove, RecursiveMemoryEffects,
    SingleBlockImplicitTerminator<"YieldOp">]> {
  let summary = "a region written for one rank, of the whole mesh or of some axes";
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
    With `over`, the region is written for one rank of these axes, and is a program on
    global shapes to the others: annotations in it name the other axes, its values are
    propagated and partitioned over them, and a manual region in it may be written over
    some of them. What `in` and `out` say of the other axes is how the region's
    arguments, and what it yields, are cut over them.
    ```mlir
    // Over "expert" by hand, over "model" by propagation from %w and from what is written within.
    %y = spmd.manual(%x, %w) over ["expert"] in [#experts, #both] out [#experts] {
    ^bb0(%slots: tensor<2x6x8xf32>, %weights: tensor<2x8x16xf32>):
      %0 = moe.einsum "ecm,emh->ech" %slots, %weights : tensor<2x6x8xf32>, tensor<2x8x16xf32> -> tensor<2x6x16xf32>
      ...
    ```
    **Constraints:** one sharding for each operand and each result, closed and without
    unreduced axes; arguments of the region and what it yields have local types, of the
    axes that it is written for; in a dimension these come before the others, and divide
    it where there are others. Collectives, offsets and masks in the region name the axes
    that it is written for; annotations and manual regions in it name others, and there
    are none without `over`.
  }];
  let arguments = (ins Variadic<AnyRankedTensor>:$inputs, OptionalAttr<StrArrayAttr>:$over,
                       ArrayAttr:$in, ArrayAttr:$out);
  let results = (outs Variadic<AnyRankedTensor>:$results);
  let regions = (region SizedRegion<1>:$body);
  let assemblyFormat = [{
    `(` $inputs `)` (`over` $over^)? `in` $in `out` $out $body attr-dict `:` functional-type($inputs, $results)
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
    /// Whether the region is written for one rank of `axis`.
    bool isManual(::llvm::StringRef axis);
    /// The axes of `mesh` that it is written for.
    ::llvm::SmallVector<::spmd::AxisRefAttr> getManualAxes(::spmd::MeshOp mesh);
    /// What of a sharding the region is written for, and what is left to
    /// propagation.
    ::spmd::ShardingAttr getManualPart(::spmd::ShardingAttr sharding);
    ::spmd::ShardingAttr getFreePart(::spmd::ShardingAttr sharding);
  }];
}

def Spmd_YieldOp : Op<Spmd_Dialect, "yield", [Pure, Terminator, ReturnLike, ParentOneOf<["ManualOp"]>]> {
  let summary = "what a rank of a manual region hands on";
  let arguments = (ins Variadic<AnyRankedTensor>:$values);
  let assemblyFormat = "($values^ `:` type($values))? attr-dict";
  let builders = [OpBuilder<(ins), [{ build($_builder, $_state, ::mlir::ValueRange()); }]>];
}

#endif // SPMD_MANUAL_TD
