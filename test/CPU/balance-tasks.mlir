// RUN: vga-opt %s --convert-scf-to-openmp --vga-cpu-balance-tasks | FileCheck %s

// How long the inner loop is depends on the task.
// CHECK-LABEL: func @triangle
// CHECK: omp.wsloop schedule(dynamic)
func.func @triangle(%n: index, %out: memref<?xf32>) {
  %c0 = arith.constant 0 : index
  %c1 = arith.constant 1 : index
  %x = arith.constant 1.0 : f32
  scf.parallel (%i) = (%c0) to (%n) step (%c1) {
    %last = arith.addi %i, %c1 : index
    scf.for %j = %c0 to %last step %c1 {
      memref.store %x, %out[%j] : memref<?xf32>
    }
    scf.reduce
  }
  return
}

// Each task has as much to do as any other.
// CHECK-LABEL: func @square
// CHECK: omp.wsloop {
func.func @square(%n: index, %out: memref<?xf32>) {
  %c0 = arith.constant 0 : index
  %c1 = arith.constant 1 : index
  %x = arith.constant 1.0 : f32
  scf.parallel (%i) = (%c0) to (%n) step (%c1) {
    scf.for %j = %c0 to %n step %c1 {
      memref.store %x, %out[%j] : memref<?xf32>
    }
    scf.reduce
  }
  return
}
