// RUN: moe-opt %s --spmd-set-mesh=mesh=data=2,expert=8 | FileCheck %s
// RUN: not moe-opt %s --spmd-set-mesh=mesh=model=2 2>&1 | FileCheck %s --check-prefix=AXIS
// RUN: not moe-opt %s --spmd-set-mesh=mesh=data=none 2>&1 | FileCheck %s --check-prefix=SIZE
// RUN: not moe-opt %s --spmd-set-mesh=mesh=data=0 2>&1 | FileCheck %s --check-prefix=SIZE
// RUN: cp %s %t && echo 'spmd.mesh @other ["data"=1]' >> %t
// RUN: not moe-opt %t --spmd-set-mesh=mesh=data=2 2>&1 | FileCheck %s --check-prefix=TWO

// CHECK: spmd.mesh @mesh ["data"=2, "expert"=8, "rest"=3]
// AXIS:  --mesh names axis "model", which is not an axis of @mesh
// TWO:   --mesh needs exactly one spmd.mesh, the module has 2
// SIZE:  --mesh wants axis=size with a positive size, got 'data={{.*}}'; write for example data=2,expert=4
spmd.mesh @mesh ["data"=1, "expert"=4, "rest"=3]
