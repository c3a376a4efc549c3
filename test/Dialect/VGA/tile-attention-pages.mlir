// Pages are read in place: a loop over the pages of a task's keys, in it one
// over blocks of a page's rows.
// RUN: vga-opt %s --vga-tile-attention --canonicalize --cse | FileCheck %s
// RUN: vga-opt %s --vga-tile-attention=pairs --canonicalize --cse | FileCheck %s --check-prefix=PAIRS

// Rows of queries, and parts of the keys: a block is a page.
// CHECK-DAG: #[[$ENTRY:.*]] = affine_map<()[s0] -> (s0 * 16)>
// CHECK-DAG: #[[$ENTRIES:.*]] = affine_map<()[s0] -> (s0 ceildiv 16)>
// CHECK-DAG: #[[$FROM:.*]] = affine_map<()[s0, s1] -> (s1 * 16, s0 * 256)>
// CHECK-DAG: #[[$TO:.*]] = affine_map<(d0)[s0] -> (s0 * 16 + 16, d0)>
// CHECK-DAG: #[[$ROW:.*]] = affine_map<()[s0, s1] -> (s0 - s1 * 16)>
// CHECK-LABEL: func @decode
// CHECK-SAME:    %[[K:[a-z0-9]*]]: tensor<64x2x16x64xf32>, %[[V:[a-z0-9]*]]: tensor<64x2x16x64xf32>, %[[G:[a-z0-9]*]]: tensor<64x2x16xf32>, %[[N:[a-z0-9]*]]: tensor<4xi32>, %[[T:[a-z0-9]*]]: tensor<4x32xi32>)
// CHECK: scf.forall (%[[B:.*]], %[[H:.*]], %[[PART:.*]]) in (4, 2, 2)
// CHECK: tensor.extract %[[N]][%[[B]]]
// CHECK-DAG: %[[FIRST:.*]] = affine.apply #[[$ENTRY]]()[%[[PART]]]
// CHECK-DAG: %[[LAST:.*]] = affine.apply #[[$ENTRIES]]()[%[[KEYS:.*]]]
// CHECK: scf.for %[[E:.*]] = %[[FIRST]] to %[[LAST]] step %c1
// CHECK: tensor.extract %[[T]][%[[B]], %[[E]]]
// CHECK: %[[PAGE:.*]] = arith.index_cast
// CHECK-DAG: %[[FROM:.*]] = affine.max #[[$FROM]]()[%[[PART]], %[[E]]]
// CHECK-DAG: %[[TO:.*]] = affine.min #[[$TO]](%[[KEYS]])[%[[E]]]
// CHECK: scf.for %[[J:.*]] = %[[FROM]] to %[[TO]] step %c16
// CHECK: %[[ROW:.*]] = affine.apply #[[$ROW]]()[%[[J]], %[[E]]]
// CHECK-DAG: tensor.extract_slice %[[K]][%[[PAGE]], %[[H]], %[[ROW]], 0] [1, 1, %[[COUNT:.*]], 64]
// CHECK-DAG: tensor.extract_slice %[[V]][%[[PAGE]], %[[H]], %[[ROW]], 0] [1, 1, %[[COUNT]], 64]
// CHECK-DAG: tensor.extract_slice %[[G]][%[[PAGE]], %[[H]], %[[ROW]]] [1, 1, %[[COUNT]]]
// CHECK: vga.online_attention
func.func @decode(%q: tensor<4x8x1x64xf32>, %k: tensor<64x2x16x64xf32>, %v: tensor<64x2x16x64xf32>, %g: tensor<64x2x16xf32>, %n: tensor<4xi32>, %t: tensor<4x32xi32>) -> tensor<4x8x1x64xf32> {
  %z = vga.attention %q, %k, %v value_gate(%g : tensor<64x2x16xf32>) kv_length(%n : tensor<4xi32>) block_table(%t : tensor<4x32xi32>)
      : tensor<4x8x1x64xf32>, tensor<64x2x16x64xf32>, tensor<64x2x16x64xf32>
  return %z : tensor<4x8x1x64xf32>
}

// Pages of more than a block have several.
// CHECK-LABEL: func @large_pages
// CHECK: scf.for %{{.*}} = %c0 to %c4 step %c1
// CHECK: tensor.extract
// CHECK: scf.for %{{.*}} = %{{.*}} to %{{.*}} step %c64
// CHECK: vga.online_attention

// In pairs a block is a multiple of 32 keys, whatever the page.
// PAIRS-LABEL: func @large_pages
// PAIRS-LABEL: func @small_pages
// PAIRS: scf.for %{{.*}} = %{{.*}} to %{{.*}} step %c32
// PAIRS: vga.online_attention {{.*}} form pairs
func.func @large_pages(%q: tensor<1x2x70x16xf32>, %k: tensor<9x2x128x16xf32>, %t: tensor<1x4xi32>) -> tensor<1x2x70x16xf32> {
  %z = vga.attention %q, %k, %k block_table(%t : tensor<1x4xi32>)
      : tensor<1x2x70x16xf32>, tensor<9x2x128x16xf32>, tensor<9x2x128x16xf32>
  return %z : tensor<1x2x70x16xf32>
}

func.func @small_pages(%q: tensor<1x2x70x16xbf16>, %k: tensor<9x2x8x16xbf16>, %t: tensor<1x4xi32>) -> tensor<1x2x70x16xbf16> {
  %z = vga.attention %q, %k, %k block_table(%t : tensor<1x4xi32>)
      : tensor<1x2x70x16xbf16>, tensor<9x2x8x16xbf16>, tensor<9x2x8x16xbf16>
  return %z : tensor<1x2x70x16xbf16>
}
