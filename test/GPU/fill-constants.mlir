// Constants of one value are filled in where they are needed; others stay.
// RUN: vga-opt %s --vga-gpu-fill-constants | FileCheck %s

// CHECK-LABEL: func @constants
// CHECK-DAG: %[[ONE:.*]] = arith.constant 1.000000e+00 : bf16
// CHECK-DAG: %[[LIST:.*]] = arith.constant dense<[1, 2]> : tensor<2xi32>
// CHECK-DAG: %[[SPLAT:.*]] = tensor.empty() : tensor<2x3xbf16>
// CHECK-DAG: %[[ONES:.*]] = linalg.fill ins(%[[ONE]] : bf16) outs(%[[SPLAT]] : tensor<2x3xbf16>)
// CHECK-DAG: %[[EMPTY:.*]] = tensor.empty() : tensor<0xf32>
// CHECK-DAG: %[[NONE:.*]] = linalg.fill {{.*}} outs(%[[EMPTY]] : tensor<0xf32>)
// CHECK: return %[[ONES]], %[[LIST]], %[[NONE]]
func.func @constants() -> (tensor<2x3xbf16>, tensor<2xi32>, tensor<0xf32>) {
  %0 = arith.constant dense<1.0> : tensor<2x3xbf16>
  %1 = arith.constant dense<[1, 2]> : tensor<2xi32>
  %2 = arith.constant dense<> : tensor<0xf32>
  return %0, %1, %2 : tensor<2x3xbf16>, tensor<2xi32>, tensor<0xf32>
}

// CHECK-LABEL: func @splat
// CHECK-SAME: %[[X:.*]]: f32, %[[N:.*]]: index
// CHECK: %[[EMPTY:.*]] = tensor.empty(%[[N]]) : tensor<?x4xf32>
// CHECK: %[[FILL:.*]] = linalg.fill ins(%[[X]] : f32) outs(%[[EMPTY]] : tensor<?x4xf32>)
// CHECK: return %[[FILL]]
func.func @splat(%x: f32, %n: index) -> tensor<?x4xf32> {
  %0 = tensor.splat %x[%n] : tensor<?x4xf32>
  return %0 : tensor<?x4xf32>
}
