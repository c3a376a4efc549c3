// Sizes that only the run knows are positive, and their product fits into a pointer.
// RUN: vga-opt %s --vga-cpu-check-allocations --split-input-file | FileCheck %s

// CHECK-LABEL: func @dynamic
//  CHECK-SAME: (%[[M:.+]]: index, %[[N:.+]]: index)
//   CHECK-DAG: %[[I:.+]] = arith.index_cast %[[M]] : index to i64
//   CHECK-DAG: %[[J:.+]] = arith.index_cast %[[N]] : index to i64
//   CHECK-DAG: %[[BYTES:.+]] = arith.constant 1.200000e+01 : f64
//   CHECK-DAG: %[[F:.+]] = arith.sitofp %[[I]]
//   CHECK-DAG: %[[SOME:.+]] = arith.mulf %[[BYTES]], %[[F]]
//   CHECK-DAG: %[[SIGNS:.+]] = arith.ori %[[I]], %[[J]]
//   CHECK-DAG: %[[G:.+]] = arith.sitofp %[[J]]
//   CHECK-DAG: %[[ALL:.+]] = arith.mulf %[[SOME]], %[[G]]
//   CHECK-DAG: %[[POSITIVE:.+]] = arith.cmpi sge, %[[SIGNS]], %{{.+}}
//   CHECK-DAG: %[[MOST:.+]] = arith.constant 4.611{{.+}}E+18 : f64
//   CHECK-DAG: %[[FITS:.+]] = arith.cmpf olt, %[[ALL]], %[[MOST]]
//       CHECK: %[[GOOD:.+]] = arith.andi %[[POSITIVE]], %[[FITS]]
//       CHECK: cf.assert %[[GOOD]], "the sizes of a tensor are negative or too large"
//  CHECK-NEXT: memref.alloc(%[[M]], %[[N]])
func.func @dynamic(%m: index, %n: index) -> memref<?x3x?xf32> {
  %a = memref.alloc(%m, %n) : memref<?x3x?xf32>
  return %a : memref<?x3x?xf32>
}

// -----

// CHECK-LABEL: func @static
//   CHECK-NOT: cf.assert
func.func @static() -> memref<3xf32> {
  %a = memref.alloc() : memref<3xf32>
  return %a : memref<3xf32>
}

// -----

// CHECK-LABEL: func @indices
//       CHECK: arith.constant 8.000000e+00 : f64
//       CHECK: cf.assert
func.func @indices(%n: index) -> memref<?xindex> {
  %a = memref.alloc(%n) : memref<?xindex>
  return %a : memref<?xindex>
}
