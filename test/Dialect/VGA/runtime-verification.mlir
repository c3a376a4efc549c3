// RUN: vga-opt %s --generate-runtime-verification | FileCheck %s

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
