// RUN: vga-opt %s --vga-tile-attention --canonicalize --cse | FileCheck %s
// RUN: vga-opt %s --vga-tile-attention="lanes=32 stripes=2 keys=128" --canonicalize --cse | FileCheck %s --check-prefix=WIDE

// CHECK-DAG: #[[$FIRST:.*]] = affine_map<()[s0] -> (s0 * 64)>
// CHECK-DAG: #[[$BLOCK:.*]] = affine_map<()[s0, s1] -> (64, s0 - s1)>
// CHECK-DAG: #[[$TASKS:.*]] = affine_map<()[s0] -> (s0 ceildiv 32)>

// All keys, no comparisons of positions; the gate goes along with its keys.
// CHECK-LABEL: func @full
// CHECK-SAME:    %[[Q:.*]]: tensor<2x8x512x64xf32>, %[[K:[a-z0-9]*]]: tensor<2x8x300x64xf32>, %[[V:[a-z0-9]*]]: tensor<2x8x300x32xf32>, %[[G:.*]]: tensor<2x8x300xf32>
// CHECK: scf.forall (%[[B:.*]], %[[H:.*]], %[[T:.*]]) in (2, 8, 8) shared_outs(%[[OUT:.*]] = %{{.*}}) -> (tensor<2x8x512x32xf32>)
// CHECK: %[[I:.*]] = affine.apply #[[$FIRST]]()[%[[T]]]
// CHECK: tensor.extract_slice %[[Q]][%[[B]], %[[H]], %[[I]], 0] [1, 1, 64, 64]
// CHECK: scf.for %[[J:.*]] = %c0 to %c300 step %c64 iter_args({{.*}}) -> (tensor<4x32x16xf32>, tensor<4x16xf32>, tensor<4x16xf32>)
// CHECK-DAG: tensor.extract_slice %[[K]][%[[B]], %[[H]], %[[J]], 0] [1, 1, %[[N:.*]], 64]
// CHECK-DAG: tensor.extract_slice %[[V]][%[[B]], %[[H]], %[[J]], 0] [1, 1, %[[N]], 32]
// CHECK-DAG: %[[GATE:.*]] = tensor.extract_slice %[[G]][%[[B]], %[[H]], %[[J]]] [1, 1, %[[N]]]
// CHECK: scf.for %[[S:.*]] = %c0 to %c4 step %c1
// CHECK: vga.online_attention ins({{.*}} : tensor<64x16xf32>, tensor<?x64xf32>, tensor<?x32xf32>) value_gate(%[[GATE]] : tensor<?xf32>) outs(
// CHECK-NOT: = vga.online_attention
// CHECK: tensor.parallel_insert_slice %{{.*}} into %[[OUT]][%[[B]], %[[H]], %[[I]], 0] [1, 1, 64, 32]

// WIDE-LABEL: func @full
// WIDE: scf.for %{{.*}} = %c0 to %c300 step %c128 {{.*}} -> (tensor<2x32x32xf32>, tensor<2x32xf32>, tensor<2x32xf32>)
func.func @full(%q: tensor<2x8x512x64xf32>, %k: tensor<2x8x300x64xf32>, %v: tensor<2x8x300x32xf32>, %g: tensor<2x8x300xf32>) -> tensor<2x8x512x32xf32> {
  %z = vga.attention %q, %k, %v value_gate(%g : tensor<2x8x300xf32>)
      : tensor<2x8x512x64xf32>, tensor<2x8x300x64xf32>, tensor<2x8x300x32xf32>
  return %z : tensor<2x8x512x32xf32>
}

