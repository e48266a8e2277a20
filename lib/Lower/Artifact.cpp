#include "moe/Lower/Artifact.h"
#include "Codegen.h"
#include "moe/Lower/Passes.h"
#include "runtime/core/Artifact.h"

#include <exception>

using namespace mlir;
using namespace moe;
using namespace moe::lower;

FailureOr<CompiledProgram> moe::compileProgram(ModuleOp partitioned,
                                               const LowerOptions &options) {
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

LogicalResult moe::emitArtifact(ModuleOp partitioned, StringRef path,
                                const LowerOptions &options) {
  FailureOr<CompiledProgram> program = compileProgram(partitioned, options);
  if (failed(program))
    return failure();
  try {
    moert::writeArtifact(path.str(), program->manifest, program->code);
  } catch (const std::exception &error) {
    return partitioned.emitError() << error.what();
  }
  return success();
}
