// RUN: vga-opt %s --convert-vga-to-linalg --canonicalize --cse --split-input-file | FileCheck %s

// A value gate multiplies the values, and the softmax does not see it.
// CHECK-DAG: #[[$GATE:.*]] = affine_map<(d0, d1, d2, d3) -> (d0, d1, d2)>
// CHECK-LABEL: func @scalar_value_gate
// CHECK-SAME:    %[[K:[a-z0-9]*]]: tensor<1x2x8x4xf16>, %[[G:[a-z0-9]*]]: tensor<1x2x8xf32>
func.func @scalar_value_gate(%q: tensor<1x4x8x4xf16>, %k: tensor<1x2x8x4xf16>, %g: tensor<1x2x8xf32>) -> tensor<1x4x8x4xf16> {
  // CHECK: math.exp
  // CHECK: %[[GATED:.*]] = linalg.generic {indexing_maps = [#{{.*}}, #[[$GATE]], #{{.*}}], {{.*}} ins(%[[K]], %[[G]] : {{.*}} outs(%{{.*}} : tensor<1x2x8x4xf32>)
  // CHECK-NOT: linalg.generic
  // CHECK:   %[[V:.*]] = arith.extf %{{.*}} : f16 to f32
  // CHECK:   arith.mulf %[[V]], %{{.*}} : f32
  // CHECK: linalg.generic {{.*}} ins(%{{.*}}, %[[GATED]]
  %o = vga.attention %q, %k, %k value_gate(%g : tensor<1x2x8xf32>) : tensor<1x4x8x4xf16>, tensor<1x2x8x4xf16>, tensor<1x2x8x4xf16>
  return %o : tensor<1x4x8x4xf16>
}

// -----

// Gates of the query heads make values of the query heads.
// CHECK-LABEL: func @query_head_value_gate
// CHECK-SAME:    %[[G:[a-z0-9]*]]: tensor<1x4x8xf32>
func.func @query_head_value_gate(%q: tensor<1x4x8x4xf32>, %k: tensor<1x2x8x4xf32>, %g: tensor<1x4x8xf32>) -> tensor<1x4x8x4xf32> {
  // CHECK: %[[HEADS:.*]] = tensor.expand_shape %[[G]] {{.*}} into tensor<1x2x2x8xf32>
  // CHECK: linalg.generic {{.*}} ins(%{{.*}}, %[[HEADS]] : {{.*}} outs(%{{.*}} : tensor<1x2x2x8x4xf32>)
  %o = vga.attention %q, %k, %k value_gate(%g : tensor<1x4x8xf32>) : tensor<1x4x8x4xf32>, tensor<1x2x8x4xf32>, tensor<1x2x8x4xf32>
  return %o : tensor<1x4x8x4xf32>
}

// -----

// An elementwise gate follows the layout.
// CHECK-DAG: #[[$GATE:.*]] = affine_map<(d0, d1, d2, d3) -> (d0, d2, d1, d3)>
// CHECK-LABEL: func @elementwise_value_gate
// CHECK-SAME:    %[[K:[a-z0-9]*]]: tensor<1x8x2x4xf32>, %[[G:[a-z0-9]*]]: tensor<1x8x2x4xf32>
func.func @elementwise_value_gate(%q: tensor<1x8x4x4xf32>, %k: tensor<1x8x2x4xf32>, %g: tensor<1x8x2x4xf32>) -> tensor<1x8x4x4xf32> {
  // CHECK: linalg.generic {indexing_maps = [#[[$GATE]], #[[$GATE]], #{{.*}}], {{.*}} ins(%{{.*}}, %[[G]]
  %o = vga.attention %q, %k, %k value_gate(%g : tensor<1x8x2x4xf32>) layout bshd : tensor<1x8x4x4xf32>, tensor<1x8x2x4xf32>, tensor<1x8x2x4xf32>
  return %o : tensor<1x8x4x4xf32>
}

// -----

// An output gate multiplies the quotient; a row without keys stays 0.
// CHECK-LABEL: func @output_gate
// CHECK-SAME:    %[[G:[a-z0-9]*]]: tensor<1x4x8xf16>
func.func @output_gate(%q: tensor<1x4x8x4xf32>, %k: tensor<1x2x8x4xf32>, %g: tensor<1x4x8xf16>) -> tensor<1x4x8x4xf32> {
  // CHECK: %[[HEADS:.*]] = tensor.expand_shape %[[G]] {{.*}} into tensor<1x2x2x8xf16>
  // CHECK: linalg.generic {{.*}} ins(%{{.*}}, %{{.*}}, %[[HEADS]]
  // CHECK:   %[[QUOTIENT:.*]] = arith.divf
  // CHECK:   %[[GATE:.*]] = arith.extf %{{.*}} : f16 to f32
  // CHECK:   %[[GATED:.*]] = arith.mulf %[[QUOTIENT]], %[[GATE]]
  // CHECK:   arith.select %{{.*}}, %{{.*}}, %[[GATED]]
  %o = vga.attention %q, %k, %k output_gate(%g : tensor<1x4x8xf16>) : tensor<1x4x8x4xf32>, tensor<1x2x8x4xf32>, tensor<1x2x8x4xf32>
  return %o : tensor<1x4x8x4xf32>
}
