// RUN: vga-opt %s -allow-unregistered-dialect --vga-cpu-stack-scratch | FileCheck %s
// RUN: vga-opt %s -allow-unregistered-dialect --vga-cpu-stack-scratch --scf-forall-to-parallel --convert-scf-to-openmp --vga-cpu-hoist-allocas --canonicalize | FileCheck %s --check-prefix=HOISTED

// CHECK-LABEL: func @tasks
// CHECK-SAME:    %[[N:.*]]: index
// A buffer that all tasks share stays.
// CHECK: memref.alloc() : memref<100xf32>
// CHECK: scf.forall
// CHECK:   memref.alloca() {alignment = 64 : i64} : memref<8x16xf32>
// CHECK:   %[[SIZE:.*]] = affine.min
// A block of at most 32 x 16 floats.
// CHECK:   %[[BLOCK:.*]] = memref.alloca() {alignment = 64 : i64} : memref<32x16xf32>
// CHECK:   memref.subview %[[BLOCK]][0, 0] [%[[SIZE]], 16] [1, 1] : memref<32x16xf32>
// With rows of any length it is made of bytes.
// CHECK:   %[[BYTES:.*]] = memref.alloca() {alignment = 64 : i64} : memref<2048xi8>
// CHECK:   memref.view %[[BYTES]][%{{.*}}][%[[SIZE]]] : memref<2048xi8> to memref<16x?xf32>
// What has no bound, or a large one, stays on the heap.
// CHECK:   memref.alloc(%[[N]]) : memref<?xf32>
// CHECK:   memref.alloc() : memref<1000000xf32>

// One copy for each thread.
// HOISTED-LABEL: func @tasks
// HOISTED: omp.parallel
// HOISTED-DAG: memref.alloca() {alignment = 64 : i64} : memref<8x16xf32>
// HOISTED-DAG: memref.alloca() {alignment = 64 : i64} : memref<32x16xf32>
// HOISTED: omp.wsloop
// HOISTED-NOT: memref.alloca(
func.func @tasks(%n: index) {
  %shared = memref.alloc() : memref<100xf32>
  scf.forall (%i) in (16) {
    %fixed = memref.alloc() : memref<8x16xf32>
    %size = affine.min affine_map<(i)[n] -> (32, n - i)>(%i)[%n]
    %block = memref.alloc(%size) : memref<?x16xf32>
    %long = memref.alloc(%size) : memref<16x?xf32>
    %unbounded = memref.alloc(%n) : memref<?xf32>
    %large = memref.alloc() : memref<1000000xf32>
    "test.use"(%shared, %fixed, %block, %long, %unbounded, %large)
        : (memref<100xf32>, memref<8x16xf32>, memref<?x16xf32>, memref<16x?xf32>, memref<?xf32>, memref<1000000xf32>) -> ()
  }
  return
}
