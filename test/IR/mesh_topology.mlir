// What a message costs along each axis of a mesh: read, written, checked, and kept when the mesh gets its sizes.
// RUN: split-file %s %t
// RUN: moe-opt %t/links.mlir | moe-opt | FileCheck %t/links.mlir
// RUN: moe-opt %t/links.mlir --spmd-set-mesh=mesh=node=3 | FileCheck %t/links.mlir --check-prefix=SIZED
// RUN: moe-opt %t/errors.mlir --split-input-file --verify-diagnostics

//--- links.mlir
// What is left out has its default, inside a machine or between two.
// CHECK: spmd.mesh @mesh ["node"=2, "gpu"=8, "rest"=1] topology ["node" leaves_node latency 5000 bandwidth 12500, "gpu" latency 1500 bandwidth 50000]
// SIZED: spmd.mesh @mesh ["node"=3, "gpu"=8, "rest"=1] topology ["node" leaves_node latency 5000 bandwidth 12500, "gpu" latency 1500 bandwidth 50000]
spmd.mesh @mesh ["node"=2, "gpu"=8, "rest"=1] topology ["node" leaves_node, "gpu" latency 1500]

//--- errors.mlir
// expected-error @+1 {{topology names axis "rack", which the mesh does not have; its axes are "node"=2}}
spmd.mesh @mesh ["node"=2] topology ["rack"]

// -----

// expected-error @+1 {{topology names axis "node" twice}}
spmd.mesh @mesh ["node"=2] topology ["node", "node" leaves_node]

// -----

// expected-error @+1 {{latency of axis "node" must not be negative, got -1 ns}}
spmd.mesh @mesh ["node"=2] topology ["node" latency -1]

// -----

// expected-error @+1 {{bandwidth of axis "node" must be positive, got 0 bytes a microsecond}}
spmd.mesh @mesh ["node"=2] topology ["node" bandwidth 0]

// -----

// expected-error @+1 {{order has 1 axes, the mesh has 2}}
spmd.mesh @mesh ["node"=2, "gpu"=2] order ["node"] topology ["node"]
