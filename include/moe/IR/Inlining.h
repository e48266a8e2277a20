// Every op of both dialects is pure and may be inlined anywhere.
#pragma once

#include "mlir/Transforms/InliningUtils.h"

namespace spmd {

struct AlwaysInline : mlir::DialectInlinerInterface {
  using DialectInlinerInterface::DialectInlinerInterface;
  bool isLegalToInline(mlir::Operation *, mlir::Region *, bool,
                       mlir::IRMapping &) const final {
    return true;
  }
};

} // namespace spmd
