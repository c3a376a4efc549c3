// RUN: vga-opt %s --convert-vga-to-linalg --canonicalize --cse --split-input-file | FileCheck %s

// The definition, step by step: scores, largest, weights, sum, values, division.
// Query head h = (n, g) reads key/value head n.

// CHECK-DAG: #[[$Q:.*]] = affine_map<(d0, d1, d2, d3, d4, d5) -> (d0, d1, d2, d3, d5)>
// CHECK-DAG: #[[$K:.*]] = affine_map<(d0, d1, d2, d3, d4, d5) -> (d0, d1, d4, d5)>
// CHECK-DAG: #[[$S:.*]] = affine_map<(d0, d1, d2, d3, d4, d5) -> (d0, d1, d2, d3, d4)>
// CHECK-DAG: #[[$V:.*]] = affine_map<(d0, d1, d2, d3, d4, d5) -> (d0, d1, d5, d4)>
// CHECK-DAG: #[[$ROW:.*]] = affine_map<(d0, d1, d2, d3, d4) -> (d0, d1, d2, d3)>
// CHECK-DAG: #[[$ALL:.*]] = affine_map<(d0, d1, d2, d3, d4) -> (d0, d1, d2, d3, d4)>
// CHECK-LABEL: func @plain
// CHECK-SAME:    %[[QUERY:.*]]: tensor<2x8x16x64xf32>, %[[KEY:.*]]: tensor<2x2x24x64xf32>, %[[VALUE:.*]]: tensor<2x2x24x32xf32>
func.func @plain(%q: tensor<2x8x16x64xf32>, %k: tensor<2x2x24x64xf32>, %v: tensor<2x2x24x32xf32>)
    -> (tensor<2x8x16x32xf32>, tensor<2x8x16xf32>) {
  // CHECK-DAG: %[[SCALE:.*]] = arith.constant 1.250000e-01 : f32
  // CHECK-DAG: %[[MINUS_INF:.*]] = arith.constant 0xFF800000 : f32
  // CHECK-DAG: %[[ZERO:.*]] = arith.constant 0.000000e+00 : f32
  // CHECK: %[[HEADS:.*]] = tensor.expand_shape %[[QUERY]] {{.*}} into tensor<2x2x4x16x64xf32>
  // CHECK: %[[SCORES:.*]] = linalg.generic {indexing_maps = [#[[$Q]], #[[$K]], #[[$S]]], iterator_types = ["parallel", "parallel", "parallel", "parallel", "parallel", "reduction"]} ins(%[[HEADS]], %[[KEY]]
  // CHECK:   %[[PRODUCT:.*]] = arith.mulf
  // CHECK:   arith.addf %{{.*}}, %[[PRODUCT]]
  // CHECK: %[[SCALED:.*]] = linalg.generic {{.*}} ins(%[[SCORES]]
  // CHECK:   arith.mulf %{{.*}}, %[[SCALE]]
  // CHECK-NOT: arith.select
  // CHECK: linalg.fill ins(%[[MINUS_INF]]
  // CHECK: %[[LARGEST:.*]] = linalg.generic {indexing_maps = [#[[$ALL]], #[[$ROW]]], {{.*}} ins(%[[SCALED]]
  // CHECK:   arith.maxnumf
  // A row without a key is shifted by 0.
  // CHECK: %[[SHIFT:.*]] = linalg.generic {{.*}} ins(%[[LARGEST]]
  // CHECK:   %[[EMPTY:.*]] = arith.cmpf oeq, %{{.*}}, %[[MINUS_INF]]
  // CHECK:   arith.select %[[EMPTY]], %[[ZERO]]
  // CHECK: %[[WEIGHTS:.*]] = linalg.generic {{.*}} ins(%[[SCALED]], %[[SHIFT]]
  // CHECK:   %[[SHIFTED:.*]] = arith.subf
  // CHECK:   math.exp %[[SHIFTED]]
  // CHECK: %[[SUM:.*]] = linalg.generic {indexing_maps = [#[[$ALL]], #[[$ROW]]], {{.*}} ins(%[[WEIGHTS]]
  // CHECK:   arith.addf
  // CHECK: %[[Z:.*]] = linalg.generic {indexing_maps = [#[[$Q]], #[[$V]], #[[$S]]], {{.*}} ins(%[[WEIGHTS]], %[[VALUE]]
  // CHECK: %[[OUT:.*]] = linalg.generic {{.*}} ins(%[[Z]], %[[SUM]]
  // CHECK: ^bb0(%[[Z_I:.*]]: f32, %[[L_I:.*]]: f32, %{{.*}}: f32)
  // CHECK:   %[[QUOTIENT:.*]] = arith.divf %[[Z_I]], %[[L_I]]
  // CHECK:   %[[NONE:.*]] = arith.cmpf oeq, %[[L_I]], %[[ZERO]]
  // CHECK:   arith.select %[[NONE]], %[[ZERO]], %[[QUOTIENT]]
  // CHECK: %[[RESULT:.*]] = tensor.collapse_shape %[[OUT]] {{.*}} into tensor<2x8x16x32xf32>
  // CHECK: %[[LSE:.*]] = linalg.generic {{.*}} ins(%[[SUM]], %[[SHIFT]]
  // CHECK: ^bb0(%[[L_I:.*]]: f32, %[[SHIFT_I:.*]]: f32, %{{.*}}: f32)
  // CHECK:   %[[LOG:.*]] = math.log %[[L_I]]
  // CHECK:   %[[VALUE_LSE:.*]] = arith.addf %[[LOG]], %[[SHIFT_I]]
  // CHECK:   %[[NONE:.*]] = arith.cmpf oeq, %[[L_I]], %[[ZERO]]
  // CHECK:   arith.select %[[NONE]], %[[MINUS_INF]], %[[VALUE_LSE]]
  // CHECK: tensor.collapse_shape %[[LSE]] {{.*}} into tensor<2x8x16xf32>
  // CHECK-NOT: vga.
  %o, %lse = vga.attention %q, %k, %v lse : tensor<2x8x16x64xf32>, tensor<2x2x24x64xf32>, tensor<2x2x24x32xf32>
  return %o, %lse : tensor<2x8x16x32xf32>, tensor<2x8x16xf32>
}

