// What the programs of a module share: kernels and large constants, each
// different one once.
#pragma once

#include "moe/IR/Moe.h"

#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "mlir/IR/BuiltinOps.h"

namespace moe::lower {

/// The module's kernels.
class KernelLibrary {
public:
  explicit KernelLibrary(mlir::ModuleOp module) : module(module) {}

  /// The symbol of `kernel`, or of an equal one that is there already. `op`
  /// names what it was made of first.
  std::string intern(mlir::OwningOpRef<mlir::func::FuncOp> kernel,
                     llvm::StringRef op);

  struct Kernel {
    std::string symbol, op;
    int64_t calls = 0;
  };
  llvm::ArrayRef<Kernel> all() const { return kernels; }

private:
  void add(mlir::OwningOpRef<mlir::func::FuncOp> kernel, llvm::StringRef op);

  mlir::ModuleOp module;
  llvm::StringMap<size_t> byText;
  std::vector<Kernel> kernels;
};

/// The module's large constants.
class ConstantLibrary {
public:
  explicit ConstantLibrary(mlir::ModuleOp module) : module(module) {}

  /// The number of `data`, or of equal data that is there already.
  int64_t intern(mlir::DenseElementsAttr data);
  /// Symbols by number.
  llvm::ArrayRef<std::string> all() const { return symbols; }

private:
  void add(mlir::DenseElementsAttr data);

  mlir::ModuleOp module;
  llvm::DenseMap<mlir::Attribute, int64_t> byData;
  std::vector<std::string> symbols;
};

} // namespace moe::lower
