// RUN: vga-opt %s --vga-decompose-online-attention | FileCheck %s

// Indexed by key j, lane (query) l and channel.
// CHECK-DAG: #[[$J:.*]] = affine_map<(d0, d1) -> (d0)>
// CHECK-DAG: #[[$JL:.*]] = affine_map<(d0, d1) -> (d0, d1)>
// CHECK-DAG: #[[$L:.*]] = affine_map<(d0, d1) -> (d1)>

// CHECK-LABEL: func @step
// CHECK-SAME:    %[[Q:.*]]: tensor<64x16xf32>, %[[K:.*]]: tensor<?x64xf32>, %[[V:.*]]: tensor<?x32xf32>, %[[G:.*]]: tensor<?xf32>
// CHECK-SAME:    %[[ACC:.*]]: tensor<32x16xf32>, %[[MAX:.*]]: tensor<16xf32>, %[[SUM:.*]]: tensor<16xf32>
func.func @step(%q: tensor<64x16xf32>, %k: tensor<?x64xf32>, %v: tensor<?x32xf32>, %g: tensor<?xf32>,
                %acc: tensor<32x16xf32>, %max: tensor<16xf32>, %sum: tensor<16xf32>)
    -> (tensor<32x16xf32>, tensor<16xf32>, tensor<16xf32>) {
  // The scores.
  // CHECK: %[[S:.*]] = linalg.generic {{.*}} ["parallel", "parallel", "reduction"]} ins(%[[K]], %[[Q]] : {{.*}}) outs(%{{.*}} : tensor<?x16xf32>)
  // The new maximum.
  // CHECK: %[[NEW:.*]] = linalg.generic {{.*}} ["parallel", "reduction"]} ins(%[[S]] : tensor<?x16xf32>) outs(%[[MAX]] : tensor<16xf32>)
  // CHECK: arith.cmpf ogt
  // How much less all that came before counts.
  // CHECK: %[[DECAY:.*]] = linalg.generic {{.*}} ins(%[[MAX]], %[[NEW]] :
  // CHECK: arith.subf
  // CHECK: math.exp2
  // CHECK: %[[DECAYED:.*]] = linalg.generic {{.*}} ins(%[[DECAY]] : tensor<16xf32>) outs(%[[SUM]] : tensor<16xf32>)
  // CHECK: arith.mulf
  // The weights, and their sum: the gate comes after it.
  // CHECK: %[[P:.*]]:2 = linalg.generic {indexing_maps = [#[[$L]], #[[$J]], #[[$JL]], #[[$L]]], iterator_types = ["reduction", "parallel"]} ins(%[[NEW]], %[[G]] : {{.*}}) outs(%[[S]], %[[DECAYED]] :
  // CHECK: ^bb0(%{{.*}}: f32, %[[GATE:.*]]: f32, %{{.*}}: f32, %[[SO_FAR:.*]]: f32):
  // CHECK: %[[W:.*]] = math.exp2
  // CHECK: %[[TOTAL:.*]] = arith.addf %[[SO_FAR]], %[[W]]
  // CHECK: %[[GATED:.*]] = arith.mulf %[[W]], %[[GATE]]
  // CHECK: linalg.yield %[[GATED]], %[[TOTAL]]
  // The accumulator.
  // CHECK: %[[LESS:.*]] = linalg.generic {{.*}} ins(%[[DECAY]] : tensor<16xf32>) outs(%[[ACC]] : tensor<32x16xf32>)
  // CHECK: %[[OUT:.*]] = linalg.generic {{.*}} ["parallel", "parallel", "reduction"]} ins(%[[V]], %[[P]]#0 : {{.*}}) outs(%[[LESS]] :
  // CHECK: return %[[OUT]], %[[NEW]], %[[P]]#1
  %r:3 = vga.online_attention ins(%q, %k, %v : tensor<64x16xf32>, tensor<?x64xf32>, tensor<?x32xf32>)
      value_gate(%g : tensor<?xf32>)
      outs(%acc, %max, %sum : tensor<32x16xf32>, tensor<16xf32>, tensor<16xf32>)
  return %r#0, %r#1, %r#2 : tensor<32x16xf32>, tensor<16xf32>, tensor<16xf32>
}

