#ifndef MOE_INTERPRET_EVALUABLEOPINTERFACE_TD
#define MOE_INTERPRET_EVALUABLEOPINTERFACE_TD

include "mlir/IR/OpBase.td"

def EvaluableOpInterface : OpInterface<"EvaluableOpInterface"> {
  let cppNamespace = "::moe::interpret";
  let description = [{
    What an op computes, by definition and on one rank. Attached to ops as external
    models (lib/Interpret/Evaluate*.cpp), so that dialects need no interpreter. One
    evaluation serves floats, exact numbers and integers; see Numbers.h.
  }];
  let methods = [
    InterfaceMethod<[{
        Computes the results of the op from the operands in `evaluation`; see
        include/moe/Interpret/Evaluation.h. Emits a diagnostic when it fails.
      }], "::mlir::LogicalResult", "evaluate", (ins "::moe::interpret::Evaluation &":$evaluation)>,
  ];
}

#endif // MOE_INTERPRET_EVALUABLEOPINTERFACE_TD
