#ifndef MOE_ENUMS_TD
#define MOE_ENUMS_TD

include "mlir/IR/EnumAttr.td"

def Moe_Distribution : I32EnumAttr<"Distribution", "distribution of random numbers", [
    I32EnumAttrCase<"Uniform", 0, "uniform">, I32EnumAttrCase<"Normal", 1, "normal">]> {
  let cppNamespace = "::moe";
  let genSpecializedAttr = 0;
}

def Moe_ScatterKind : I32EnumAttr<"ScatterKind", "what scatter does with an update and what is there", [
    I32EnumAttrCase<"Add", 0, "add">, I32EnumAttrCase<"Max", 1, "max">, I32EnumAttrCase<"Set", 2, "set">]> {
  let cppNamespace = "::moe";
  let genSpecializedAttr = 0;
}

#endif // MOE_ENUMS_TD
