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
  // CHECK: scf.for %[[B:.*]] = %[[C0]] to %[[BATCH]]
  // CHECK: tensor.extract %[[P]][%[[B]]]
  // CHECK: %[[POSITION:.*]] = arith.index_cast
  // CHECK: %[[END:.*]] = arith.addi %[[POSITION]], %[[C3]]
  // CHECK-DAG: %[[FROM:.*]] = arith.divsi %[[POSITION]], %[[C16]]
  // CHECK-DAG: %[[BEHIND:.*]] = arith.ceildivsi %[[END]], %[[C16]]
  // CHECK-DAG: %[[MOST:.*]] = arith.addi %[[FROM]], %[[C3]]
  // CHECK: %[[TO:.*]] = arith.minsi %[[BEHIND]], %[[MOST]]
  // CHECK: scf.for %[[N:.*]] = %[[FROM]] to %[[TO]]
  // CHECK: tensor.extract %[[T]][%[[B]], %[[N]]]
  // CHECK: %[[OK:.*]] = arith.cmpi ult, %[[PAGE:.*]], %[[PAGES]]
  // CHECK: vga.check %[[OK]], "vga.append: entry {1} of sequence {0} in block_table: expected at least 0 and less than {2} (the pages of cache), got {3}"(%[[B]], %[[N]], %[[PAGES]], %[[PAGE]])
  // CHECK: vga.append
  %r = vga.append %x into %c at %p block_table(%t : tensor<?x4xi32>) : tensor<?x1x3x8xf32>, tensor<?x1x16x8xf32>, tensor<?xi32>
  return %r : tensor<?x1x16x8xf32>
}

// CHECK-LABEL: func @no_pages
// CHECK-NOT: vga.check
func.func @no_pages(%x: tensor<2x1x3x8xf32>, %c: tensor<2x1x16x8xf32>, %p: tensor<2xi32>) -> tensor<2x1x16x8xf32> {
  %r = vga.append %x into %c at %p : tensor<2x1x3x8xf32>, tensor<2x1x16x8xf32>, tensor<2xi32>
  return %r : tensor<2x1x16x8xf32>
}

// Attention uses the entries before the length, no more than there are.
// CHECK-LABEL: func @attention
// CHECK-SAME:    %[[N:[^:]*]]: tensor<2xi64>, %[[T:[^:]*]]: tensor<2x?xi32>)
func.func @attention(%q: tensor<2x1x3x8xf32>, %k: tensor<9x1x16x8xf32>, %n: tensor<2xi64>, %t: tensor<2x?xi32>) -> tensor<2x1x3x8xf32> {
  // CHECK: scf.for %[[B:.*]] = %{{.*}} to %{{.*}} step
  // CHECK: %[[ALL:.*]] = tensor.dim %[[T]]
  // CHECK: tensor.extract %[[N]][%[[B]]]
  // CHECK: %[[PAGES:.*]] = arith.ceildivsi
  // CHECK: %[[USED:.*]] = arith.minsi %[[PAGES]], %[[ALL]]
  // CHECK: scf.for %{{.*}} = %{{.*}} to %[[USED]] step
  // CHECK: vga.check %{{.*}}, "vga.attention: entry {1} of sequence {0} in block_table: expected at least 0 and less than {2} (the pages of key), got {3}"
  %z = vga.attention %q, %k, %k kv_length(%n : tensor<2xi64>) block_table(%t : tensor<2x?xi32>)
      : tensor<2x1x3x8xf32>, tensor<9x1x16x8xf32>, tensor<9x1x16x8xf32>
  return %z : tensor<2x1x3x8xf32>
}

// CHECK-LABEL: func @whole
// CHECK: scf.for
// CHECK: scf.for %{{.*}} = %{{.*}} to %c4
// CHECK: vga.check %{{.*}}, "vga.gated_attention: entry {1} of sequence {0} in block_table: expected at least 0 and less than {2} (the pages of key), got {3}"
func.func @whole(%q: tensor<2x1x3x8xf32>, %k: tensor<9x1x16x8xf32>, %w: tensor<1x8xf32>, %t: tensor<2x4xi32>) -> tensor<2x1x3x8xf32> {
  %z = vga.gated_attention %q, %k, %k, %w block_table(%t : tensor<2x4xi32>)
      : tensor<2x1x3x8xf32>, tensor<9x1x16x8xf32>, tensor<9x1x16x8xf32>, tensor<1x8xf32>
  return %z : tensor<2x1x3x8xf32>
}
