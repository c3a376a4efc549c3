// Products of matrices that have no kernel are errors.
// RUN: vga-opt %s --convert-products-to-nvvm -verify-diagnostics -split-input-file
// RUN: not vga-opt %s --convert-products-to-nvvm=chip=sm_10 2>&1 | FileCheck %s --check-prefix=CHIP
// CHIP: error: no kernels for 'sm_10'; there are some for

func.func @integers(%x: tensor<4x8xi32>, %y: tensor<8x4xi32>, %z: tensor<4x4xi32>) -> tensor<4x4xi32> {
  // expected-error@+1 {{'linalg.matmul' op has no kernel yet: products of matrices are of f16, bf16 and f32, got i32}}
  %r = linalg.matmul ins(%x, %y : tensor<4x8xi32>, tensor<8x4xi32>) outs(%z : tensor<4x4xi32>) -> tensor<4x4xi32>
  return %r : tensor<4x4xi32>
}

// -----

func.func @double(%x: tensor<4x8xf32>, %y: tensor<8x4xf32>, %z: tensor<4x4xf64>) -> tensor<4x4xf64> {
  // expected-error@+1 {{products of matrices are of f16, bf16 and f32, got f64}}
  %r = linalg.matmul ins(%x, %y : tensor<4x8xf32>, tensor<8x4xf32>) outs(%z : tensor<4x4xf64>) -> tensor<4x4xf64>
  return %r : tensor<4x4xf64>
}

// -----

// The operands would be rounded before they are multiplied.
func.func @rounded(%x: tensor<4x8xf32>, %y: tensor<8x4xf32>, %z: tensor<4x4xbf16>) -> tensor<4x4xbf16> {
  // expected-error@+1 {{'linalg.matmul' op has no kernel yet: 'arith.truncf' is not part of a product of matrices}}
  %r = linalg.matmul ins(%x, %y : tensor<4x8xf32>, tensor<8x4xf32>) outs(%z : tensor<4x4xbf16>) -> tensor<4x4xbf16>
  return %r : tensor<4x4xbf16>
}

// -----

// Where a size is dynamic, upstream's verifier compares none.
func.func @sizes(%x: tensor<?x8xf32>, %y: tensor<9x4xf32>, %z: tensor<?x4xf32>) -> tensor<?x4xf32> {
  // expected-error@+1 {{'linalg.matmul' op has no kernel yet: operand #1 has size 9 where others have 8}}
  %r = linalg.matmul ins(%x, %y : tensor<?x8xf32>, tensor<9x4xf32>) outs(%z : tensor<?x4xf32>) -> tensor<?x4xf32>
  return %r : tensor<?x4xf32>
}
