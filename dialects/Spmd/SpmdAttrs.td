#ifndef SPMD_ATTRS_TD
#define SPMD_ATTRS_TD

include "dialects/Spmd/SpmdDialect.td"
include "mlir/IR/AttrTypeBase.td"
include "mlir/IR/EnumAttr.td"
include "mlir/IR/BuiltinAttributeInterfaces.td"

class Spmd_Attr<string name, string attrMnemonic>
    : AttrDef<Spmd_Dialect, name> {
  let mnemonic = attrMnemonic;
}

def Spmd_ReductionKind : I32EnumAttr<"ReductionKind",
    "how partial values become one", [
      I32EnumAttrCase<"Sum", 0, "sum">, I32EnumAttrCase<"Prod", 1, "prod">,
      I32EnumAttrCase<"Max", 2, "max">, I32EnumAttrCase<"Min", 3, "min">,
      I32EnumAttrCase<"And", 4, "and">, I32EnumAttrCase<"Or", 5, "or">]> {
  let cppNamespace = "::spmd";
  let genSpecializedAttr = 0;
}
def Spmd_ReductionKindAttr : EnumAttr<Spmd_Dialect, Spmd_ReductionKind, "reduction">;

def Spmd_CollectiveKind : I32EnumAttr<"CollectiveKind",
    "what a collective does with blocks", [
      I32EnumAttrCase<"AllGather", 0, "all_gather">,
      I32EnumAttrCase<"ReduceScatter", 1, "reduce_scatter">,
      I32EnumAttrCase<"AllReduce", 2, "all_reduce">,
      I32EnumAttrCase<"AllToAll", 3, "all_to_all">,
      I32EnumAttrCase<"Permute", 4, "permute">,
      I32EnumAttrCase<"Slice", 5, "slice">,
      I32EnumAttrCase<"Exchange", 6, "exchange">]> {
  let cppNamespace = "::spmd";
  let genSpecializedAttr = 0;
}
def Spmd_CollectiveKindAttr : EnumAttr<Spmd_Dialect, Spmd_CollectiveKind, "collective">;

def Spmd_AxisRefAttr : Spmd_Attr<"AxisRef", "axis"> {
  let summary = "a mesh axis, or a part of one (sub-axis)";
  let description = [{
    `"x"` is the whole axis. `"x":(m)k` is a part of it: the axis read as the digits
    m x k x rest, major first, of which this is the one of size k. On `"x"=8`,
    `"x":(1)2` is the major half bit, `"x":(2)2` the middle, `"x":(4)2` the minor.

    **Constraints:** m * k divides the axis size; k > 1 (k < axis size).
  }];
  let parameters = (ins StringRefParameter<"name of the axis">:$name,
                        "int64_t":$preSize,   // m; 1 for the whole axis
                        "int64_t":$subSize);  // k; 0 for the whole axis
  let hasCustomAssemblyFormat = 1;
  let builders = [AttrBuilder<(ins "llvm::StringRef":$name), [{
    return $_get($_ctxt, name, 1, 0);
  }]>];
  let extraClassDeclaration = [{
    bool isWhole() const { return getSubSize() == 0; }
  }];
}

def Spmd_DimShardingAttr : Spmd_Attr<"DimSharding", "dim"> {
  let summary = "the axes that cut one dimension";
  let description = [{
    `{"data", "expert"}` cuts over both, data major; `{}` keeps the dimension whole.
    A trailing `?` leaves it *open*: propagation may add further axes behind those
    written. `p1` behind the brace is the user's priority: p0 (the default) spreads
    first, and later priorities only fill what is left.
  }];
  let parameters = (ins ArrayRefParameter<"AxisRefAttr">:$axes, "bool":$isOpen,
                        "int64_t":$priority);
  let hasCustomAssemblyFormat = 1;
}

