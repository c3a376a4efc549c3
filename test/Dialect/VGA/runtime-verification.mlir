// RUN: vga-opt %s --vga-check-sizes | FileCheck %s
// RUN: vga-opt %s --generate-runtime-verification | FileCheck %s --check-prefix=UPSTREAM

// Upstream's pass makes the same checks.
// UPSTREAM-LABEL: func @dynamic
// UPSTREAM: vga.check %{{.*}}, "vga.attention: batch of key
// UPSTREAM: vga.attention

// CHECK-LABEL: func @dynamic
// CHECK-SAME:    %[[Q:[^:]*]]: tensor<?x2x?x4xf32>, %[[K:[^:]*]]: tensor<?x2x?x4xf32>, %[[V:[^:]*]]: tensor<?x2x?x4xf32>
func.func @dynamic(%q: tensor<?x2x?x4xf32>, %k: tensor<?x2x?x4xf32>, %v: tensor<?x2x?x4xf32>,
                   %m: tensor<?x?xi1>, %n: tensor<?xi32>, %g: tensor<?x2x?xf32>, %o: tensor<?x2x?x4xf32>) -> tensor<?x2x?x4xf32> {
  // CHECK: %[[QB:.*]] = tensor.dim %[[Q]], %{{.*}}
  // CHECK: %[[KB:.*]] = tensor.dim %[[K]], %{{.*}}
  // CHECK: %[[SAME:.*]] = arith.cmpi eq, %[[KB]], %[[QB]]
  // CHECK: vga.check %[[SAME]], "vga.attention: batch of key: expected {{[{}0-9]+}} (that of query), got {{[{}0-9]+}}"
  // CHECK: vga.check %{{.*}}, "vga.attention: batch of value: expected {{[{}0-9]+}} (that of query), got {{[{}0-9]+}}"
  // CHECK: vga.check %{{.*}}, "vga.attention: sequence of value: expected {{[{}0-9]+}} (that of key), got {{[{}0-9]+}}"
  // CHECK: vga.check %{{.*}}, "vga.attention: batch of kv_length: expected {{[{}0-9]+}} (that of query), got {{[{}0-9]+}}"
  // CHECK: vga.check %{{.*}}, "vga.attention: sequence of mask: expected {{[{}0-9]+}} (that of key), got {{[{}0-9]+}}"
  // CHECK: vga.check %{{.*}}, "vga.attention: sequence of mask: expected {{[{}0-9]+}} (that of query), got {{[{}0-9]+}}"
  // CHECK: vga.check %{{.*}}, "vga.attention: batch of value_gate: expected {{[{}0-9]+}} (that of key), got {{[{}0-9]+}}"
  // CHECK: vga.check %{{.*}}, "vga.attention: sequence of value_gate: expected {{[{}0-9]+}} (that of key), got {{[{}0-9]+}}"
  // CHECK: vga.check %{{.*}}, "vga.attention: batch of output_gate: expected {{[{}0-9]+}} (that of query), got {{[{}0-9]+}}"
  // CHECK: vga.check %{{.*}}, "vga.attention: sequence of output_gate: expected {{[{}0-9]+}} (that of query), got {{[{}0-9]+}}"
  // CHECK: vga.attention
  %z = vga.attention %q, %k, %v mask(%m : tensor<?x?xi1>) kv_length(%n : tensor<?xi32>) value_gate(%g : tensor<?x2x?xf32>) output_gate(%o : tensor<?x2x?x4xf32>)
      : tensor<?x2x?x4xf32>, tensor<?x2x?x4xf32>, tensor<?x2x?x4xf32>
  return %z : tensor<?x2x?x4xf32>
}

// The verifier has seen static sizes; a mask dimension of 1 broadcasts.
// CHECK-LABEL: func @static
// CHECK-NOT: vga.check
func.func @static(%q: tensor<1x2x?x4xf32>, %k: tensor<1x2x8x4xf32>, %m: tensor<1x8xf32>, %w: tensor<2x4xf32>) -> tensor<1x2x?x4xf32> {
  %z = vga.attention %q, %k, %k mask(%m : tensor<1x8xf32>) : tensor<1x2x?x4xf32>, tensor<1x2x8x4xf32>, tensor<1x2x8x4xf32>
  return %z : tensor<1x2x?x4xf32>
}

