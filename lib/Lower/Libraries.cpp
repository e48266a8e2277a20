#include "Libraries.h"

#include "mlir/Dialect/LLVMIR/LLVMDialect.h"

using namespace mlir;
using namespace moe::lower;

//===----------------------------------------------------------------------===//
// Kernels
//===----------------------------------------------------------------------===//

std::string KernelLibrary::intern(OwningOpRef<func::FuncOp> kernel,
                                  StringRef op) {
  std::string text;
  llvm::raw_string_ostream stream(text);
  kernel->print(stream, OpPrintingFlags().useLocalScope());
  auto [it, isNew] = byText.try_emplace(text, kernels.size());
  if (isNew)
    add(std::move(kernel), op);
  ++kernels[it->second].calls;
  return kernels[it->second].symbol;
}

// Never inlined: the host stays a list of calls, and its compile time linear.
void KernelLibrary::add(OwningOpRef<func::FuncOp> kernel, StringRef op) {
  MLIRContext *context = module.getContext();
  std::string symbol = "moe_kernel_" + std::to_string(kernels.size());
  kernel->setName(symbol);
  kernel->setPrivate();
  (*kernel)->setAttr(
      "passthrough",
      ArrayAttr::get(context, StringAttr::get(context, "noinline")));
  (*kernel)->setAttr("llvm.linkage",
                     LLVM::LinkageAttr::get(context, LLVM::Linkage::Internal));
  module.push_back(kernel.release());
  kernels.push_back({symbol, op.str(), 0});
}

//===----------------------------------------------------------------------===//
// Constants
//===----------------------------------------------------------------------===//

int64_t ConstantLibrary::intern(DenseElementsAttr data) {
  auto [it, isNew] = byData.try_emplace(data, symbols.size());
  if (isNew)
    add(data);
  return it->second;
}

void ConstantLibrary::add(DenseElementsAttr data) {
  OpBuilder builder = OpBuilder::atBlockBegin(module.getBody());
  std::string symbol = "moe_constant_" + std::to_string(symbols.size());
  symbols.push_back(symbol);
  // Booleans take a byte each.
  if (data.getElementType().isInteger(1))
    data = data.mapValues(builder.getI8Type(),
                          [](const APInt &bit) { return bit.zext(8); });
  data = data.reshape(
      RankedTensorType::get({data.getNumElements()}, data.getElementType()));
  LLVM::GlobalOp::create(
      builder, module.getLoc(),
      LLVM::LLVMArrayType::get(data.getElementType(), data.getNumElements()),
      /*isConstant=*/true, LLVM::Linkage::Internal, symbol, data,
      /*alignment=*/64);
}
