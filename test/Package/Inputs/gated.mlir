// What the consumer prints: the calls of its own, the module, and the module
// in linalg.

// CHECK: vga.gated_attention is causal
// CHECK: vga.attention is not causal

// CHECK-LABEL: func.func @gated
// CHECK:         vga.gated_attention %{{.*}} causal :
// CHECK-LABEL: func.func @plain
// CHECK:         vga.attention

// CHECK-NOT:     vga.
// CHECK-LABEL: func.func @gated
// CHECK-NOT:     vga.
// CHECK:         linalg.generic
// CHECK-NOT:     vga.

func.func @gated(%q: tensor<1x4x?x16xf32>, %k: tensor<1x2x?x16xf32>,
                 %v: tensor<1x2x?x16xf32>, %w: tensor<2x16xf32>)
    -> tensor<1x4x?x16xf32> {
  %z = vga.gated_attention %q, %k, %v, %w causal
         : tensor<1x4x?x16xf32>, tensor<1x2x?x16xf32>, tensor<1x2x?x16xf32>,
           tensor<2x16xf32>
  return %z : tensor<1x4x?x16xf32>
}

func.func @plain(%q: tensor<1x4x8x16xf16>, %k: tensor<1x4x8x16xf16>,
                 %v: tensor<1x4x8x16xf16>) -> tensor<1x4x8x16xf16> {
  %z = vga.attention %q, %k, %v
         : tensor<1x4x8x16xf16>, tensor<1x4x8x16xf16>, tensor<1x4x8x16xf16>
  return %z : tensor<1x4x8x16xf16>
}
