#ifndef SPMD_INTERFACES_TD
#define SPMD_INTERFACES_TD

include "mlir/IR/OpBase.td"

def ShardingRuleOpInterface : OpInterface<"ShardingRuleOpInterface"> {
  let cppNamespace = "::spmd";
  let description = [{
    How an op shards. Propagation, partitioning, the cost model and the tests read
    this one rule and nothing else about the op. Ops of other dialects get it by an
    external model (lib/IR/ForeignRules.cpp).
  }];
  let methods = [
    InterfaceMethod<[{
        The op's factors and which dimension of which operand and result carries
        which of them; see include/moe/IR/ShardingRule.h.
      }], "::spmd::ShardingRule", "getShardingRule", (ins)>,
  ];
}

def CollectiveOpInterface : OpInterface<"CollectiveOpInterface"> {
  let cppNamespace = "::spmd";
  let description = [{
    Every collective turns the layout `source` of a tensor of global type `global`
    into the layout `target`. The op's name is a claim about the pair (its verifier
    checks it), so the interpreter, the lowering and the reports need only this
    interface.
  }];
  let methods = [
    InterfaceMethod<"the layout that comes in", "::spmd::ShardingAttr", "getSource">,
    InterfaceMethod<"the layout that goes out", "::spmd::ShardingAttr", "getTarget">,
    InterfaceMethod<"the tensor on global shape", "::mlir::RankedTensorType", "getGlobalType">,
    InterfaceMethod<"what it claims to be", "::spmd::CollectiveKind", "getCollectiveKind">,
  ];
}

def LocalizeOpInterface : OpInterface<"LocalizeOpInterface"> {
  let cppNamespace = "::spmd";
  let description = [{
    How an op on global shapes becomes one on local shapes. An op without this
    interface keeps its attributes and takes local operands and result types, which
    is right whenever nothing but factors that pass through or reduce is cut. Ops
    whose result depends on where the block lies (iota, random numbers, one-hot)
    implement it (lib/Partition/LocalizeModels.cpp).
  }];
  let methods = [
    InterfaceMethod<[{
        Builds the local form and returns the values that replace the results; see
        include/moe/Partition/Localizer.h.
      }], "::llvm::SmallVector<::mlir::Value>", "localize", (ins "::spmd::Localizer &":$localizer)>,
  ];
}

#endif // SPMD_INTERFACES_TD
