// RUN: vga-opt %s --vga-normalize-slices | FileCheck %s
// RUN: vga-opt %s --vga-cpu-pipeline -o /dev/null
// RUN: vga-opt %s --vga-gpu-pipeline -o /dev/null

// Axes of one element are stepped along by one, others as they were.
// CHECK-LABEL: func @slices
// CHECK: tensor.extract_slice %{{.*}}[1, 0, 0, 1] [1, 16, %{{.*}}, 1] [1, 2, 3, 1] : tensor<3x32x?x2xf32> to tensor<16x?x1xf32>
// CHECK: tensor.insert_slice %{{.*}} into %{{.*}}[1, 0, 0, 1] [1, 16, %{{.*}}, 1] [1, 2, 3, 1] : tensor<16x?x1xf32> into tensor<3x32x?x2xf32>
func.func @slices(%x: tensor<3x32x?x2xf32>, %n: index, %step: index) -> tensor<3x32x?x2xf32> {
  %s = tensor.extract_slice %x[1, 0, 0, 1][1, 16, %n, 1][%step, 2, 3, 2] : tensor<3x32x?x2xf32> to tensor<16x?x1xf32>
  %e = math.exp %s : tensor<16x?x1xf32>
  %y = tensor.insert_slice %e into %x[1, 0, 0, 1][1, 16, %n, 1][%step, 2, 3, 2] : tensor<16x?x1xf32> into tensor<3x32x?x2xf32>
  return %y : tensor<3x32x?x2xf32>
}

// What is known to be empty is not joined to anything.
// CHECK-LABEL: func @empty_between
// CHECK-SAME:    %[[A:[a-z0-9]*]]: tensor<2x3xf32>, %{{.*}}: tensor<0x?xf32>, %[[B:[a-z0-9]*]]: tensor<?x3xf32>
// CHECK: %[[R:.*]] = tensor.concat dim(0) %[[A]], %[[B]]
// CHECK: return %[[R]] : tensor<?x3xf32>
func.func @empty_between(%a: tensor<2x3xf32>, %e: tensor<0x?xf32>, %b: tensor<?x3xf32>) -> tensor<?x3xf32> {
  %r = tensor.concat dim(0) %a, %e, %b : (tensor<2x3xf32>, tensor<0x?xf32>, tensor<?x3xf32>) -> tensor<?x3xf32>
  return %r : tensor<?x3xf32>
}

// CHECK-LABEL: func @empty_last
// CHECK-SAME:    %[[A:[a-z0-9]*]]: tensor<2x3xf32>
// CHECK-NOT: tensor.concat
// CHECK: return %[[A]]
func.func @empty_last(%a: tensor<2x3xf32>, %e: tensor<2x0xf32>) -> tensor<2x3xf32> {
  %r = tensor.concat dim(1) %a, %e : (tensor<2x3xf32>, tensor<2x0xf32>) -> tensor<2x3xf32>
  return %r : tensor<2x3xf32>
}

// CHECK-LABEL: func @all_empty
// CHECK: %[[R:.*]] = tensor.empty() : tensor<0x3xf32>
// CHECK: return %[[R]]
func.func @all_empty(%a: tensor<0x3xf32>) -> tensor<0x3xf32> {
  %r = tensor.concat dim(0) %a, %a : (tensor<0x3xf32>, tensor<0x3xf32>) -> tensor<0x3xf32>
  return %r : tensor<0x3xf32>
}

// Nothing along another axis: the sizes are those of the operands.
// CHECK-LABEL: func @no_rows
// CHECK-NOT: tensor.concat
// CHECK: tensor.empty(%{{.*}}) : tensor<0x?xf32>
func.func @no_rows(%a: tensor<0x3xf32>, %b: tensor<0x?xf32>) -> tensor<0x?xf32> {
  %r = tensor.concat dim(1) %a, %b : (tensor<0x3xf32>, tensor<0x?xf32>) -> tensor<0x?xf32>
  return %r : tensor<0x?xf32>
}

// CHECK-LABEL: func @no_known_rows
// CHECK-NOT: tensor.concat
// CHECK: tensor.empty
func.func @no_known_rows(%a: tensor<0x3xf32>, %b: tensor<?x2xf32>) -> tensor<?x5xf32> {
  %r = tensor.concat dim(1) %a, %b : (tensor<0x3xf32>, tensor<?x2xf32>) -> tensor<?x5xf32>
  return %r : tensor<?x5xf32>
}

// Sizes of a reshape that its type has are those of the type.
// CHECK-LABEL: func @known_sizes
// CHECK-SAME: %[[X:[a-z0-9]*]]: tensor<?x8xf32>, %[[N:[a-z0-9]*]]: index, %[[M:[a-z0-9]*]]: index
// CHECK: tensor.expand_shape %[[X]] {{.*}} output_shape [%[[M]], 7, 8] : tensor<?x8xf32> into tensor<?x7x8xf32>
func.func @known_sizes(%x: tensor<?x8xf32>, %n: index, %m: index) -> tensor<?x7x8xf32> {
  %r = tensor.expand_shape %x [[0, 1], [2]] output_shape [%m, %n, 8] : tensor<?x8xf32> into tensor<?x7x8xf32>
  return %r : tensor<?x7x8xf32>
}

// CHECK-LABEL: func @two_sizes
func.func @two_sizes(%x: tensor<?x8xf32>, %n: index, %m: index) -> tensor<?x?x8xf32> {
  %e = math.exp %x : tensor<?x8xf32>
  %s = tensor.expand_shape %e [[0, 1], [2]] output_shape [%n, %m, 8] : tensor<?x8xf32> into tensor<?x?x8xf32>
  %r = arith.addf %s, %s : tensor<?x?x8xf32>
  return %r : tensor<?x?x8xf32>
}

// CHECK-LABEL: func @empty_at_run_time
// CHECK-SAME:    %[[A:[a-z0-9]*]]: tensor<2x1xf32>
// CHECK-NOT: tensor.concat
// CHECK: return %[[A]]
func.func @empty_at_run_time(%a: tensor<2x1xf32>, %e: tensor<2x?xf32>) -> tensor<2x1xf32> {
  %r = tensor.concat dim(1) %a, %e : (tensor<2x1xf32>, tensor<2x?xf32>) -> tensor<2x1xf32>
  return %r : tensor<2x1xf32>
}

// A source without elements would be a slice behind the last element.
// CHECK-LABEL: func @empty_source(
// CHECK-SAME: %{{.*}}: tensor<0x?xf32>, %[[N:.*]]: index
// CHECK-NOT: tensor.pad
// CHECK: %[[PADDING:.*]] = tensor.generate
// CHECK: ^bb0(%[[I:.*]]: index, %{{.*}}: index):
// CHECK: arith.index_cast %[[I]]
// CHECK: return %[[PADDING]] : tensor<3x?xf32>
func.func @empty_source(%x: tensor<0x?xf32>, %n: index) -> tensor<3x?xf32> {
  %y = tensor.pad %x low[3, %n] high[0, 1] {
  ^bb0(%i: index, %j: index):
    %k = arith.index_cast %i : index to i32
    %f = arith.sitofp %k : i32 to f32
    tensor.yield %f : f32
  } : tensor<0x?xf32> to tensor<3x?xf32>
  return %y : tensor<3x?xf32>
}
