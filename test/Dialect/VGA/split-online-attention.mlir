// The states of parts of the keys, through upstream's partial reductions.
// RUN: vga-opt %s --transform-interpreter --canonicalize --cse | FileCheck %s

// CHECK-LABEL: func @parts
// CHECK-SAME:    %[[Q:.*]]: tensor<8x16xf32>, %[[K:.*]]: tensor<96x8xf32>, %[[ACC:.*]]: tensor<8x16xf32>, %[[MAX:.*]]: tensor<16xf32>, %[[SUM:.*]]: tensor<16xf32>
// No key has been seen.
// CHECK-DAG: %[[LOWEST:.*]] = arith.constant -3.40282347E+38 : f32
// CHECK-DAG: %[[ZERO:.*]] = arith.constant 0.000000e+00 : f32
// CHECK-DAG: linalg.fill ins(%[[ZERO]] : f32) outs(%{{.*}} : tensor<3x8x16xf32>)
// CHECK-DAG: linalg.fill ins(%[[LOWEST]] : f32) outs(%{{.*}} : tensor<3x16xf32>)
// CHECK: %[[PARTS:.*]]:3 = scf.forall (%[[P:.*]]) = (0) to (96) step (32)
// CHECK:   tensor.extract_slice %[[K]][%[[P]], 0] [32, 8]
// CHECK:   vga.online_attention ins({{.*}} : tensor<8x16xf32>, tensor<32x8xf32>, tensor<32x8xf32>)
// CHECK:   tensor.parallel_insert_slice {{.*}} [1, 8, 16]
// The largest of all maxima, also of the one from before.
// CHECK: %[[NEW:.*]] = linalg.generic {{.*}} ins(%[[PARTS]]#1 : tensor<3x16xf32>) outs(%[[MAX]] : tensor<16xf32>)
// CHECK: arith.cmpf ogt
// CHECK: %[[LESS:.*]] = linalg.generic {{.*}} ins(%[[MAX]], %[[NEW]] : {{.*}}) outs(%[[ACC]] : tensor<8x16xf32>)
// CHECK: math.exp2
// CHECK: %[[OUT:.*]] = linalg.generic {{.*}} ins(%[[PARTS]]#0, %[[PARTS]]#1, %[[NEW]] : {{.*}}) outs(%[[LESS]] :
// CHECK: math.exp2
// CHECK: %[[LESS:.*]] = linalg.generic {{.*}} ins(%[[MAX]], %[[NEW]] : {{.*}}) outs(%[[SUM]] : tensor<16xf32>)
// CHECK: %[[TOTAL:.*]] = linalg.generic {{.*}} ins(%[[PARTS]]#2, %[[PARTS]]#1, %[[NEW]] : {{.*}}) outs(%[[LESS]] :
// CHECK: return %[[OUT]], %[[NEW]], %[[TOTAL]]
func.func @parts(%q: tensor<8x16xf32>, %k: tensor<96x8xf32>, %acc: tensor<8x16xf32>, %max: tensor<16xf32>,
                 %sum: tensor<16xf32>) -> (tensor<8x16xf32>, tensor<16xf32>, tensor<16xf32>) {
  %r:3 = vga.online_attention ins(%q, %k, %k : tensor<8x16xf32>, tensor<96x8xf32>, tensor<96x8xf32>)
      outs(%acc, %max, %sum : tensor<8x16xf32>, tensor<16xf32>, tensor<16xf32>)
  return %r#0, %r#1, %r#2 : tensor<8x16xf32>, tensor<16xf32>, tensor<16xf32>
}

module attributes {transform.with_named_sequence} {
  transform.named_sequence @__transform_main(%module: !transform.any_op) {
    %op = transform.structured.match ops{["vga.online_attention"]} in %module : (!transform.any_op) -> !transform.any_op
    %init:3, %part, %merge:3, %loop = transform.structured.tile_reduction_using_forall %op by tile_sizes = [32, 0]
        : (!transform.any_op) -> (!transform.any_op, !transform.any_op, !transform.any_op, !transform.any_op, !transform.any_op, !transform.any_op, !transform.any_op, !transform.any_op)
    transform.yield
  }
}