// One known side is enough; in sbhd the sequence is axis 0 and the batch axis 1,
// but a scalar gate is [B, H, S].
// CHECK-LABEL: func @sbhd
// CHECK-SAME:    %[[Q:[^:]*]]: tensor<6x?x2x4xf32>, %[[K:[^:]*]]: tensor<8x3x2x4xf32>, %[[M:[^:]*]]: tensor<?x?x1x?xi1>, %[[G:[^:]*]]: tensor<?x2x?xf32>, %[[E:[^:]*]]: tensor<?x?x2x4xf32>)
func.func @sbhd(%q: tensor<6x?x2x4xf32>, %k: tensor<8x3x2x4xf32>, %m: tensor<?x?x1x?xi1>, %g: tensor<?x2x?xf32>, %e: tensor<?x?x2x4xf32>) -> tensor<6x?x2x4xf32> {
  // CHECK: %[[QB:.*]] = tensor.dim %[[Q]], %c1
  // CHECK: vga.check %{{.*}}, "vga.attention: batch of key: expected {0} (that of query), got 3"(%[[QB]])
  // CHECK: %[[MK:.*]] = tensor.dim %[[M]], %{{.*}}
  // CHECK: vga.check %{{.*}}, "vga.attention: sequence of mask: expected 8 (that of key), got {0}"(%[[MK]])
  // CHECK: %[[MH:.*]] = tensor.dim %[[M]], %c1
  // CHECK: vga.check %{{.*}}, "vga.attention: heads of mask: expected 2 (that of query), got {0}"(%[[MH]])
  // CHECK: %[[MB:.*]] = tensor.dim %[[M]], %c0
  // CHECK: vga.check %{{.*}}, "vga.attention: batch of mask: expected {0} (that of query), got {1}"(%[[QB]], %[[MB]])
  // CHECK: %[[GB:.*]] = tensor.dim %[[G]], %c0
  // CHECK: vga.check %{{.*}}, "vga.attention: batch of value_gate: expected 3 (that of key), got {0}"(%[[GB]])
  // CHECK: %[[GS:.*]] = tensor.dim %[[G]], %{{.*}}
  // CHECK: vga.check %{{.*}}, "vga.attention: sequence of value_gate: expected 8 (that of key), got {0}"(%[[GS]])
  // CHECK: %[[EB:.*]] = tensor.dim %[[E]], %c1
  // CHECK: vga.check %{{.*}}, "vga.attention: batch of output_gate: expected {0} (that of query), got {1}"(%[[QB]], %[[EB]])
  // CHECK: %[[ES:.*]] = tensor.dim %[[E]], %c0
  // CHECK: vga.check %{{.*}}, "vga.attention: sequence of output_gate: expected 6 (that of query), got {0}"(%[[ES]])
  // CHECK-NOT: sequence of mask: expected {{[{}0-9]+}} (that of query)
  // CHECK: vga.attention
  %z = vga.attention %q, %k, %k mask(%m : tensor<?x?x1x?xi1>) value_gate(%g : tensor<?x2x?xf32>) output_gate(%e : tensor<?x?x2x4xf32>) layout sbhd
      : tensor<6x?x2x4xf32>, tensor<8x3x2x4xf32>, tensor<8x3x2x4xf32>
  return %z : tensor<6x?x2x4xf32>
}

// CHECK-LABEL: func @gated_attention
func.func @gated_attention(%q: tensor<1x2x8x4xf32>, %k: tensor<1x2x?x4xf32>, %v: tensor<1x2x?x4xf32>, %w: tensor<2x4xf32>) -> tensor<1x2x8x4xf32> {
  // CHECK: vga.check %{{.*}}, "vga.gated_attention: sequence of value: expected {{[{}0-9]+}} (that of key), got {{[{}0-9]+}}"
  // CHECK-NOT: vga.check
  %z = vga.gated_attention %q, %k, %v, %w
      : tensor<1x2x8x4xf32>, tensor<1x2x?x4xf32>, tensor<1x2x?x4xf32>, tensor<2x4xf32>
  return %z : tensor<1x2x8x4xf32>
}

