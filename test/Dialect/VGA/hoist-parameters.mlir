// RUN: vga-opt %s --split-input-file --vga-hoist-parameters | FileCheck %s

// What the callee makes of a weight is made once for each call, and in the end
// once per load. The weight itself is no longer passed on.
// CHECK-LABEL: func private @callee.prepare
// CHECK-SAME:    (%[[W:.*]]: tensor<2x4xf32>) -> tensor<4x2xf32>
// CHECK: %[[T:.*]] = linalg.transpose ins(%[[W]]
// CHECK: return %[[T]]
// CHECK-LABEL: func private @callee(
// CHECK-SAME:    %[[X:.*]]: tensor<3xf32>, %[[P:.*]]: tensor<4x2xf32>) -> (tensor<4x2xf32>, tensor<3xf32>)
// CHECK-NOT: linalg.transpose
// CHECK: return %[[P]], %[[X]]
// CHECK-LABEL: func @main.prepare
// CHECK-SAME:    (%[[A:.*]]: tensor<2x4xf32> {vga.param = "a"}, %[[B:.*]]: tensor<2x4xf32> {vga.param = "b"}) -> (tensor<4x2xf32>, tensor<4x2xf32>)
// CHECK: %[[TA:.*]] = call @callee.prepare(%[[A]])
// CHECK: %[[TB:.*]] = call @callee.prepare(%[[B]])
// CHECK: return %[[TA]], %[[TB]]
// CHECK-LABEL: func @main(
// CHECK-SAME:    %[[X:.*]]: tensor<3xf32>, %{{.*}}: tensor<2x4xf32> {vga.param = "a"}, %{{.*}}: tensor<2x4xf32> {vga.param = "b"}, %[[PA:.*]]: tensor<4x2xf32>, %[[PB:.*]]: tensor<4x2xf32>)
// CHECK: call @callee(%[[X]], %[[PA]])
// CHECK: call @callee(%[[X]], %[[PB]])
func.func private @callee(%w: tensor<2x4xf32>, %x: tensor<3xf32>) -> (tensor<4x2xf32>, tensor<3xf32>) {
  %empty = tensor.empty() : tensor<4x2xf32>
  %t = linalg.transpose ins(%w : tensor<2x4xf32>) outs(%empty : tensor<4x2xf32>) permutation = [1, 0]
  return %t, %x : tensor<4x2xf32>, tensor<3xf32>
}
func.func @main(%x: tensor<3xf32>, %a: tensor<2x4xf32> {vga.param = "a"}, %b: tensor<2x4xf32> {vga.param = "b"}) -> (tensor<4x2xf32>, tensor<4x2xf32>) {
  %ta, %xa = call @callee(%a, %x) : (tensor<2x4xf32>, tensor<3xf32>) -> (tensor<4x2xf32>, tensor<3xf32>)
  %tb, %xb = call @callee(%b, %x) : (tensor<2x4xf32>, tensor<3xf32>) -> (tensor<4x2xf32>, tensor<3xf32>)
  return %ta, %tb : tensor<4x2xf32>, tensor<4x2xf32>
}

// -----

// A weight in 16 bits is not kept in 32; one in 32 may be kept in 16.
// CHECK-LABEL: func @sizes.prepare
// CHECK-SAME: -> tensor<8xf16>
// CHECK: arith.truncf
// CHECK-LABEL: func @sizes
// CHECK: arith.extf
// CHECK-NOT: arith.truncf
func.func @sizes(%a: tensor<8xf16> {vga.param = "a"}, %b: tensor<8xf32> {vga.param = "b"}) -> (tensor<8xf32>, tensor<8xf16>) {
  %wide = arith.extf %a : tensor<8xf16> to tensor<8xf32>
  %narrow = arith.truncf %b : tensor<8xf32> to tensor<8xf16>
  return %wide, %narrow : tensor<8xf32>, tensor<8xf16>
}

// -----

// Inputs are no weights, and functions without weights stay as they are.
// CHECK-NOT: prepare
// CHECK-LABEL: func @inputs
// CHECK: arith.negf
// CHECK-NOT: prepare
func.func @inputs(%x: tensor<8xf32>, %w: tensor<8xf32> {vga.param = "w"}) -> tensor<8xf32> {
  %y = arith.negf %x : tensor<8xf32>
  %z = arith.addf %y, %w : tensor<8xf32>
  return %z : tensor<8xf32>
}

// -----

// A public function that the module calls, too, keeps its arguments.
// CHECK-NOT: prepare
func.func @called(%w: tensor<8xf32> {vga.param = "w"}) -> tensor<8xf32> {
  %y = arith.negf %w : tensor<8xf32>
  return %y : tensor<8xf32>
}
func.func @caller(%x: tensor<8xf32>) -> tensor<8xf32> {
  %y = call @called(%x) : (tensor<8xf32>) -> tensor<8xf32>
  return %y : tensor<8xf32>
}

// -----

// Nobody could keep an array of i4.
// CHECK-LABEL: func @short.prepare(
// CHECK-SAME: -> tensor<8xi16>
// CHECK-NOT: @narrow.prepare
func.func @short(%x: tensor<8xi16>, %w: tensor<8xi32> {vga.param = "w"}) -> tensor<8xi16> {
  %n = arith.trunci %w : tensor<8xi32> to tensor<8xi16>
  %y = arith.addi %x, %n : tensor<8xi16>
  return %y : tensor<8xi16>
}
func.func @narrow(%x: tensor<8xi4>, %w: tensor<8xi32> {vga.param = "w"}) -> tensor<8xi4> {
  %n = arith.trunci %w : tensor<8xi32> to tensor<8xi4>
  %y = arith.addi %x, %n : tensor<8xi4>
  return %y : tensor<8xi4>
}
