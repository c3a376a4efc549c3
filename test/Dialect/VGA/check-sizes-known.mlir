// RUN: vga-opt %s --vga-check-sizes --canonicalize | FileCheck %s --implicit-check-not=vga.check

// What the program proves is not checked.

// Sizes that come from the same value, through whatever there is in between.
// CHECK-LABEL: func @same_size
func.func @same_size(%x: tensor<?x4xf32>) -> tensor<?x4xf32> {
  %zero = arith.constant 0 : index
  %f = arith.constant 0.0 : f32
  %s = tensor.dim %x, %zero : tensor<?x4xf32>
  %e = tensor.empty(%s) : tensor<?x4xf32>
  %z = linalg.fill ins(%f : f32) outs(%e : tensor<?x4xf32>) -> tensor<?x4xf32>
  %y = linalg.add ins(%x, %z : tensor<?x4xf32>, tensor<?x4xf32>) outs(%e : tensor<?x4xf32>) -> tensor<?x4xf32>
  %w = arith.mulf %y, %x : tensor<?x4xf32>
  %h = tensor.expand_shape %w [[0], [1, 2]] output_shape [%s, 2, 2] : tensor<?x4xf32> into tensor<?x2x2xf32>
  %c = tensor.collapse_shape %h [[0], [1, 2]] : tensor<?x2x2xf32> into tensor<?x4xf32>
  %r = arith.addf %c, %x : tensor<?x4xf32>
  return %r : tensor<?x4xf32>
}

// A cache with a place for each iteration.
// CHECK-LABEL: func @loop
func.func @loop(%x: tensor<1x4xf32>, %c: tensor<16x4xf32>) -> tensor<16x4xf32> {
  %zero = arith.constant 0 : index
  %one = arith.constant 1 : index
  %n = arith.constant 16 : index
  %r = scf.for %i = %zero to %n step %one iter_args(%d = %c) -> (tensor<16x4xf32>) {
    %e = tensor.insert_slice %x into %d[%i, 0] [1, 4] [1, 1] : tensor<1x4xf32> into tensor<16x4xf32>
    scf.yield %e : tensor<16x4xf32>
  }
  return %r : tensor<16x4xf32>
}

// As many iterations as there are rows.
// CHECK-LABEL: func @rows
func.func @rows(%c: tensor<?x4xf32>) -> tensor<?x4xf32> {
  %zero = arith.constant 0 : index
  %one = arith.constant 1 : index
  %n = tensor.dim %c, %zero : tensor<?x4xf32>
  %r = scf.for %i = %zero to %n step %one iter_args(%d = %c) -> (tensor<?x4xf32>) {
    %x = tensor.extract_slice %c[%i, 0] [1, 4] [1, 1] : tensor<?x4xf32> to tensor<1x4xf32>
    %y = math.exp %x : tensor<1x4xf32>
    %e = tensor.insert_slice %y into %d[%i, 0] [1, 4] [1, 1] : tensor<1x4xf32> into tensor<?x4xf32>
    scf.yield %e : tensor<?x4xf32>
  }
  return %r : tensor<?x4xf32>
}

// A byte is an index into a table of 256; a loop one into what it has the size of.
#row = affine_map<(s, d) -> (s)>
#id = affine_map<(s, d) -> (s, d)>
// CHECK-LABEL: func @bytes
func.func @bytes(%tokens: tensor<?xi32>, %table: tensor<256x8xf32>) -> tensor<?x8xf32> {
  %zero = arith.constant 0 : index
  %mask = arith.constant 255 : i32
  %s = tensor.dim %tokens, %zero : tensor<?xi32>
  %e = tensor.empty(%s) : tensor<?x8xf32>
  %r = linalg.generic {indexing_maps = [#row, #id], iterator_types = ["parallel", "parallel"]}
      ins(%tokens : tensor<?xi32>) outs(%e : tensor<?x8xf32>) {
  ^bb0(%t: i32, %o: f32):
    %byte = arith.andi %t, %mask : i32
    %i = arith.index_cast %byte : i32 to index
    %d = linalg.index 1 : index
    %x = tensor.extract %table[%i, %d] : tensor<256x8xf32>
    linalg.yield %x : f32
  } -> tensor<?x8xf32>
  return %r : tensor<?x8xf32>
}

// Sizes of attention that are one value.
// CHECK-LABEL: func @attention
func.func @attention(%q: tensor<?x2x?x4xf32>) -> tensor<?x2x?x4xf32> {
  %z = vga.attention %q, %q, %q : tensor<?x2x?x4xf32>, tensor<?x2x?x4xf32>, tensor<?x2x?x4xf32>
  return %z : tensor<?x2x?x4xf32>
}