def Spmd_ShardingAttr : Spmd_Attr<"Sharding", "sharding"> {
  let summary = "where the blocks of a tensor are";
  let description = [{
    ```mlir
    #spmd.sharding<@mesh, [{"data", "expert"}, {}, {?} ]>
    #spmd.sharding<@mesh, [{"x":(1)2}, {"y", ?}p1], replicated = {"z"}>
    #spmd.sharding<@mesh, [{"data"}, {} ], unreduced = sum{"model"}>
    ```
    `replicated` axes hold whole copies and may not be taken by propagation;
    `unreduced` axes hold partial values that are still to be reduced by the kind
    written. Axes not named replicate; on open dimensions propagation may use them.

    **Constraints**, in the order in which they are checked:
    1. the mesh symbol exists,
    2. there is one entry for each dimension of the tensor,
    3. each axis exists on the mesh,
    4. a sub-axis divides its axis: m * k divides the size, 1 < k < size,
    5. an axis (or an overlapping sub-axis) occurs once in the whole sharding,
    6. priorities are not negative,
    7. unreduced axes stand on a type that the kind reduces (and, or: integers).
  }];
  let parameters = (ins "mlir::FlatSymbolRefAttr":$mesh,
                        ArrayRefParameter<"DimShardingAttr">:$dims,
                        ArrayRefParameter<"AxisRefAttr">:$replicated,
                        ArrayRefParameter<"AxisRefAttr">:$unreduced,
                        "ReductionKind":$reduction);
  let hasCustomAssemblyFormat = 1;
  let extraClassDeclaration = [{
    int64_t getRank() const { return getDims().size(); }
    /// The sharding of `rank` whole, closed dimensions on `mesh`.
    static ShardingAttr getReplicated(mlir::FlatSymbolRefAttr mesh, int64_t rank);
    /// The same without unreduced axes.
    ShardingAttr getReduced() const;
  }];
}

def Spmd_DimMapAttr : Spmd_Attr<"DimMap", "dim_map"> {
  let summary = "which element of a source dimension is which of a target's";
  let description = [{
    Element source + i * source_step becomes element target + i * target_step, for
    0 <= i < size. With `windows advance by reach` the target's dimension counts
    windows of `reach` elements that begin `advance` apart, and a rank holds the
    elements of all its windows, each once.

    ```mlir
    #spmd.dim_map<2 + 1 i to 0 + 1 i, 4>      // a slice of 4 from element 2 on
    #spmd.dim_map<7 + -1 i to 0 + 1 i, 8>     // 8 elements reversed
    #spmd.dim_map<0 + 1 i to 1 + 1 i, 8 windows 1 by 3>  // a halo of one on both sides
    ```
    **Constraints** (of the op that carries it): steps of the source are not 0, of
    the target positive; every index is in range.
  }];
  let parameters = (ins "int64_t":$source, "int64_t":$sourceStep, "int64_t":$target,
                        "int64_t":$targetStep, "int64_t":$size,
                        "int64_t":$advance, "int64_t":$reach);
  let hasCustomAssemblyFormat = 1;
  let extraClassDeclaration = [{
    /// The same as the runtime has it.
    ::moert::DimMap getMap() const {
      return {getSource(), getSourceStep(), getTarget(), getTargetStep(),
              getSize(),   getAdvance(),    getReach()};
    }
  }];
}

def Spmd_MeshAxisAttr : Spmd_Attr<"MeshAxis", "mesh_axis"> {
  let summary = "a named axis of a mesh and its size";
  let parameters = (ins StringRefParameter<"name">:$name, "int64_t":$size);
  let hasCustomAssemblyFormat = 1;
}

def Spmd_LinkAttr : Spmd_Attr<"Link", "link"> {
  let summary = "how fast ranks reach each other along one axis of a mesh";
  let description = [{
    `"node" leaves_node latency 5000 bandwidth 12500`: messages between ranks that
    differ in axis `node` go from machine to machine, take 5000 ns each and pass at
    12500 bytes a microsecond (12.5 GB/s). What is not written has a default: 2000 ns
    and 50000 bytes a microsecond inside a machine, the values above between machines.
  }];
  let parameters = (ins StringRefParameter<"axis">:$axis, "bool":$leavesNode,
                        "int64_t":$latency,     // nanoseconds a message
                        "int64_t":$bandwidth);  // bytes a microsecond
  let hasCustomAssemblyFormat = 1;
  let extraClassDeclaration = [{
    /// The link of `axis` with the default numbers.
    static LinkAttr getDefault(mlir::MLIRContext *context, llvm::StringRef axis,
                               bool leavesNode);
  }];
}

#endif // SPMD_ATTRS_TD
