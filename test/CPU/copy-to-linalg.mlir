// RUN: vga-opt %s --vga-copy-to-linalg | FileCheck %s

// CHECK-LABEL: func @strided
// CHECK-SAME:    %[[FROM:.*]]: memref<4x?xf32, strided<[?, 1]>>, %[[TO:.*]]: memref<4x?xf32>
func.func @strided(%from: memref<4x?xf32, strided<[?, 1]>>, %to: memref<4x?xf32>) {
  // CHECK: linalg.generic
  // CHECK-SAME: iterator_types = ["parallel", "parallel"]
  // CHECK-SAME: ins(%[[FROM]] : {{.*}}) outs(%[[TO]] :
  // CHECK: ^bb0(%[[ELEMENT:.*]]: f32, %{{.*}}: f32):
  // CHECK-NEXT: linalg.yield %[[ELEMENT]]
  // CHECK-NOT: memref.copy
  memref.copy %from, %to : memref<4x?xf32, strided<[?, 1]>> to memref<4x?xf32>
  return
}
