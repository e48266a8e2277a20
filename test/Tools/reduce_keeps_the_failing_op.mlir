// A stand-in for a bug in moe.softmax: a model is interesting while one is left.
// RUN: printf '#!/bin/sh\ngrep -q moe.softmax "$1"\n' > %t.sh && chmod +x %t.sh
// RUN: moe-reduce %s --test=%t.sh | FileCheck %s

// Everything else goes: ops, results, arguments, the other function.
// CHECK:       module {
// CHECK-NEXT:    func.func @shrinks() {
// CHECK-NEXT:      arith.constant
// CHECK-NEXT:      moe.softmax
// CHECK-NEXT:      return
// CHECK-NEXT:    }
// CHECK-NEXT:  }
func.func @shrinks(%a: tensor<4x8xf32>) -> tensor<4x8xf32> {
  %0 = moe.cumsum %a dim 0 : tensor<4x8xf32>
  %1 = moe.softmax %0 dim 1 : tensor<4x8xf32>
  %2 = moe.cumsum %1 dim 1 : tensor<4x8xf32>
  return %2 : tensor<4x8xf32>
}
func.func @goes(%a: tensor<4x8xf32>) { return }

// RUN: printf '#!/bin/sh\nexit 1\n' > %t.never.sh && chmod +x %t.never.sh
// RUN: not moe-reduce %s --test=%t.never.sh 2>&1 | FileCheck %s --check-prefix=NEVER
// NEVER: is not interesting: the test must exit 0 for it

// RUN: not moe-reduce %s --test=%t.missing 2>&1 | FileCheck %s --check-prefix=MISSING
// MISSING: cannot be executed
