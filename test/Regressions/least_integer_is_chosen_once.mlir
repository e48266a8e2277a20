// The least i64 is a score like any other: compiled, top_k chose index 0 twice
// instead.
// RUN: moe-run %s --entry=f --check --summary=none
spmd.mesh @mesh ["x"=1]
func.func @f() -> (tensor<2xi64> {moe.name = "value"}, tensor<2xi32> {moe.name = "index"}) {
  %x = arith.constant dense<[5, -9223372036854775808]> : tensor<2xi64>
  %v, %i = moe.top_k %x k 2 dim 0 : tensor<2xi64> -> tensor<2xi64>, tensor<2xi32>
  return %v, %i : tensor<2xi64>, tensor<2xi32>
}
