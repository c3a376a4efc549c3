// A sum that takes in the same number for every element of an operand, a constant or
// the only element of another one.
// RUN: vga-run %s --entry constant | FileCheck %s --check-prefix=CONSTANT
// RUN: vga-run %s --entry single | FileCheck %s --check-prefix=SINGLE
// RUN: vga-run %s --entry rows | FileCheck %s --check-prefix=ROWS

// CONSTANT: tensor<f32> = 67
func.func @constant() -> tensor<f32> {
  %x = arith.constant dense<5.0> : tensor<33xf32>
  %start = arith.constant dense<1.0> : tensor<f32>
  %r = linalg.generic {
      indexing_maps = [affine_map<(i) -> (i)>, affine_map<(i) -> ()>],
      iterator_types = ["reduction"]} ins(%x : tensor<33xf32>) outs(%start : tensor<f32>) {
  ^bb0(%in: f32, %out: f32):
    %c = arith.constant 2.0 : f32
    %sum = arith.addf %c, %out : f32
    linalg.yield %sum : f32
  } -> tensor<f32>
  return %r : tensor<f32>
}

// SINGLE: tensor<f32> = 100
func.func @single() -> tensor<f32> {
  %x = arith.constant dense<5.0> : tensor<33xf32>
  %y = arith.constant dense<3.0> : tensor<f32>
  %start = arith.constant dense<1.0> : tensor<f32>
  %r = linalg.generic {
      indexing_maps = [affine_map<(i) -> (i)>, affine_map<(i) -> ()>, affine_map<(i) -> ()>],
      iterator_types = ["reduction"]} ins(%x, %y : tensor<33xf32>, tensor<f32>) outs(%start : tensor<f32>) {
  ^bb0(%in: f32, %one: f32, %out: f32):
    %sum = arith.addf %out, %one : f32
    linalg.yield %sum : f32
  } -> tensor<f32>
  return %r : tensor<f32>
}

// Rows of 16, whose number is that of the row.
// ROWS: tensor<4xf32> = [0, 16, 32, 48]
func.func @rows() -> tensor<4xf32> {
  %x = arith.constant dense<5.0> : tensor<4x16xf32>
  %start = arith.constant dense<0.0> : tensor<4xf32>
  %r = linalg.generic {
      indexing_maps = [affine_map<(i, j) -> (i, j)>, affine_map<(i, j) -> (i)>],
      iterator_types = ["parallel", "reduction"]} ins(%x : tensor<4x16xf32>) outs(%start : tensor<4xf32>) {
  ^bb0(%in: f32, %out: f32):
    %i = linalg.index 0 : index
    %i32 = arith.index_cast %i : index to i32
    %row = arith.sitofp %i32 : i32 to f32
    %sum = arith.addf %out, %row : f32
    linalg.yield %sum : f32
  } -> tensor<4xf32>
  return %r : tensor<4xf32>
}
