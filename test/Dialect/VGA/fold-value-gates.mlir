// Values that are projected are gated behind the product. What becomes of
// caches is in fold-value-gates-states.mlir.
// RUN: vga-opt %s --split-input-file --vga-fold-value-gates | FileCheck %s
// RUN: vga-opt %s --split-input-file --vga-fold-value-gates=projections=false | FileCheck %s --check-prefix=OFF

// OFF-NOT: arith.mulf

// Equation 6: the gate is a pass over the values, each of which meets 1024 queries.
// CHECK-DAG: #[[$ALL:.*]] = affine_map<(d0, d1, d2, d3) -> (d0, d1, d2, d3)>
// CHECK-DAG: #[[$SCALAR:.*]] = affine_map<(d0, d1, d2, d3) -> (d0, d1, d2)>
// CHECK-LABEL: func @own_gate
// CHECK-SAME:    %[[Q:[^:]*]]: tensor<2x4x512x8xf32>, %[[K:[^:]*]]: tensor<2x2x512x8xf32>, %{{[^:]*}}: tensor<2x2x512x16xf32>, %{{[^:]*}}: tensor<2x2x16x8xf32>, %[[W:[^:]*]]: tensor<2x8xf32>, %[[B:[^:]*]]: tensor<2xf32>
// CHECK: %[[V:.*]] = linalg.contract
// CHECK: %[[G:.*]] = vga.gate %[[V]], %[[W]] bias(%[[B]] : tensor<2xf32>) activation {{ *}}softplus :
// CHECK: %[[E:.*]] = tensor.empty() : tensor<2x2x512x8xf32>
// CHECK: %[[GV:.*]] = linalg.generic
// CHECK-SAME: indexing_maps = [#[[$ALL]], #[[$SCALAR]], #[[$ALL]]]
// CHECK-SAME: ins(%[[V]], %[[G]] : tensor<2x2x512x8xf32>, tensor<2x2x512xf32>) outs(%[[E]] :
// CHECK: arith.mulf
// CHECK: %[[Z:.*]] = vga.attention %[[Q]], %[[K]], %[[GV]] softcap 5.000000e+00 :
// Who else reads the values sees them as they were.
// CHECK: return %[[Z]], %[[V]]
#x = affine_map<(b, h, s, d, k) -> (b, h, s, k)>
#w = affine_map<(b, h, s, d, k) -> (b, h, k, d)>
#y = affine_map<(b, h, s, d, k) -> (b, h, s, d)>
func.func @own_gate(%q: tensor<2x4x512x8xf32>, %k: tensor<2x2x512x8xf32>, %x: tensor<2x2x512x16xf32>, %wv: tensor<2x2x16x8xf32>, %w: tensor<2x8xf32>, %b: tensor<2xf32>)
    -> (tensor<2x4x512x8xf32>, tensor<2x2x512x8xf32>) {
  %zero = arith.constant 0.0 : f32
  %e = tensor.empty() : tensor<2x2x512x8xf32>
  %zeros = linalg.fill ins(%zero : f32) outs(%e : tensor<2x2x512x8xf32>) -> tensor<2x2x512x8xf32>
  %v = linalg.contract indexing_maps = [#x, #w, #y] ins(%x, %wv : tensor<2x2x512x16xf32>, tensor<2x2x16x8xf32>) outs(%zeros : tensor<2x2x512x8xf32>) -> tensor<2x2x512x8xf32>
  %z = vga.gated_attention %q, %k, %v, %w bias(%b : tensor<2xf32>) activation softplus softcap 5.0
      : tensor<2x4x512x8xf32>, tensor<2x2x512x8xf32>, tensor<2x2x512x8xf32>, tensor<2x8xf32>
  return %z, %v : tensor<2x4x512x8xf32>, tensor<2x2x512x8xf32>
}

// -----

// Across heads and of channels, in another layout; f16 is multiplied in f32 and
// rounded once. The number of queries is not known: there may be many.
// CHECK-LABEL: func @channels
// CHECK: %[[Y:.*]] = linalg.matmul
// CHECK: %[[V:.*]] = tensor.expand_shape %[[Y]]
// CHECK: %[[G:.*]] = vga.gate %[[V]], %{{.*}} mixing {{ *}}cross_head layout {{ *}}sbhd :
// CHECK: linalg.generic {{.*}} ins(%[[Y]], %{{.*}} : tensor<?x16xf16>, tensor<?x16xf32>)
// CHECK: arith.extf %{{.*}} : f16 to f32
// CHECK: %[[P:.*]] = arith.mulf %{{.*}} : f32
// CHECK: arith.truncf %[[P]] : f32 to f16
// CHECK: vga.attention
// CHECK-NOT: gate
func.func @channels(%q: tensor<?x1x4x8xf16>, %k: tensor<?x1x2x8xf16>, %x: tensor<?x32xf16>, %wv: tensor<32x16xf16>, %w: tensor<2x8x2x8xf16>, %init: tensor<?x16xf16>, %s: index)
    -> tensor<?x1x4x8xf16> {
  %y = linalg.matmul ins(%x, %wv : tensor<?x32xf16>, tensor<32x16xf16>) outs(%init : tensor<?x16xf16>) -> tensor<?x16xf16>
  %v = tensor.expand_shape %y [[0, 1], [2, 3]] output_shape [%s, 1, 2, 8] : tensor<?x16xf16> into tensor<?x1x2x8xf16>
  %z = vga.gated_attention %q, %k, %v, %w mixing cross_head layout sbhd
      : tensor<?x1x4x8xf16>, tensor<?x1x2x8xf16>, tensor<?x1x2x8xf16>, tensor<2x8x2x8xf16>
  return %z : tensor<?x1x4x8xf16>
}

// -----

// A gate of channels from elsewhere goes right behind the product, however few
// queries there are.
// CHECK-LABEL: func @input_gate
// CHECK-SAME:    %{{[^:]*}}: tensor<4x16xf32>, %[[G:[^:]*]]: tensor<1x4x2x8xf32>
// CHECK: %[[Y:.*]] = linalg.matmul
// CHECK: %[[GY:.*]] = tensor.collapse_shape %[[G]] {{\[}}[0, 1], [2, 3]]
// CHECK: %[[GATED:.*]] = linalg.generic {{.*}} ins(%[[Y]], %[[GY]] :
// CHECK: %[[V:.*]] = tensor.expand_shape %[[GATED]]
// CHECK: vga.attention %{{.*}}, %{{.*}}, %[[V]] output_gate(%{{.*}} : tensor<1x4x4xf32>) layout {{ *}}bshd :
func.func @input_gate(%q: tensor<1x4x4x8xf32>, %k: tensor<1x4x2x8xf32>, %x: tensor<4x32xf32>, %wv: tensor<32x16xf32>, %init: tensor<4x16xf32>, %g: tensor<1x4x2x8xf32>, %go: tensor<1x4x4xf32>)
    -> tensor<1x4x4x8xf32> {
  %y = linalg.matmul ins(%x, %wv : tensor<4x32xf32>, tensor<32x16xf32>) outs(%init : tensor<4x16xf32>) -> tensor<4x16xf32>
  %v = tensor.expand_shape %y [[0, 1], [2, 3]] output_shape [1, 4, 2, 8] : tensor<4x16xf32> into tensor<1x4x2x8xf32>
  %z = vga.attention %q, %k, %v value_gate(%g : tensor<1x4x2x8xf32>) output_gate(%go : tensor<1x4x4xf32>) layout bshd
      : tensor<1x4x4x8xf32>, tensor<1x4x2x8xf32>, tensor<1x4x2x8xf32>
  return %z : tensor<1x4x4x8xf32>
}

// -----

// Under a causal mask half of the queries meet a value: here 4 * 128 / 2 do, and
// 4 * 126 / 2 in the next function, where a pass over the values is not worth it.
// CHECK-LABEL: func @many_causal
// CHECK: vga.gate
// CHECK: arith.mulf
// CHECK: vga.attention
func.func @many_causal(%q: tensor<1x4x128x8xf32>, %k: tensor<1x1x128x8xf32>, %x: tensor<128x32xf32>, %wv: tensor<32x8xf32>, %init: tensor<128x8xf32>, %w: tensor<1x8xf32>)
    -> tensor<1x4x128x8xf32> {
  %y = linalg.matmul ins(%x, %wv : tensor<128x32xf32>, tensor<32x8xf32>) outs(%init : tensor<128x8xf32>) -> tensor<128x8xf32>
  %v = tensor.expand_shape %y [[0, 1, 2], [3]] output_shape [1, 1, 128, 8] : tensor<128x8xf32> into tensor<1x1x128x8xf32>
  %z = vga.gated_attention %q, %k, %v, %w causal
      : tensor<1x4x128x8xf32>, tensor<1x1x128x8xf32>, tensor<1x1x128x8xf32>, tensor<1x8xf32>
  return %z : tensor<1x4x128x8xf32>
}

// CHECK-LABEL: func @few_causal
// CHECK-NOT: arith.mulf
// CHECK: vga.gated_attention
func.func @few_causal(%q: tensor<1x4x126x8xf32>, %k: tensor<1x1x126x8xf32>, %x: tensor<126x32xf32>, %wv: tensor<32x8xf32>, %init: tensor<126x8xf32>, %w: tensor<1x8xf32>)
    -> tensor<1x4x126x8xf32> {
  %y = linalg.matmul ins(%x, %wv : tensor<126x32xf32>, tensor<32x8xf32>) outs(%init : tensor<126x8xf32>) -> tensor<126x8xf32>
  %v = tensor.expand_shape %y [[0, 1, 2], [3]] output_shape [1, 1, 126, 8] : tensor<126x8xf32> into tensor<1x1x126x8xf32>
  %z = vga.gated_attention %q, %k, %v, %w causal
      : tensor<1x4x126x8xf32>, tensor<1x1x126x8xf32>, tensor<1x1x126x8xf32>, tensor<1x8xf32>
  return %z : tensor<1x4x126x8xf32>
}

// -----

// A gate of channels is one more pass over the values, and not worth it for
// these few queries, if others need the values, too.
// CHECK-LABEL: func @read_by_others
// CHECK-NOT: arith.mulf
// CHECK: vga.attention %{{.*}} value_gate(
func.func @read_by_others(%q: tensor<1x2x4x8xf32>, %k: tensor<1x2x4x8xf32>, %x: tensor<1x8x16xf32>, %wv: tensor<1x16x8xf32>, %init: tensor<1x8x8xf32>, %g: tensor<1x2x4x8xf32>)
    -> (tensor<1x2x4x8xf32>, tensor<1x2x4x8xf32>) {
  %y = linalg.batch_matmul ins(%x, %wv : tensor<1x8x16xf32>, tensor<1x16x8xf32>) outs(%init : tensor<1x8x8xf32>) -> tensor<1x8x8xf32>
  %v = tensor.expand_shape %y [[0], [1, 2], [3]] output_shape [1, 2, 4, 8] : tensor<1x8x8xf32> into tensor<1x2x4x8xf32>
  %z = vga.attention %q, %k, %v value_gate(%g : tensor<1x2x4x8xf32>)
      : tensor<1x2x4x8xf32>, tensor<1x2x4x8xf32>, tensor<1x2x4x8xf32>
  return %z, %v : tensor<1x2x4x8xf32>, tensor<1x2x4x8xf32>
}

// -----

// Gates of the query heads differ where values are shared.
// CHECK-LABEL: func @query_heads
// CHECK-NOT: arith.mulf
// CHECK: vga.attention %{{.*}} value_gate(
func.func @query_heads(%q: tensor<1x?x4x8xf32>, %k: tensor<1x?x2x8xf32>, %x: tensor<?x32xf32>, %wv: tensor<32x16xf32>, %init: tensor<?x16xf32>, %s: index, %g: tensor<1x4x?xf32>)
    -> tensor<1x?x4x8xf32> {
  %y = linalg.matmul ins(%x, %wv : tensor<?x32xf32>, tensor<32x16xf32>) outs(%init : tensor<?x16xf32>) -> tensor<?x16xf32>
  %v = tensor.expand_shape %y [[0, 1], [2, 3]] output_shape [1, %s, 2, 8] : tensor<?x16xf32> into tensor<1x?x2x8xf32>
  %z = vga.attention %q, %k, %v value_gate(%g : tensor<1x4x?xf32>) layout bshd
      : tensor<1x?x4x8xf32>, tensor<1x?x2x8xf32>, tensor<1x?x2x8xf32>
  return %z : tensor<1x?x4x8xf32>
}

// -----

// Values that are not made here - arguments, constants, what another function
// returns - are gated in attention, and so is what only copies them.
// CHECK-LABEL: func @given
// CHECK-NOT: arith.mulf
// CHECK-COUNT-4: vga.gated_attention
func.func private @values() -> tensor<1x2x?x8xf32>
func.func @given(%q: tensor<1x2x?x8xf32>, %v: tensor<1x2x?x8xf32>, %w: tensor<2x8xf32>)
    -> (tensor<1x2x?x8xf32>, tensor<1x2x?x8xf32>, tensor<1x2x?x8xf32>, tensor<1x2x?x8xf32>) {
  %z1 = vga.gated_attention %q, %v, %v, %w : tensor<1x2x?x8xf32>, tensor<1x2x?x8xf32>, tensor<1x2x?x8xf32>, tensor<2x8xf32>
  %constant = arith.constant dense<1.0> : tensor<1x2x4x8xf32>
  %dynamic = tensor.cast %constant : tensor<1x2x4x8xf32> to tensor<1x2x?x8xf32>
  %z2 = vga.gated_attention %q, %v, %dynamic, %w : tensor<1x2x?x8xf32>, tensor<1x2x?x8xf32>, tensor<1x2x?x8xf32>, tensor<2x8xf32>
  %returned = call @values() : () -> tensor<1x2x?x8xf32>
  %z3 = vga.gated_attention %q, %v, %returned, %w : tensor<1x2x?x8xf32>, tensor<1x2x?x8xf32>, tensor<1x2x?x8xf32>, tensor<2x8xf32>
  %scaled = arith.addf %v, %v : tensor<1x2x?x8xf32>
  %z4 = vga.gated_attention %q, %v, %scaled, %w : tensor<1x2x?x8xf32>, tensor<1x2x?x8xf32>, tensor<1x2x?x8xf32>, tensor<2x8xf32>
  return %z1, %z2, %z3, %z4 : tensor<1x2x?x8xf32>, tensor<1x2x?x8xf32>, tensor<1x2x?x8xf32>, tensor<1x2x?x8xf32>
}

// -----

// A gate on the output is none on the values.
// CHECK-LABEL: func @output_site
// CHECK-NOT: arith.mulf
// CHECK: vga.gated_attention
func.func @output_site(%q: tensor<1x2x?x8xf32>, %k: tensor<1x2x?x8xf32>, %x: tensor<2x?x16xf32>, %wv: tensor<2x16x8xf32>, %init: tensor<2x?x8xf32>, %s: index, %w: tensor<2x8xf32>)
    -> tensor<1x2x?x8xf32> {
  %y = linalg.batch_matmul ins(%x, %wv : tensor<2x?x16xf32>, tensor<2x16x8xf32>) outs(%init : tensor<2x?x8xf32>) -> tensor<2x?x8xf32>
  %v = tensor.expand_shape %y [[0, 1], [2], [3]] output_shape [1, 2, %s, 8] : tensor<2x?x8xf32> into tensor<1x2x?x8xf32>
  %z = vga.gated_attention %q, %k, %v, %w site output
      : tensor<1x2x?x8xf32>, tensor<1x2x?x8xf32>, tensor<1x2x?x8xf32>, tensor<2x8xf32>
  return %z : tensor<1x2x?x8xf32>
}
