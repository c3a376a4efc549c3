// What can not be decomposed.
// RUN: vga-opt %s --vga-decompose-aggregates -verify-diagnostics -split-input-file
// RUN: not vga-opt %s --split-input-file --vga-cpu-pipeline -o %t 2>&1 | FileCheck %s
// CHECK: error: 'linalg.softmax' op expected floats, got 'i32'

func.func @integers(%x: tensor<2x4xi32>) -> tensor<2x4xi32> {
  // expected-error@+1 {{'linalg.softmax' op expected floats, got 'i32'}}
  %y = linalg.softmax dimension(1) ins(%x : tensor<2x4xi32>) outs(%x : tensor<2x4xi32>) -> tensor<2x4xi32>
  return %y : tensor<2x4xi32>
}

// -----

func.func @buffers(%x: memref<2x4xf32>, %y: memref<2x4xf32>) {
  // expected-error@+1 {{'linalg.softmax' op expected tensors}}
  linalg.softmax dimension(1) ins(%x : memref<2x4xf32>) outs(%y : memref<2x4xf32>)
  return
}
