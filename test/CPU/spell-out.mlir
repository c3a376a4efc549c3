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

// -----

// The first axis is kept, and would be dropped once the offset is a constant.
// CHECK-LABEL: func @kept_one(
// CHECK: tensor.extract_slice %{{.*}}[%{{.*}}, 0, 0] [1, 5, 1] [1, 1, 1] : tensor<3x5x1xf32> to tensor<1x5x1xf32>
// CHECK: tensor.collapse_shape {{.*}} : tensor<1x5x1xf32> into tensor<1x5xf32>
// CHECK: tensor.expand_shape {{.*}} : tensor<1x5xf32> into tensor<1x5x1xf32>
func.func @kept_one(%x: tensor<3x5x1xf32>) -> tensor<3x5x1xf32> {
  %one = arith.constant 1 : index
  %y = tensor.extract_slice %x[%one, 0, 0] [1, 5, 1] [1, 1, 1] : tensor<3x5x1xf32> to tensor<1x5xf32>
  %z = tensor.insert_slice %y into %x[%one, 0, 0] [1, 5, 1] [1, 1, 1] : tensor<1x5xf32> into tensor<3x5x1xf32>
  return %z : tensor<3x5x1xf32>
}

// -----

// Whichever axis of size 1 goes, what is left has the same shape.
// CHECK-LABEL: func @same_shape(
// CHECK-NOT: tensor.collapse_shape
func.func @same_shape(%x: tensor<3x?x2x8xf32>, %i: index, %n: index) -> tensor<?x8xf32> {
  %m = arith.addi %n, %n : index
  %y = tensor.extract_slice %x[%i, 0, 0, 0] [1, %m, 1, 8] [1, 1, 1, 1] : tensor<3x?x2x8xf32> to tensor<?x8xf32>
  return %y : tensor<?x8xf32>
}

// -----

// CHECK-LABEL: func @constants(
// CHECK: linalg.generic
// CHECK: arith.xori %{{.*}}, %{{.*}} : i32
// CHECK: linalg.generic
// CHECK: arith.subi %{{.*}}, %{{.*}} overflow<nsw> : i32
func.func @constants(%x: tensor<?xi32>, %y: tensor<?xi32>) -> (tensor<?xi32>, tensor<?xi32>) {
  %a = arith.xori %x, %x : tensor<?xi32>
  %b = arith.subi %x, %y overflow<nsw> : tensor<?xi32>
  return %a, %b : tensor<?xi32>, tensor<?xi32>
}

// -----

// CHECK-LABEL: func @arc_tangent(
// CHECK-SAME: %[[Y:.*]]: f32, %[[X:.*]]: f32,
// CHECK-DAG: %[[ZERO_Y:.*]] = arith.cmpf oeq, %[[Y]],
// CHECK-DAG: %[[ZERO_X:.*]] = arith.cmpf oeq, %[[X]],
// CHECK-DAG: %[[ZEROS:.*]] = arith.andi %[[ZERO_Y]], %[[ZERO_X]] : i1
// CHECK-DAG: %[[SIGN:.*]] = math.copysign %{{.*}}, %[[X]] : f32
// CHECK: %[[OTHER:.*]] = arith.select %[[ZEROS]], %[[SIGN]], %[[X]] : f32
// CHECK: math.atan2 %[[Y]], %[[OTHER]] : f32
// CHECK: linalg.generic
// CHECK: arith.select
// CHECK: math.atan2 {{.*}} : f64
func.func @arc_tangent(%y: f32, %x: f32, %t: tensor<4xf64>) -> (f32, tensor<4xf64>) {
  %a = math.atan2 %y, %x : f32
  %b = math.atan2 %t, %t : tensor<4xf64>
  return %a, %b : f32, tensor<4xf64>
}

// -----

// An iteration swaps what may have other sizes; the sum of one keeps its sizes.
// CHECK-LABEL: func @carried(
// CHECK-SAME: %[[X:.*]]: tensor<?xf32>, %[[Y:.*]]: tensor<?xf32>, %[[Z:.*]]: tensor<?xf32>,
// CHECK: %[[A:.*]] = bufferization.alloc_tensor() copy(%[[X]]) : tensor<?xf32>
// CHECK: %[[B:.*]] = bufferization.alloc_tensor() copy(%[[Y]]) : tensor<?xf32>
// CHECK: scf.for {{.*}} iter_args(%{{.*}} = %[[A]], %{{.*}} = %[[B]], %{{.*}} = %[[Z]])
func.func @carried(%x: tensor<?xf32>, %y: tensor<?xf32>, %z: tensor<?xf32>, %n: index)
    -> (tensor<?xf32>, tensor<?xf32>, tensor<?xf32>) {
  %zero = arith.constant 0 : index
  %one = arith.constant 1 : index
  %r:3 = scf.for %i = %zero to %n step %one iter_args(%a = %x, %b = %y, %c = %z)
      -> (tensor<?xf32>, tensor<?xf32>, tensor<?xf32>) {
    %m = tensor.dim %c, %zero : tensor<?xf32>
    %e = tensor.empty(%m) : tensor<?xf32>
    %s = linalg.add ins(%c, %c : tensor<?xf32>, tensor<?xf32>) outs(%e : tensor<?xf32>) -> tensor<?xf32>
    %t = arith.mulf %s, %c : tensor<?xf32>
    scf.yield %b, %a, %t : tensor<?xf32>, tensor<?xf32>, tensor<?xf32>
  }
  return %r#0, %r#1, %r#2 : tensor<?xf32>, tensor<?xf32>, tensor<?xf32>
}