// A causal task ends at its last query. The blocks before its first query need
// no comparison; of the others a stripe takes what it sees.
// CHECK-LABEL: func @causal
// CHECK: scf.for %{{.*}} = %c0 to %[[FULL:.*]] step %c64
// CHECK:   scf.for
// CHECK:     vga.online_attention
// CHECK-NOT: upper
// CHECK-SAME: outs
// CHECK: scf.for %[[J:.*]] = %[[FULL]] to %[[LAST:.*]] step %c64
// CHECK:   %[[SIZE:.*]] = affine.min #[[$BLOCK]]()[%[[LAST]], %[[J]]]
// CHECK:   scf.for
// CHECK:     %[[SEEN:.*]] = affine.min
// CHECK:     tensor.extract_slice %{{.*}}[0, 0] [%[[SEEN2:.*]], 64]
// CHECK:     vga.online_attention {{.*}} upper(
// CHECK-NOT: lower
// CHECK-SAME: outs
// CHECK-NOT: = vga.online_attention
func.func @causal(%q: tensor<1x2x256x64xf32>) -> tensor<1x2x256x64xf32> {
  %z = vga.attention %q, %q, %q causal
      : tensor<1x2x256x64xf32>, tensor<1x2x256x64xf32>, tensor<1x2x256x64xf32>
  return %z : tensor<1x2x256x64xf32>
}

// The heads that share keys are rows of one task: 32 queries of 2 heads. Both
// ends of a window are edges; 16-bit blocks are widened once for all stripes;
// keys end at the length.
// CHECK-LABEL: func @window
// CHECK-SAME:    %[[N:[a-z0-9]*]]: tensor<2xi32>
// CHECK: affine.apply #[[$TASKS]]
// CHECK: scf.forall (%[[B:.*]], %{{.*}}, %{{.*}}) in (2, 2, %{{.*}})
// CHECK: %[[LENGTH:.*]] = tensor.extract %[[N]][%[[B]]]
// CHECK: arith.index_cast %[[LENGTH]]
// CHECK: scf.for %{{.*}} = %{{.*}} to %[[FIRST_FULL:.*]] step %c64
// CHECK:   arith.extf {{.*}} : f16 to f32
// CHECK:   scf.for
// CHECK-NOT: arith.extf
// CHECK:     vga.online_attention {{.*}} lower({{.*}}) upper({{.*}}) group 2 outs
// CHECK: scf.for %{{.*}} = %[[FIRST_FULL]] to %[[LAST_FULL:.*]] step %c64
// CHECK:     vga.online_attention ins({{.*}} : {{.*}}) group 2 outs
// CHECK: scf.for %{{.*}} = %[[LAST_FULL]] to %{{.*}} step %c64
// CHECK:     vga.online_attention ins({{.*}} : {{.*}}) upper({{.*}}) group 2 outs
func.func @window(%q: tensor<2x4x?x8xf16>, %k: tensor<2x2x?x8xf16>, %n: tensor<2xi32>) -> tensor<2x4x?x8xf16> {
  %z = vga.attention %q, %k, %k kv_length(%n : tensor<2xi32>) window [100, 20]
      : tensor<2x4x?x8xf16>, tensor<2x2x?x8xf16>, tensor<2x2x?x8xf16>
  return %z : tensor<2x4x?x8xf16>
}

// Gates of query heads keep the heads apart. A gate of channels is applied to
// the values of a block.
// CHECK-LABEL: func @gates
// CHECK: scf.forall (%{{.*}}) in (4)
// CHECK: scf.for
// CHECK:   %[[GATED:.*]] = linalg.generic
// CHECK:     arith.mulf
// CHECK:   scf.for
// CHECK:     vga.online_attention ins(%{{.*}}, %{{.*}}, %[[GATED]] :
// CHECK-NOT: value_gate
// CHECK-SAME: outs
func.func @gates(%q: tensor<1x4x64x8xf32>, %k: tensor<1x2x128x8xf32>, %g: tensor<1x4x128x8xf32>) -> tensor<1x4x64x8xf32> {
  %z = vga.attention %q, %k, %k value_gate(%g : tensor<1x4x128x8xf32>)
      : tensor<1x4x64x8xf32>, tensor<1x2x128x8xf32>, tensor<1x2x128x8xf32>
  return %z : tensor<1x4x64x8xf32>
}

