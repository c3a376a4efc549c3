// Few rows against many: vectors run along both, and are summed across at the
// end.
// RUN: vga-opt %s --vga-cpu-vectorize --canonicalize | FileCheck %s
// RUN: vga-opt %s --vga-cpu-vectorize="vector-bits=512 vector-registers=32" --canonicalize | FileCheck %s --check-prefix=WIDE

#q = affine_map<(l, j, d) -> (l, d)>
#k = affine_map<(l, j, d) -> (j, d)>
#s = affine_map<(l, j, d) -> (l, j)>

// Two queries meet four keys at a time: 20 channels are two vectors of 8 and
// half of one, and the eight sums fold into two vectors of four.
// CHECK-LABEL: func @scores
// CHECK-SAME:    %[[Q:.*]]: memref<2x20xf32>, %[[K:.*]]: memref<?x20xbf16>, %[[S:.*]]: memref<2x?xf32>
// CHECK: scf.for %[[J:.*]] = %c0 to %{{.*}} step %c4
// CHECK: vector.transfer_read {{.*}}[%c0, %c0], %{{.*}} {in_bounds = [true]} : {{.*}}, vector<8xf32>
// CHECK: vector.transfer_read {{.*}}[%c3, %c0], %{{.*}} {in_bounds = [true]} : {{.*}}, vector<8xbf16>
// CHECK: arith.extf {{.*}} : vector<8xbf16> to vector<8xf32>
// CHECK-COUNT-8: arith.mulf {{.*}} : vector<8xf32>
// CHECK-COUNT-8: math.fma {{.*}} : vector<8xf32>
// CHECK: vector.transfer_read {{.*}}[%c0, %c16], %{{.*}} {in_bounds = [true]} : {{.*}}, vector<4xf32>
// CHECK-COUNT-8: math.fma {{.*}} : vector<4xf32>
// CHECK: vector.shuffle {{.*}} [0, 1, 2, 3, 8, 9, 10, 11] : vector<8xf32>, vector<8xf32>
// CHECK: vector.shuffle {{.*}} [4, 5, 6, 7, 12, 13, 14, 15] : vector<8xf32>, vector<8xf32>
// CHECK: arith.addf {{.*}} : vector<8xf32>
// CHECK: vector.shuffle {{.*}} [0, 2, 4, 6] : vector<8xf32>, vector<8xf32>
// CHECK: vector.shuffle {{.*}} [1, 3, 5, 7] : vector<8xf32>, vector<8xf32>
// CHECK: arith.addf {{.*}} : vector<4xf32>
// CHECK: vector.transfer_write {{.*}} : vector<4xf32>
// The keys that are left, one by one.
// CHECK: scf.for {{.*}} step %c1
// CHECK: memref.store
// CHECK-NOT: linalg.

