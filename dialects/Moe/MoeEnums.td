#ifndef MOE_ENUMS_TD
#define MOE_ENUMS_TD

include "mlir/IR/EnumAttr.td"

def Moe_Distribution : I32EnumAttr<"Distribution", "distribution of random numbers", [
    I32EnumAttrCase<"Uniform", 0, "uniform">, I32EnumAttrCase<"Normal", 1, "normal">]> {
  let cppNamespace = "::moe";
  let genSpecializedAttr = 0;
}

#endif // MOE_ENUMS_TD
