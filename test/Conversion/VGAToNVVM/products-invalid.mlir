// Products of matrices that can not be are errors.
// RUN: vga-opt %s --convert-products-to-nvvm -verify-diagnostics

// Where a size is dynamic, upstream's verifier compares none.
func.func @sizes(%x: tensor<?x8xf32>, %y: tensor<9x4xf32>, %z: tensor<?x4xf32>) -> tensor<?x4xf32> {
  // expected-error@+1 {{'linalg.matmul' op has no kernel yet: operand #1 has size 9 where others have 8}}
  %r = linalg.matmul ins(%x, %y : tensor<?x8xf32>, tensor<9x4xf32>) outs(%z : tensor<?x4xf32>) -> tensor<?x4xf32>
  return %r : tensor<?x4xf32>
}