// WIDE-LABEL: func @scores
// WIDE: scf.for {{.*}} step %c8
// WIDE: vector<16xbf16>
// WIDE: vector.transfer_write {{.*}} : vector<8xf32>
func.func @scores(%q: memref<2x20xf32>, %k: memref<?x20xbf16>, %s: memref<2x?xf32>) {
  linalg.generic {indexing_maps = [#q, #k, #s], iterator_types = ["parallel", "parallel", "reduction"]}
      ins(%q, %k : memref<2x20xf32>, memref<?x20xbf16>) outs(%s : memref<2x?xf32>) {
  ^bb0(%x: f32, %y: bf16, %acc: f32):
    %w = arith.extf %y : bf16 to f32
    %p = arith.mulf %x, %w : f32
    %t = arith.addf %acc, %p : f32
    linalg.yield %t : f32
  }
  return
}

// A matrix times a vector has its rows as columns of the result.
// CHECK-LABEL: func @gate
// CHECK: scf.for {{.*}} step %c8
// CHECK: vector.transfer_write {{.*}} : vector<8xf32>
func.func @gate(%v: memref<?x64xf32>, %w: memref<64xf32>, %g: memref<?xf32>) {
  linalg.generic {indexing_maps = [affine_map<(j, c) -> (j, c)>, affine_map<(j, c) -> (c)>, affine_map<(j, c) -> (j)>],
                  iterator_types = ["parallel", "reduction"]}
      ins(%v, %w : memref<?x64xf32>, memref<64xf32>) outs(%g : memref<?xf32>) {
  ^bb0(%x: f32, %y: f32, %acc: f32):
    %p = arith.mulf %x, %y : f32
    %t = arith.addf %acc, %p : f32
    linalg.yield %t : f32
  }
  return
}

// Many rows, or one channel: no dot products.
// CHECK-LABEL: func @others
// CHECK-NOT: vector.shuffle
// CHECK: return
func.func @others(%q: memref<9x64xf32>, %k: memref<?x64xf32>, %s: memref<9x?xf32>, %q1: memref<2x1xf32>, %k1: memref<?x1xf32>, %s1: memref<2x?xf32>) {
  linalg.generic {indexing_maps = [#q, #k, #s], iterator_types = ["parallel", "parallel", "reduction"]}
      ins(%q, %k : memref<9x64xf32>, memref<?x64xf32>) outs(%s : memref<9x?xf32>) {
  ^bb0(%x: f32, %y: f32, %acc: f32):
    %p = arith.mulf %x, %y : f32
    %t = arith.addf %acc, %p : f32
    linalg.yield %t : f32
  }
  linalg.generic {indexing_maps = [#q, #k, #s], iterator_types = ["parallel", "parallel", "reduction"]}
      ins(%q1, %k1 : memref<2x1xf32>, memref<?x1xf32>) outs(%s1 : memref<2x?xf32>) {
  ^bb0(%x: f32, %y: f32, %acc: f32):
    %p = arith.mulf %x, %y : f32
    %t = arith.addf %acc, %p : f32
    linalg.yield %t : f32
  }
  return
}

// Keys that are wider than the sums are narrowed first.
// CHECK-LABEL: func @wide_keys
// CHECK: arith.truncf {{.*}} : vector<4xf64> to vector<4xf32>
func.func @wide_keys(%q: memref<2x4xf32>, %k: memref<?x4xf64>, %s: memref<2x?xf32>) {
  linalg.generic {indexing_maps = [#q, #k, #s], iterator_types = ["parallel", "parallel", "reduction"]}
      ins(%q, %k : memref<2x4xf32>, memref<?x4xf64>) outs(%s : memref<2x?xf32>) {
  ^bb0(%x: f32, %y: f64, %z: f32):
    %n = arith.truncf %y : f64 to f32
    %p = arith.mulf %x, %n : f32
    %a = arith.addf %z, %p : f32
    linalg.yield %a : f32
  }
  return
}

// Rows with rows of their own, as a gate of one position has: eight at a time,
// each by two loads. The rows have to be vectors in memory.
// CHECK-LABEL: func @paired
// CHECK-SAME:    %[[A:.*]]: memref<?x64xf32>, %[[B:.*]]: memref<?x64xbf16>, %[[C:.*]]: memref<?xf32>
// CHECK: scf.for {{.*}} step %c8
// CHECK: vector.transfer_read {{.*}}[%c0, %c0], {{.*}}, vector<8xf32>
// CHECK: vector.transfer_read {{.*}}[%c0, %c0], {{.*}}, vector<8xbf16>
// CHECK: vector.transfer_read {{.*}}[%c7, %c56], {{.*}}, vector<8xf32>
// CHECK: vector.shuffle
// CHECK: vector.transfer_write {{.*}} : vector<8xf32>
// CHECK-NOT: linalg.
#own = affine_map<(c, k) -> (c, k)>
#sum = affine_map<(c, k) -> (c)>
func.func @paired(%a: memref<?x64xf32>, %b: memref<?x64xbf16>, %c: memref<?xf32>) {
  linalg.generic {indexing_maps = [#own, #own, #sum], iterator_types = ["parallel", "reduction"]}
      ins(%a, %b : memref<?x64xf32>, memref<?x64xbf16>) outs(%c : memref<?xf32>) {
  ^bb0(%x: f32, %y: bf16, %acc: f32):
    %w = arith.extf %y : bf16 to f32
    %p = arith.mulf %x, %w : f32
    %t = arith.addf %acc, %p : f32
    linalg.yield %t : f32
  }
  return
}

// CHECK-LABEL: func @apart
// CHECK-NOT: vector.shuffle
// CHECK: return
func.func @apart(%a: memref<8x64xf32, strided<[128, 2]>>, %b: memref<8x64xf32>, %c: memref<8xf32>) {
  linalg.generic {indexing_maps = [#own, #own, #sum], iterator_types = ["parallel", "reduction"]}
      ins(%a, %b : memref<8x64xf32, strided<[128, 2]>>, memref<8x64xf32>) outs(%c : memref<8xf32>) {
  ^bb0(%x: f32, %y: f32, %acc: f32):
    %p = arith.mulf %x, %y : f32
    %t = arith.addf %acc, %p : f32
    linalg.yield %t : f32
  }
  return
}