// CHECK-LABEL: func @restricted
// CHECK-SAME:    %[[LOWER:[a-z0-9]*]]: index, %[[UPPER:[a-z0-9]*]]: index
func.func @restricted(%q: tensor<8x16xf32>, %k: tensor<6x8xf32>, %m: tensor<6x16xf32>, %lower: index, %upper: index,
                      %acc: tensor<8x16xf32>, %max: tensor<16xf32>, %sum: tensor<16xf32>) -> tensor<8x16xf32> {
  // CHECK: math.tanh
  // CHECK: arith.addf
  // CHECK: %[[L:.*]] = linalg.index 1
  // CHECK: %[[I:.*]] = arith.divui %[[L]], %{{.*}} : index
  // CHECK: arith.index_cast %[[LOWER]]
  // CHECK: %[[ABOVE:.*]] = arith.cmpi sge
  // CHECK: arith.select %[[ABOVE]], %{{.*}}, %[[HIDDEN:.*]] : f32
  // CHECK: arith.index_cast %[[UPPER]]
  // CHECK: %[[BELOW:.*]] = arith.cmpi sle
  // CHECK: arith.select %[[BELOW]], %{{.*}}, %[[HIDDEN2:.*]] : f32
  %r:3 = vga.online_attention ins(%q, %k, %k : tensor<8x16xf32>, tensor<6x8xf32>, tensor<6x8xf32>)
      mask(%m : tensor<6x16xf32>) lower(%lower) upper(%upper) group 2 softcap 30.0
      outs(%acc, %max, %sum : tensor<8x16xf32>, tensor<16xf32>, tensor<16xf32>)
  return %r#0 : tensor<8x16xf32>
}

// Keys may be hidden, with values that are no numbers: in a block that has such ones, products of a weight
// of 0 are left out.
// CHECK-LABEL: func @mask
// CHECK-SAME:    %[[Q:.*]]: tensor<8x16xf32>, %[[K:.*]]: tensor<6x8xf32>, %[[M:.*]]: tensor<6x16xf32>, %[[G:.*]]: tensor<6xf32>, %[[ACC:.*]]: tensor<8x16xf32>
func.func @mask(%q: tensor<8x16xf32>, %k: tensor<6x8xf32>, %m: tensor<6x16xf32>, %g: tensor<6xf32>,
                %acc: tensor<8x16xf32>, %max: tensor<16xf32>, %sum: tensor<16xf32>) -> tensor<8x16xf32> {
  // CHECK: linalg.generic {{.*}} ins(%[[M]] :
  // CHECK: ^bb0(%[[ENTRY:.*]]: f32, %[[SCORE:.*]]: f32):
  // CHECK: %[[HIDDEN:.*]] = arith.cmpf oeq, %[[ENTRY]], %[[INF:.*]] : f32
  // CHECK: %[[MASKED:.*]] = arith.addf %[[SCORE]], %[[ENTRY]]
  // CHECK: arith.select %[[HIDDEN]], %[[INF]], %[[MASKED]]
  // CHECK: %[[P:.*]]:2 = linalg.generic {{.*}} ins(%{{.*}}, %[[G]] :
  // CHECK: %[[W:.*]] = math.exp2
  // CHECK: %[[NONE:.*]] = arith.cmpf oeq, %[[W]], %[[ZERO:.*]] : f32
  // CHECK: %[[GATED:.*]] = arith.mulf %[[W]]
  // CHECK: arith.select %[[NONE]], %[[ZERO]], %[[GATED]]
  // CHECK: %[[DECAYED:.*]] = linalg.generic {{.*}} outs(%[[ACC]] :
  // CHECK: linalg.generic {{.*}} ins(%[[K]] : tensor<6x8xf32>) outs(%{{.*}} : tensor<8xi32>)
  // CHECK: arith.maxui
  // CHECK: %[[NUMBERS:.*]] = arith.cmpi ult
  // CHECK: %[[ALL:.*]] = arith.select %[[NUMBERS]], %{{.*}}, %{{.*}} : index
  // CHECK: %[[SUM:.*]] = scf.for {{.*}} to %[[ALL]] {{.*}} iter_args(%[[START:.*]] = %[[DECAYED]])
  // CHECK: linalg.generic {{.*}} ins(%[[K]], %[[P]]#0 : {{.*}}) outs(%[[START]] :
  // CHECK: %[[OTHER:.*]] = arith.xori %[[NUMBERS]], %{{.*}} : i1
  // CHECK: %[[GUARDED:.*]] = arith.select %[[OTHER]], %{{.*}}, %{{.*}} : index
  // CHECK: %[[VALUES:.*]] = scf.for {{.*}} to %[[GUARDED]] {{.*}} iter_args(%[[FIRST:.*]] = %[[SUM]])
  // CHECK: linalg.generic {{.*}} ins(%[[K]], %[[P]]#0 : {{.*}}) outs(%[[FIRST]] :
  // CHECK: arith.cmpf oeq
  // CHECK: arith.select
  // CHECK: return %[[VALUES]]
  %r:3 = vga.online_attention ins(%q, %k, %k : tensor<8x16xf32>, tensor<6x8xf32>, tensor<6x8xf32>)
      value_gate(%g : tensor<6xf32>) mask(%m : tensor<6x16xf32>)
      outs(%acc, %max, %sum : tensor<8x16xf32>, tensor<16xf32>, tensor<16xf32>)
  return %r#0 : tensor<8x16xf32>
}

