// Products of bf16 in pairs, as dot products and on matrix units.
// RUN: vga-opt %s --vga-cpu-vectorize="vector-bits=512 vector-registers=32" --fold-memref-alias-ops --canonicalize --vga-cpu-lower-vectors | FileCheck %s
// RUN: vga-opt %s --vga-cpu-vectorize="vector-bits=512 vector-registers=32 matrix-tiles" --canonicalize | FileCheck %s --check-prefix=MATRIX
// RUN: vga-opt %s --vga-cpu-vectorize="pairs=false" --fold-memref-alias-ops --canonicalize --vga-cpu-lower-vectors | FileCheck %s --check-prefix=PLAIN
// RUN: vga-opt %s --vga-cpu-pipeline -o %t && FileCheck %s --check-prefix=PLAIN < %t

// Machines without an instruction for pairs add one product after the other.
// PLAIN-NOT: x86vector
// PLAIN: {{mulf|fmul|fma}}
// PLAIN-NOT: x86vector

#a = affine_map<(m, n, k, v) -> (m, k, v)>
#b = affine_map<(m, n, k, v) -> (k, n, v)>
#c = affine_map<(m, n, k, v) -> (m, n)>

// A pair is broadcast, a row of pairs is one vector; the accumulators stay in
// registers over k.
// CHECK-LABEL: func @product
// CHECK-NOT: vector.contract
// CHECK: scf.for {{.*}} iter_args({{.*}}) -> (vector<8x32xf32>)
// CHECK: vector.load {{.*}} vector<64xbf16>
// CHECK: %[[BITS:.*]] = vector.bitcast %{{.*}} : vector<2xbf16> to vector<1xi32>
// CHECK: vector.broadcast %{{.*}} : i32 to vector<16xi32>
// CHECK: x86vector.avx512.dot %{{.*}}, %{{.*}}, %{{.*}} : vector<32xbf16> -> vector<16xf32>
// CHECK-NOT: vector.contract

// Two by two tiles, in three steps of 16 pairs; dot products of the last 4.
// MATRIX-LABEL: func @product
// MATRIX: scf.for {{.*}} step %c32
// MATRIX-COUNT-4: amx.tile_load {{.*}} into !amx.tile<16x16xf32>
// MATRIX-COUNT-4: amx.tile_load {{.*}} into !amx.tile<16x32xbf16>
// MATRIX-COUNT-4: amx.tile_mulf {{.*}} : !amx.tile<16x32xbf16>, !amx.tile<16x32xbf16>, !amx.tile<16x16xf32>
// MATRIX-COUNT-8: amx.tile_mulf
// MATRIX-COUNT-4: amx.tile_store
// MATRIX-NOT: amx.tile_mulf
// MATRIX: vector.contract {{.*}} : vector<8x4x2xbf16>, vector<4x32x2xbf16> into vector<8x32xf32>
// MATRIX-NOT: linalg.
func.func @product(%a: memref<64x52x2xbf16>, %b: memref<52x32x2xbf16>, %c: memref<64x32xf32>) {
  linalg.generic {indexing_maps = [#a, #b, #c], iterator_types = ["parallel", "parallel", "reduction", "reduction"]}
      ins(%a, %b : memref<64x52x2xbf16>, memref<52x32x2xbf16>) outs(%c : memref<64x32xf32>) {
  ^bb0(%x: bf16, %y: bf16, %acc: f32):
    %wx = arith.extf %x : bf16 to f32
    %wy = arith.extf %y : bf16 to f32
    %p = arith.mulf %wx, %wy : f32
    %s = arith.addf %acc, %p : f32
    linalg.yield %s : f32
  }
  return
}
