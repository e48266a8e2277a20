#ifndef SPMD_OPS_TD
#define SPMD_OPS_TD

include "dialects/Spmd/SpmdAttrs.td"
include "dialects/Spmd/SpmdInterfaces.td"
include "mlir/IR/SymbolInterfaces.td"
include "mlir/Interfaces/InferTypeOpInterface.td"
include "mlir/Interfaces/SideEffectInterfaces.td"

class Spmd_Op<string mnemonic, list<Trait> traits = []>
    : Op<Spmd_Dialect, mnemonic, traits>;

//===----------------------------------------------------------------------===//
// Mesh
//===----------------------------------------------------------------------===//

def Spmd_MeshOp : Spmd_Op<"mesh", [Symbol]> {
  let summary = "the machine: named axes and their sizes";
  let description = [{
    ```mlir
    spmd.mesh @mesh ["data"=2, "expert"=4]
    spmd.mesh @mesh ["data"=2, "expert"=4] order ["expert", "data"]
    spmd.mesh @mesh ["node"=2, "gpu"=8] topology ["node" leaves_node, "gpu" latency 1500 bandwidth 100000]
    ```
    Ranks are numbered row-major over the axes as declared, so `expert` varies
    fastest in the first line. `order` numbers them row-major over the axes as
    listed there instead (device order): in the second line `data` varies fastest.

    `topology` says what a message costs along each axis (see `#spmd.link`), by which
    reshardings are planned; axes that it leaves out are inside a machine. A message
    between ranks that differ in several axes takes the slowest of their links. A mesh
    without `topology` counts bytes alone, the same on all axes.

    **Constraints:** axis names are unique; sizes are positive, their product is at
    most 2^31 - 1; `order` is a permutation of the axes; `topology` names axes of the
    mesh, each once; latencies are not negative, bandwidths positive.
  }];
  let arguments = (ins SymbolNameAttr:$sym_name,
                       TypedArrayAttrBase<Spmd_MeshAxisAttr, "mesh axes">:$axes,
                       OptionalAttr<StrArrayAttr>:$order,
                       OptionalAttr<TypedArrayAttrBase<Spmd_LinkAttr, "links">>:$topology);
  let assemblyFormat = [{
    $sym_name custom<MeshAxes>($axes) (`order` $order^)?
    (`topology` custom<Links>($topology)^)? attr-dict
  }];
  let hasVerifier = 1;
  let extraClassDeclaration = [{
    /// Size of the axis, or nothing when the mesh has no such axis.
    std::optional<int64_t> getAxisSize(llvm::StringRef name);
    /// Distance in ranks between neighbours on the axis; it must exist.
    int64_t getAxisStride(llvm::StringRef name);
    /// The axes for errors: "data"=2, "expert"=4.
    std::string describeAxes();
    /// Product of the axis sizes.
    int64_t getRanks();
  }];
}

//===----------------------------------------------------------------------===//
// Annotations
//===----------------------------------------------------------------------===//

class Spmd_AnnotationOp<string mnemonic, list<Trait> traits = []>
    : Spmd_Op<mnemonic, [Pure, AllTypesMatch<["input", "result"]>] # traits>;

def Spmd_AnnotateOp : Spmd_AnnotationOp<"annotate", [
    DeclareOpInterfaceMethods<ShardingRuleOpInterface>]> {
  let summary = "the sharding that a value shall have";
  let description = [{
    Constrains the value, not the computation that makes it: the producer may run
    in another layout, and then a resharding stands between.
    ```mlir
    %1 = spmd.annotate %0 : tensor<8x16xf32> as #spmd.sharding<@mesh, [{"expert"}, {?} ]>
    ```
  }];
  let arguments = (ins AnyRankedTensor:$input, Spmd_ShardingAttr:$sharding);
  let results = (outs AnyRankedTensor:$result);
  let assemblyFormat = "$input `:` type($result) `as` $sharding attr-dict";
  let hasVerifier = 1;
}

