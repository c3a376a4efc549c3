// Attributes, operand segments and locations survive bytecode.

// RUN: vga-opt %s -emit-bytecode -o %t.mlirbc
// RUN: vga-opt %t.mlirbc > %t.from-bytecode.mlir
// RUN: vga-opt %s | diff - %t.from-bytecode.mlir
// RUN: FileCheck %s < %t.from-bytecode.mlir

// CHECK-LABEL: func @every_clause(
// CHECK-SAME:    %{{.*}}: tensor<4x8xf32> {vga.param = "gate.weight"})
// CHECK-SAME:    attributes {vga.context = 64 : i64}
// CHECK: vga.gate {{.*}} activation softplus layout bshd :
// CHECK: vga.attention {{.*}} output_gate(%{{.*}} : tensor<?x4x?xf32>) causal window [3, -1] alignment top_left scale 5.000000e-01 softcap 3.000000e+01 layout bshd lse :
// CHECK: vga.gated_attention {{.*}} site output mixing cross_head activation identity kv_length(%{{.*}} : tensor<?xi32>) layout bshd :
func.func @every_clause(%q: tensor<?x?x4x8xf16>, %kv: tensor<?x?x2x8xf16>,
                        %len: tensor<?xi32>, %w2: tensor<2x8x4xf32>,
                        %w: tensor<4x8xf32> {vga.param = "gate.weight"})
    -> (tensor<?x?x4x8xf16>, tensor<?x4x?xf32>)
    attributes {vga.context = 64} {
  %g = vga.gate %q, %w activation softplus layout bshd
      : tensor<?x?x4x8xf16>, tensor<4x8xf32>
  %o, %lse = vga.attention %q, %kv, %kv
      output_gate(%g : tensor<?x4x?xf32>) causal window [3, -1]
      alignment top_left scale 0.5 softcap 30.0 layout bshd lse
      : tensor<?x?x4x8xf16>, tensor<?x?x2x8xf16>, tensor<?x?x2x8xf16>
  %z = vga.gated_attention %o, %kv, %kv, %w2 kv_length(%len : tensor<?xi32>)
      site output mixing cross_head activation identity layout bshd
      : tensor<?x?x4x8xf16>, tensor<?x?x2x8xf16>, tensor<?x?x2x8xf16>,
        tensor<2x8x4xf32>
  return %z, %lse : tensor<?x?x4x8xf16>, tensor<?x4x?xf32>
}
