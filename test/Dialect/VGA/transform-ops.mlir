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

// CHECK-LABEL: func @decode
// CHECK: scf.forall {{.*}} in (1, 2, 1, 8)
// CHECK:   scf.for
// CHECK:     vga.online_attention ins({{.*}} : tensor<1x64xf32>, {{.*}} form rows
// CHECK: } {parts}
// CHECK: scf.forall
// CHECK: } {merged}
func.func @decode(%q: tensor<1x2x1x64xf32>, %k: tensor<1x2x256x64xf32>) -> tensor<1x2x1x64xf32> {
  %z = vga.attention %q, %k, %k {decode}
      : tensor<1x2x1x64xf32>, tensor<1x2x256x64xf32>, tensor<1x2x256x64xf32>
  return %z : tensor<1x2x1x64xf32>
}

module attributes {transform.with_named_sequence} {
  transform.named_sequence @__transform_main(%module: !transform.any_op) {
    %decode = transform.structured.match ops{["vga.attention"]} attributes {decode} in %module : (!transform.any_op) -> !transform.any_op
    %parts, %merged, %folds = transform.vga.split_keys %decode part 32 keys 16
        : (!transform.any_op) -> (!transform.any_op, !transform.any_op, !transform.any_op)
    transform.annotate %parts "parts" : !transform.any_op
    transform.annotate %merged "merged" : !transform.any_op
    %op = transform.structured.match ops{["vga.attention"]} in %module : (!transform.any_op) -> !transform.any_op
    %tasks, %steps = transform.vga.tile_attention %op keys 32 lanes 8
        : (!transform.any_op) -> (!transform.any_op, !transform.any_op)
    transform.vga.decompose_online_attention %steps : !transform.any_op
    transform.annotate %tasks "scheduled" : !transform.any_op
    transform.yield
  }
}