def Spmd_SplitOp : Spmd_AnnotationOp<"split"> {
  let summary = "GShard's split: one dimension over axes, the others open";
  let description = [{
    ```mlir
    %1 = spmd.split %0 dim 0 over @mesh {"expert"} : tensor<8x16xf32>
    // is   spmd.annotate %0 as #spmd.sharding<@mesh, [{"expert"}, {?} ]>
    ```
    **Constraints:** 0 <= dim < rank; the axes are legal on the mesh.
  }];
  let arguments = (ins AnyRankedTensor:$input, I64Attr:$dim, FlatSymbolRefAttr:$mesh,
                       Spmd_DimShardingAttr:$axes);
  let results = (outs AnyRankedTensor:$result);
  let assemblyFormat = "$input `dim` $dim `over` $mesh custom<BareDim>($axes) attr-dict `:` type($result)";
  let hasVerifier = 1;
  let extraClassDeclaration = "::spmd::ShardingAttr getSharding();";
}

def Spmd_ReplicateOp : Spmd_AnnotationOp<"replicate"> {
  let summary = "GShard's replicate: a whole copy on every rank";
  let arguments = (ins AnyRankedTensor:$input, FlatSymbolRefAttr:$mesh);
  let results = (outs AnyRankedTensor:$result);
  let assemblyFormat = "$input `on` $mesh attr-dict `:` type($result)";
  let hasVerifier = 1;
  let extraClassDeclaration = "::spmd::ShardingAttr getSharding();";
}

def Spmd_ShardOp : Spmd_AnnotationOp<"shard"> {
  let summary = "GShard's shard: every dimension said";
  let description = [{
    ```mlir
    %1 = spmd.shard %0 over @mesh [{"data"}, {} ] : tensor<8x16xf32>
    ```
  }];
  let arguments = (ins AnyRankedTensor:$input, FlatSymbolRefAttr:$mesh,
                       TypedArrayAttrBase<Spmd_DimShardingAttr, "dims">:$dims);
  let results = (outs AnyRankedTensor:$result);
  let assemblyFormat = "$input `over` $mesh custom<BareDims>($dims) attr-dict `:` type($result)";
  let hasVerifier = 1;
  let extraClassDeclaration = "::spmd::ShardingAttr getSharding();";
}

def Spmd_ReshardOp : Spmd_AnnotationOp<"reshard", [
    DeclareOpInterfaceMethods<ShardingRuleOpInterface>]> {
  let summary = "the same value in another layout; made by Propagate";
  let description = [{
    The only place where a layout changes between Propagate and Partition. The
    source layout is that of the operand; `reason` tells --explain why it is there.
    ```mlir
    %1 = spmd.reshard %0 to #spmd.sharding<@mesh, [{}, {"x"} ]> : tensor<8x16xf32>
    ```
  }];
  let arguments = (ins AnyRankedTensor:$input, Spmd_ShardingAttr:$sharding,
                       OptionalAttr<StrAttr>:$reason);
  let results = (outs AnyRankedTensor:$result);
  let assemblyFormat = "$input `to` $sharding (`because` $reason^)? attr-dict `:` type($result)";
  let hasVerifier = 1;
}

//===----------------------------------------------------------------------===//
// Local programs: what a rank knows of its block
//===----------------------------------------------------------------------===//

def Spmd_BlockOffsetOp : Spmd_Op<"block_offset", [Pure]> {
  let summary = "first global index of this rank's block of a dimension";
  let description = [{
    ```mlir
    // rank with x = 1 of "x"=2: block [4, 7) of 7 elements
    %0 = spmd.block_offset dim 0 of #spmd.sharding<@mesh, [{"x"} ]> global tensor<7xf32> : tensor<i32>  // 4
    ```
    **Constraints:** the sharding is legal for the global type, which has the dimension.
  }];
  let arguments = (ins I64Attr:$dim, Spmd_ShardingAttr:$sharding, TypeAttr:$global);
  let results = (outs 0DTensorOf<[I32, I64]>:$result);
  let assemblyFormat = "`dim` $dim `of` $sharding `global` $global attr-dict `:` type($result)";
  let hasVerifier = 1;
}

