// A hidden key does nothing, whatever it holds: NaN, inf, numbers that overflow. Each of four visible
// keys has a weight of 1/4.
// RUN: vga-run %s --entry booleans | FileCheck %s
// RUN: vga-run %s --entry booleans --attention=definition | FileCheck %s
// RUN: vga-run %s --entry floats | FileCheck %s
// RUN: vga-run %s --entry floats --attention=definition | FileCheck %s
// RUN: vga-run %s --entry gates | FileCheck %s
// RUN: vga-run %s --entry gates --attention=definition | FileCheck %s
// CHECK: tensor<1x1x1x4xf32> = {{\[\[\[\[}}2.5, 2.5, 2.5, 2.5]]]]
// What is hidden from one query is visible to the other.
// RUN: vga-run %s --entry each | FileCheck %s --check-prefix=EACH
// RUN: vga-run %s --entry each --attention=definition | FileCheck %s --check-prefix=EACH
// EACH: tensor<1x1x2x4xf32> = {{\[\[\[\[}}2.5, 2.5, 2.5, 2.5], [nan, inf, -inf, 4.4]]]]

!q = tensor<1x1x1x4xf32>
!k = tensor<1x1x6x4xf32>

func.func @booleans() -> !q {
  %q = arith.constant dense<1.0> : !q
  // inf, NaN and 3e38.
  %k = arith.constant dense<[[[[0.0, 0.0, 0.0, 0.0], [0.0, 0.0, 0.0, 0.0], [0.0, 0.0, 0.0, 0.0], [0.0, 0.0, 0.0, 0.0],
                               [0x7F800000, 0x7FC00000, 3.0e38, 0xFF800000], [3.0e38, 3.0e38, 3.0e38, 3.0e38]]]]> : !k
  %v = arith.constant dense<[[[[1.0, 1.0, 1.0, 1.0], [2.0, 2.0, 2.0, 2.0], [3.0, 3.0, 3.0, 3.0], [4.0, 4.0, 4.0, 4.0],
                               [0x7FC00000, 0x7F800000, 0xFF800000, 3.0e38], [3.0e38, 0x7FC00000, 0x7F800000, 0xFF800000]]]]> : !k
  %mask = arith.constant dense<[true, true, true, true, false, false]> : tensor<6xi1>
  %r = vga.attention %q, %k, %v mask(%mask : tensor<6xi1>) : !q, !k, !k
  return %r : !q
}

func.func @floats() -> !q {
  %q = arith.constant dense<1.0> : !q
  // Scores of inf.
  %k = arith.constant dense<[[[[0.0, 0.0, 0.0, 0.0], [0.0, 0.0, 0.0, 0.0], [0.0, 0.0, 0.0, 0.0], [0.0, 0.0, 0.0, 0.0],
                               [0x7F800000, 0.0, 0.0, 0.0], [3.0e38, 3.0e38, 3.0e38, 3.0e38]]]]> : !k
  %v = arith.constant dense<[[[[1.0, 1.0, 1.0, 1.0], [2.0, 2.0, 2.0, 2.0], [3.0, 3.0, 3.0, 3.0], [4.0, 4.0, 4.0, 4.0],
                               [0x7FC00000, 0x7F800000, 0xFF800000, 3.0e38], [3.0e38, 0x7FC00000, 0x7F800000, 0xFF800000]]]]> : !k
  %mask = arith.constant dense<[0.0, 0.0, 0.0, 0.0, 0xFF800000, 0xFF800000]> : tensor<6xf32>
  %r = vga.attention %q, %k, %v mask(%mask : tensor<6xf32>) : !q, !k, !k
  return %r : !q
}

func.func @gates() -> !q {
  %q = arith.constant dense<0.0> : !q
  %k = arith.constant dense<1.0> : !k
  %v = arith.constant dense<[[[[1.0, 1.0, 1.0, 1.0], [2.0, 2.0, 2.0, 2.0], [3.0, 3.0, 3.0, 3.0], [4.0, 4.0, 4.0, 4.0],
                               [5.0, 5.0, 5.0, 5.0], [6.0, 6.0, 6.0, 6.0]]]]> : !k
  %g = arith.constant dense<[[[1.0, 1.0, 1.0, 1.0, 0x7FC00000, 0x7F800000]]]> : tensor<1x1x6xf32>
  %mask = arith.constant dense<[true, true, true, true, false, false]> : tensor<6xi1>
  %r = vga.attention %q, %k, %v value_gate(%g : tensor<1x1x6xf32>) mask(%mask : tensor<6xi1>) : !q, !k, !k
  return %r : !q
}

func.func @each() -> tensor<1x1x2x4xf32> {
  %q = arith.constant dense<0.0> : tensor<1x1x2x4xf32>
  %k = arith.constant dense<1.0> : tensor<1x1x5x4xf32>
  %v = arith.constant dense<[[[[1.0, 1.0, 1.0, 1.0], [2.0, 2.0, 2.0, 2.0], [3.0, 3.0, 3.0, 3.0], [4.0, 4.0, 4.0, 4.0],
                               [0x7FC00000, 0x7F800000, 0xFF800000, 12.0]]]]> : tensor<1x1x5x4xf32>
  %r = vga.attention %q, %k, %v causal : tensor<1x1x2x4xf32>, tensor<1x1x5x4xf32>, tensor<1x1x5x4xf32>
  return %r : tensor<1x1x2x4xf32>
}
