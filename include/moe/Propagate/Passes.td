#ifndef MOE_PROPAGATE_PASSES_TD
#define MOE_PROPAGATE_PASSES_TD

include "mlir/Pass/PassBase.td"

def MoeExposeChoices : Pass<"moe-expose-choices", "mlir::func::FuncOp"> {
  let summary = "return what the router chose as results choice.0, choice.1, ...";
  let description = [{
    Two right programs may choose differently where two scores tie up to rounding.
    To compare them all the same, the reference follows the program's choices
    (`moe-run --check` of a model, `moe-interpret --choices`), for which each public
    function returns them: the indices of `moe.top_k`, the experts of `moe.gating`,
    float comparisons and casts to integers; include/moe/IR/RoutingChoices.h says
    which exactly. The other results keep their bits.

    ```mlir
    // before
    %value, %index = moe.top_k %scores k 2 dim 1 : tensor<6x4xf32> -> tensor<6x2xf32>, tensor<6x2xi32>
    return %y : tensor<6x8xf32>
    // after; the new result is {moe.choice, moe.name = "choice.0"}
    return %y, %index : tensor<6x8xf32>, tensor<6x2xi32>
    ```
    Expects calls inlined and nothing simplified, so that the reference finds the
    same choices: run it right after `inline{default-pipeline=}`.
  }];
  let dependentDialects = ["::moe::MoeDialect"];
  let statistics = [Statistic<"numChoices", "choices", "values that are returned">];
}

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

def SpmdSpecializeCalls : Pass<"spmd-specialize-calls", "mlir::ModuleOp"> {
  let summary = "give each call a function of its own";
  let description = [{
    Calls that are not inlined (`no_inline` on the function) may have other shardings
    at each place. Guarantees that each function that is called is private and called
    once, so that Propagate may decide for it as if it stood there;
    `spmd-share-calls` makes those one again that came out equal.

    ```mlir
    // before
    %1 = call @layer(%x) : (tensor<8x16xf32>) -> tensor<8x16xf32>
    %2 = call @layer(%1) : (tensor<8x16xf32>) -> tensor<8x16xf32>
    // after
    %1 = call @layer_0(%x) : (tensor<8x16xf32>) -> tensor<8x16xf32>
    %2 = call @layer_1(%1) : (tensor<8x16xf32>) -> tensor<8x16xf32>
    ```
  }];
  let statistics = [Statistic<"numFunctions", "functions", "functions made">];
}

def SpmdPropagate : Pass<"spmd-propagate", "mlir::ModuleOp"> {
  let summary = "give every value a sharding, from the few that are annotated";
  let description = [{
    Expects global shapes, calls inlined or specialised, and annotations as `spmd.annotate` or
    attributes of arguments and results. Guarantees that every value has a closed
    sharding, that every op is consistent (one list of axes for each of its factors;
    results partial exactly over the axes of reduced factors), and that layouts
    change in `spmd.reshard` only, each with the reason why it is there.

    Annotations spread over factors to a fixed point, where user priorities (p0
    before p1) and op priorities settle what they can; an axis that two factors of
    an op still want goes to the one that moves fewer bytes, and the other keeps its
    remaining axes. An annotation constrains the value, not how it is computed. Masks
    and other values that are cheaper to make than to move are made by each user in
    the layout that it needs, and are never resharded. Where values are added up over
    an axis, their user may work on pieces of them if gathering its result moves fewer
    bytes; such cuts come from no annotation and go no further.

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
  let options = [
    ListOption<"errorOn", "error-on", "std::string",
               "Conflicts that are errors: replicate (a value that had a cut is made whole though no annotation "
               "asks for it), implicit-reshard (a cut is given up for another that no annotation at that value asks for)">,
  ];
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
