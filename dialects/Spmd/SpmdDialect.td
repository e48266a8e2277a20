#ifndef SPMD_DIALECT_TD
#define SPMD_DIALECT_TD

include "mlir/IR/OpBase.td"

def Spmd_Dialect : Dialect {
  let name = "spmd";
  let cppNamespace = "::spmd";
  let summary = "where: meshes, shardings, annotations and collectives";
  let description = [{
    ```
    moe (what) ----------> spmd (where) ------------> calls (how)
    global shapes,         local shapes, data moves   kernels and the
    a few annotations      only in collectives        runtime's C header
    ```
    A module holds one `spmd.mesh` with named axes. A *sharding* says for each
    dimension of a tensor which axes cut it. Users write shardings on a few values
    (`spmd.annotate`, the sugar `spmd.split`, `spmd.replicate`, `spmd.shard`, or the
    attribute `spmd.sharding` on function arguments and results). Propagate gives
    every value one, and inserts `spmd.reshard` wherever a value is needed in
    another layout than the one it has; Partition turns shapes into local shapes and
    each reshard into collectives.

    **Blocks.** Block k of n elements over d devices is [ceil(k n/d), ceil((k+1)
    n/d)); local buffers hold ceil(n/d). Sizes need not divide; blocks may be empty.

    **Ranks** are numbered row-major over the axes of the mesh, in the order of
    declaration unless the mesh says `order`.
  }];
  let useDefaultAttributePrinterParser = 1;
  let useDefaultTypePrinterParser = 1;
  let hasOperationAttrVerify = 1;
  let hasRegionArgAttrVerify = 1;
  let hasRegionResultAttrVerify = 1;

  let extraClassDeclaration = [{
    /// Attribute of function arguments and results: the sharding a user wrote.
    static llvm::StringRef getShardingAttrName() { return "spmd.sharding"; }
    /// Attribute of operations after Propagate: one sharding for each result.
    static llvm::StringRef getShardingsAttrName() { return "spmd.shardings"; }

  private:
    void registerAttributes();

  public:
  }];
}

#endif // SPMD_DIALECT_TD
