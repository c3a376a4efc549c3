// RUN: vga-opt %s --transform-interpreter | FileCheck %s

// CHECK-LABEL: func @attend
// CHECK: scf.forall
// CHECK:   scf.for %{{.*}} = %{{.*}} to %{{.*}} step %[[KEYS:.*]] iter_args
// CHECK:     linalg.generic
// CHECK:     math.exp2
// CHECK:     linalg.generic
// CHECK: } {scheduled}
func.func @attend(%q: tensor<1x2x256x64xf32>) -> tensor<1x2x256x64xf32> {
  %z = vga.attention %q, %q, %q
      : tensor<1x2x256x64xf32>, tensor<1x2x256x64xf32>, tensor<1x2x256x64xf32>
  return %z : tensor<1x2x256x64xf32>
}

module attributes {transform.with_named_sequence} {
  transform.named_sequence @__transform_main(%module: !transform.any_op) {
    %op = transform.structured.match ops{["vga.attention"]} in %module : (!transform.any_op) -> !transform.any_op
    %tasks, %steps = transform.vga.tile_attention %op keys 32 lanes 8
        : (!transform.any_op) -> (!transform.any_op, !transform.any_op)
    transform.vga.decompose_online_attention %steps : !transform.any_op
    transform.annotate %tasks "scheduled" : !transform.any_op
    transform.yield
  }
}
