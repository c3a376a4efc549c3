// RUN: vga-opt %s --vga-spell-out --split-input-file | FileCheck %s
// RUN: vga-opt %s --vga-cpu-pipeline --split-input-file -o /dev/null

// Folding would find that the first size is 1, and drop the first axis.
// CHECK-LABEL: func @constant_size(
// CHECK: tensor.extract_slice %{{.*}}[0, 0, 0] [%{{.*}}, 7, 1] [1, 1, 1] : tensor<?x?x?xf32> to tensor<?x7x1xf32>
// CHECK: tensor.collapse_shape %{{.*}} {{\[}}[0], [1, 2]] : tensor<?x7x1xf32> into tensor<?x7xf32>
func.func @constant_size(%x: tensor<?x?x?xf32>) -> tensor<?x7xf32> {
  %c1 = arith.constant 1 : index
  %y = tensor.extract_slice %x[0, 0, 0] [%c1, 7, 1] [1, 1, 1]
      : tensor<?x?x?xf32> to tensor<?x7xf32>
  return %y : tensor<?x7xf32>
}

// -----

// CHECK-LABEL: func @insertion(
// CHECK: tensor.expand_shape %{{.*}} {{\[}}[0, 1], [2, 3], [4]] output_shape [1, %{{.*}}, %{{.*}}, 1, 4] : tensor<?x?x4xf32> into tensor<1x?x?x1x4xf32>
// CHECK: tensor.insert_slice %{{.*}} into %{{.*}}[0, 0, 0, 0, 0] [1, %{{.*}}, %{{.*}}, 1, 4] [1, 1, 1, 1, 1] : tensor<1x?x?x1x4xf32>
func.func @insertion(%x: tensor<?x?x4xf32>, %to: tensor<1x?x?x1x4xf32>,
                     %m: index) -> tensor<1x?x?x1x4xf32> {
  %c0 = arith.constant 0 : index
  %c1 = arith.constant 1 : index
  %n = arith.addi %c0, %c1 : index
  %y = tensor.insert_slice %x into %to[0, 0, 0, 0, 0] [1, %n, %m, 1, 4] [1, 1, 1, 1, 1]
      : tensor<?x?x4xf32> into tensor<1x?x?x1x4xf32>
  return %y : tensor<1x?x?x1x4xf32>
}

// -----

// CHECK-LABEL: func @stride(
// CHECK: tensor.extract_slice %{{.*}}[0, 0, 0] [1, 3, 1] [1, 2, 2] : tensor<1x6x2xf32> to tensor<1x3x1xf32>
// CHECK: tensor.collapse_shape %{{.*}} {{\[}}[0, 1, 2]] : tensor<1x3x1xf32> into tensor<3xf32>
func.func @stride(%x: tensor<1x6x2xf32>) -> tensor<3xf32> {
  %y = tensor.extract_slice %x[0, 0, 0] [1, 3, 1] [1, 2, 2]
      : tensor<1x6x2xf32> to tensor<3xf32>
  return %y : tensor<3xf32>
}

// -----

// What only the run knows is no constant, and static sizes are plain: these stay.
// CHECK-LABEL: func @plain(
// CHECK: tensor.extract_slice %{{.*}}[%{{.*}}, 0] [1, 4] [1, 1] : tensor<?x4xf32> to tensor<4xf32>
// CHECK: tensor.extract_slice %{{.*}}[0, 0] [%{{.*}}, 1] [1, 1] : tensor<?x4xf32> to tensor<?xf32>
// CHECK-NOT: tensor.collapse_shape
func.func @plain(%x: tensor<?x4xf32>, %i: index) -> (tensor<4xf32>, tensor<?xf32>) {
  %c0 = arith.constant 0 : index
  %n = tensor.dim %x, %c0 : tensor<?x4xf32>
  %y = tensor.extract_slice %x[%i, 0] [1, 4] [1, 1] : tensor<?x4xf32> to tensor<4xf32>
  %z = tensor.extract_slice %x[0, 0] [%n, 1] [1, 1] : tensor<?x4xf32> to tensor<?xf32>
  return %y, %z : tensor<4xf32>, tensor<?xf32>
}

// -----

// CHECK-LABEL: func @comparison(
// CHECK: linalg.generic
// CHECK: arith.cmpi ule, %{{.*}}, %{{.*}} : i32
func.func @comparison(%x: tensor<?xi32>) -> tensor<?xi1> {
  %y = arith.cmpi ule, %x, %x : tensor<?xi32>
  return %y : tensor<?xi1>
}
