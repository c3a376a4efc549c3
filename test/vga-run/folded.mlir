// What upstream's folding of constants would get wrong.
// RUN: vga-run %s --entry arc_tangents | FileCheck %s --check-prefix=ARCS
// RUN: vga-run %s --entry with_itself | FileCheck %s --check-prefix=ITSELF
// RUN: vga-run %s --entry one_head | FileCheck %s --check-prefix=HEAD
// RUN: vga-run %s --entry one_head --attention=definition | FileCheck %s --check-prefix=HEAD

// ARCS: tensor<4xf32> = [0, 3.141593, -0, -3.141593]
// ARCS: tensor<2xf64> = [0, 0]
func.func @arc_tangents() -> (tensor<4xf32>, tensor<2xf64>) {
  %y = arith.constant dense<[0.0, 0.0, -0.0, -0.0]> : tensor<4xf32>
  %x = arith.constant dense<[0.0, -0.0, 0.0, -0.0]> : tensor<4xf32>
  %zeros = arith.constant dense<0.0> : tensor<2xf64>
  %a = math.atan2 %y, %x : tensor<4xf32>
  %b = math.atan2 %zeros, %zeros : tensor<2xf64>
  return %a, %b : tensor<4xf32>, tensor<2xf64>
}

// ITSELF: tensor<3xi32> = [0, 0, 0]
// ITSELF: tensor<3xi32> = [-1, -2, -3]
// ITSELF: tensor<3xi1> = [true, true, true]
func.func @with_itself() -> (tensor<?xi32>, tensor<?xi32>, tensor<?xi1>) {
  %numbers = arith.constant dense<[1, 2, 3]> : tensor<3xi32>
  %x = tensor.cast %numbers : tensor<3xi32> to tensor<?xi32>
  %y = call @itself(%x) : (tensor<?xi32>) -> tensor<?xi32>
  %a = arith.xori %y, %y : tensor<?xi32>
  %b = arith.subi %a, %y : tensor<?xi32>
  %c = arith.subi %b, %a : tensor<?xi32>
  %d = arith.cmpi sle, %c, %c : tensor<?xi32>
  return %a, %c, %d : tensor<?xi32>, tensor<?xi32>, tensor<?xi1>
}

func.func private @itself(%x: tensor<?xi32>) -> tensor<?xi32> {
  return %x : tensor<?xi32>
}

// The mask has no axis of keys, and a task takes one of its heads: both have size 1.
// HEAD: tensor<1x2x2x1xf32> = {{\[\[\[\[}}1.5], [1.5]], {{\[\[}}1.5], [1.5]]]]
func.func @one_head() -> tensor<1x2x2x1xf32> {
  %q = arith.constant dense<1.0> : tensor<1x2x2x1xf32>
  %k = arith.constant dense<0.5> : tensor<1x2x4x1xf32>
  %v = arith.constant dense<[[[[0.0], [1.0], [2.0], [3.0]], [[0.0], [1.0], [2.0], [3.0]]]]> : tensor<1x2x4x1xf32>
  %m = arith.constant dense<[[[1.0], [2.0]], [[3.0], [4.0]]]> : tensor<2x2x1xf32>
  %z = vga.attention %q, %k, %v mask(%m : tensor<2x2x1xf32>)
      : tensor<1x2x2x1xf32>, tensor<1x2x4x1xf32>, tensor<1x2x4x1xf32>
  return %z : tensor<1x2x2x1xf32>
}

// What a loop carries has another size behind each iteration, although what it begins
// with has one that is known.
// RUN: vga-run %s --entry growing | FileCheck %s --check-prefix=GROWING
// GROWING: tensor<5xf32> = [1, 1, 1, 2, 2]
// GROWING: tensor<3xf32> = [3, 3, 3]
func.func @growing() -> (tensor<?xf32>, tensor<?xf32>) {
  %zero = arith.constant 0 : index
  %one = arith.constant 1 : index
  %three = arith.constant 3 : index
  %x = arith.constant dense<2.0> : tensor<2xf32>
  %y = arith.constant dense<3.0> : tensor<3xf32>
  %f = arith.constant 1.0 : f32
  %x0 = tensor.cast %x : tensor<2xf32> to tensor<?xf32>
  %y0 = tensor.cast %y : tensor<3xf32> to tensor<?xf32>
  %r:2 = scf.for %i = %zero to %three step %one iter_args(%a = %x0, %b = %y0)
      -> (tensor<?xf32>, tensor<?xf32>) {
    %p = tensor.pad %a low[%one] high[0] {
    ^bb0(%j: index):
      tensor.yield %f : f32
    } : tensor<?xf32> to tensor<?xf32>
    scf.yield %p, %b : tensor<?xf32>, tensor<?xf32>
  }
  return %r#0, %r#1 : tensor<?xf32>, tensor<?xf32>
}
