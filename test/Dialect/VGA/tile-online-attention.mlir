// A schedule of one's own: upstream's tiling, vga's decomposition.
// RUN: vga-opt %s --transform-interpreter --canonicalize --cse | FileCheck %s

// A query's limits move with the tile; two queries share a position.
// CHECK-DAG: #[[$SHIFT:.*]] = affine_map<()[s0, s1, s2] -> (s0 - s1 + s2 floordiv 2)>

// CHECK-LABEL: func @tiled
// CHECK-SAME:    %[[Q:.*]]: tensor<8x64xf32>, %[[K:.*]]: tensor<96x8xf32>, %[[UPPER:[a-z0-9]*]]: index
// CHECK: scf.for %[[J:.*]] = %{{.*}} to %{{.*}} step %{{.*}} iter_args(%{{.*}}, %{{.*}}, %{{.*}}) -> (tensor<8x64xf32>, tensor<64xf32>, tensor<64xf32>)
// CHECK:   scf.for %[[L:.*]] = %{{.*}} to %{{.*}} step %{{.*}} iter_args(%[[ACC:.*]] = %{{.*}}, %[[MAX:.*]] = %{{.*}}, %[[SUM:.*]] = %{{.*}})
// CHECK-DAG: %[[QT:.*]] = tensor.extract_slice %[[Q]][0, %[[L]]] [8, 16]
// CHECK-DAG: %[[KT:.*]] = tensor.extract_slice %[[K]][%[[J]], 0] [32, 8]
// CHECK-DAG: %[[LIMIT:.*]] = affine.apply #[[$SHIFT]]()[%[[UPPER]], %[[J]], %[[L]]]
// CHECK-DAG: tensor.extract_slice %[[ACC]][0, %[[L]]] [8, 16]
// CHECK-DAG: tensor.extract_slice %[[MAX]][%[[L]]] [16]
// CHECK:     linalg.generic {{.*}} ins(%[[KT]], %[[QT]] :
// CHECK:     arith.index_cast %[[LIMIT]]
// CHECK:     tensor.insert_slice %{{.*}} into %[[ACC]][0, %[[L]]] [8, 16]
// CHECK-NOT: = vga.online_attention
func.func @tiled(%q: tensor<8x64xf32>, %k: tensor<96x8xf32>, %upper: index,
                 %acc: tensor<8x64xf32>, %max: tensor<64xf32>, %sum: tensor<64xf32>) -> tensor<8x64xf32> {
  %r:3 = vga.online_attention ins(%q, %k, %k : tensor<8x64xf32>, tensor<96x8xf32>, tensor<96x8xf32>)
      upper(%upper) group 2
      outs(%acc, %max, %sum : tensor<8x64xf32>, tensor<64xf32>, tensor<64xf32>)
  return %r#0 : tensor<8x64xf32>
}

module attributes {transform.with_named_sequence} {
  transform.named_sequence @__transform_main(%module: !transform.any_op) {
    %op = transform.structured.match ops{["vga.online_attention"]} in %module : (!transform.any_op) -> !transform.any_op
    %tile, %loops:2 = transform.structured.tile_using_for %op tile_sizes [32, 16]
        : (!transform.any_op) -> (!transform.any_op, !transform.any_op, !transform.any_op)
    transform.vga.decompose_online_attention %tile : !transform.any_op
    transform.yield
  }
}
