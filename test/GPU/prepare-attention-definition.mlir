// Attention without a kernel is computed as it is defined, operation by operation, and a remark says why.
// RUN: vga-opt %s --vga-gpu-prepare-attention=or-definition -verify-diagnostics -split-input-file | FileCheck %s

// CHECK-LABEL: func @double
// CHECK-NOT: vga.attention %{{.*}} tensor<1x2x9x8xf64>
// CHECK: vga.attention {{.*}} tensor<1x2x9x8xf32>
// CHECK-NOT: vga.attention
func.func @double(%q: tensor<1x2x9x8xf64>, %p: tensor<1x2x9x8xf32>) -> (tensor<1x2x9x8xf64>, tensor<1x2x9x8xf32>) {
  // expected-remark@+1 {{'vga.attention' op is computed as it is defined, with all scores in memory: kernels have elements of f16, bf16 or f32, not f64}}
  %y = vga.attention %q, %q, %q : tensor<1x2x9x8xf64>, tensor<1x2x9x8xf64>, tensor<1x2x9x8xf64>
  %z = vga.attention %p, %p, %p : tensor<1x2x9x8xf32>, tensor<1x2x9x8xf32>, tensor<1x2x9x8xf32>
  return %y, %z : tensor<1x2x9x8xf64>, tensor<1x2x9x8xf32>
}

// -----

// Pages are gathered by operations that become kernels; positions past a length are not looked at.
// CHECK-LABEL: func @large_heads_in_pages
// CHECK-NOT: scf.forall
// CHECK: linalg.generic
// CHECK: tensor.extract %{{.*}} : tensor<2xi32>
// CHECK: scf.if
// CHECK: tensor.extract %{{.*}} : tensor<2x3xi32>
// CHECK: tensor.extract %{{.*}} : tensor<9x1x16x320xf32>
// CHECK-NOT: scf.forall
func.func @large_heads_in_pages(%q: tensor<2x1x4x320xf32>, %k: tensor<9x1x16x320xf32>, %t: tensor<2x3xi32>, %n: tensor<2xi32>) -> tensor<2x1x4x320xf32> {
  // expected-remark@+1 {{kernels have keys of 1 to 256 channels, not 320}}
  %z = vga.attention %q, %k, %k kv_length(%n : tensor<2xi32>) block_table(%t : tensor<2x3xi32>)
    : tensor<2x1x4x320xf32>, tensor<9x1x16x320xf32>, tensor<9x1x16x320xf32>
  return %z : tensor<2x1x4x320xf32>
}

// -----

// CHECK-LABEL: func @large_heads
// CHECK-NOT: vga.attention
func.func @large_heads(%q: tensor<1x2x5x257xbf16>) -> tensor<1x2x5x257xbf16> {
  // expected-remark@+1 {{kernels have keys of 1 to 256 channels, not 257}}
  %z = vga.attention %q, %q, %q : tensor<1x2x5x257xbf16>, tensor<1x2x5x257xbf16>, tensor<1x2x5x257xbf16>
  return %z : tensor<1x2x5x257xbf16>
}
