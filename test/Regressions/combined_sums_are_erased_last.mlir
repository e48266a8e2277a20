// Of three all_reduces the second was erased while the builder stood in front of it.
// RUN: moe-opt %s --spmd-combine-all-reduces -o %t
// RUN: moe-interpret %s --exact --compare=%t
#part = #spmd.sharding<@mesh, [], unreduced = sum{"x"}>
#sum = #spmd.sharding<@mesh, []>
spmd.mesh @mesh ["x"=2]
func.func @f(%a: tensor<f32> {spmd.sharding = #sum, spmd.global = tensor<f32>})
    -> (tensor<f32> {spmd.sharding = #sum, spmd.global = tensor<f32>},
        tensor<f32> {spmd.sharding = #sum, spmd.global = tensor<f32>},
        tensor<f32> {spmd.sharding = #sum, spmd.global = tensor<f32>}) {
  %0 = spmd.all_reduce %a from #part to #sum of tensor<f32> : tensor<f32> -> tensor<f32>
  %1 = spmd.all_reduce %a from #part to #sum of tensor<f32> : tensor<f32> -> tensor<f32>
  %2 = spmd.all_reduce %a from #part to #sum of tensor<f32> : tensor<f32> -> tensor<f32>
  return %0, %1, %2 : tensor<f32>, tensor<f32>, tensor<f32>
}
