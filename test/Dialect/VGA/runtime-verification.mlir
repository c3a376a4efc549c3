// RUN: vga-opt %s --generate-runtime-verification --cse | FileCheck %s

// CHECK-LABEL: func @dynamic
// CHECK-SAME:    %[[Q:[^:]*]]: tensor<?x2x?x4xf32>, %[[K:[^:]*]]: tensor<?x2x?x4xf32>, %[[V:[^:]*]]: tensor<?x2x?x4xf32>
func.func @dynamic(%q: tensor<?x2x?x4xf32>, %k: tensor<?x2x?x4xf32>, %v: tensor<?x2x?x4xf32>,
                   %m: tensor<?x?xi1>, %n: tensor<?xi32>, %g: tensor<?x2x?xf32>, %o: tensor<?x2x?x4xf32>) -> tensor<?x2x?x4xf32> {
  // CHECK: %[[KB:.*]] = tensor.dim %[[K]], %{{.*}}
  // CHECK: %[[QB:.*]] = tensor.dim %[[Q]], %{{.*}}
  // CHECK: %[[SAME:.*]] = arith.cmpi eq, %[[KB]], %[[QB]]
  // CHECK: cf.assert %[[SAME]], "vga.attention: batch of key differs from that of query"
  // CHECK: cf.assert %{{.*}}, "vga.attention: batch of value differs from that of query"
  // CHECK: cf.assert %{{.*}}, "vga.attention: sequence of value differs from that of key"
  // CHECK: cf.assert %{{.*}}, "vga.attention: batch of kv_length differs from that of query"
  // CHECK: cf.assert %{{.*}}, "vga.attention: sequence of mask differs from that of key"
  // CHECK: cf.assert %{{.*}}, "vga.attention: sequence of mask differs from that of query"
  // CHECK: cf.assert %{{.*}}, "vga.attention: batch of value_gate differs from that of key"
  // CHECK: cf.assert %{{.*}}, "vga.attention: sequence of value_gate differs from that of key"
  // CHECK: cf.assert %{{.*}}, "vga.attention: batch of output_gate differs from that of query"
  // CHECK: cf.assert %{{.*}}, "vga.attention: sequence of output_gate differs from that of query"
  // CHECK: vga.attention
  %z = vga.attention %q, %k, %v mask(%m : tensor<?x?xi1>) kv_length(%n : tensor<?xi32>) value_gate(%g : tensor<?x2x?xf32>) output_gate(%o : tensor<?x2x?x4xf32>)
      : tensor<?x2x?x4xf32>, tensor<?x2x?x4xf32>, tensor<?x2x?x4xf32>
  return %z : tensor<?x2x?x4xf32>
}

// The verifier has seen static sizes; a mask dimension of 1 broadcasts.
// CHECK-LABEL: func @static
// CHECK-NOT: cf.assert
func.func @static(%q: tensor<1x2x?x4xf32>, %k: tensor<1x2x8x4xf32>, %m: tensor<1x8xf32>, %w: tensor<2x4xf32>) -> tensor<1x2x?x4xf32> {
  %z = vga.attention %q, %k, %k mask(%m : tensor<1x8xf32>) : tensor<1x2x?x4xf32>, tensor<1x2x8x4xf32>, tensor<1x2x8x4xf32>
  return %z : tensor<1x2x?x4xf32>
}

