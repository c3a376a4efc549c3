// Each sum starts from zeros of its own; what only reads them shares.
// RUN: vga-opt %s --vga-gpu-separate-fills | FileCheck %s

#id = affine_map<(i, j) -> (i, j)>
#row = affine_map<(i, j) -> (i)>

// CHECK-LABEL: func @moments
// CHECK: %[[A:.*]] = linalg.fill
// CHECK: %[[B:.*]] = linalg.fill
// CHECK: linalg.generic
// CHECK-SAME: outs(%[[B]], %[[A]] : tensor<4xf32>, tensor<4xf32>)
func.func @moments(%x: tensor<4x8xf32>) -> (tensor<4xf32>, tensor<4xf32>) {
  %zero = arith.constant 0.0 : f32
  %e = tensor.empty() : tensor<4xf32>
  %z = linalg.fill ins(%zero : f32) outs(%e : tensor<4xf32>) -> tensor<4xf32>
  %s:2 = linalg.generic {indexing_maps = [#id, #row, #row], iterator_types = ["parallel", "reduction"]}
      ins(%x : tensor<4x8xf32>) outs(%z, %z : tensor<4xf32>, tensor<4xf32>) {
  ^bb0(%a: f32, %p: f32, %q: f32):
    %0 = arith.addf %p, %a : f32
    %1 = arith.mulf %a, %a : f32
    %2 = arith.addf %q, %1 : f32
    linalg.yield %0, %2 : f32, f32
  } -> (tensor<4xf32>, tensor<4xf32>)
  return %s#0, %s#1 : tensor<4xf32>, tensor<4xf32>
}

// CHECK-LABEL: func @shared
// CHECK: %[[Z:.*]] = linalg.fill
// CHECK-NOT: linalg.fill
// CHECK: linalg.add ins(%[[Z]], %[[Z]] :
func.func @shared(%x: tensor<4xf32>) -> tensor<4xf32> {
  %zero = arith.constant 0.0 : f32
  %z = linalg.fill ins(%zero : f32) outs(%x : tensor<4xf32>) -> tensor<4xf32>
  %s = linalg.add ins(%z, %z : tensor<4xf32>, tensor<4xf32>) outs(%x : tensor<4xf32>) -> tensor<4xf32>
  return %s : tensor<4xf32>
}
