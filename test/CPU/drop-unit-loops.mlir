// RUN: vga-opt %s --vga-cpu-drop-unit-loops | FileCheck %s

// One head's gate of 8 channels, in the layout bshd: a matrix times a vector.
// CHECK-DAG: #[[$ROWS:.*]] = affine_map<(d0, d1) -> (d0, d1)>
// CHECK-DAG: #[[$CHANNELS:.*]] = affine_map<(d0, d1) -> (d1)>
// CHECK-DAG: #[[$GATES:.*]] = affine_map<(d0, d1) -> (d0)>
#v = affine_map<(b, h, i, s, d) -> (b, s, h, d)>
#w = affine_map<(b, h, i, s, d) -> (h, i, d)>
#g = affine_map<(b, h, i, s, d) -> (b, h, i, s)>

// CHECK-LABEL: func @gate
// CHECK-SAME:    %[[V:[^:]*]]: memref<1x?x1x8xbf16, {{.*}}>, %[[W:[^:]*]]: memref<1x1x8xbf16>, %[[G:[^:]*]]: memref<1x1x1x?xf32>
// CHECK: %[[VV:.*]] = memref.subview %[[V]][0, 0, 0, 0] [1, %{{.*}}, 1, 8] [1, 1, 1, 1] : {{.*}} to memref<?x8xbf16, strided<[16, 1], offset: ?>>
// CHECK: %[[WV:.*]] = memref.subview %[[W]]{{.*}} to memref<8xbf16
// CHECK: %[[GV:.*]] = memref.subview %[[G]]{{.*}} to memref<?xf32
// CHECK: linalg.generic
// CHECK-SAME: indexing_maps = [#[[$ROWS]], #[[$CHANNELS]], #[[$GATES]]]
// CHECK-SAME: iterator_types = ["parallel", "reduction"]
// CHECK-SAME: ins(%[[VV]], %[[WV]] : {{.*}}) outs(%[[GV]] :
// CHECK: arith.mulf
// CHECK: arith.addf
// CHECK-NOT: linalg.generic
// CHECK: return
func.func @gate(%v: memref<1x?x1x8xbf16, strided<[?, 16, 8, 1], offset: ?>>, %w: memref<1x1x8xbf16>, %g: memref<1x1x1x?xf32>) {
  linalg.generic {indexing_maps = [#v, #w, #g], iterator_types = ["parallel", "parallel", "parallel", "parallel", "reduction"]}
      ins(%v, %w : memref<1x?x1x8xbf16, strided<[?, 16, 8, 1], offset: ?>>, memref<1x1x8xbf16>) outs(%g : memref<1x1x1x?xf32>) {
  ^bb0(%a: bf16, %b: bf16, %out: f32):
    %wide = arith.extf %a : bf16 to f32
    %weight = arith.extf %b : bf16 to f32
    %product = arith.mulf %wide, %weight : f32
    %sum = arith.addf %out, %product : f32
    linalg.yield %sum : f32
  }
  return
}

// A sum of one product stays one; loops of unknown size, products of matrices
// and what is no product stay as they are.
// CHECK-LABEL: func @kept
// CHECK-NOT: memref.subview
// CHECK: return
#id = affine_map<(m, n) -> (m, n)>
func.func @kept(%a: memref<4x1xf32>, %b: memref<1x8xf32>, %c: memref<4x8xf32>, %d: memref<?x8xf32>, %e: memref<?x4xf32>, %x: memref<1x8xf32>) {
  linalg.generic {indexing_maps = [affine_map<(m, n, k) -> (m, k)>, affine_map<(m, n, k) -> (k, n)>, affine_map<(m, n, k) -> (m, n)>], iterator_types = ["parallel", "parallel", "reduction"]}
      ins(%a, %b : memref<4x1xf32>, memref<1x8xf32>) outs(%c : memref<4x8xf32>) {
  ^bb0(%l: f32, %r: f32, %out: f32):
    %product = arith.mulf %l, %r : f32
    %sum = arith.addf %out, %product : f32
    linalg.yield %sum : f32
  }
  linalg.generic {indexing_maps = [affine_map<(m, n, k) -> (m, k)>, affine_map<(m, n, k) -> (k, n)>, affine_map<(m, n, k) -> (m, n)>], iterator_types = ["parallel", "parallel", "reduction"]}
      ins(%e, %c : memref<?x4xf32>, memref<4x8xf32>) outs(%d : memref<?x8xf32>) {
  ^bb0(%l: f32, %r: f32, %out: f32):
    %product = arith.mulf %l, %r : f32
    %sum = arith.addf %out, %product : f32
    linalg.yield %sum : f32
  }
  linalg.generic {indexing_maps = [#id, #id], iterator_types = ["parallel", "parallel"]}
      ins(%x : memref<1x8xf32>) outs(%b : memref<1x8xf32>) {
  ^bb0(%in: f32, %out: f32):
    %twice = arith.addf %in, %in : f32
    linalg.yield %twice : f32
  }
  return
}

// Only the operand's type says that there is one row.
// CHECK-LABEL: func @one_row
// CHECK: memref.subview %{{.*}}[0, 0] [1, 4] [1, 1] : memref<?x4xf32> to memref<4xf32
// CHECK: linalg.generic {{.*}}iterator_types = ["parallel", "reduction"]
func.func @one_row(%x: memref<1x8xf32>, %w: memref<8x4xf32>, %y: memref<?x4xf32>) {
  linalg.generic {indexing_maps = [affine_map<(m, n, k) -> (m, k)>, affine_map<(m, n, k) -> (k, n)>, affine_map<(m, n, k) -> (m, n)>],
                  iterator_types = ["parallel", "parallel", "reduction"]}
      ins(%x, %w : memref<1x8xf32>, memref<8x4xf32>) outs(%y : memref<?x4xf32>) {
  ^bb0(%a: f32, %b: f32, %c: f32):
    %p = arith.mulf %a, %b : f32
    %s = arith.addf %c, %p : f32
    linalg.yield %s : f32
  }
  return
}

// Sizes that disagree are left to who checks them.
// CHECK-LABEL: func @disagreeing
// CHECK-NOT: memref.subview
func.func @disagreeing(%x: memref<1x?x1x8xf32>, %w: memref<0x1x8xf32>, %y: memref<1x1x1x?xf32>) {
  linalg.generic {indexing_maps = [affine_map<(a, b, c, d, e) -> (a, d, b, e)>, affine_map<(a, b, c, d, e) -> (b, c, e)>, affine_map<(a, b, c, d, e) -> (a, b, c, d)>],
                  iterator_types = ["parallel", "parallel", "parallel", "parallel", "reduction"]}
      ins(%x, %w : memref<1x?x1x8xf32>, memref<0x1x8xf32>) outs(%y : memref<1x1x1x?xf32>) {
  ^bb0(%a: f32, %b: f32, %out: f32):
    %p = arith.mulf %a, %b : f32
    %s = arith.addf %out, %p : f32
    linalg.yield %s : f32
  }
  return
}

// Of no element there is no slice.
// CHECK-LABEL: func @empty
// CHECK-NOT: memref.subview
func.func @empty(%x: memref<?x0xf32>, %y: memref<0x4xf32>, %z: memref<1x4xf32>) {
  linalg.generic {indexing_maps = [affine_map<(a, b, c) -> (a, c)>, affine_map<(a, b, c) -> (c, b)>, affine_map<(a, b, c) -> (a, b)>],
                  iterator_types = ["parallel", "parallel", "reduction"]}
      ins(%x, %y : memref<?x0xf32>, memref<0x4xf32>) outs(%z : memref<1x4xf32>) {
  ^bb0(%a: f32, %b: f32, %out: f32):
    %p = arith.mulf %a, %b : f32
    %s = arith.addf %out, %p : f32
    linalg.yield %s : f32
  }
  return
}
