#ifndef MOE_OPS_TD
#define MOE_OPS_TD

include "dialects/Moe/MoeBase.td"

//===----------------------------------------------------------------------===//
// Contraction, reduction
//===----------------------------------------------------------------------===//

def Moe_EinsumOp : Moe_Op<"einsum"> {
  let summary = "sum of products named by letters";
  let description = [{
    ```mlir
    %slots = moe.einsum "gsec,gsm->egcm" %mask, %tokens
        : tensor<2x4x3x2xf32>, tensor<2x4x8xf32> -> tensor<3x2x2x8xf32>
    ```
    Letters of the result pass through; all others are summed. Any letter may be in
    any number of operands.

    **Constraints:** one term for each operand, one letter for each dimension; no
    letter twice in a term; result letters occur in an operand; a letter has one
    size everywhere; element types are equal, or the operands bf16 and the result f32.
  }];
  let arguments = (ins StrAttr:$equation, Variadic<Moe_Tensor>:$inputs);
  let results = (outs Moe_Tensor:$result);
  let assemblyFormat = "$equation $inputs attr-dict `:` type($inputs) `->` type($result)";
  let extraClassDeclaration = [{
    /// Letters of operand `i`; the result's letters.
    llvm::StringRef getInputLetters(unsigned i);
    llvm::StringRef getResultLetters();
  }];
}

def Moe_ReduceOp : Moe_Op<"reduce"> {
  let summary = "some dimensions reduced to one value";
  let description = [{
    ```mlir
    %sum = moe.reduce sum %x dims [1] : tensor<4x8xf32> -> tensor<4xf32>
    ```
    Sums of floats accumulate in f32. Kinds: sum, prod, max, min, and, or.

    **Constraints:** dims are in range, ascending; the result has the other
    dimensions; `and` and `or` take integers.
  }];
  let arguments = (ins Spmd_ReductionKindAttr:$kind, Moe_Tensor:$input, DenseI64ArrayAttr:$dims);
  let results = (outs Moe_Tensor:$result);
  let assemblyFormat = "custom<Reduction>($kind) $input `dims` $dims attr-dict `:` type($input) `->` type($result)";
}

def Moe_SoftmaxOp : Moe_Op<"softmax", [AllTypesMatch<["input", "result"]>]> {
  let summary = "exp(x - max) over its sum, along a dimension";
  let description = [{
    ```mlir
    %p = moe.softmax %logits dim 2 : tensor<2x4x8xf32>
    ```
    Computed in f32. An element of -inf gives exactly 0.

    **Constraints:** 0 <= dim < rank; elements are floats.
  }];
  let arguments = (ins Moe_FloatTensor:$input, I64Attr:$dim);
  let results = (outs Moe_FloatTensor:$result);
  let assemblyFormat = "$input `dim` $dim attr-dict `:` type($result)";
}

def Moe_LogSoftmaxOp : Moe_Op<"log_softmax", [AllTypesMatch<["input", "result"]>]> {
  let summary = "x - max - log(sum of exp(x - max)), along a dimension";
  let description = [{
    ```mlir
    %p = moe.log_softmax %logits dim 2 : tensor<2x4x8xf32>
    ```
    **Constraints:** 0 <= dim < rank; elements are floats.
  }];
  let arguments = (ins Moe_FloatTensor:$input, I64Attr:$dim);
  let results = (outs Moe_FloatTensor:$result);
  let assemblyFormat = "$input `dim` $dim attr-dict `:` type($result)";
}

def Moe_TopKOp : Moe_Op<"top_k"> {
  let summary = "the k largest along a dimension and their indices";
  let description = [{
    Largest first; equal values in order of their index (lowest first).
    ```mlir
    %v, %i = moe.top_k %gates k 2 dim 2 : tensor<2x4x8xf32> -> tensor<2x4x2xf32>, tensor<2x4x2xi32>
    ```
    **Constraints:** 0 <= dim < rank; 1 <= k <= size of dim; both results have
    dimension `dim` of size k; indices are integers that hold every index of `dim`.
  }];
  let arguments = (ins Moe_Tensor:$input, I64Attr:$k, I64Attr:$dim);
  let results = (outs Moe_Tensor:$values, Moe_IntegerTensor:$indices);
  let assemblyFormat = "$input `k` $k `dim` $dim attr-dict `:` type($input) `->` type($values) `,` type($indices)";
}

//===----------------------------------------------------------------------===//
// Shape
//===----------------------------------------------------------------------===//

