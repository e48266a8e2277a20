#include "moe/Lower/Artifact.h"
#include "Codegen.h"
#include "moe/Lower/Passes.h"
#include "runtime/core/Isa.h"

using namespace mlir;
using namespace moe;
using namespace moe::lower;

FailureOr<CompiledProgram> moe::compileProgram(ModuleOp partitioned,
                                               const LowerOptions &options) {
  auto functions = partitioned.getOps<func::FuncOp>();
  if (llvm::none_of(functions, [](func::FuncOp f) { return f.isPublic(); }))
    return partitioned.emitError("has no public function to compile");
  OwningOpRef<ModuleOp> module = partitioned.clone();
  PassManager passes(module->getContext(), ModuleOp::getOperationName());
  passes.addPass(createMoeLowerToCalls({options.isa}));
  passes.addPass(createMoeVerifyLowered());
  if (failed(passes.run(*module)))
    return failure();
  CompiledProgram program;
  program.manifest =
      (*module)->getAttrOfType<StringAttr>(kManifestAttr).getValue().str();
  (*module)->removeAttr(kManifestAttr);
  moert::Isa isa =
      options.isa.empty() ? moert::hostIsa() : moert::parseIsa(options.isa);
  FailureOr<std::string> object = compileObject(*module, isa);
  if (failed(object))
    return failure();
  FailureOr<std::string> code = linkObject(*module, *object, options.linker);
  if (failed(code))
    return failure();
  program.code = std::move(*code);
  return program;
}