def Spmd_MaskOp : Spmd_Op<"mask", [Pure, AllTypesMatch<["input", "result"]>]> {
  let summary = "padding of the given dimensions replaced by a neutral value";
  let description = [{
    Local buffers hold ceil(n/d) elements of a dimension; on some ranks the last is
    padding, which must not reach a reduction. Masks the listed dimensions with the
    neutral element of `reduction` (sum 0, prod 1, max -inf or the least integer,
    min +inf or the greatest, and 1s, or 0).
    ```mlir
    %1 = spmd.mask %0 sum dims [0] of #spmd.sharding<@mesh, [{"x"}, {} ]> global tensor<7x4xf32> : tensor<4x4xf32>
    ```
    **Constraints:** the sharding is legal for the global type, of which the operand has
    the local type; dimensions are in range, each once.
  }];
  let arguments = (ins AnyRankedTensor:$input, Spmd_ReductionKindAttr:$reduction,
                       DenseI64ArrayAttr:$dims, Spmd_ShardingAttr:$sharding, TypeAttr:$global);
  let results = (outs AnyRankedTensor:$result);
  let assemblyFormat = "$input custom<Reduction>($reduction) `dims` $dims `of` $sharding `global` $global attr-dict `:` type($result)";
  let hasVerifier = 1;
}

//===----------------------------------------------------------------------===//
// Collectives
//===----------------------------------------------------------------------===//

class Spmd_CollectiveOp<string mnemonic> : Spmd_Op<mnemonic, [
    Pure, DeclareOpInterfaceMethods<CollectiveOpInterface,
        ["getSource", "getTarget", "getGlobalType", "getCollectiveKind"]>]> {
  let arguments = (ins AnyRankedTensor:$input, Spmd_ShardingAttr:$from,
                       Spmd_ShardingAttr:$to, TypeAttr:$global, OptionalAttr<StrAttr>:$reason);
  let results = (outs AnyRankedTensor:$result);
  let assemblyFormat = [{
    $input `from` $from `to` $to `of` $global (`because` $reason^)? attr-dict
    `:` type($input) `->` type($result)
  }];
  let hasVerifier = 1;
}

