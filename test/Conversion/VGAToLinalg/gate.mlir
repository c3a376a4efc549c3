// RUN: vga-opt %s --convert-vga-to-linalg --canonicalize --cse --split-input-file | FileCheck %s

// g[b,(k,r),s] = sigmoid(sum_d x[b,k,s,d] W[(k,r),d] + b[(k,r)]): gate head
// (k, r) reads source head k.
// CHECK-DAG: #[[$X:.*]] = affine_map<(d0, d1, d2, d3, d4) -> (d0, d1, d3, d4)>
// CHECK-DAG: #[[$W:.*]] = affine_map<(d0, d1, d2, d3, d4) -> (d1, d2, d4)>
// CHECK-DAG: #[[$G:.*]] = affine_map<(d0, d1, d2, d3, d4) -> (d0, d1, d2, d3)>
// CHECK-LABEL: func @per_head
// CHECK-SAME:    %[[SOURCE:.*]]: tensor<3x2x8x16xf16>, %[[WEIGHT:.*]]: tensor<4x16xf32>, %[[BIAS:.*]]: tensor<4xf16>
func.func @per_head(%x: tensor<3x2x8x16xf16>, %w: tensor<4x16xf32>, %b: tensor<4xf16>) -> tensor<3x4x8xf32> {
  // CHECK-DAG: %[[ONE:.*]] = arith.constant 1.000000e+00 : f32
  // CHECK-DAG: %[[WEIGHTS:.*]] = tensor.expand_shape %[[WEIGHT]] {{.*}} into tensor<2x2x16xf32>
  // CHECK-DAG: %[[BIASES:.*]] = tensor.expand_shape %[[BIAS]] {{.*}} into tensor<2x2xf16>
  // CHECK: %[[START:.*]] = linalg.generic {{.*}} ins(%[[BIASES]]
  // CHECK:   arith.extf %{{.*}} : f16 to f32
  // CHECK: %[[LOGITS:.*]] = linalg.generic {indexing_maps = [#[[$X]], #[[$W]], #[[$G]]], {{.*}} ins(%[[SOURCE]], %[[WEIGHTS]] : {{.*}} outs(%[[START]]
  // CHECK: linalg.generic {{.*}} ins(%[[LOGITS]]
  // CHECK:   %[[MINUS:.*]] = arith.negf
  // CHECK:   %[[EXP:.*]] = math.exp %[[MINUS]]
  // CHECK:   %[[SUM:.*]] = arith.addf %[[EXP]], %[[ONE]]
  // CHECK:   arith.divf %[[ONE]], %[[SUM]]
  // CHECK: tensor.collapse_shape %{{.*}} into tensor<3x4x8xf32>
  %g = vga.gate %x, %w bias(%b : tensor<4xf16>) : tensor<3x2x8x16xf16>, tensor<4x16xf32>
  return %g : tensor<3x4x8xf32>
}

// -----

// Every gate head reads every source head.
// CHECK-DAG: #[[$X:.*]] = affine_map<(d0, d1, d2, d3, d4, d5) -> (d0, d4, d3, d5)>
// CHECK-DAG: #[[$W:.*]] = affine_map<(d0, d1, d2, d3, d4, d5) -> (d4, d5, d1, d2)>
// CHECK-LABEL: func @cross_head
func.func @cross_head(%x: tensor<3x2x8x16xf32>, %w: tensor<2x16x6xf32>) -> tensor<3x6x8xf32> {
  // CHECK: linalg.generic {indexing_maps = [#[[$X]], #[[$W]], #{{.*}}], iterator_types = ["parallel", "parallel", "parallel", "parallel", "reduction", "reduction"]}
  // CHECK-NOT: math.exp
  %g = vga.gate %x, %w mixing cross_head activation identity : tensor<3x2x8x16xf32>, tensor<2x16x6xf32>
  return %g : tensor<3x6x8xf32>
}

// -----

// One gate per channel, in the layout.
// CHECK-DAG: #[[$X:.*]] = affine_map<(d0, d1, d2, d3, d4, d5) -> (d0, d1, d2, d5)>
// CHECK-DAG: #[[$W:.*]] = affine_map<(d0, d1, d2, d3, d4, d5) -> (d2, d3, d5, d4)>
// CHECK-DAG: #[[$G:.*]] = affine_map<(d0, d1, d2, d3, d4, d5) -> (d0, d1, d2, d3, d4)>
// CHECK-LABEL: func @elementwise
func.func @elementwise(%x: tensor<3x?x2x16xf32>, %w: tensor<4x16x5xf32>, %b: tensor<4x5xf32>) -> tensor<3x?x4x5xf32> {
  // CHECK: %[[ZERO:.*]] = arith.constant 0.000000e+00 : f32
  // CHECK: linalg.generic {indexing_maps = [#[[$X]], #[[$W]], #[[$G]]]
  // log(1 + exp(x)) without overflow.
  // CHECK: %[[ABS:.*]] = math.absf %[[LOGIT:.*]] : f32
  // CHECK: %[[MINUS:.*]] = arith.negf %[[ABS]]
  // CHECK: %[[EXP:.*]] = math.exp %[[MINUS]]
  // CHECK: %[[TAIL:.*]] = math.log1p %[[EXP]]
  // CHECK: %[[RAMP:.*]] = arith.maximumf %[[LOGIT]], %[[ZERO]]
  // CHECK: arith.addf %[[RAMP]], %[[TAIL]]
  // CHECK: tensor.collapse_shape %{{.*}} into tensor<3x?x4x5xf32>
  %g = vga.gate %x, %w bias(%b : tensor<4x5xf32>) activation softplus layout bshd : tensor<3x?x2x16xf32>, tensor<4x16x5xf32>
  return %g : tensor<3x?x4x5xf32>
}

// -----

// Gates of f64 are computed in f64.
// CHECK-LABEL: func @f64
// CHECK-NOT: f32
// CHECK: math.exp %{{.*}} : f64
func.func @f64(%x: tensor<1x2x8x4xf64>, %w: tensor<2x4xf64>) -> tensor<1x2x8xf64> {
  %g = vga.gate %x, %w : tensor<1x2x8x4xf64>, tensor<2x4xf64>
  return %g : tensor<1x2x8xf64>
}