def Moe_BroadcastOp : Moe_Op<"broadcast"> {
  let summary = "new dimensions by repetition";
  let description = [{
    Dimension i of the operand becomes dimension dims[i] of the result.
    ```mlir
    %y = moe.broadcast %bias dims [2] : tensor<8xf32> -> tensor<2x4x8xf32>
    ```
    **Constraints:** one entry for each operand dimension, ascending, in range;
    sizes agree.
  }];
  let arguments = (ins Moe_Tensor:$input, DenseI64ArrayAttr:$dims);
  let results = (outs Moe_Tensor:$result);
  let assemblyFormat = "$input `dims` $dims attr-dict `:` type($input) `->` type($result)";
}

def Moe_TransposeOp : Moe_Op<"transpose"> {
  let summary = "dimension i of the result is dimension permutation[i] of the operand";
  let description = [{
    ```mlir
    %y = moe.transpose %x permutation [2, 0, 1] : tensor<2x4x8xf32> -> tensor<8x2x4xf32>
    ```
    **Constraints:** `permutation` is one; sizes agree.
  }];
  let arguments = (ins Moe_Tensor:$input, DenseI64ArrayAttr:$permutation);
  let results = (outs Moe_Tensor:$result);
  let assemblyFormat = "$input `permutation` $permutation attr-dict `:` type($input) `->` type($result)";
}

def Moe_ReshapeOp : Moe_Op<"reshape"> {
  let summary = "the same elements in row-major order under another shape";
  let description = [{
    ```mlir
    %y = moe.reshape %x : tensor<2x4x8xf32> -> tensor<8x8xf32>
    ```
    **Constraints:** element counts and element types are equal.
  }];
  let arguments = (ins Moe_Tensor:$input);
  let results = (outs Moe_Tensor:$result);
  let assemblyFormat = "$input attr-dict `:` type($input) `->` type($result)";
}

def Moe_SliceOp : Moe_Op<"slice"> {
  let summary = "elements offset, offset + stride, ... of each dimension";
  let description = [{
    ```mlir
    %y = moe.slice %x offsets [0, 2] strides [1, 2] : tensor<4x8xf32> -> tensor<4x3xf32>
    ```
    **Constraints:** one entry for each dimension; 0 <= offset; 1 <= stride; the
    last element is in range.
  }];
  let arguments = (ins Moe_Tensor:$input, DenseI64ArrayAttr:$offsets, DenseI64ArrayAttr:$strides);
  let results = (outs Moe_Tensor:$result);
  let assemblyFormat = "$input `offsets` $offsets `strides` $strides attr-dict `:` type($input) `->` type($result)";
}

def Moe_PadOp : Moe_Op<"pad"> {
  let summary = "elements of a value added before, after and between";
  let description = [{
    ```mlir
    // [a b] -> [0 a 0 0 b], interior 2
    %y = moe.pad %x with 0.0 : f32 low [1] high [0] interior [2] : tensor<2xf32> -> tensor<5xf32>
    ```
    **Constraints:** one entry for each dimension, none negative; result size is
    low + n + (n - 1) interior + high (low + high when n is 0); the value's type is the element type.
  }];
  let arguments = (ins Moe_Tensor:$input, TypedAttrInterface:$value, DenseI64ArrayAttr:$low,
                       DenseI64ArrayAttr:$high, DenseI64ArrayAttr:$interior);
  let results = (outs Moe_Tensor:$result);
  let assemblyFormat = "$input `with` $value `low` $low `high` $high `interior` $interior attr-dict `:` type($input) `->` type($result)";
}

def Moe_ConcatenateOp : Moe_Op<"concatenate"> {
  let summary = "operands one after another along a dimension";
  let description = [{
    ```mlir
    %y = moe.concatenate dim 1 %a, %b : tensor<2x4xf32>, tensor<2x3xf32> -> tensor<2x7xf32>
    ```
    **Constraints:** at least one operand; 0 <= dim < rank; other dimensions agree;
    the result's dimension is the sum.
  }];
  let arguments = (ins I64Attr:$dim, Variadic<Moe_Tensor>:$inputs);
  let results = (outs Moe_Tensor:$result);
  let assemblyFormat = "`dim` $dim $inputs attr-dict `:` type($inputs) `->` type($result)";
}

//===----------------------------------------------------------------------===//
// Indices and numbers
//===----------------------------------------------------------------------===//

def Moe_IotaOp : Moe_Op<"iota"> {
  let summary = "every element is its index along a dimension";
  let description = [{
    ```mlir
    // [[0 1 2] [0 1 2]]
    %i = moe.iota dim 1 : tensor<2x3xi32>
    ```
    **Constraints:** 0 <= dim < rank; integers hold every index of `dim`.
  }];
  let arguments = (ins I64Attr:$dim);
  let results = (outs Moe_Tensor:$result);
  let assemblyFormat = "`dim` $dim attr-dict `:` type($result)";
}

