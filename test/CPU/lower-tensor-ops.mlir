// Gathers are linalg that reads where the indices say, scatters are loops in place,
// or a search in kernels. Numbers are in Integration/GPU/gathers.test.
// RUN: vga-opt %s --vga-lower-tensor-ops | FileCheck %s
// RUN: vga-opt %s --vga-lower-tensor-ops=kernels=true | FileCheck %s --check-prefix=KERNELS
// RUN: vga-opt %s --vga-lower-tensor-ops="kernels=true checks=false" | FileCheck %s --check-prefix=UNCHECKED

// UNCHECKED-NOT: vga.check

// CHECK-LABEL: func @gather
// CHECK-SAME: %[[X:[^:]*]]: tensor<9x8xf32>, %[[I:[^:]*]]: tensor<?x1xi32>
// CHECK: linalg.generic {{.*}} iterator_types = ["parallel", "parallel"]
// CHECK: %[[E:.*]] = tensor.extract %[[I]]
// CHECK: %[[AT:.*]] = arith.index_cast %[[E]] : i32 to index
// CHECK: tensor.extract %[[X]][%[[AT]], %{{.*}}]
// KERNELS-LABEL: func @gather
// KERNELS: linalg.generic {{.*}} iterator_types = ["parallel", "parallel"]
// KERNELS: %[[AT:.*]] = arith.index_cast %{{.*}} : i32 to index
// KERNELS: %[[OK:.*]] = arith.cmpi ult, %[[AT]], %[[NINE:.*]] : index
// KERNELS: vga.check %[[OK]], "tensor.gather: index of axis 0 of source: expected at least 0 and less than {0}, got {1}"(%[[NINE]], %[[AT]])
func.func @gather(%x: tensor<9x8xf32>, %i: tensor<?x1xi32>) -> tensor<?x8xf32> {
  %y = tensor.gather %x[%i] gather_dims([0]) : (tensor<9x8xf32>, tensor<?x1xi32>) -> tensor<?x8xf32>
  return %y : tensor<?x8xf32>
}

// CHECK-LABEL: func @scatter
// CHECK: scf.for {{.*}} iter_args(%[[D:.*]] =
// CHECK: tensor.insert_slice %{{.*}} into %[[D]]
// KERNELS-LABEL: func @scatter
// KERNELS-NOT: scf.for
// KERNELS: linalg.generic {{.*}} iterator_types = ["parallel", "reduction"]
// KERNELS: vga.check %{{.*}}, "tensor.scatter: index of axis 0 of dest: expected at least 0 and less than {0}, got {1}"
// KERNELS: linalg.generic {{.*}} iterator_types = ["parallel", "parallel"]
// KERNELS: scf.if
func.func @scatter(%s: tensor<?x8xf32>, %x: tensor<9x8xf32>, %i: tensor<?x1xindex>) -> tensor<9x8xf32> {
  %y = tensor.scatter %s into %x[%i] scatter_dims([0]) unique : (tensor<?x8xf32>, tensor<9x8xf32>, tensor<?x1xindex>) -> tensor<9x8xf32>
  return %y : tensor<9x8xf32>
}

// CHECK-LABEL: func @bitcast
// CHECK: arith.bitcast
func.func @bitcast(%x: tensor<?xf32>) -> tensor<?xi32> {
  %y = tensor.bitcast %x : tensor<?xf32> to tensor<?xi32>
  return %y : tensor<?xi32>
}

// CHECK-LABEL: func @bitcast_to_size
// CHECK: %[[Y:.*]] = arith.bitcast %{{.*}} : tensor<?xf32> to tensor<?xi32>
// CHECK: tensor.cast %[[Y]] : tensor<?xi32> to tensor<4xi32>
func.func @bitcast_to_size(%x: tensor<?xf32>) -> tensor<4xi32> {
  %y = tensor.bitcast %x : tensor<?xf32> to tensor<4xi32>
  return %y : tensor<4xi32>
}

// CHECK-LABEL: func @reshape
// CHECK: %[[S:.*]] = arith.index_cast %{{.*}} : tensor<2xi32> to tensor<2xindex>
// CHECK: tensor.reshape %{{.*}}(%[[S]])
func.func @reshape(%x: tensor<6xf32>, %s: tensor<2xi32>) -> tensor<?x?xf32> {
  %y = tensor.reshape %x(%s) : (tensor<6xf32>, tensor<2xi32>) -> tensor<?x?xf32>
  return %y : tensor<?x?xf32>
}
