#ifndef MOE_BASE_TD
#define MOE_BASE_TD

include "dialects/Moe/MoeEnums.td"
include "dialects/Spmd/SpmdAttrs.td"
include "dialects/Spmd/SpmdInterfaces.td"
include "mlir/Interfaces/SideEffectInterfaces.td"

def Moe_Dialect : Dialect {
  let name = "moe";
  let cppNamespace = "::moe";
  let summary = "what: tensor graphs of Mixture-of-Experts models on global shapes";
  let description = [{
    Value semantics on ranked tensors of static shape. Elementwise work is plain
    `arith` and `math` on tensors, control flow is `func`; everything else is one of
    the few ops below. Elements are f32, bf16, f64, i1, i8, i32 or i64; contractions
    and sums of f32 and bf16 accumulate in f32. A model says what one device would compute; where it is
    computed is said in the `spmd` dialect.

    **Attributes** of functions, and of the module once it is lowered; there are no
    others:

    | Attribute | On | Value |
    | --- | --- | --- |
    | `moe.name` | argument, result | its name for users: a string that is not empty and that no other argument, or result, of the function has |
    | `moe.parameter` | argument, result | a unit: it is a weight, the same in every run; a result of `@init` makes one |
    | `moe.bound` | argument of integers | a positive integer: values lie in [0, bound) |
    | `moe.choice` | result | a unit: `moe-expose-choices` returned it, the user did not |
    | `moe.manifest` | module | a string: what `moe-lower-to-calls` tells the runtime, JSON |

    Ops are total: an index out of range is defined for each op that takes one,
    because padding of a local buffer may hold any bits.
  }];
  let useDefaultAttributePrinterParser = 1;
  let hasOperationAttrVerify = 1;
  let hasRegionArgAttrVerify = 1;
  let hasRegionResultAttrVerify = 1;
  let dependentDialects = ["::spmd::SpmdDialect"];
}

// The list of element types is spmd::isElementType's.
class Moe_TensorOf<string condition, string elements>
    : Type<And<[IsRankedTensorTypePred,
                CPred<"::spmd::isElementType(::llvm::cast<::mlir::RankedTensorType>($_self).getElementType())">,
                CPred<condition>]>,
           "tensor of " # elements, "::mlir::RankedTensorType">;
def Moe_Tensor : Moe_TensorOf<"true", "f32, bf16, f64, i1, i8, i32 or i64">;
def Moe_FloatTensor : Moe_TensorOf<
    "::llvm::isa<::mlir::FloatType>(::llvm::cast<::mlir::RankedTensorType>($_self).getElementType())",
    "f32, bf16 or f64">;
def Moe_IntegerTensor : Moe_TensorOf<
    "::llvm::isa<::mlir::IntegerType>(::llvm::cast<::mlir::RankedTensorType>($_self).getElementType())",
    "i1, i8, i32 or i64">;
def Moe_I32Tensor : Moe_TensorOf<
    "::llvm::cast<::mlir::RankedTensorType>($_self).getElementType().isSignlessInteger(32)",
    "i32">;
// Its type is not written out in assembly.
def Moe_I32Scalar : Type<CPred<
    "$_self == ::mlir::RankedTensorType::get({}, ::mlir::IntegerType::get($_self.getContext(), 32))">,
    "tensor<i32>", "::mlir::RankedTensorType">,
    BuildableType<"::mlir::RankedTensorType::get({}, $_builder.getI32Type())">;

class Moe_Op<string mnemonic, list<Trait> traits = []>
    : Op<Moe_Dialect, mnemonic, [Pure,
        DeclareOpInterfaceMethods<ShardingRuleOpInterface>] # traits> {
  let hasVerifier = 1;
}

#endif // MOE_BASE_TD