// -----

// Operands and result are read and written in their layout.
// CHECK-DAG: #[[$Q:.*]] = affine_map<(d0, d1, d2, d3, d4, d5) -> (d0, d3, d1, d2, d5)>
// CHECK-DAG: #[[$K:.*]] = affine_map<(d0, d1, d2, d3, d4, d5) -> (d0, d4, d1, d5)>
// CHECK-DAG: #[[$S:.*]] = affine_map<(d0, d1, d2, d3, d4, d5) -> (d0, d1, d2, d3, d4)>
// CHECK-DAG: #[[$V:.*]] = affine_map<(d0, d1, d2, d3, d4, d5) -> (d0, d5, d1, d4)>
// CHECK-LABEL: func @bshd
func.func @bshd(%q: tensor<2x16x8x64xf32>, %k: tensor<2x24x2x64xf32>) -> tensor<2x16x8x64xf32> {
  // CHECK: tensor.expand_shape %{{.*}} into tensor<2x16x2x4x64xf32>
  // CHECK: linalg.generic {indexing_maps = [#[[$Q]], #[[$K]], #[[$S]]]
  // CHECK: linalg.generic {indexing_maps = [#{{.*}}, #[[$V]], #[[$S]]]
  // CHECK: tensor.collapse_shape %{{.*}} {{\[\[}}0], [1], [2, 3], [4]] : tensor<2x16x2x4x64xf32> into tensor<2x16x8x64xf32>
  %o = vga.attention %q, %k, %k layout bshd : tensor<2x16x8x64xf32>, tensor<2x24x2x64xf32>, tensor<2x24x2x64xf32>
  return %o : tensor<2x16x8x64xf32>
}

// -----