def Moe_OneHotOp : Moe_Op<"one_hot"> {
  let summary = "1 at the index along a new last dimension, 0 elsewhere";
  let description = [{
    ```mlir
    %mask = moe.one_hot %expert : tensor<2x4xi32> -> tensor<2x4x8xf32>
    ```
    An index outside of the dimension gives zeros only.

    **Constraints:** the operand holds integers; the result has its dimensions and
    one more, whose indices the integers hold.
  }];
  let arguments = (ins Moe_IntegerTensor:$indices);
  let results = (outs Moe_Tensor:$result);
  let assemblyFormat = "$indices attr-dict `:` type($indices) `->` type($result)";
}

def Moe_GatherOp : Moe_Op<"gather"> {
  let summary = "slices of a table chosen by indices";
  let description = [{
    The first `batch_dims` dimensions of both operands go together; the next
    dimension of the table is the one indexed:
    table [B.., N, R..], indices [B.., I..] -> result [B.., I.., R..].
    ```mlir
    %x = moe.gather %embedding[%tokens] batch_dims 0
        : tensor<256x64xf32>, tensor<2x4xi32> -> tensor<2x4x64xf32>
    ```
    An index outside of [0, N) gives zeros.

    **Constraints:** batch dimensions agree; indices are integers; the result's shape
    is as written above.
  }];
  let arguments = (ins Moe_Tensor:$table, Moe_IntegerTensor:$indices, I64Attr:$batch_dims);
  let results = (outs Moe_Tensor:$result);
  let assemblyFormat = "$table `[` $indices `]` `batch_dims` $batch_dims attr-dict `:` type($table) `,` type($indices) `->` type($result)";
}

def Moe_DistributionAttr : EnumAttr<Moe_Dialect, Moe_Distribution, "distribution">;

