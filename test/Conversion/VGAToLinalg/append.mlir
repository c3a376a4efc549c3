// Loops over sequences and blocks of new positions; a block is a slice. Few of them
// are one thread's, many are tasks.
// RUN: vga-opt %s --convert-vga-to-linalg --canonicalize --cse --split-input-file | FileCheck %s

// States are updated in place: nothing is allocated, and nothing else copied.
// RUN: vga-opt %s --split-input-file --convert-vga-to-linalg --vga-open-states --one-shot-bufferize="bufferize-function-boundaries function-boundary-type-conversion=identity-layout-map" --drop-equivalent-buffer-results --vga-close-states | FileCheck %s --check-prefix=BUFFERS
// BUFFERS-NOT: memref.alloc
// BUFFERS-COUNT-5: memref.copy
// BUFFERS-NOT: memref.copy

// CHECK-DAG: #[[$START:.*]] = affine_map<()[s0] -> (s0 * 256)>
// CHECK-DAG: #[[$EXTENT:.*]] = affine_map<()[s0, s1] -> (256, s0 - s1 * 256)>
// CHECK-DAG: #[[$ROW:.*]] = affine_map<()[s0, s1] -> (s0 + s1 * 256)>
// CHECK-LABEL: func @contiguous
// CHECK-SAME:    %[[K:[^:]*]]: tensor<3x2x?x8xf32>, %[[C:[^:]*]]: tensor<3x2x512x8xf32> {vga.state = "c"}, %[[P:[^:]*]]: tensor<3xi64>)
// CHECK: %[[FEW:.*]] = arith.cmpi sle, %{{.*}}, %c4096
// CHECK: %[[SERIAL:.*]] = arith.select %[[FEW]], %c3, %c0
// CHECK: %[[SOME:.*]] = scf.for %{{.*}} = %c0 to %[[SERIAL]] step %c1 iter_args(%{{.*}} = %[[C]])
// CHECK: scf.for
// CHECK: tensor.insert_slice
// CHECK: %[[TASKS:.*]] = arith.select %[[FEW]], %c0, %c3
// CHECK: %[[BLOCKS:.*]] = arith.select %[[FEW]], %c0, %{{.*}}
// CHECK: %[[R:.*]] = scf.forall (%[[B:.*]], %[[N:.*]]) in (%[[TASKS]], %[[BLOCKS]]) shared_outs(%[[OUT:.*]] = %[[SOME]])
// CHECK-DAG: %[[FIRST:.*]] = affine.apply #[[$START]]()[%[[N]]]
// CHECK-DAG: %[[E:.*]] = affine.min #[[$EXTENT]]()[%{{.*}}, %[[N]]]
// CHECK-DAG: %[[P64:.*]] = tensor.extract %[[P]][%[[B]]]
// CHECK: %[[POSITION:.*]] = arith.index_cast %[[P64]]
// CHECK: %[[TO:.*]] = affine.apply #[[$ROW]]()[%[[POSITION]], %[[N]]]
// CHECK: %[[NEW:.*]] = tensor.extract_slice %[[K]][%[[B]], 0, %[[FIRST]], 0] [1, 2, %[[E]], 8]
// CHECK: tensor.parallel_insert_slice %[[NEW]] into %[[OUT]][%[[B]], 0, %[[TO]], 0] [1, 2, %[[E]], 8]
// CHECK: return %[[R]]
func.func @contiguous(%k: tensor<3x2x?x8xf32>, %c: tensor<3x2x512x8xf32> {vga.state = "c"}, %p: tensor<3xi64>) -> tensor<3x2x512x8xf32> {
  %r = vga.append %k into %c at %p : tensor<3x2x?x8xf32>, tensor<3x2x512x8xf32>, tensor<3xi64>
  return %r : tensor<3x2x512x8xf32>
}

// -----