// One known side is enough; in sbhd the sequence is axis 0 and the batch axis 1,
// but a scalar gate is [B, H, S].
// CHECK-LABEL: func @sbhd
// CHECK-SAME:    %[[Q:[^:]*]]: tensor<6x?x2x4xf32>, %[[K:[^:]*]]: tensor<8x3x2x4xf32>, %[[M:[^:]*]]: tensor<?x?x1x?xi1>, %[[G:[^:]*]]: tensor<?x2x?xf32>, %[[E:[^:]*]]: tensor<?x?x2x4xf32>)
func.func @sbhd(%q: tensor<6x?x2x4xf32>, %k: tensor<8x3x2x4xf32>, %m: tensor<?x?x1x?xi1>, %g: tensor<?x2x?xf32>, %e: tensor<?x?x2x4xf32>) -> tensor<6x?x2x4xf32> {
  // CHECK-DAG: %[[ZERO:.*]] = arith.constant 0 : index
  // CHECK-DAG: %[[ONE:.*]] = arith.constant 1 : index
  // CHECK-DAG: %[[TWO:.*]] = arith.constant 2 : index
  // CHECK-DAG: %[[THREE:.*]] = arith.constant 3 : index
  // CHECK-DAG: %[[QB:.*]] = tensor.dim %[[Q]], %[[ONE]]
  // CHECK-DAG: %[[KB:.*]] = tensor.dim %[[K]], %[[ONE]]
  // CHECK-DAG: %[[KS:.*]] = tensor.dim %[[K]], %[[ZERO]]
  // CHECK-DAG: %[[QH:.*]] = tensor.dim %[[Q]], %[[TWO]]
  // CHECK-DAG: %[[QS:.*]] = tensor.dim %[[Q]], %[[ZERO]]
  // CHECK-DAG: %[[MK:.*]] = tensor.dim %[[M]], %[[THREE]]
  // CHECK-DAG: %[[MH:.*]] = tensor.dim %[[M]], %[[ONE]]
  // CHECK-DAG: %[[MB:.*]] = tensor.dim %[[M]], %[[ZERO]]
  // CHECK-DAG: %[[GB:.*]] = tensor.dim %[[G]], %[[ZERO]]
  // CHECK-DAG: %[[GS:.*]] = tensor.dim %[[G]], %[[TWO]]
  // CHECK-DAG: %[[EB:.*]] = tensor.dim %[[E]], %[[ONE]]
  // CHECK-DAG: %[[ES:.*]] = tensor.dim %[[E]], %[[ZERO]]
  // CHECK-DAG: %[[C0:.*]] = arith.cmpi eq, %[[KB]], %[[QB]]
  // CHECK-DAG: cf.assert %[[C0]], "vga.attention: batch of key differs
  // CHECK-DAG: %[[C1:.*]] = arith.cmpi eq, %[[MK]], %[[KS]]
  // CHECK-DAG: cf.assert %[[C1]], "vga.attention: sequence of mask differs from that of key"
  // CHECK-DAG: %[[C2:.*]] = arith.cmpi eq, %[[MH]], %[[QH]]
  // CHECK-DAG: cf.assert %[[C2]], "vga.attention: heads of mask differs from that of query"
  // CHECK-DAG: %[[C3:.*]] = arith.cmpi eq, %[[MB]], %[[QB]]
  // CHECK-DAG: cf.assert %[[C3]], "vga.attention: batch of mask differs from that of query"
  // CHECK-DAG: %[[C4:.*]] = arith.cmpi eq, %[[GB]], %[[KB]]
  // CHECK-DAG: cf.assert %[[C4]], "vga.attention: batch of value_gate
  // CHECK-DAG: %[[C5:.*]] = arith.cmpi eq, %[[GS]], %[[KS]]
  // CHECK-DAG: cf.assert %[[C5]], "vga.attention: sequence of value_gate
  // CHECK-DAG: %[[C6:.*]] = arith.cmpi eq, %[[EB]], %[[QB]]
  // CHECK-DAG: cf.assert %[[C6]], "vga.attention: batch of output_gate
  // CHECK-DAG: %[[C7:.*]] = arith.cmpi eq, %[[ES]], %[[QS]]
  // CHECK-DAG: cf.assert %[[C7]], "vga.attention: sequence of output_gate
  // CHECK-NOT: sequence of mask differs from that of query
  // CHECK: vga.attention
  %z = vga.attention %q, %k, %k mask(%m : tensor<?x?x1x?xi1>) value_gate(%g : tensor<?x2x?xf32>) output_gate(%e : tensor<?x?x2x4xf32>) layout sbhd
      : tensor<6x?x2x4xf32>, tensor<8x3x2x4xf32>, tensor<8x3x2x4xf32>
  return %z : tensor<6x?x2x4xf32>
}

// CHECK-LABEL: func @gated_attention
func.func @gated_attention(%q: tensor<1x2x8x4xf32>, %k: tensor<1x2x?x4xf32>, %v: tensor<1x2x?x4xf32>, %w: tensor<2x4xf32>) -> tensor<1x2x8x4xf32> {
  // CHECK: cf.assert %{{.*}}, "vga.gated_attention: sequence of value differs from that of key"
  // CHECK-NOT: cf.assert
  %z = vga.gated_attention %q, %k, %v, %w
      : tensor<1x2x8x4xf32>, tensor<1x2x?x4xf32>, tensor<1x2x?x4xf32>, tensor<2x4xf32>
  return %z : tensor<1x2x8x4xf32>
}

