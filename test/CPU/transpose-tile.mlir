// Transpositions are squares of shuffles, of 32 bits.
// RUN: vga-opt %s --vga-cpu-vectorize=pairs=false --canonicalize | FileCheck %s
// RUN: vga-opt %s --vga-cpu-vectorize --canonicalize | FileCheck %s --check-prefix=PAIRS

#ij = affine_map<(i, j) -> (i, j)>
#ji = affine_map<(i, j) -> (j, i)>
#ijk = affine_map<(i, j, k) -> (i, j, k)>
#jik = affine_map<(i, j, k) -> (j, i, k)>
#ikj = affine_map<(i, j, k) -> (i, k, j)>
#jki = affine_map<(i, j, k) -> (j, k, i)>

// Eight rows: three rounds of eight shuffles.
// CHECK-LABEL: func @square
// CHECK-COUNT-8: vector.transfer_read {{.*}} vector<8xf32>
// CHECK-COUNT-8: vector.shuffle {{.*}} [{{0, 1, 2, 3, 8, 9, 10, 11|4, 5, 6, 7, 12, 13, 14, 15}}]
// CHECK-COUNT-8: vector.shuffle {{.*}} [{{0, 1, 8, 9, 4, 5, 12, 13|2, 3, 10, 11, 6, 7, 14, 15}}]
// CHECK-COUNT-8: vector.shuffle {{.*}} [{{0, 8, 2, 10, 4, 12, 6, 14|1, 9, 3, 11, 5, 13, 7, 15}}]
// CHECK-COUNT-8: vector.transfer_write {{.*}} vector<8xf32>
func.func @square(%in: memref<8x8xf32>, %out: memref<8x8xf32>) {
  linalg.generic {indexing_maps = [#ji, #ij], iterator_types = ["parallel", "parallel"]}
      ins(%in : memref<8x8xf32>) outs(%out : memref<8x8xf32>) {
  ^bb0(%x: f32, %y: f32):
    linalg.yield %x : f32
  }
  return
}

// Pairs are 32 bits.
// CHECK-LABEL: func @pairs
// CHECK: memref.collapse_shape
// CHECK: vector.transfer_read {{.*}} vector<16xbf16>
// CHECK: vector.bitcast {{.*}} : vector<16xbf16> to vector<8xi32>
// CHECK: vector.shuffle {{.*}} : vector<8xi32>, vector<8xi32>
// CHECK: vector.bitcast {{.*}} : vector<8xi32> to vector<16xbf16>
func.func @pairs(%in: memref<8x8x2xbf16>, %out: memref<8x8x2xbf16>) {
  linalg.generic {indexing_maps = [#jik, #ijk], iterator_types = ["parallel", "parallel", "parallel"]}
      ins(%in : memref<8x8x2xbf16>) outs(%out : memref<8x8x2xbf16>) {
  ^bb0(%x: bf16, %y: bf16):
    linalg.yield %x : bf16
  }
  return
}

// Pairs of two rows are interleaved first.
// CHECK-LABEL: func @rows
// CHECK: vector.interleave {{.*}} : vector<8xbf16>
// CHECK: vector.bitcast {{.*}} : vector<16xbf16> to vector<8xi32>
// CHECK: vector.shuffle {{.*}} : vector<8xi32>, vector<8xi32>
func.func @rows(%in: memref<8x2x8xbf16>, %out: memref<8x8x2xbf16>) {
  linalg.generic {indexing_maps = [#jki, #ijk], iterator_types = ["parallel", "parallel", "parallel"]}
      ins(%in : memref<8x2x8xbf16>) outs(%out : memref<8x8x2xbf16>) {
  ^bb0(%x: bf16, %y: bf16):
    linalg.yield %x : bf16
  }
  return
}

// Two rows of f32 become pairs of bf16, by an instruction if there is one for pairs.
// PAIRS-LABEL: func @weights
// PAIRS: x86vector.avx512.cvt.packed.f32_to_bf16 {{.*}} : vector<16xf32> -> vector<16xbf16>
// CHECK-LABEL: func @weights
// CHECK: %[[BOTH:.*]] = vector.interleave {{.*}} : vector<8xf32> -> vector<16xf32>
// CHECK: arith.truncf %[[BOTH]] fastmath<afn> : vector<16xf32> to vector<16xbf16>
// CHECK-NOT: vector.shuffle
func.func @weights(%in: memref<4x2x8xf32>, %out: memref<4x8x2xbf16>) {
  linalg.generic {indexing_maps = [#ikj, #ijk], iterator_types = ["parallel", "parallel", "parallel"]}
      ins(%in : memref<4x2x8xf32>) outs(%out : memref<4x8x2xbf16>) {
  ^bb0(%x: f32, %y: bf16):
    %z = arith.truncf %x : f32 to bf16
    linalg.yield %z : bf16
  }
  return
}

// Pairs with gaps between them are copied one by one.
// CHECK-LABEL: func @strided_pairs
// CHECK-NOT: memref.collapse_shape
// CHECK-NOT: vector.shuffle
// CHECK: return
func.func @strided_pairs(%x: memref<4x2x8xf32>, %y: memref<4x8x2xbf16, strided<[64, 8, 2], offset: ?>>) {
  linalg.generic {indexing_maps = [affine_map<(k, n, p) -> (k, p, n)>, affine_map<(k, n, p) -> (k, n, p)>],
                  iterator_types = ["parallel", "parallel", "parallel"]}
      ins(%x : memref<4x2x8xf32>) outs(%y : memref<4x8x2xbf16, strided<[64, 8, 2], offset: ?>>) {
  ^bb0(%in: f32, %out: bf16):
    %r = arith.truncf %in : f32 to bf16
    linalg.yield %r : bf16
  }
  return
}

// Elements of a type without bits are copied one by one.
// CHECK-LABEL: func @indices
// CHECK-NOT: vector.shuffle
// CHECK: return
func.func @indices(%in: memref<8x8xindex>, %out: memref<8x8xindex>) {
  linalg.generic {indexing_maps = [#ji, #ij], iterator_types = ["parallel", "parallel"]}
      ins(%in : memref<8x8xindex>) outs(%out : memref<8x8xindex>) {
  ^bb0(%x: index, %y: index):
    linalg.yield %x : index
  }
  return
}
