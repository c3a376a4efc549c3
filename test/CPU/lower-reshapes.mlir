// RUN: vga-opt %s --vga-lower-reshapes | FileCheck %s

// Two dynamic sizes of one: upstream would find each from the other.
// CHECK-LABEL: func @buffers
// CHECK-SAME: %[[X:.*]]: memref<?x8xf32, strided<[?, 8], offset: ?>>, %[[N:.*]]: index, %[[M:.*]]: index
// CHECK: %[[BASE:.*]], %[[OFFSET:.*]], %{{.*}}:2, %[[STRIDES:.*]]:2 = memref.extract_strided_metadata %[[X]]
// CHECK: %[[S1:.*]] = arith.muli %[[STRIDES]]#0, %[[M]] : index
// CHECK: memref.reinterpret_cast %[[BASE]] to offset: [%[[OFFSET]]], sizes: [%[[N]], %[[M]], 2, 4], strides: [%[[S1]], %[[STRIDES]]#0, 32, 8]
// One is found by upstream.
// CHECK: memref.expand_shape
func.func @buffers(%x: memref<?x8xf32, strided<[?, 8], offset: ?>>, %n: index, %m: index)
    -> (memref<?x?x2x4xf32, strided<[?, ?, 32, 8], offset: ?>>, memref<?x2x8xf32, strided<[?, ?, 8], offset: ?>>) {
  %y = memref.expand_shape %x [[0, 1], [2, 3]] output_shape [%n, %m, 2, 4]
      : memref<?x8xf32, strided<[?, 8], offset: ?>> into memref<?x?x2x4xf32, strided<[?, ?, 32, 8], offset: ?>>
  %z = memref.expand_shape %x [[0, 1], [2]] output_shape [%n, 2, 8]
      : memref<?x8xf32, strided<[?, 8], offset: ?>> into memref<?x2x8xf32, strided<[?, ?, 8], offset: ?>>
  return %y, %z : memref<?x?x2x4xf32, strided<[?, ?, 32, 8], offset: ?>>, memref<?x2x8xf32, strided<[?, ?, 8], offset: ?>>
}
