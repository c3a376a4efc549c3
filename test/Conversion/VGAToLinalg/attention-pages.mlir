// Pages are copied into sequences: what is before the length, and nothing else.
// RUN: vga-opt %s --convert-vga-to-linalg --canonicalize --cse | FileCheck %s

// CHECK-DAG: #[[$FIRST:.*]] = affine_map<()[s0] -> (s0 * 16)>
// CHECK-LABEL: func @pages
// CHECK-SAME:    %[[K:[a-z0-9]*]]: tensor<9x2x16x4xf32>, %[[G:[a-z0-9]*]]: tensor<9x2x16xf32>, %[[N:[a-z0-9]*]]: tensor<3xi64>, %[[T:[a-z0-9]*]]: tensor<3x4xi32>)
// CHECK: %[[KEYS:.*]] = scf.forall (%[[B:.*]], %[[E:.*]]) in (3, 4) shared_outs(%[[OUT:.*]] = %{{.*}}) -> (tensor<3x2x64x4xf32>)
// CHECK: %[[FIRST:.*]] = affine.apply #[[$FIRST]]()[%[[E]]]
// CHECK: tensor.extract %[[N]][%[[B]]]
// CHECK: %[[COUNT:.*]] = affine.max
// CHECK: tensor.extract %[[T]][%[[B]], %[[E]]]
// CHECK: %[[PAGE:.*]] = arith.index_cast
// CHECK: tensor.extract_slice %[[K]][%[[PAGE]], 0, 0, 0] [1, 2, %[[COUNT]], 4]
// CHECK: tensor.parallel_insert_slice %{{.*}} into %[[OUT]][%[[B]], 0, %[[FIRST]], 0] [1, 2, %[[COUNT]], 4]
// CHECK: %[[GATES:.*]] = scf.forall {{.*}} -> (tensor<3x2x64xf32>)
// CHECK: tensor.extract_slice %[[G]]
// CHECK: linalg.generic {{.*}} ins(%{{.*}}, %[[KEYS]]
// CHECK: %[[FACTORS:.*]] = tensor.expand_shape %[[GATES]]
// CHECK: linalg.generic {{.*}} ins(%[[KEYS]], %[[FACTORS]], %[[N]]
func.func @pages(%q: tensor<3x2x5x4xf32>, %k: tensor<9x2x16x4xf32>, %g: tensor<9x2x16xf32>, %n: tensor<3xi64>, %t: tensor<3x4xi32>) -> tensor<3x2x5x4xf32> {
  %z = vga.attention %q, %k, %k value_gate(%g : tensor<9x2x16xf32>) kv_length(%n : tensor<3xi64>) block_table(%t : tensor<3x4xi32>)
      : tensor<3x2x5x4xf32>, tensor<9x2x16x4xf32>, tensor<9x2x16x4xf32>
  return %z : tensor<3x2x5x4xf32>
}
