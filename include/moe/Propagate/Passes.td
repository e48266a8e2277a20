#ifndef MOE_PROPAGATE_PASSES_TD
#define MOE_PROPAGATE_PASSES_TD

include "mlir/Pass/PassBase.td"

def SpmdExpandAnnotations : Pass<"spmd-expand-annotations"> {
  let summary = "write split, replicate and shard as spmd.annotate";
  let description = [{
    `spmd.split` fixes its dimension and leaves the others open, `spmd.replicate`
    closes all of them, `spmd.shard` says each.

    ```mlir
    // before
    %1 = spmd.split %0 dim 0 over @mesh {"expert"} : tensor<8x16xf32>
    // after
    %1 = spmd.annotate %0 : tensor<8x16xf32> as #spmd.sharding<@mesh, [{"expert"}, {?} ]>
    ```
  }];
  let dependentDialects = ["::spmd::SpmdDialect"];
}

def SpmdPropagate : Pass<"spmd-propagate", "mlir::ModuleOp"> {
  let summary = "give every value a sharding, from the few that are annotated";
  let description = [{
    Expects global shapes, calls inlined, and annotations as `spmd.annotate` or
    attributes of arguments and results. Guarantees that every value has a closed
    sharding, that every op is consistent (one list of axes for each of its factors;
    results partial exactly over the axes of reduced factors), and that layouts
    change in `spmd.reshard` only, each with the reason why it is there.

    Annotations spread over factors to a fixed point, where user priorities (p0
    before p1) and op priorities settle what they can; an axis that two factors of
    an op still want goes to the one that moves fewer bytes, and the other keeps its
    remaining axes. An annotation constrains the value, not how it is computed. Masks
    and other values that are cheaper to make than to move are made by each user in
    the layout that it needs, and are never resharded.

    ```mlir
    // before: spmd.mesh @mesh ["expert"=4], %tokens [{"expert"}, {}, {} ]
    %0 = moe.einsum "gsec,gsm->egcm" %mask, %tokens : ...
    %1 = spmd.annotate %0 : ... as #spmd.sharding<@mesh, [{"expert"}, {?}, {?}, {?} ]>
    // after: tokens stay, their slots travel
    %0 = moe.einsum "gsec,gsm->egcm" %mask, %tokens {spmd.shardings = [#spmd.sharding<@mesh, [{}, {"expert"}, {}, {} ]>]} : ...
    %1 = spmd.reshard %0 to #spmd.sharding<@mesh, [{"expert"}, {}, {}, {} ]> because "..." : ...
    ```
  }];
  let dependentDialects = ["::spmd::SpmdDialect"];
  let statistics = [
    Statistic<"numReshards", "reshards", "reshards inserted">,
    Statistic<"numOpenOps", "open-ops", "ops decided by bytes">,
    Statistic<"numSweeps", "sweeps", "sweeps until decisions stood">,
    Statistic<"numReceivedBytes", "received-bytes", "bytes a rank receives in reshards">,
  ];
}

def SpmdVerifyPropagated : Pass<"spmd-verify-propagated", "mlir::ModuleOp"> {
  let summary = "check Propagate's promise: a sharding on each tensor, consistent ops";
  let description = "The first op that breaks the promise is the error.";
}

#endif // MOE_PROPAGATE_PASSES_TD
