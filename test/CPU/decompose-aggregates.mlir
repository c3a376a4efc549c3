// RUN: vga-opt %s --vga-decompose-aggregates | FileCheck %s
// RUN: %if numpy %{ %python -c "import numpy as np; np.save(r'%t.npy', np.arange(8, dtype=np.float32).reshape(2, 4))" && vga-run %s --entry main --input %t.npy | FileCheck %s --check-prefix=VALUES %}

// CHECK-LABEL: func @main
// CHECK: arith.maxnumf
// CHECK: arith.subf
// CHECK: math.exp
// CHECK: arith.addf
// CHECK: arith.divf
// CHECK-NOT: linalg.softmax
// VALUES-COUNT-2: [0.0320{{[0-9]+}}, 0.0871{{[0-9]+}}, 0.2368{{[0-9]+}}, 0.6439{{[0-9]+}}]
func.func @main(%x: tensor<2x4xf32>) -> tensor<2x4xf32> {
  %empty = tensor.empty() : tensor<2x4xf32>
  %y = linalg.softmax dimension(1) ins(%x : tensor<2x4xf32>) outs(%empty : tensor<2x4xf32>) -> tensor<2x4xf32>
  return %y : tensor<2x4xf32>
}

// A size that only one of the types has.
// CHECK-LABEL: func @known_by_output
// CHECK-SAME: %[[X:.*]]: tensor<?x4xf32>, %[[Y:.*]]: tensor<2x?xf32>
// CHECK-DAG: %[[IN:.*]] = tensor.cast %[[X]] : tensor<?x4xf32> to tensor<2x4xf32>
// CHECK-DAG: %[[OUT:.*]] = tensor.cast %[[Y]] : tensor<2x?xf32> to tensor<2x4xf32>
// CHECK: linalg.generic {{.*}} ins(%[[IN]] : tensor<2x4xf32>) outs(%{{.*}} : tensor<2xf32>)
// CHECK: %[[R:.*]] = linalg.generic {{.*}} outs(%[[OUT]] : tensor<2x4xf32>)
// CHECK: arith.divf
// CHECK: tensor.cast %{{.*}} : tensor<2x4xf32> to tensor<2x?xf32>
func.func @known_by_output(%x: tensor<?x4xf32>, %y: tensor<2x?xf32>) -> tensor<2x?xf32> {
  %r = linalg.softmax dimension(1) ins(%x : tensor<?x4xf32>) outs(%y : tensor<2x?xf32>) -> tensor<2x?xf32>
  return %r : tensor<2x?xf32>
}