// The layout is read and written by strides. f64 has half as many lanes.
// CHECK-LABEL: func @layout
// CHECK-SAME:    %[[Q:.*]]: tensor<64x1x2x8xf64>
// CHECK: scf.forall (%[[H:.*]], %[[T:.*]]) in (2, 2)
// CHECK: tensor.extract_slice %[[Q]][%[[I:.*]], 0, %[[H]], 0] [32, 1, 1, 8]
// CHECK: vga.online_attention ins({{.*}} : tensor<8x8xf64>,
// CHECK: tensor.parallel_insert_slice {{.*}}[%[[I]], 0, %[[H]], 0] [32, 1, 1, 8]
func.func @layout(%q: tensor<64x1x2x8xf64>) -> tensor<64x1x2x8xf64> {
  %z = vga.attention %q, %q, %q layout sbhd
      : tensor<64x1x2x8xf64>, tensor<64x1x2x8xf64>, tensor<64x1x2x8xf64>
  return %z : tensor<64x1x2x8xf64>
}

// A gate that comes as weights is computed once per block, for all stripes; a
// gate of many channels is another's business.
// CHECK-LABEL: func @weights
// CHECK-SAME:    %[[W:[a-z0-9]*]]: tensor<2x8xf32>, %[[BIAS:[a-z0-9]*]]: tensor<2xf32>
// CHECK: scf.forall (%[[H:.*]], %{{.*}}) in (2, 4)
// CHECK: scf.for
// CHECK-DAG: %[[WH:.*]] = tensor.extract_slice %[[W]][%[[H]], 0] [1, 8]
// CHECK: %[[LOGIT:.*]] = linalg.generic {{.*}} ["parallel", "reduction"]} ins(%{{.*}}, %[[WH]] :
// CHECK: %[[BH:.*]] = tensor.extract_slice %[[BIAS]][%[[H]]] [1]
// CHECK: %[[GATE:.*]] = linalg.generic {{.*}} ins(%[[BH]] : tensor<f32>) outs(%[[LOGIT]] :
// CHECK: math.exp
// CHECK:   scf.for
// CHECK:     vga.online_attention {{.*}} value_gate(%[[GATE]] : tensor<?xf32>)
// CHECK: vga.gated_attention
func.func @weights(%q: tensor<1x2x256x8xf32>, %w: tensor<2x8xf32>, %b: tensor<2xf32>, %many: tensor<2x8x8xf32>)
    -> (tensor<1x2x256x8xf32>, tensor<1x2x256x8xf32>) {
  %z = vga.gated_attention %q, %q, %q, %w bias(%b : tensor<2xf32>)
      : tensor<1x2x256x8xf32>, tensor<1x2x256x8xf32>, tensor<1x2x256x8xf32>, tensor<2x8xf32>
  %y = vga.gated_attention %q, %q, %q, %many
      : tensor<1x2x256x8xf32>, tensor<1x2x256x8xf32>, tensor<1x2x256x8xf32>, tensor<2x8x8xf32>
  return %z, %y : tensor<1x2x256x8xf32>, tensor<1x2x256x8xf32>
}

// Lined up at the length, a task has an offset of its own: that of its sequence.
// CHECK-LABEL: func @at_length
// CHECK-SAME:    %[[N:[a-z0-9]*]]: tensor<2xi32>)
// CHECK: scf.forall (%[[B:.*]], %{{.*}}, %{{.*}}) in
// CHECK: tensor.extract %[[N]][%[[B]]]
// CHECK: %[[LENGTH:.*]] = arith.index_cast
// CHECK: %[[COUNT:.*]] = affine.min #{{.*}}%[[LENGTH]]
// CHECK: %[[OFFSET:.*]] = affine.max #{{.*}}%[[COUNT]]
// CHECK: vga.online_attention {{.*}} upper(
func.func @at_length(%q: tensor<2x2x256x64xf32>, %k: tensor<2x2x512x64xf32>, %n: tensor<2xi32>) -> tensor<2x2x256x64xf32> {
  %z = vga.attention %q, %k, %k kv_length(%n : tensor<2xi32>) causal alignment length
      : tensor<2x2x256x64xf32>, tensor<2x2x512x64xf32>, tensor<2x2x512x64xf32>
  return %z : tensor<2x2x256x64xf32>
}
