#ifndef MOE_OPTIMIZE_PASSES_TD
#define MOE_OPTIMIZE_PASSES_TD

include "mlir/Pass/PassBase.td"

def MoeExpandGating : Pass<"moe-expand-gating", "mlir::func::FuncOp"> {
  let summary = "gates become top_k, masks, positions and comparisons";
  let description = [{
    Replaces each `moe.gating` by index primitives, on global or local shapes, with
    the same results: both spellings of a gate are then made of the same ops.

    ```mlir
    // before
    %expert, %slot, %weight = moe.gating %gates k 1 capacity 2 : ...
    // after
    %value, %expert = moe.top_k %gates k 1 dim 2
    %mask = moe.one_hot %index                      // index [G,S] of the choice
    %before = moe.cumsum %mask dim 1 exclusive      // tokens of the expert before
    %position = moe.gather %before[%index] batch_dims 2
    %fits = arith.cmpi slt, %position, %capacity
    %slot = arith.select %fits, %position, %minus_one
    ```
    Expects no `spmd.shardings`: run it before Propagate or after Partition.
  }];
  let dependentDialects = ["::moe::MoeDialect", "mlir::arith::ArithDialect"];
  let statistics = [Statistic<"numGates", "gates", "gates expanded">];
}

def MoeIndexDispatch : Pass<"moe-index-dispatch", "mlir::func::FuncOp"> {
  let summary = "one-hot masks become indices, their einsums dispatch and combine";
  let description = [{
    Computes the index form of every value (include/moe/Optimize/IndexForm.h):
    sums of products of one-hot factors, keeps and weights, through products,
    sums, comparisons, selections, casts, broadcasts and einsums. Then

    - an einsum of tokens with a mask of experts and slots becomes `moe.dispatch`,
    - an einsum of slots with such weights becomes `moe.combine`, choices in the
      order in which the program adds them up,
    - a sum over a one-hot dimension becomes a lookup (`moe.gather`).

    ```mlir
    // before, %mask = [e == expert(g,s)] [c == slot(g,s)] as one-hot
    %sent = moe.einsum "gsec,gsm->egcm" %mask, %tokens
    // after
    %sent = moe.dispatch %tokens to %expert, %slot
    ```
    It is no match of one program: any letters, orders and groupings of the same
    algebra rewrite. Masks that are not used otherwise are gone afterwards.

    **Assumes** finite values: 0 * x is 0. A function that is not linear, such as
    `!= 0`, is applied term by term only where two terms provably never meet (two
    choices of one `moe.top_k`, or a choice from scores in which the earlier ones
    are -inf); where that cannot be proven the mask stays dense, and a remark says
    so. A choice whose weight is exactly 0 is left out by `!= 0` here as there.

    Legal on global and on local shapes.
  }];
  let dependentDialects = ["::moe::MoeDialect", "mlir::arith::ArithDialect"];
  let statistics = [
    Statistic<"numDispatches", "dispatches", "einsums that became moe.dispatch">,
    Statistic<"numCombines", "combines", "einsums that became moe.combine">,
    Statistic<"numLookups", "lookups", "sums over one-hot dimensions that became lookups">,
    Statistic<"numMasks", "masks", "one-hot values removed">,
    Statistic<"bytesNotMaterialized", "bytes-not-materialized", "bytes of the values removed">,
    Statistic<"numKeptDense", "kept-dense", "ops left dense for want of a proof">,
  ];
}

def SpmdSimplifyCollectives : Pass<"spmd-simplify-collectives", "mlir::func::FuncOp"> {
  let summary = "fewer and smaller collectives";
  let description = [{
    On a partitioned program:

    - **share** the same value moved twice between the same layouts moves once;
    - **compose** a move of a value that was moved for nothing else goes from the
      first layout to the last;
    - **scatter** an all_reduce of which each rank then keeps a slice is a
      reduce_scatter;
    - **recompute** a constant, an iota, or the repeated dimensions of a broadcast
      do not move: each rank makes its own part.

    ```mlir
    // before
    %sum = spmd.all_reduce %a from #partial to #whole of tensor<8x4xf32> : ...
    %mine = spmd.slice %sum from #whole to #rows of tensor<8x4xf32> : ...
    // after
    %mine = spmd.reduce_scatter %a from #partial to #rows of tensor<8x4xf32> : ...
    ```
  }];
  let dependentDialects = ["::moe::MoeDialect", "::spmd::SpmdDialect", "mlir::arith::ArithDialect"];
  let statistics = [
    Statistic<"numShared", "shared", "moves that were made before">,
    Statistic<"numComposed", "composed", "moves joined with the one before">,
    Statistic<"numScattered", "scattered", "all_reduces that became reduce_scatters">,
    Statistic<"numRecomputed", "recomputed", "moves of values that each rank can make">,
  ];
}

def SpmdCombineAllReduces : Pass<"spmd-combine-all-reduces", "mlir::func::FuncOp"> {
  let summary = "small all_reduces of one group and kind become one";
  let description = [{
    Each collective costs a round trip however small it is. Values of at most
    `max-bytes` that do not depend on each other are flattened, joined, reduced
    together and cut apart again. Sums keep their bits: each element is still summed
    in rank order.

    ```mlir
    // before
    %0 = spmd.all_reduce %a from ... unreduced = sum{"x"} ... of tensor<f32>
    %1 = spmd.all_reduce %b from ... unreduced = sum{"x"} ... of tensor<8xf32>
    // after
    %flat = moe.concatenate dim 0 %a1, %b1 : tensor<1xf32>, tensor<8xf32> -> tensor<9xf32>
    %sum = spmd.all_reduce %flat from ... of tensor<9xf32>
    ```
  }];
  let dependentDialects = ["::moe::MoeDialect", "::spmd::SpmdDialect"];
  let options = [Option<"maxBytes", "max-bytes", "int64_t", "65536",
      "largest value that is joined: beyond it bandwidth counts, and a copy costs more than a round trip">];
  let statistics = [Statistic<"numCombined", "combined", "all_reduces joined with another">];
}

def SpmdStartCollectives : Pass<"spmd-start-collectives", "mlir::func::FuncOp"> {
  let summary = "work goes on while data is under way";
  let description = [{
    A collective begins as soon as its operand is there and is waited for by its first
    user. Ops behind that user that need nothing from it come before it; where there is
    any work between, the collective becomes a start and a done. Collectives keep their
    order, which all ranks share, and at most 16 are under way at once.

    ```mlir
    // before
    %moved = spmd.all_to_all %slots from #tokens to #experts of tensor<8x4xf32> : ...
    %made = moe.einsum "ec,ch->eh" %moved, %wi : ...
    %load = moe.reduce sum %mask dims [0] : ...
    // after
    %pending = spmd.start all_to_all %slots from #tokens to #experts of tensor<8x4xf32> : ...
    %load = moe.reduce sum %mask dims [0] : ...
    %moved = spmd.done %pending : ...
    %made = moe.einsum "ec,ch->eh" %moved, %wi : ...
    ```
  }];
  let dependentDialects = ["::moe::MoeDialect", "::spmd::SpmdDialect"];
  let statistics = [Statistic<"numStarted", "started", "collectives that work goes beside">];
}

#endif // MOE_OPTIMIZE_PASSES_TD
