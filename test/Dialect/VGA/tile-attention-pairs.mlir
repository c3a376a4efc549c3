// RUN: vga-opt %s --vga-tile-attention="pairs lanes=32 stripes=2" --canonicalize --cse | FileCheck %s

// Queries and values are rearranged in pairs, keys are read in place. What is
// left of the scale beside a power of two, which bf16 takes exactly, multiplies
// the scores. The whole blocks come first; of the last one, 44 keys, 64 are
// stored and 44 count.
// CHECK-LABEL: func @ragged
// CHECK-SAME:    %[[K:[a-z0-9]*]]: tensor<1x2x300x128xbf16>
// CHECK-DAG: arith.constant 1.250000e-01 : f32
// CHECK: %[[PACKED:.*]] = linalg.generic {{.*}} ins(%{{.*}} : tensor<4x32x64x2xbf16>) outs(%{{.*}} : tensor<4x64x32x2xbf16>)
// CHECK: scf.for %[[J:.*]] = %c0 to %c256 step %c64
// CHECK:   %[[BLOCK:.*]] = tensor.extract_slice %[[K]][0, %{{.*}}, %[[J]], 0] [1, 1, 64, 128]
// CHECK:   %[[PAIRS:.*]] = tensor.expand_shape %[[BLOCK]] {{\[\[}}0], [1, 2]] {{.*}} into tensor<64x64x2xbf16>
// CHECK:   %[[VALUE:.*]] = linalg.generic {{.*}} ins(%{{.*}} : tensor<32x2x128xbf16>) outs(%{{.*}} : tensor<128x32x2xbf16>)
// CHECK:   scf.for
// CHECK:     vga.online_attention ins(%{{.*}}, %[[PAIRS]], %[[VALUE]] : tensor<64x32x2xbf16>, tensor<64x64x2xbf16>, tensor<128x32x2xbf16>) value_gate(
// CHECK-NOT: count
// CHECK-SAME: scale 0.707106{{[0-9]*}} form pairs
// CHECK: linalg.fill ins(%{{.*}} : bf16) outs(%{{.*}} : tensor<64x128xbf16>)
// CHECK: vga.online_attention {{.*}} count(%c44) scale
func.func @ragged(%q: tensor<1x2x128x128xbf16>, %k: tensor<1x2x300x128xbf16>, %g: tensor<1x2x300xf32>) -> tensor<1x2x128x128xbf16> {
  %z = vga.attention %q, %k, %k value_gate(%g : tensor<1x2x300xf32>)
      : tensor<1x2x128x128xbf16>, tensor<1x2x300x128xbf16>, tensor<1x2x300x128xbf16>
  return %z : tensor<1x2x128x128xbf16>
}

// On the diagonal a stripe takes a multiple of 32 keys. An odd number of
// channels gets one more, of zeros.
// CHECK-LABEL: func @causal
// CHECK: vga.online_attention ins({{.*}} : tensor<4x32x2xbf16>, tensor<64x4x2xbf16>, tensor<7x32x2xbf16>) form pairs
// CHECK: affine.min
// CHECK: vga.online_attention ins({{.*}} : tensor<4x32x2xbf16>, tensor<?x4x2xbf16>, tensor<7x?x2xbf16>) upper({{.*}}) form pairs
func.func @causal(%q: tensor<1x1x512x7xbf16>) -> tensor<1x1x512x7xbf16> {
  %z = vga.attention %q, %q, %q causal scale 0.5
      : tensor<1x1x512x7xbf16>, tensor<1x1x512x7xbf16>, tensor<1x1x512x7xbf16>
  return %z : tensor<1x1x512x7xbf16>
}

// Other types have no pairs.
// CHECK-LABEL: func @f16
// CHECK: vga.online_attention
// CHECK-NOT: form pairs
// CHECK-SAME: outs
func.func @f16(%q: tensor<1x1x128x8xf16>) -> tensor<1x1x128x8xf16> {
  %z = vga.attention %q, %q, %q : tensor<1x1x128x8xf16>, tensor<1x1x128x8xf16>, tensor<1x1x128x8xf16>
  return %z : tensor<1x1x128x8xf16>
}