// One position of each sequence: the row of a page.
// CHECK-DAG: #[[$ENTRY:.*]] = affine_map<()[s0] -> (s0 floordiv 16)>
// CHECK-DAG: #[[$ROW:.*]] = affine_map<()[s0] -> (s0 mod 16)>
// CHECK-LABEL: func @decode
// CHECK-SAME:    %[[K:[^:]*]]: tensor<4x1x2x64xf16>, %[[POOL:[^:]*]]: tensor<64x16x2x64xf16> {vga.state = "pages"}, %[[P:[^:]*]]: tensor<4xi32>, %[[T:[^:]*]]: tensor<4x32xi32>)
// CHECK-NOT: scf.forall
// CHECK: scf.for %[[B:.*]] = %c0 to %c4 step %c1 iter_args(%[[OUT:.*]] = %[[POOL]])
// CHECK: %[[P32:.*]] = tensor.extract %[[P]][%[[B]]]
// CHECK: %[[POSITION:.*]] = arith.index_cast %[[P32]]
// CHECK-DAG: %[[ENTRY:.*]] = affine.apply #[[$ENTRY]]()[%[[POSITION]]]
// CHECK-DAG: %[[ROW:.*]] = affine.apply #[[$ROW]]()[%[[POSITION]]]
// CHECK: %[[PAGE32:.*]] = tensor.extract %[[T]][%[[B]], %[[ENTRY]]]
// CHECK: %[[PAGE:.*]] = arith.index_cast %[[PAGE32]]
// CHECK: tensor.insert_slice %{{.*}} into %[[OUT]][%[[PAGE]], %[[ROW]], 0, 0] [1, 1, 2, 64]
func.func @decode(%k: tensor<4x1x2x64xf16>, %pages: tensor<64x16x2x64xf16> {vga.state = "pages"}, %p: tensor<4xi32>, %t: tensor<4x32xi32>) -> tensor<64x16x2x64xf16> {
  %r = vga.append %k into %pages at %p block_table(%t : tensor<4x32xi32>) layout bshd : tensor<4x1x2x64xf16>, tensor<64x16x2x64xf16>, tensor<4xi32>
  return %r : tensor<64x16x2x64xf16>
}

// -----

// Many positions, of a scalar gate: a block for each page that they may touch.
// CHECK-DAG: #[[$BLOCKS:.*]] = affine_map<()[s0] -> (s0, (s0 - 1) ceildiv 16 + 1)>
// CHECK-LABEL: func @chunk
// CHECK-SAME:    %[[G:[^:]*]]: tensor<?x2x?xf32>, %[[POOL:[^:]*]]: tensor<64x2x16xf32> {vga.state = "pages"}
// CHECK: %[[BLOCKS:.*]] = affine.min #[[$BLOCKS]]()[%{{.*}}]
// CHECK: scf.for
// CHECK: %[[TASKS:.*]] = arith.select %{{.*}}, %c0, %[[BLOCKS]]
// CHECK: scf.forall (%[[B:.*]], %{{.*}}) in (%{{.*}}, %[[TASKS]]) shared_outs(%[[OUT:.*]] = %{{.*}})
// CHECK: %[[NEW:.*]] = tensor.extract_slice %[[G]][%[[B]], 0, %{{.*}}] [1, 2, %[[E:.*]]]
// CHECK: tensor.parallel_insert_slice %[[NEW]] into %[[OUT]][%{{.*}}, 0, %{{.*}}] [1, 2, %[[E]]]
func.func @chunk(%g: tensor<?x2x?xf32>, %pages: tensor<64x2x16xf32> {vga.state = "pages"}, %p: tensor<?xi32>, %t: tensor<?x?xi32>) -> tensor<64x2x16xf32> {
  %r = vga.append %g into %pages at %p block_table(%t : tensor<?x?xi32>) : tensor<?x2x?xf32>, tensor<64x2x16xf32>, tensor<?xi32>
  return %r : tensor<64x2x16xf32>
}
