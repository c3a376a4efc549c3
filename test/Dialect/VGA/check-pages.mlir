// Each entry of a table that is used is compared to the number of pages.
// RUN: vga-opt %s --vga-check-pages --canonicalize --cse | FileCheck %s

// CHECK-LABEL: func @append
// CHECK-SAME:    %[[X:[^:]*]]: tensor<?x1x3x8xf32>, %[[POOL:[^:]*]]: tensor<?x1x16x8xf32>, %[[P:[^:]*]]: tensor<?xi32>, %[[T:[^:]*]]: tensor<?x4xi32>)
func.func @append(%x: tensor<?x1x3x8xf32>, %c: tensor<?x1x16x8xf32>, %p: tensor<?xi32>, %t: tensor<?x4xi32>) -> tensor<?x1x16x8xf32> {
  // CHECK-DAG: %[[C0:.*]] = arith.constant 0 : index
  // CHECK-DAG: %[[C1:.*]] = arith.constant 1 : index
  // CHECK-DAG: %[[C3:.*]] = arith.constant 3 : index
  // CHECK-DAG: %[[C16:.*]] = arith.constant 16 : index
  // CHECK-DAG: %[[PAGES:.*]] = tensor.dim %[[POOL]], %[[C0]]
  // CHECK-DAG: %[[BATCH:.*]] = tensor.dim %[[T]], %[[C0]]
  // CHECK-DAG: %[[LAST:.*]] = arith.subi %[[PAGES]], %[[C1]]
  // CHECK: %[[ALL:.*]] = scf.for %[[B:.*]] = %[[C0]] to %[[BATCH]]
  // CHECK: tensor.extract %[[P]][%[[B]]]
  // CHECK: %[[POSITION:.*]] = arith.index_cast
  // CHECK: %[[END:.*]] = arith.addi %[[POSITION]], %[[C3]]
  // CHECK-DAG: %[[FROM:.*]] = arith.divsi %[[POSITION]], %[[C16]]
  // CHECK-DAG: %[[BEHIND:.*]] = arith.ceildivsi %[[END]], %[[C16]]
  // CHECK-DAG: %[[MOST:.*]] = arith.addi %[[FROM]], %[[C3]]
  // CHECK: %[[TO:.*]] = arith.minsi %[[BEHIND]], %[[MOST]]
  // CHECK: scf.for %[[N:.*]] = %[[FROM]] to %[[TO]]
  // CHECK: tensor.extract %[[T]][%[[B]], %[[N]]]
  // CHECK-DAG: arith.cmpi sge, %[[PAGE:.*]], %[[C0]]
  // CHECK-DAG: arith.cmpi sle, %[[PAGE]], %[[LAST]]
  // CHECK: cf.assert %[[ALL]], "vga.append: block_table has a page that cache has not"
  // CHECK: vga.append
  %r = vga.append %x into %c at %p block_table(%t : tensor<?x4xi32>) : tensor<?x1x3x8xf32>, tensor<?x1x16x8xf32>, tensor<?xi32>
  return %r : tensor<?x1x16x8xf32>
}

// CHECK-LABEL: func @no_pages
// CHECK-NOT: cf.assert
func.func @no_pages(%x: tensor<2x1x3x8xf32>, %c: tensor<2x1x16x8xf32>, %p: tensor<2xi32>) -> tensor<2x1x16x8xf32> {
  %r = vga.append %x into %c at %p : tensor<2x1x3x8xf32>, tensor<2x1x16x8xf32>, tensor<2xi32>
  return %r : tensor<2x1x16x8xf32>
}
