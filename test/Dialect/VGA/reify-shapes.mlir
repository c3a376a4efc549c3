// RUN: vga-opt %s --resolve-ranked-shaped-type-result-dims --canonicalize --cse | FileCheck %s

// The sizes of results come from the operands, in the layout of each.

// CHECK-LABEL: func @gate_scalar(
// CHECK-SAME:    %[[X:[^:]*]]: tensor<?x?x4x16xf32>, %[[W:[^:]*]]: tensor<8x16xf32>)
func.func @gate_scalar(%x: tensor<?x?x4x16xf32>, %w: tensor<8x16xf32>)
    -> (index, index, index) {
  // CHECK-DAG: %[[ZERO:.*]] = arith.constant 0 : index
  // CHECK-DAG: %[[ONE:.*]] = arith.constant 1 : index
  // CHECK-DAG: %[[HEADS:.*]] = arith.constant 8 : index
  // CHECK-DAG: %[[BATCH:.*]] = tensor.dim %[[X]], %[[ONE]]
  // CHECK-DAG: %[[SEQUENCE:.*]] = tensor.dim %[[X]], %[[ZERO]]
  // CHECK-NOT: vga.gate
  // CHECK: return %[[BATCH]], %[[HEADS]], %[[SEQUENCE]]
  %c0 = arith.constant 0 : index
  %c1 = arith.constant 1 : index
  %c2 = arith.constant 2 : index
  %g = vga.gate %x, %w layout sbhd : tensor<?x?x4x16xf32>, tensor<8x16xf32>
  %b = tensor.dim %g, %c0 : tensor<?x8x?xf32>
  %h = tensor.dim %g, %c1 : tensor<?x8x?xf32>
  %s = tensor.dim %g, %c2 : tensor<?x8x?xf32>
  return %b, %h, %s : index, index, index
}

// CHECK-LABEL: func @gate_elementwise(
// CHECK-SAME:    %[[X:[^:]*]]: tensor<?x?x4x16xf32>,
func.func @gate_elementwise(%x: tensor<?x?x4x16xf32>,
                            %w: tensor<4x16x8x24xf32>)
    -> (index, index, index, index) {
  // CHECK-DAG: %[[ZERO:.*]] = arith.constant 0 : index
  // CHECK-DAG: %[[ONE:.*]] = arith.constant 1 : index
  // CHECK-DAG: %[[HEADS:.*]] = arith.constant 8 : index
  // CHECK-DAG: %[[CHANNELS:.*]] = arith.constant 24 : index
  // CHECK-DAG: %[[BATCH:.*]] = tensor.dim %[[X]], %[[ZERO]]
  // CHECK-DAG: %[[SEQUENCE:.*]] = tensor.dim %[[X]], %[[ONE]]
  // CHECK-NOT: vga.gate
  // CHECK: return %[[BATCH]], %[[SEQUENCE]], %[[HEADS]], %[[CHANNELS]]
  %c0 = arith.constant 0 : index
  %c1 = arith.constant 1 : index
  %c2 = arith.constant 2 : index
  %c3 = arith.constant 3 : index
  %g = vga.gate %x, %w mixing cross_head layout bshd
      : tensor<?x?x4x16xf32>, tensor<4x16x8x24xf32>
  %b = tensor.dim %g, %c0 : tensor<?x?x8x24xf32>
  %s = tensor.dim %g, %c1 : tensor<?x?x8x24xf32>
  %h = tensor.dim %g, %c2 : tensor<?x?x8x24xf32>
  %d = tensor.dim %g, %c3 : tensor<?x?x8x24xf32>
  return %b, %s, %h, %d : index, index, index, index
}

// The keys have no say in the result.
// CHECK-LABEL: func @attention(
// CHECK-SAME:    %[[Q:[^:]*]]: tensor<?x?x8x16xf32>,
func.func @attention(%q: tensor<?x?x8x16xf32>, %k: tensor<?x?x2x16xf32>,
                     %v: tensor<?x?x2x24xf32>)
    -> (index, index, index, index) {
  // CHECK-DAG: %[[ZERO:.*]] = arith.constant 0 : index
  // CHECK-DAG: %[[ONE:.*]] = arith.constant 1 : index
  // CHECK-DAG: %[[BATCH:.*]] = tensor.dim %[[Q]], %[[ZERO]]
  // CHECK-DAG: %[[QUERIES:.*]] = tensor.dim %[[Q]], %[[ONE]]
  // CHECK-NOT: vga.attention
  // CHECK: return %[[BATCH]], %[[QUERIES]], %[[BATCH]], %[[QUERIES]]
  %c0 = arith.constant 0 : index
  %c1 = arith.constant 1 : index
  %c2 = arith.constant 2 : index
  %o, %lse = vga.attention %q, %k, %v layout bshd lse
      : tensor<?x?x8x16xf32>, tensor<?x?x2x16xf32>, tensor<?x?x2x24xf32>
  %b = tensor.dim %o, %c0 : tensor<?x?x8x24xf32>
  %s = tensor.dim %o, %c1 : tensor<?x?x8x24xf32>
  %lse_b = tensor.dim %lse, %c0 : tensor<?x8x?xf32>
  %lse_s = tensor.dim %lse, %c2 : tensor<?x8x?xf32>
  return %b, %s, %lse_b, %lse_s : index, index, index, index
}

// CHECK-LABEL: func @gated_attention(
// CHECK-SAME:    %[[Q:[^:]*]]: tensor<?x?x8x16xf32>,
func.func @gated_attention(%q: tensor<?x?x8x16xf32>, %k: tensor<?x?x2x16xf32>,
                           %w: tensor<2x16xf32>)
    -> (index, index, index, index) {
  // CHECK-DAG: %[[ZERO:.*]] = arith.constant 0 : index
  // CHECK-DAG: %[[ONE:.*]] = arith.constant 1 : index
  // CHECK-DAG: %[[QUERIES:.*]] = tensor.dim %[[Q]], %[[ZERO]]
  // CHECK-DAG: %[[BATCH:.*]] = tensor.dim %[[Q]], %[[ONE]]
  // CHECK-NOT: vga.gated_attention
  // CHECK: return %[[QUERIES]], %[[BATCH]], %[[BATCH]], %[[QUERIES]]
  %c0 = arith.constant 0 : index
  %c1 = arith.constant 1 : index
  %c2 = arith.constant 2 : index
  %z, %lse = vga.gated_attention %q, %k, %k, %w layout sbhd lse
      : tensor<?x?x8x16xf32>, tensor<?x?x2x16xf32>, tensor<?x?x2x16xf32>,
        tensor<2x16xf32>
  %s = tensor.dim %z, %c0 : tensor<?x?x8x16xf32>
  %b = tensor.dim %z, %c1 : tensor<?x?x8x16xf32>
  %lse_b = tensor.dim %lse, %c0 : tensor<?x8x?xf32>
  %lse_s = tensor.dim %lse, %c2 : tensor<?x8x?xf32>
  return %s, %b, %lse_b, %lse_s : index, index, index, index
}
