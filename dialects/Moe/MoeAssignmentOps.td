#ifndef MOE_ASSIGNMENT_OPS_TD
#define MOE_ASSIGNMENT_OPS_TD

include "dialects/Moe/MoeBase.td"

def Moe_BalancedAssignmentOp : Moe_Op<"balanced_assignment"> {
  let summary = "tokens to experts with equal load and the greatest sum of scores";
  let description = [{
    From scores [G, S, E] gives each token of a group one expert, so that no expert
    takes more than ceil(S / E) tokens (all take as many where E divides S) and the
    sum of the scores is the greatest possible (BASE Layers, Lewis et al. 2021). The
    slot of a token counts the earlier tokens of its expert. The results are shaped
    like those of `gating` with k = 1, for `dispatch` and `combine`.
    ```mlir
    // Both tokens prefer expert 0; the second one gives it up at the least loss.
    // scores [[5 4] [3 0]] -> experts [1 0], slots [0 0]
    %expert, %slot = moe.balanced_assignment %scores
        : tensor<2x4x2xf32> -> tensor<2x4x1xi32>, tensor<2x4x1xi32>
    ```
    Exact arithmetic, and one order at ties, make the result a function of the
    scores alone. Scores count in units of 2^-16, rounded toward zero and saturated to
    i32; NaN is the least. Tokens come in order, each along the chain of moves that
    costs least:

    1. cost(e) = -score(token, e), from no other expert.
    2. For each expert f, then each expert e (both ascending) that holds tokens: moving
       from e to f the token u of e with the least score(u, e) - score(u, f) (the lowest
       u) costs that difference. Where cost(e) plus it is less than cost(f), it becomes
       cost(f), from e. Repeat until nothing changes.
    3. Of the experts with a free slot the one of least cost (the lowest) ends the chain:
       back along it each expert gives the chosen token to the next, and the
       first takes the new token.

    **Constraints:** scores have rank 3; 1 <= E; results have shape [G, S, 1] and are i32.
  }];
  let arguments = (ins Moe_FloatTensor:$scores);
  let results = (outs Moe_I32Tensor:$expert, Moe_I32Tensor:$slot);
  let assemblyFormat = "$scores attr-dict `:` type($scores) `->` type($expert) `,` type($slot)";
}

#endif // MOE_ASSIGNMENT_OPS_TD