def Moe_RandomOp : Moe_Op<"random"> {
  let summary = "counter-based random numbers: a function of seed, stream and global index";
  let description = [{
    Element i (row-major index in the *global* tensor) of stream t under seed s is a
    function of (s, t, i) alone, so that numbers never depend on the layout:
    ```
    h = mix(mix(s + 0x9E3779B97F4A7C15 * (t + 1)) + i),
    mix(z): z ^= z >> 30; z *= 0xBF58476D1CE4E5B9; z ^= z >> 27; z *= 0x94D049BB133111EB; z ^= z >> 31
    uniform = (h >> 40) * 2^-24                                           in [0, 1)
    normal  = sqrt(-2 ln((a + 1) 2^-24)) * cos(2 pi b 2^-24), a = h >> 40, b = (h >> 16) & 0xFFFFFF
    ```
    with 64-bit wrap-around (the mixer is SplitMix64's finalizer, Steele, Lea and
    Flood 2014; the normal is Box and Muller's).
    ```mlir
    %w = moe.random normal %seed stream 3 : tensor<i32> -> tensor<64x256xf32>
    ```
    After Partition the result is local; `offsets`, one scalar for each dimension,
    and `global_shape` then say where the block lies.

    **Constraints:** stream is not negative; elements are floats; offsets and
    global_shape come together, one entry for each dimension.
  }];
  let arguments = (ins Moe_DistributionAttr:$distribution, 0DTensorOf<[I32]>:$seed, I64Attr:$stream,
                       Variadic<0DTensorOf<[I32]>>:$offsets, OptionalAttr<DenseI64ArrayAttr>:$global_shape);
  let results = (outs Moe_FloatTensor:$result);
  let assemblyFormat = [{
    custom<Distribution>($distribution) $seed `stream` $stream (`at` $offsets^ `of` $global_shape)? attr-dict
    `:` type($seed) (`,` type($offsets)^)? `->` type($result)
  }];
}

def Moe_StopGradientOp : Moe_Op<"stop_gradient", [AllTypesMatch<["input", "result"]>]> {
  let summary = "the value itself; no gradient flows back through it";
  let description = [{
    **Constraints:** none beyond the types.
  }];
  let arguments = (ins Moe_Tensor:$input);
  let results = (outs Moe_Tensor:$result);
  let assemblyFormat = "$input attr-dict `:` type($result)";
}

//===----------------------------------------------------------------------===//
// Mixture of experts: G groups, S tokens a group, E experts, C capacity, k choices
//===----------------------------------------------------------------------===//

def Moe_GatingOp : Moe_Op<"gating"> {
  let summary = "GShard's top-k gate: expert, slot and weight of each choice";
  let description = [{
    From gate probabilities [G, S, E] picks for each token its k best experts (ties:
    lowest index), normalises their gates to sum 1 (g_j / (sum of the k gates +
    1e-9)), and gives each choice the next free slot of its expert in its group:
    first choices of all tokens come before second choices, tokens in order. A choice
    beyond capacity is dropped: slot -1, weight 0.

    With `random` (uniform numbers [G, S], k = 2) the second choice is kept only
    where random < 2 g_2, the normalised second gate (GShard, algorithm 1); a choice
    that is not kept takes no slot.
    ```mlir
    %expert, %slot, %weight = moe.gating %gates random %u k 2 capacity 2
        : tensor<2x4x8xf32>, tensor<2x4xf32> -> tensor<2x4x2xi32>, tensor<2x4x2xi32>, tensor<2x4x2xf32>
    ```
    **Constraints:** gates have rank 3 and are floats; 1 <= k <= E; 1 <= capacity <=
    2^31 - 1; random only with k = 2 and of shape [G, S]; results have shape
    [G, S, k], experts and slots are i32.
  }];
  let arguments = (ins Moe_FloatTensor:$gates, Optional<Moe_FloatTensor>:$random, I64Attr:$k, I64Attr:$capacity);
  let results = (outs Moe_I32Tensor:$expert, Moe_I32Tensor:$slot, Moe_FloatTensor:$weight);
  let assemblyFormat = [{
    $gates (`random` $random^)? `k` $k `capacity` $capacity attr-dict
    `:` type($gates) (`,` type($random)^)? `->` type($expert) `,` type($slot) `,` type($weight)
  }];
}

def Moe_DispatchOp : Moe_Op<"dispatch"> {
  let summary = "tokens into the slots of their experts";
  let description = [{
    result[e, g, c, m] = tokens[g, s, m] where some choice j of token s has expert e
    and slot c (the sum over such tokens; a gate gives each slot once); 0 elsewhere.
    Choices with an expert or slot out of range are dropped.
    ```mlir
    // G 1, S 4, E 2, C 3, k 1: tokens [a b c d], experts [0 1 0 0], slots [0 0 1 2] -> [[a c d], [b 0 0]]
    %slots = moe.dispatch %tokens to %expert, %slot
        : tensor<1x4x8xf32>, tensor<1x4x1xi32>, tensor<1x4x1xi32> -> tensor<2x1x3x8xf32>
    ```
    Equal to `moe.einsum "gsec,gsm->egcm"` of the one-hot dispatch mask and the tokens.

    **Constraints:** ranks 3, 3, 3 and 4; G, S, M and k agree; indices are
    integers that hold every expert and every slot.
  }];
  let arguments = (ins Moe_Tensor:$tokens, Moe_IntegerTensor:$expert, Moe_IntegerTensor:$slot);
  let results = (outs Moe_Tensor:$result);
  let assemblyFormat = "$tokens `to` $expert `,` $slot attr-dict `:` type($tokens) `,` type($expert) `,` type($slot) `->` type($result)";
}

def Moe_CombineOp : Moe_Op<"combine"> {
  let summary = "expert outputs back to their tokens, weighted";
  let description = [{
    result[g, s, m] = sum over j of weight[g, s, j] * slots[expert[g, s, j], g, slot[g, s, j], m],
    in the order of j, in f32; a choice with an expert or slot out of range adds nothing.
    ```mlir
    %y = moe.combine %slots from %expert, %slot weights %w
        : tensor<2x1x3x8xf32>, tensor<1x4x1xi32>, tensor<1x4x1xi32>, tensor<1x4x1xf32> -> tensor<1x4x8xf32>
    ```
    Equal to `moe.einsum "gsec,egcm->gsm"` of the combine weights and the slots.

    **Constraints:** ranks 4, 3, 3, 3 and 3; G, S, M and k agree; indices are
    integers that hold every expert and every slot; slots and weights are floats.
  }];
  let arguments = (ins Moe_FloatTensor:$slots, Moe_IntegerTensor:$expert, Moe_IntegerTensor:$slot, Moe_FloatTensor:$weight);
  let results = (outs Moe_FloatTensor:$result);
  let assemblyFormat = "$slots `from` $expert `,` $slot `weights` $weight attr-dict `:` type($slots) `,` type($expert) `,` type($slot) `,` type($weight) `->` type($result)";
}

// Each concept of its own has a file of its own.
include "dialects/Moe/MoeAssignmentOps.td"
include "dialects/Moe/MoeGroupedOps.td"
include "dialects/Moe/MoeOrderOps.td"
include "dialects/Moe/MoeScanOps.td"
include "dialects/Moe/MoeScatterOps.td"
include "dialects/Moe/MoeSliceOps.td"
include "dialects/Moe/MoeWindowOps.td"

#endif // MOE_OPS_TD
