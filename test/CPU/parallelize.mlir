// RUN: vga-opt %s --vga-cpu-parallelize --canonicalize | FileCheck %s

#a = affine_map<(b, i, j, k) -> (b, i, k)>
#b = affine_map<(b, i, j, k) -> (b, k, j)>
#c = affine_map<(b, i, j, k) -> (b, i, j)>

// A task is one batch, a block of rows and a block of columns; the reduction
// is not split.
// CHECK-LABEL: func @contraction
// CHECK-SAME:    %[[A:[^:]*]]: memref<?x?x64xf32>
func.func @contraction(%a: memref<?x?x64xf32>, %b: memref<?x64x512xf32>, %c: memref<?x?x512xf32>) {
  // CHECK: scf.parallel ({{.*}}) = ({{.*}}) to ({{.*}}) step (%c1, %c48, %c128)
  // CHECK: memref.subview %[[A]]
  // CHECK-SAME: [1, %{{.*}}, 64] [1, 1, 1]
  // CHECK: linalg.generic
  linalg.generic {indexing_maps = [#a, #b, #c], iterator_types = ["parallel", "parallel", "parallel", "reduction"]}
      ins(%a, %b : memref<?x?x64xf32>, memref<?x64x512xf32>) outs(%c : memref<?x?x512xf32>) {
  ^bb0(%x: f32, %y: f32, %acc: f32):
    %p = arith.mulf %x, %y : f32
    %s = arith.addf %acc, %p : f32
    linalg.yield %s : f32
  }
  return
}

// Waking threads would cost more.
// CHECK-LABEL: func @small
// CHECK-NOT: scf.parallel
// CHECK: linalg.fill ins(%{{.*}} : f32) outs(%{{.*}} : memref<96x128xf32>)
func.func @small(%x: memref<96x128xf32>) {
  %zero = arith.constant 0.0 : f32
  linalg.fill ins(%zero : f32) outs(%x : memref<96x128xf32>)
  return
}

// A row of an operation without reductions is not split; one axis alone is.
// CHECK-LABEL: func @elementwise
func.func @elementwise(%x: memref<96x1024xf32>, %y: memref<?xf32>) {
  // CHECK: scf.parallel (%{{[^,]*}}) = (%c0) to (%c96) step (%c48)
  // CHECK: memref.subview %{{.*}} [48, 1024] [1, 1]
  %zero = arith.constant 0.0 : f32
  linalg.fill ins(%zero : f32) outs(%x : memref<96x1024xf32>)
  // CHECK: scf.parallel (%{{[^,]*}}) = (%c0) to (%{{.*}}) step (%c4096)
  linalg.fill ins(%zero : f32) outs(%y : memref<?xf32>)
  return
}

// Sizes that disagree are left to who checks them.
// CHECK-LABEL: func @disagreeing
// CHECK-NOT: scf.parallel
func.func @disagreeing(%x: memref<?x0x64xf32>, %w: memref<?x2x512xf32>, %y: memref<?x0x512xf32>) {
  linalg.batch_matmul ins(%x, %w : memref<?x0x64xf32>, memref<?x2x512xf32>) outs(%y : memref<?x0x512xf32>)
  return
}

// Of no elements there are no tasks.
// CHECK-LABEL: func @empty
// CHECK-NOT: scf.parallel
func.func @empty(%x: memref<?x0xf32>, %y: memref<?x0xf32>) {
  linalg.exp ins(%x : memref<?x0xf32>) outs(%y : memref<?x0xf32>)
  return
}
