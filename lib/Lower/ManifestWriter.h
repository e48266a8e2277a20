// Collects what the runtime must know of a program and writes it as JSON; its
// reader is runtime/core/Manifest.h.
#pragma once

#include "HostProgram.h"
#include "moe/IR/Moe.h"
#include "moe/Lower/Contraction.h"
#include "runtime/core/Isa.h"

#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "llvm/Support/JSON.h"

namespace moe::lower {

class ManifestWriter {
public:
  explicit ManifestWriter(mlir::ModuleOp module);

  /// Adds a collective or a matmul of `entry`; returns its site number.
  int32_t addCollective(llvm::StringRef entry, spmd::CollectiveOpInterface op);
  int32_t addReindex(llvm::StringRef entry, spmd::ReindexOp op);
  int32_t addMatmul(llvm::StringRef entry, EinsumOp op,
                    const Contraction &contraction, int64_t bArgument);
  /// Adds `function`, still on tensors.
  void addEntry(mlir::func::FuncOp function, const HostProgram &program);
  void addKernel(llvm::StringRef symbol, llvm::StringRef op, int64_t calls);

  int64_t matmuls() const { return matmulSites.size(); }
  int64_t collectives() const { return collectiveSites.size(); }

  /// The whole as JSON, sorted by key, of a program that may use `isa`.
  std::string str(moert::Isa isa) const;

private:
  llvm::json::Value layout(spmd::ShardingAttr sharding,
                           mlir::RankedTensorType global) const;
  llvm::json::Value parameter(mlir::DictionaryAttr attributes, mlir::Type type,
                              std::string fallback) const;

  mlir::ModuleOp module;
  spmd::MeshOp mesh;
  llvm::json::Array entries, collectiveSites, matmulSites, kernels;
};

} // namespace moe::lower