// Caches have room for what is appended to them.
// CHECK-LABEL: func @append
// CHECK-SAME:    %[[X:[^:]*]]: tensor<?x1x3x8xf32>, %[[C:[^:]*]]: tensor<2x1x?x8xf32>, %[[P:[^:]*]]: tensor<2xi32>)
func.func @append(%x: tensor<?x1x3x8xf32>, %c: tensor<2x1x?x8xf32>, %p: tensor<2xi32>) -> tensor<2x1x?x8xf32> {
  // CHECK-DAG: %[[C0:.*]] = arith.constant 0 : index
  // CHECK: cf.assert %{{.*}}, "vga.append: batch of position differs from that of source"
  // CHECK: cf.assert %{{.*}}, "vga.append: batch of cache differs from that of source"
  // CHECK: %[[CAPACITY:.*]] = tensor.dim %[[C]], %{{.*}}
  // CHECK: %[[LAST:.*]] = arith.subi %[[CAPACITY]], %{{.*}}
  // CHECK: %[[FITS:.*]] = scf.for %[[B:.*]] = %[[C0]] to %{{.*}} iter_args(%[[SO_FAR:.*]] = %{{.*}}) -> (i1)
  // CHECK: %[[P32:.*]] = tensor.extract %[[P]][%[[B]]]
  // CHECK: %[[POSITION:.*]] = arith.index_cast %[[P32]]
  // CHECK-DAG: %[[ABOVE:.*]] = arith.cmpi sle, %[[C0]], %[[POSITION]]
  // CHECK-DAG: %[[BELOW:.*]] = arith.cmpi sle, %[[POSITION]], %[[LAST]]
  // CHECK: %[[BOTH:.*]] = arith.andi %[[ABOVE]], %[[BELOW]]
  // CHECK: arith.andi %[[SO_FAR]], %[[BOTH]]
  // CHECK: cf.assert %[[FITS]], "vga.append: source (tensor<?x1x3x8xf32>) at position does not fit into cache (tensor<2x1x?x8xf32>)"
  %r = vga.append %x into %c at %p : tensor<?x1x3x8xf32>, tensor<2x1x?x8xf32>, tensor<2xi32>
  return %r : tensor<2x1x?x8xf32>
}

// The capacity of a sequence is that of its pages.
// CHECK-LABEL: func @append_pages
// CHECK-SAME:    %[[T:[^:]*]]: tensor<?x?xi32>)
func.func @append_pages(%x: tensor<2x1x3xf32>, %c: tensor<9x1x16xf32>, %p: tensor<2xi64>, %t: tensor<?x?xi32>) -> tensor<9x1x16xf32> {
  // CHECK: cf.assert %{{.*}}, "vga.append: batch of block_table differs from that of source"
  // CHECK: %[[N:.*]] = tensor.dim %[[T]], %{{.*}}
  // CHECK: arith.muli %{{.*}}, %[[N]]
  // CHECK: cf.assert %{{.*}}, "vga.append: source (tensor<2x1x3xf32>) at position does not fit into cache (tensor<9x1x16xf32>) with block_table (tensor<?x?xi32>)"
  %r = vga.append %x into %c at %p block_table(%t : tensor<?x?xi32>) : tensor<2x1x3xf32>, tensor<9x1x16xf32>, tensor<2xi64>
  return %r : tensor<9x1x16xf32>
}

// Pages are no batch: keys, values and gates have as many, and the mask has the
// positions of the table.
// CHECK-LABEL: func @pages
// CHECK-SAME:    %[[T:[^:]*]]: tensor<?x?xi32>, %[[M:[^:]*]]: tensor<?x?xf32>)
func.func @pages(%q: tensor<?x2x?x4xf32>, %k: tensor<?x2x16x4xf32>, %v: tensor<?x2x16x4xf32>, %g: tensor<?x2x16xf32>, %t: tensor<?x?xi32>, %m: tensor<?x?xf32>) -> tensor<?x2x?x4xf32> {
  // CHECK: cf.assert %{{.*}}, "vga.attention: batch of block_table differs from that of query"
  // CHECK: cf.assert %{{.*}}, "vga.attention: pages of value differs from that of key"
  // CHECK: %[[N:.*]] = tensor.dim %[[T]], %{{.*}}
  // CHECK: %[[KEYS:.*]] = arith.muli %[[N]], %{{.*}}
  // CHECK: arith.cmpi eq, %{{.*}}, %[[KEYS]]
  // CHECK: cf.assert %{{.*}}, "vga.attention: sequence of mask differs from that of block_table"
  // CHECK: cf.assert %{{.*}}, "vga.attention: sequence of mask differs from that of query"
  // CHECK: cf.assert %{{.*}}, "vga.attention: pages of value_gate differs from that of key"
  // CHECK-NEXT: vga.attention
  %z = vga.attention %q, %k, %v value_gate(%g : tensor<?x2x16xf32>) block_table(%t : tensor<?x?xi32>) mask(%m : tensor<?x?xf32>)
      : tensor<?x2x?x4xf32>, tensor<?x2x16x4xf32>, tensor<?x2x16x4xf32>
  return %z : tensor<?x2x?x4xf32>
}