// Caches have room for what is appended to them.
// CHECK-LABEL: func @append
// CHECK-SAME:    %[[X:[^:]*]]: tensor<?x1x3x8xf32>, %[[C:[^:]*]]: tensor<2x1x?x8xf32>, %[[P:[^:]*]]: tensor<2xi32>)
func.func @append(%x: tensor<?x1x3x8xf32>, %c: tensor<2x1x?x8xf32>, %p: tensor<2xi32>) -> tensor<2x1x?x8xf32> {
  // CHECK-DAG: %[[C0:.*]] = arith.constant 0 : index
  // CHECK: vga.check %{{.*}}, "vga.append: batch of position: expected {{[{}0-9]+}} (that of source), got {{[{}0-9]+}}"
  // The batch of the cache is known to be the same then.
  // CHECK: %[[CAPACITY:.*]] = tensor.dim %[[C]], %{{.*}}
  // CHECK: vga.check %{{.*}}, "vga.append: sequence of source: expected 0 to {0}, got 3"(%[[CAPACITY]])
  // CHECK: %[[LAST:.*]] = arith.subi %[[CAPACITY]], %{{.*}}
  // CHECK: scf.for %[[B:.*]] = %[[C0]] to %{{.*}} step
  // CHECK: %[[P32:.*]] = tensor.extract %[[P]][%[[B]]]
  // CHECK: %[[POSITION:.*]] = arith.index_cast %[[P32]]
  // CHECK-DAG: %[[ABOVE:.*]] = arith.cmpi sle, %[[C0]], %[[POSITION]]
  // CHECK-DAG: %[[BELOW:.*]] = arith.cmpi sle, %[[POSITION]], %[[LAST]]
  // CHECK: %[[FITS:.*]] = arith.andi %[[ABOVE]], %[[BELOW]]
  // CHECK: vga.check %[[FITS]], "vga.append: position of sequence {0}: expected 0 to {1}, got {2}"(%[[B]], %[[LAST]], %[[POSITION]])
  %r = vga.append %x into %c at %p : tensor<?x1x3x8xf32>, tensor<2x1x?x8xf32>, tensor<2xi32>
  return %r : tensor<2x1x?x8xf32>
}

// The capacity of a sequence is that of its pages.
// CHECK-LABEL: func @append_pages
// CHECK-SAME:    %[[T:[^:]*]]: tensor<?x?xi32>)
func.func @append_pages(%x: tensor<2x1x3xf32>, %c: tensor<9x1x16xf32>, %p: tensor<2xi64>, %t: tensor<?x?xi32>) -> tensor<9x1x16xf32> {
  // CHECK: vga.check %{{.*}}, "vga.append: batch of block_table: expected {{[{}0-9]+}} (that of source), got {{[{}0-9]+}}"
  // CHECK: %[[N:.*]] = tensor.dim %[[T]], %c1
  // CHECK: arith.muli %[[N]], %{{.*}}
  // CHECK: vga.check %{{.*}}, "vga.append: position of sequence {0}: expected 0 to {1}, got {2}"
  %r = vga.append %x into %c at %p block_table(%t : tensor<?x?xi32>) : tensor<2x1x3xf32>, tensor<9x1x16xf32>, tensor<2xi64>
  return %r : tensor<9x1x16xf32>
}

// Pages are no batch: keys, values and gates have as many, and the mask has the
// positions of the table.
// CHECK-LABEL: func @pages
// CHECK-SAME:    %[[T:[^:]*]]: tensor<?x?xi32>, %[[M:[^:]*]]: tensor<?x?xf32>)
func.func @pages(%q: tensor<?x2x?x4xf32>, %k: tensor<?x2x16x4xf32>, %v: tensor<?x2x16x4xf32>, %g: tensor<?x2x16xf32>, %t: tensor<?x?xi32>, %m: tensor<?x?xf32>) -> tensor<?x2x?x4xf32> {
  // CHECK: vga.check %{{.*}}, "vga.attention: batch of block_table: expected {{[{}0-9]+}} (that of query), got {{[{}0-9]+}}"
  // CHECK: vga.check %{{.*}}, "vga.attention: pages of value: expected {{[{}0-9]+}} (that of key), got {{[{}0-9]+}}"
  // CHECK: %[[N:.*]] = tensor.dim %[[T]], %{{.*}}
  // CHECK: %[[KEYS:.*]] = arith.muli %[[N]], %{{.*}}
  // CHECK: arith.cmpi eq, %{{.*}}, %[[KEYS]]
  // CHECK: vga.check %{{.*}}, "vga.attention: sequence of mask: expected {{[{}0-9]+}} (that of block_table), got {{[{}0-9]+}}"
  // CHECK: vga.check %{{.*}}, "vga.attention: sequence of mask: expected {{[{}0-9]+}} (that of query), got {{[{}0-9]+}}"
  // CHECK: vga.check %{{.*}}, "vga.attention: pages of value_gate: expected {{[{}0-9]+}} (that of key), got {{[{}0-9]+}}"
  // CHECK-NEXT: vga.attention
  %z = vga.attention %q, %k, %v value_gate(%g : tensor<?x2x16xf32>) block_table(%t : tensor<?x?xi32>) mask(%m : tensor<?x?xf32>)
      : tensor<?x2x?x4xf32>, tensor<?x2x16x4xf32>, tensor<?x2x16x4xf32>
  return %z : tensor<?x2x?x4xf32>
}
