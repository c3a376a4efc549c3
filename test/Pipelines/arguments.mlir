// What is no state is only read, by the function itself and by those that it calls: an input, a
// weight, and what is prepared from a weight.
// RUN: vga-opt %s --vga-cpu-preparation-pipeline --vga-cpu-pipeline="runtime-checks=false parallel=false" --mlir-print-ir-after=vga-close-states -o /dev/null 2>&1 | FileCheck %s --check-prefixes=CHECK,CPU
// RUN: vga-opt %s --vga-hoist-parameters --vga-gpu-pipeline="runtime-checks=false" --mlir-print-ir-after=vga-close-states -o /dev/null 2>&1 | FileCheck %s

// CHECK-LABEL: func.func @input(
// CHECK-SAME:    %[[X:[a-z0-9]*]]: memref<2xf32>, %[[INTO:[a-z0-9]*]]: memref<8xf32>
// CHECK: %[[OWN:.*]] = memref.alloc()
// CHECK: memref.copy %[[INTO]], %[[OWN]]
// CHECK: %[[PART:.*]] = memref.subview %[[OWN]][2] [2] [1]
// CHECK: memref.copy %[[X]], %[[PART]]
// CHECK: return %[[OWN]]
func.func @input(%x: tensor<2xf32>, %into: tensor<8xf32>) -> tensor<8xf32> {
  %r = tensor.insert_slice %x into %into[2] [2] [1] : tensor<2xf32> into tensor<8xf32>
  return %r : tensor<8xf32>
}

// CHECK-LABEL: func.func @weight(
// CHECK-SAME:    %[[W:[a-z0-9]*]]: memref<8xf32> {vga.param = "w"}
// CHECK: %[[OWN:.*]] = memref.alloc()
// CHECK: memref.copy %[[W]], %[[OWN]]
// CHECK-NOT: memref.subview %[[W]]
// CHECK: memref.subview %[[OWN]]
// CHECK: return %[[OWN]]
func.func @weight(%x: tensor<2xf32>, %w: tensor<8xf32> {vga.param = "w"}) -> tensor<8xf32> {
  %r = tensor.insert_slice %x into %w[2] [2] [1] : tensor<2xf32> into tensor<8xf32>
  return %r : tensor<8xf32>
}

// CHECK-LABEL: func.func @prepared(
// CHECK-SAME:    %[[P:[a-z0-9]*]]: memref<8xf32>) -> memref<8xf32> attributes {vga.preparation = @prepared.prepare}
// CHECK: %[[OWN:.*]] = memref.alloc()
// CHECK: memref.copy %[[P]], %[[OWN]]
// CHECK-NOT: memref.subview %[[P]]
// CHECK: memref.subview %[[OWN]]
// CHECK: return %[[OWN]]
func.func @prepared(%x: tensor<2xf32>, %w: tensor<8xf32> {vga.param = "w"}) -> tensor<8xf32> {
  %p = arith.mulf %w, %w : tensor<8xf32>
  %r = tensor.insert_slice %x into %p[2] [2] [1] : tensor<2xf32> into tensor<8xf32>
  return %r : tensor<8xf32>
}

// An operation that adds to what it is given.
// CHECK-LABEL: func.func @sum(
// CHECK-SAME:    %[[X:[a-z0-9]*]]: memref<8xf32>, %[[TO:[a-z0-9]*]]: memref<8xf32>
// CHECK: %[[OWN:.*]] = memref.alloc()
// CHECK: memref.copy %[[TO]], %[[OWN]]
// CHECK: linalg.generic {{.*}} ins(%[[X]] : memref<8xf32>) outs(%[[OWN]] : memref<8xf32>)
#id = affine_map<(i) -> (i)>
func.func @sum(%x: tensor<8xf32>, %to: tensor<8xf32>) -> tensor<8xf32> {
  %r = linalg.generic {indexing_maps = [#id, #id], iterator_types = ["parallel"]}
      ins(%x : tensor<8xf32>) outs(%to : tensor<8xf32>) {
  ^bb0(%a: f32, %b: f32):
    %s = arith.addf %a, %b : f32
    linalg.yield %s : f32
  } -> tensor<8xf32>
  return %r : tensor<8xf32>
}

// A cache that is no state, as a value and carried by a loop.
// CHECK-LABEL: func.func @cache(
// CHECK-SAME:    %[[C:[a-z0-9]*]]: memref<8x2xf32>
// CHECK: %[[OWN:.*]] = memref.alloc()
// CHECK: memref.copy %[[C]], %[[OWN]]
// CHECK: scf.for
// CHECK-NOT: memref.alloc
// CHECK: memref.subview %[[OWN]]
// CHECK: return %[[OWN]]
func.func @cache(%x: tensor<?x2xf32>, %c: tensor<8x2xf32>) -> tensor<8x2xf32> {
  %c0 = arith.constant 0 : index
  %c1 = arith.constant 1 : index
  %n = tensor.dim %x, %c0 : tensor<?x2xf32>
  %r = scf.for %i = %c0 to %n step %c1 iter_args(%h = %c) -> tensor<8x2xf32> {
    %row = tensor.extract_slice %x[%i, 0] [1, 2] [1, 1] : tensor<?x2xf32> to tensor<1x2xf32>
    %y = tensor.insert_slice %row into %h[%i, 0] [1, 2] [1, 1] : tensor<1x2xf32> into tensor<8x2xf32>
    scf.yield %y : tensor<8x2xf32>
  }
  return %r : tensor<8x2xf32>
}

// On the CPU a private function writes to what it is given: a copy, made by its caller.
// CPU-LABEL: func.func private @insert(
// CPU-NOT: memref.alloc
// CPU: return
// CHECK-LABEL: func.func @caller(
// CHECK-SAME:    %[[X:[a-z0-9]*]]: memref<2xf32>, %[[INTO:[a-z0-9]*]]: memref<8xf32>
// CHECK: %[[OWN:.*]] = memref.alloc()
// CHECK: memref.copy %[[INTO]], %[[OWN]]
// CPU: call @insert(%[[X]], %[[OWN]])
// CHECK: return %[[OWN]]
func.func private @insert(%x: tensor<2xf32>, %into: tensor<8xf32>) -> tensor<8xf32> {
  %r = tensor.insert_slice %x into %into[2] [2] [1] : tensor<2xf32> into tensor<8xf32>
  return %r : tensor<8xf32>
}
func.func @caller(%x: tensor<2xf32>, %into: tensor<8xf32>) -> tensor<8xf32> {
  %r = call @insert(%x, %into) : (tensor<2xf32>, tensor<8xf32>) -> tensor<8xf32>
  return %r : tensor<8xf32>
}
