#include "tools/moe-fuzz/Shrink.h"

#include "moe/IR/Moe.h"

#include "mlir/Interfaces/SideEffectInterfaces.h"

using namespace mlir;

namespace moe::fuzz {

static func::FuncOp entryOf(ModuleOp module) {
  return module.lookupSymbol<func::FuncOp>("forward");
}

static void setResults(func::FuncOp func) {
  func.setType(FunctionType::get(
      func.getContext(), func.getArgumentTypes(),
      func.getBody().front().getTerminator()->getOperandTypes()));
}

static void dropResult(func::FuncOp func, unsigned index) {
  SmallVector<Attribute> attrs;
  for (unsigned i = 0; i < func.getNumResults(); ++i)
    if (i != index)
      attrs.push_back(func.getResultAttrDict(i)
                          ? func.getResultAttrDict(i)
                          : DictionaryAttr::get(func.getContext()));
  func.removeResAttrsAttr();
  func.getBody().front().getTerminator()->eraseOperand(index);
  setResults(func);
  for (auto [i, attr] : llvm::enumerate(attrs))
    func.setResultAttrs(i, cast<DictionaryAttr>(attr));
}

// Ops whose results nothing uses.
static void dropDeadOps(func::FuncOp func) {
  for (Operation &op :
       llvm::make_early_inc_range(llvm::reverse(func.getBody().front())))
    if (isOpTriviallyDead(&op))
      op.erase();
}

// An argument takes the place of each result that is used; false where there is
// none.
static bool replaceByArguments(func::FuncOp func, Operation *op) {
  if (op->use_empty())
    return false;
  for (OpResult result : op->getResults()) {
    if (result.use_empty())
      continue;
    unsigned index = func.getNumArguments();
    auto name = StringAttr::get(func.getContext(),
                                "v" + std::to_string(index) + "_" +
                                    std::to_string(func.getNumResults()));
    auto attrs = DictionaryAttr::get(
        func.getContext(),
        NamedAttribute(StringAttr::get(func.getContext(), kNameAttr), name));
    if (failed(
            func.insertArgument(index, result.getType(), attrs, op->getLoc())))
      return false;
    result.replaceAllUsesWith(func.getArgument(index));
  }
  return true;
}

// The op's first operand of its type takes its place; false where there is
// none.
static bool replaceByOperand(Operation *op) {
  if (op->getNumResults() != 1)
    return false;
  for (Value operand : op->getOperands())
    if (operand.getType() == op->getResult(0).getType()) {
      op->getResult(0).replaceAllUsesWith(operand);
      return true;
    }
  return false;
}

namespace {

using Edit = std::function<bool(func::FuncOp)>;

/// The smallest module so far.
class ModuleShrinker {
public:
  ModuleShrinker(ModuleOp module,
                 const std::function<bool(ModuleOp)> &stillFails)
      : best(module.clone()), stillFails(stillFails) {}

  OwningOpRef<ModuleOp> run() {
    bool changed = true;
    while (changed) {
      changed = dropResults();
      changed |= dropOps();
      changed |= dropAttributes();
      changed |= dropArguments();
    }
    return std::move(best);
  }

private:
  func::FuncOp entry() { return entryOf(*best); }

  // Whether the module still fails behind the edit, which then stays.
  bool attempt(const Edit &edit) {
    OwningOpRef<ModuleOp> copy = best->clone();
    if (!edit(entryOf(*copy)))
      return false;
    dropDeadOps(entryOf(*copy));
    OwningOpRef<ModuleOp> tried = copy->clone();
    if (!stillFails(*tried))
      return false;
    best = std::move(copy);
    return true;
  }

  bool dropResults() {
    bool changed = false;
    for (unsigned i = entry().getNumResults(); i-- > 0;)
      changed |= attempt([i](func::FuncOp func) {
        dropResult(func, i);
        return true;
      });
    return changed;
  }

  bool dropOps() {
    bool changed = false;
    auto opAt = [](func::FuncOp func, unsigned i) {
      return &*std::next(func.getBody().front().begin(), i);
    };
    auto count = [&] {
      return entry().getBody().front().getOperations().size();
    };
    for (unsigned i = count() - 1; i-- > 0;) {
      if (i + 1 >= count())
        continue;
      changed |= attempt([&](func::FuncOp func) {
                   return replaceByOperand(opAt(func, i));
                 }) ||
                 attempt([&](func::FuncOp func) {
                   return replaceByArguments(func, opAt(func, i));
                 });
    }
    return changed;
  }

  bool dropAttributes() {
    bool changed = false;
    StringRef sharding = spmd::SpmdDialect::getShardingAttrName();
    for (unsigned i = 0; i < entry().getNumArguments(); ++i)
      for (StringRef name : {sharding, StringRef(kBoundAttr)})
        changed |= attempt([&](func::FuncOp func) {
          return bool(func.removeArgAttr(i, name));
        });
    for (unsigned i = 0; i < entry().getNumResults(); ++i)
      changed |= attempt([&](func::FuncOp func) {
        return bool(func.removeResultAttr(
            i, StringAttr::get(func.getContext(), sharding)));
      });
    return changed;
  }

  bool dropArguments() {
    bool changed = false;
    for (unsigned i = entry().getNumArguments(); i-- > 0;)
      if (entry().getArgument(i).use_empty())
        changed |= attempt([i](func::FuncOp func) {
          return succeeded(func.eraseArgument(i));
        });
    return changed;
  }

  OwningOpRef<ModuleOp> best;
  const std::function<bool(ModuleOp)> &stillFails;
};

} // namespace

OwningOpRef<ModuleOp>
shrinkModule(ModuleOp module, const std::function<bool(ModuleOp)> &stillFails) {
  return ModuleShrinker(module, stillFails).run();
}

} // namespace moe::fuzz
