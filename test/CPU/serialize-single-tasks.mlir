// RUN: vga-opt %s --convert-scf-to-openmp --vga-cpu-serialize-single-tasks | FileCheck %s

// Threads are woken for two tasks and more, in whichever dimension they are.
// CHECK-LABEL: func @tasks
// CHECK-SAME:    %[[X:[^:]*]]: memref<?x?xf32>, %[[M:[^:]*]]: index, %[[N:[^:]*]]: index
func.func @tasks(%x: memref<?x?xf32>, %m: index, %n: index) {
  // CHECK-DAG: %[[C0:.*]] = arith.constant 0 : index
  // CHECK-DAG: %[[C48:.*]] = arith.constant 48 : index
  // CHECK-DAG: %[[C128:.*]] = arith.constant 128 : index
  %c0 = arith.constant 0 : index
  %c48 = arith.constant 48 : index
  %c128 = arith.constant 128 : index
  %zero = arith.constant 0.0 : f32
  // CHECK: %[[ROW:.*]] = arith.addi %[[C0]], %[[C48]]
  // CHECK: %[[ROWS:.*]] = arith.cmpi slt, %[[ROW]], %[[M]]
  // CHECK: %[[COLUMN:.*]] = arith.addi %[[C0]], %[[C128]]
  // CHECK: %[[COLUMNS:.*]] = arith.cmpi slt, %[[COLUMN]], %[[N]]
  // CHECK: %[[MANY:.*]] = arith.ori %[[ROWS]], %[[COLUMNS]]
  // CHECK: omp.parallel if(%[[MANY]])
  scf.parallel (%i, %j) = (%c0, %c0) to (%m, %n) step (%c48, %c128) {
    memref.store %zero, %x[%i, %j] : memref<?x?xf32>
    scf.reduce
  }
  return
}
