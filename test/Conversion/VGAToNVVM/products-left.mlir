// Products of matrices that have no kernel here stay as they are, and become sums.
// RUN: vga-opt %s --convert-products-to-nvvm | FileCheck %s
// RUN: vga-opt %s --vga-gpu-kernel-pipeline | FileCheck %s --check-prefix=SUMS
// RUN: not vga-opt %s --convert-products-to-nvvm=chip=sm_10 2>&1 | FileCheck %s --check-prefix=CHIP
// CHIP: error: no kernels for 'sm_10'; there are some for

// CHECK-LABEL: func @integers
// CHECK: linalg.matmul
// SUMS-LABEL: func @integers
// SUMS: gpu.launch_func @vga_kernels::@sums_
func.func @integers(%x: tensor<4x8xi32>, %y: tensor<8x4xi32>, %z: tensor<4x4xi32>) -> tensor<4x4xi32> {
  %r = linalg.matmul ins(%x, %y : tensor<4x8xi32>, tensor<8x4xi32>) outs(%z : tensor<4x4xi32>) -> tensor<4x4xi32>
  return %r : tensor<4x4xi32>
}

// CHECK-LABEL: func @double
// CHECK: linalg.matmul
// SUMS-LABEL: func @double
// SUMS: gpu.launch_func @vga_kernels::@sums_
func.func @double(%x: tensor<4x8xf32>, %y: tensor<8x4xf32>, %z: tensor<4x4xf64>) -> tensor<4x4xf64> {
  %r = linalg.matmul ins(%x, %y : tensor<4x8xf32>, tensor<8x4xf32>) outs(%z : tensor<4x4xf64>) -> tensor<4x4xf64>
  return %r : tensor<4x4xf64>
}

// The operands are rounded before they are multiplied.
// CHECK-LABEL: func @rounded
// CHECK: linalg.matmul
// SUMS-LABEL: func @rounded
// SUMS: gpu.launch_func @vga_kernels::@sums_
func.func @rounded(%x: tensor<4x8xf32>, %y: tensor<8x4xf32>, %z: tensor<4x4xbf16>) -> tensor<4x4xbf16> {
  %r = linalg.matmul ins(%x, %y : tensor<4x8xf32>, tensor<8x4xf32>) outs(%z : tensor<4x4xbf16>) -> tensor<4x4xbf16>
  return %r : tensor<4x4xbf16>
}

// Of nothing.
// CHECK-LABEL: func @no_columns
// CHECK: linalg.matmul
func.func @no_columns(%x: tensor<1x6xf32>, %y: tensor<6x0xf32>, %z: tensor<1x0xf32>) -> tensor<1x0xf32> {
  %r = linalg.matmul ins(%x, %y : tensor<1x6xf32>, tensor<6x0xf32>) outs(%z : tensor<1x0xf32>) -> tensor<1x0xf32>
  return %r : tensor<1x0xf32>
}