// CHECK-DAG: #[[$Q:.*]] = affine_map<(d0, d1, d2, d3, d4, d5) -> (d3, d0, d1, d2, d5)>
// CHECK-DAG: #[[$K:.*]] = affine_map<(d0, d1, d2, d3, d4, d5) -> (d4, d0, d1, d5)>
// CHECK-DAG: #[[$S:.*]] = affine_map<(d0, d1, d2, d3, d4, d5) -> (d0, d1, d2, d3, d4)>
// CHECK-LABEL: func @sbhd
func.func @sbhd(%q: tensor<16x2x8x64xf32>, %k: tensor<24x2x2x64xf32>) -> tensor<16x2x8x64xf32> {
  // CHECK: linalg.generic {indexing_maps = [#[[$Q]], #[[$K]], #[[$S]]]
  // CHECK: tensor.collapse_shape %{{.*}} into tensor<16x2x8x64xf32>
  %o = vga.attention %q, %k, %k layout sbhd : tensor<16x2x8x64xf32>, tensor<24x2x2x64xf32>, tensor<24x2x2x64xf32>
  return %o : tensor<16x2x8x64xf32>
}

// -----

// Everything is computed in f32; the result is rounded once.
// CHECK-LABEL: func @bf16
func.func @bf16(%q: tensor<1x2x8x4xbf16>) -> tensor<1x2x8x4xbf16> {
  // CHECK: arith.extf %{{.*}} : bf16 to f32
  // CHECK: arith.extf %{{.*}} : bf16 to f32
  // CHECK: arith.mulf %{{.*}} : f32
  // CHECK: math.exp %{{.*}} : f32
  // CHECK-NOT: arith.truncf
  // CHECK: arith.divf %{{.*}} : f32
  // CHECK: arith.truncf %{{.*}} : f32 to bf16
  %o = vga.attention %q, %q, %q : tensor<1x2x8x4xbf16>, tensor<1x2x8x4xbf16>, tensor<1x2x8x4xbf16>
  return %o : tensor<1x2x8x4xbf16>
}

// -----

// CHECK-LABEL: func @f64
func.func @f64(%q: tensor<1x2x8x4xf64>) -> (tensor<1x2x8x4xf64>, tensor<1x2x8xf64>) {
  // CHECK-NOT: f32
  %o, %lse = vga.attention %q, %q, %q lse : tensor<1x2x8x4xf64>, tensor<1x2x8x4xf64>, tensor<1x2x8x4xf64>
  return %o, %lse : tensor<1x2x8x4xf64>, tensor<1x2x8xf64>
}

// -----

// A sink starts the maximum and the sum, and has no value.
// CHECK-LABEL: func @sink
// CHECK-SAME:    %[[SINK:[a-z0-9]*]]: tensor<4xf16>
func.func @sink(%q: tensor<1x4x8x4xf32>, %k: tensor<1x2x8x4xf32>, %s: tensor<4xf16>) -> tensor<1x4x8x4xf32> {
  // CHECK: %[[HEADS:.*]] = tensor.expand_shape %[[SINK]] {{.*}} into tensor<2x2xf16>
  // CHECK: %[[ROWS:.*]] = linalg.generic {{.*}} ins(%[[HEADS]]
  // CHECK:   arith.extf %{{.*}} : f16 to f32
  // CHECK: linalg.generic {{.*}} outs(%[[ROWS]]
  // CHECK:   arith.maxnumf
  // CHECK: %[[START:.*]] = linalg.generic {{.*}} ins(%[[ROWS]], %{{.*}} :
  // CHECK:   arith.subf
  // CHECK:   math.exp
  // CHECK: linalg.generic {{.*}} outs(%[[START]]
  // CHECK:   arith.addf
  %o = vga.attention %q, %k, %k sink(%s : tensor<4xf16>) : tensor<1x4x8x4xf32>, tensor<1x2x8x4xf32>, tensor<1x2x8x4xf32>
  return %o : tensor<1x4x8x4xf32>
}
