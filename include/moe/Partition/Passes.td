#ifndef MOE_PARTITION_PASSES_TD
#define MOE_PARTITION_PASSES_TD

include "mlir/Pass/PassBase.td"

def SpmdPartition : Pass<"spmd-partition", "mlir::ModuleOp"> {
  let summary = "turn global shapes into local ones and reshards into collectives";
  let description = [{
    Every function becomes the one program that all ranks run. Expects what Propagate
    leaves: each value has a sharding, each op is consistent, layouts change in
    `spmd.reshard` only. Guarantees that no reshard is left, and that padding of
    uneven blocks is masked before it could reach a reduction.

    ```mlir
    // before, on spmd.mesh @mesh ["x"=4]
    func.func @f(%a: tensor<7x8xf32> {spmd.sharding = #spmd.sharding<@mesh, [{"x"}, {} ]>}) -> ... {
      %0 = moe.reduce sum %a dims [0] {spmd.shardings = [#spmd.sharding<@mesh, [{} ], unreduced = sum{"x"}>]} : ...
      %1 = spmd.reshard %0 to #spmd.sharding<@mesh, [{} ]> : tensor<8xf32>
    // after
    func.func @f(%a: tensor<2x8xf32> {spmd.global = tensor<7x8xf32>, ...}) -> ... {
      %m = spmd.mask %a sum dims [0] of ... : tensor<2x8xf32>
      %0 = moe.reduce sum %m dims [0] : tensor<2x8xf32> -> tensor<8xf32>
      %1 = spmd.all_reduce %0 from ... to ... of tensor<8xf32>
    ```
  }];
  let dependentDialects = ["::spmd::SpmdDialect", "::moe::MoeDialect", "mlir::arith::ArithDialect",
                           "mlir::math::MathDialect"];
  let statistics = [
    Statistic<"numCollectives", "collectives", "collectives that move data">,
    Statistic<"numMasks", "masks", "operands whose padding is masked">,
  ];
}

def SpmdShareCalls : Pass<"spmd-share-calls", "mlir::ModuleOp"> {
  let summary = "make one of private functions that are equal";
  let description = [{
    Undoes `spmd-specialize-calls` wherever all calls got the same shardings: functions
    that differ in their names only become the first of them, until no two are equal.
    Of a collective the first function's reason stays.
  }];
  let statistics = [Statistic<"numShared", "shared", "functions that an equal one replaced">];
}

def SpmdVerifyPartitioned : Pass<"spmd-verify-partitioned", "mlir::ModuleOp"> {
  let summary = "check Partition's promise: local shapes, no reshard, no annotation";
  let description = "The first op that breaks the promise is the error.";
}

def SpmdSetMesh : Pass<"spmd-set-mesh", "mlir::ModuleOp"> {
  let summary = "give the axes of the module's mesh other sizes";
  let description = [{
    `mesh=data=2,expert=4` lets one file compile for any machine. Axes not named keep
    their size; an axis that the mesh does not have is an error. A module without a
    mesh gets `spmd.mesh @mesh ["rank"=1]`.
  }];
  let dependentDialects = ["::spmd::SpmdDialect"];
  let options = [Option<"mesh", "mesh", "std::string", "\"\"",
                        "axis sizes, such as data=2,expert=4">];
}

#endif // MOE_PARTITION_PASSES_TD
