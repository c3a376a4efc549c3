// Tiles are of buffers: tensors are no memory yet.
// RUN: vga-opt %s --vga-cpu-vectorize -split-input-file -verify-diagnostics

func.func @product(%a: tensor<16x16xf32>, %b: tensor<16x16xf32>, %c: tensor<16x16xf32>) -> tensor<16x16xf32> {
  // expected-error@+1 {{'linalg.matmul' op is on tensors: vga-cpu-vectorize comes after bufferization}}
  %r = linalg.matmul ins(%a, %b: tensor<16x16xf32>, tensor<16x16xf32>) outs(%c: tensor<16x16xf32>) -> tensor<16x16xf32>
  return %r : tensor<16x16xf32>
}

// -----

func.func @sum(%a: tensor<?xf32>, %c: tensor<?xf32>) -> tensor<?xf32> {
  // expected-error@+1 {{'linalg.add' op is on tensors: vga-cpu-vectorize comes after bufferization}}
  %r = linalg.add ins(%a, %a: tensor<?xf32>, tensor<?xf32>) outs(%c: tensor<?xf32>) -> tensor<?xf32>
  return %r : tensor<?xf32>
}
