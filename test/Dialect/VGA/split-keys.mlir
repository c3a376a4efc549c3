// RUN: vga-opt %s --vga-tile-attention --canonicalize --cse | FileCheck %s
// RUN: vga-opt %s --vga-tile-attention=decode-rows=0 --canonicalize --cse | FileCheck %s --check-prefix=NEVER
// RUN: vga-opt %s --vga-tile-attention="decode-rows=4 decode-keys=100" --canonicalize --cse | FileCheck %s --check-prefix=OTHERS

// CHECK-DAG: #[[$FIRST:.*]] = affine_map<()[s0] -> (s0 * 256)>
// CHECK-DAG: #[[$LAST:.*]] = affine_map<()[s0] -> (1000, s0 * 256 + 256)>
// CHECK-DAG: #[[$PARTS:.*]] = affine_map<()[s0] -> (s0 ceildiv 256)>

// One query: the four heads that read a key are rows of a task, which takes a
// part of the keys. A second loop merges what the parts have found.
// CHECK-LABEL: func @decode
// CHECK-SAME:    %[[Q:.*]]: tensor<2x8x1x64xf32>, %[[K:.*]]: tensor<2x2x1000x64xf32>, %[[G:.*]]: tensor<2x2x1000xf32>
// CHECK: %[[PARTS:.*]]:3 = scf.forall (%[[B:.*]], %[[H:.*]], %[[P:.*]]) in (2, 2, 4)
// CHECK-SAME:    -> (tensor<2x2x1x4x4x64xf32>, tensor<2x2x1x4x4xf32>, tensor<2x2x1x4x4xf32>)
// CHECK-DAG: %[[FROM:.*]] = affine.apply #[[$FIRST]]()[%[[P]]]
// CHECK-DAG: %[[TO:.*]] = affine.min #[[$LAST]]()[%[[P]]]
// CHECK: scf.for %[[J:.*]] = %[[FROM]] to %[[TO]] step %c64
// CHECK:   tensor.extract_slice %[[K]][%[[B]], %[[H]], %[[J]], 0]
// CHECK:   vga.online_attention ins({{.*}} : tensor<4x64xf32>, tensor<?x64xf32>, tensor<?x64xf32>) value_gate({{.*}}) group 4 form rows outs
// CHECK: tensor.parallel_insert_slice %{{.*}} into %{{.*}}[%[[B]], %[[H]], 0, %[[P]], 0, 0] [1, 1, 1, 1, 4, 64]
// CHECK: scf.forall (%[[B:.*]], %[[H:.*]]) in (2, 2)
// CHECK-DAG: tensor.extract_slice %[[PARTS]]#0[%[[B]], %[[H]], 0, 0, 0, 0] [1, 1, 1, 4, 4, 64]
// CHECK-DAG: tensor.extract_slice %[[PARTS]]#1[%[[B]], %[[H]], 0, 0, 0] [1, 1, 1, 4, 4]
// CHECK: arith.cmpf ogt
// CHECK: math.exp2
// CHECK: arith.divf
// CHECK: tensor.parallel_insert_slice

// NEVER-LABEL: func @decode
// NEVER: scf.forall
// NEVER-NOT: form rows
// NEVER-NOT: scf.forall (
// NEVER: return

// OTHERS-LABEL: func @decode
// OTHERS: scf.forall {{.*}} in (2, 2, 10)
func.func @decode(%q: tensor<2x8x1x64xf32>, %k: tensor<2x2x1000x64xf32>, %g: tensor<2x2x1000xf32>) -> tensor<2x8x1x64xf32> {
  %z = vga.attention %q, %k, %k value_gate(%g : tensor<2x2x1000xf32>)
      : tensor<2x8x1x64xf32>, tensor<2x2x1000x64xf32>, tensor<2x2x1000x64xf32>
  return %z : tensor<2x8x1x64xf32>
}

// How many queries there are is known when it runs. Two, with four heads each,
// are still few; a task takes one of them. 16-bit keys are not widened here.
// CHECK-LABEL: func @dynamic
// CHECK: %[[N:.*]] = tensor.dim %{{.*}}, %c2
// CHECK: %[[FEW:.*]] = arith.cmpi sle, %[[N]], %c2
// CHECK: scf.if %[[FEW]]
// CHECK:   affine.apply #[[$PARTS]]
// CHECK:   scf.forall (%{{.*}}, %[[I:.*]], %{{.*}}) in (2, %[[N]], %{{.*}})
// Blocks that all of a task's queries see are whole; those on the edge are not.
// CHECK:     vga.online_attention ins({{.*}} : tensor<4x8xf32>, tensor<64x8xf16>, tensor<64x8xf16>) group 4 form rows
// CHECK:     vga.online_attention ins({{.*}} : tensor<4x8xf32>, tensor<?x8xf16>, tensor<?x8xf16>) {{.*}} group 4 form rows
// CHECK:   scf.forall
// CHECK: } else {
// CHECK:   scf.forall
// CHECK-NOT: form rows
// CHECK:   scf.yield
func.func @dynamic(%q: tensor<1x8x?x8xf16>, %k: tensor<1x2x?x8xf16>) -> tensor<1x8x?x8xf16> {
  %z = vga.attention %q, %k, %k causal
      : tensor<1x8x?x8xf16>, tensor<1x2x?x8xf16>, tensor<1x2x?x8xf16>
  return %z : tensor<1x8x?x8xf16>
}

// Twelve heads per key/value head are two tasks of six.
// CHECK-LABEL: func @many_heads
// CHECK: scf.forall (%[[H:.*]], %{{.*}}) in (2, 2)
// CHECK: vga.online_attention ins({{.*}} : tensor<6x8xf32>,
func.func @many_heads(%q: tensor<1x12x1x8xf32>, %k: tensor<1x1x300x8xf32>) -> tensor<1x12x1x8xf32> {
  %z = vga.attention %q, %k, %k
      : tensor<1x12x1x8xf32>, tensor<1x1x300x8xf32>, tensor<1x1x300x8xf32>
  return %z : tensor<1x12x1x8xf32>
}