// By rows: [query, key] scores and [query, channel] accumulators, so that
// vectors run along keys and channels; 16-bit keys are widened in the products.
// CHECK-LABEL: func @rows
// CHECK-SAME:    %[[Q:.*]]: tensor<4x64xf32>, %[[K:.*]]: tensor<?x64xbf16>, %[[M:.*]]: tensor<4x?xf32>
func.func @rows(%q: tensor<4x64xf32>, %k: tensor<?x64xbf16>, %m: tensor<4x?xf32>, %max: tensor<4xf32>, %sum: tensor<4xf32>) -> tensor<4x64xf32> {
  // CHECK: %[[S:.*]] = linalg.generic {{.*}} ins(%[[Q]], %[[K]] : {{.*}}) outs(%{{.*}} : tensor<4x?xf32>)
  // CHECK: arith.extf {{.*}} : bf16 to f32
  // CHECK: linalg.generic {{.*}} ins(%[[M]] : tensor<4x?xf32>) outs(%[[S]] : tensor<4x?xf32>)
  // CHECK: %[[NEW:.*]] = linalg.generic {{.*}} ["parallel", "reduction"]}
  // CHECK: arith.maxnumf
  // CHECK: %[[P:.*]]:2 = linalg.generic {{.*}} ["parallel", "reduction"]} ins(%[[NEW]] :
  // CHECK: linalg.generic {{.*}} ["parallel", "parallel", "reduction"]} ins(%[[P]]#0, %[[K]] : {{.*}}) outs(%{{.*}} : tensor<4x64xf32>)
  %r:3 = vga.online_attention ins(%q, %k, %k : tensor<4x64xf32>, tensor<?x64xbf16>, tensor<?x64xbf16>)
      mask(%m : tensor<4x?xf32>) form rows
      outs(%q, %max, %sum : tensor<4x64xf32>, tensor<4xf32>, tensor<4xf32>)
  return %r#0 : tensor<4x64xf32>
}

// In pairs: the channels of the scores and the keys of the values are summed
// over two at a time, and the weights are rounded to bf16. The factor of the
// scores comes before their limits.
// CHECK-LABEL: func @pairs
// CHECK-SAME:    %[[Q:.*]]: tensor<4x16x2xbf16>, %[[K:.*]]: tensor<?x4x2xbf16>, %[[V:.*]]: tensor<32x?x2xbf16>, %[[N:.*]]: index
func.func @pairs(%q: tensor<4x16x2xbf16>, %k: tensor<?x4x2xbf16>, %v: tensor<32x?x2xbf16>, %n: index,
                 %acc: tensor<32x16xf32>, %max: tensor<16xf32>, %sum: tensor<16xf32>) -> tensor<32x16xf32> {
  // CHECK: %[[S:.*]] = linalg.generic {{.*}} ["parallel", "parallel", "reduction", "reduction"]} ins(%[[K]], %[[Q]] : {{.*}}) outs(%{{.*}} : tensor<?x16xf32>)
  // CHECK: linalg.generic {{.*}} outs(%[[S]] : tensor<?x16xf32>)
  // CHECK: arith.mulf
  // CHECK: %[[J:.*]] = linalg.index 0
  // CHECK: arith.cmpi slt, %[[J]], %[[N]]
  // CHECK: arith.select
  // CHECK: %[[P:.*]]:2 = linalg.generic {{.*}} ["reduction", "parallel"]}
  // CHECK: %[[ROWS:.*]] = tensor.expand_shape %[[P]]#0 {{\[\[}}0, 1], [2]]
  // CHECK: %[[PAIRS:.*]] = linalg.generic {{.*}} ins(%[[ROWS]] : tensor<?x2x16xf32>) outs(%{{.*}} : tensor<?x16x2xbf16>)
  // CHECK: arith.truncf {{.*}} : f32 to bf16
  // CHECK: linalg.generic {{.*}} ["parallel", "parallel", "reduction", "reduction"]} ins(%[[V]], %[[PAIRS]] :
  %r:3 = vga.online_attention ins(%q, %k, %v : tensor<4x16x2xbf16>, tensor<?x4x2xbf16>, tensor<32x?x2xbf16>)
      count(%n) scale 0.9 form pairs
      outs(%acc, %max, %sum : tensor<32x16xf32>, tensor<16xf32>, tensor<16xf32>)
  return %r#0 : tensor<32x16xf32>
}