def Spmd_AllGatherOp : Spmd_CollectiveOp<"all_gather"> {
  let summary = "minor axes of some dimensions removed: blocks joined";
  let description = "`[{\"a\",\"b\"}] -> [{\"a\"}]`: each dimension of `to` is a prefix of that of `from`.";
}
def Spmd_SliceOp : Spmd_CollectiveOp<"slice"> {
  let summary = "minor axes added to some dimensions: every rank keeps a part; nothing moves";
  let description = "`[{\"a\"}] -> [{\"a\",\"b\"}]`: each dimension of `from` is a prefix of that of `to`.";
}
def Spmd_AllToAllOp : Spmd_CollectiveOp<"all_to_all"> {
  let summary = "minor axes moved between dimensions, several pairs at once";
  let description = "`[{\"a\",\"x\"}, {}] -> [{\"a\"}, {\"x\"}]`: the axes removed from the ends are those added at other ends.";
}
def Spmd_PermuteOp : Spmd_CollectiveOp<"permute"> {
  let summary = "whole blocks change their ranks";
  let description = "Every dimension keeps its number of blocks; which axes cut it changes.";
}
def Spmd_ExchangeOp : Spmd_CollectiveOp<"exchange"> {
  let summary = "the general block exchange: any layout to any other";
  let description = [{
    A rank receives the elements that it lacks and no others, for every pair of
    layouts, uneven, replicated and reordered ones included. Its send and receive
    lists are computed at run time from the two layouts.
  }];
}
def Spmd_ReindexOp : Spmd_Op<"reindex", [Pure]> {
  let summary = "the general block exchange through an index map";
  let description = [{
    An exchange between two tensors: `by` says for each dimension which element of
    the source's becomes which of the target's (#spmd.dim_map); without it they have
    the same elements in row-major order. Slice, strided slice, pad, concatenate,
    reverse, reshape and halos on cut dimensions are this one op. A rank receives
    the elements that it lacks and no others, for every pair of layouts.

    Elements that the map does not reach are those of `into`; without it they are
    undefined.
    ```mlir
    // rows 1 to 7 of 8, two on each rank of "x"=4: each sends its first row to the rank before
    %1 = spmd.reindex %0 from #a of tensor<8x4xf32> to #a of tensor<7x4xf32>
        by [#spmd.dim_map<1 + 1 i to 0 + 1 i, 7>, #spmd.dim_map<0 + 1 i to 0 + 1 i, 4>]
        because "moe.slice at f.mlir:3:8" : tensor<2x4xf32> -> tensor<2x4xf32>
    ```
    **Constraints**, in the order in which they are checked: source and target are
    legal shardings of the two global types, without unreduced axes; element types
    are equal; operand and result have the local types (a dimension with windows
    has room for all windows of the largest block); `into` has the result's type;
    the map has a dimension for each and every index in range.
  }];
  let arguments = (ins AnyRankedTensor:$input, Optional<AnyRankedTensor>:$into,
                       Spmd_ShardingAttr:$from, TypeAttr:$source_global,
                       Spmd_ShardingAttr:$to, TypeAttr:$global,
                       OptionalAttr<TypedArrayAttrBase<Spmd_DimMapAttr, "dimension maps">>:$map,
                       OptionalAttr<StrAttr>:$reason);
  let results = (outs AnyRankedTensor:$result);
  let assemblyFormat = [{
    $input (`into` $into^)? `from` $from `of` $source_global `to` $to `of` $global
    (`by` $map^)? (`because` $reason^)? attr-dict
    `:` type($input) (`,` type($into)^)? `->` type($result)
  }];
  let hasVerifier = 1;
  let extraClassDeclaration = [{
    ::mlir::RankedTensorType getSourceType() { return ::llvm::cast<::mlir::RankedTensorType>(getSourceGlobal()); }
    ::mlir::RankedTensorType getTargetType() { return ::llvm::cast<::mlir::RankedTensorType>(getGlobal()); }
    /// Map and layouts as the runtime has them.
    ::moert::IndexMap getIndexMap();
    ::moert::Layout getSourceLayout();
    ::moert::Layout getTargetLayout();
  }];
}
def Spmd_AllReduceOp : Spmd_CollectiveOp<"all_reduce"> {
  let summary = "partial values reduced, the result on every rank of the group";
  let description = "`to` is `from` without some of its unreduced axes.";
}
def Spmd_ReduceScatterOp : Spmd_CollectiveOp<"reduce_scatter"> {
  let summary = "partial values reduced, each rank keeps a piece";
  let description = [{
    `[{} ], unreduced=sum{"x"} -> [{"x"} ]`: the axes reduced are among those appended
    to dimensions; each rank sums, in rank order, its piece of every contribution. An
    axis that replicates the source may be appended too, and then its ranks share the
    work: `[{} ], unreduced=sum{"x"} -> [{"x", "y"} ]`.
  }];
}

def Spmd_Pending : TypeDef<Spmd_Dialect, "Pending"> {
  let mnemonic = "pending";
  let summary = "a collective under way that will yield a tensor";
  let parameters = (ins "mlir::RankedTensorType":$tensor);
  let assemblyFormat = "`<` $tensor `>`";
}

def Spmd_StartOp : Spmd_Op<"start", [
    DeclareOpInterfaceMethods<CollectiveOpInterface,
        ["getSource", "getTarget", "getGlobalType", "getCollectiveKind"]>]> {
  let summary = "begins a collective of any kind; spmd.done yields its result";
  let description = [{
    ```mlir
    %p = spmd.start all_to_all %x from #a to #b of tensor<8x8xf32> : tensor<2x8xf32> -> !spmd.pending<tensor<8x2xf32>>
    %y = spmd.done %p : !spmd.pending<tensor<8x2xf32>> -> tensor<8x2xf32>
    ```
    Starts complete in the order in which they were made.
  }];
  let arguments = (ins Spmd_CollectiveKindAttr:$kind, AnyRankedTensor:$input,
                       Spmd_ShardingAttr:$from, Spmd_ShardingAttr:$to, TypeAttr:$global,
                       OptionalAttr<StrAttr>:$reason);
  let results = (outs Spmd_Pending:$result);
  let assemblyFormat = [{
    custom<Collective>($kind) $input `from` $from `to` $to `of` $global (`because` $reason^)? attr-dict
    `:` type($input) `->` type($result)
  }];
  let hasVerifier = 1;
}

def Spmd_DoneOp : Spmd_Op<"done"> {
  let summary = "waits for a started collective";
  let arguments = (ins Spmd_Pending:$pending);
  let results = (outs AnyRankedTensor:$result);
  let assemblyFormat = "$pending attr-dict `:` type($pending) `->` type($result)";
  let hasVerifier = 1;
}

#endif // SPMD_OPS_TD
