// What loops carry: in place where an iteration updates it, in memory of its own
// where an iteration computes it.
// RUN: vga-opt %s --vga-cpu-pipeline="runtime-checks=false parallel=false" --mlir-print-ir-after=vga-close-states -o /dev/null 2>&1 | FileCheck %s
// RUN: vga-opt %s --vga-gpu-pipeline --mlir-print-ir-after=vga-close-states -o /dev/null 2>&1 | FileCheck %s

// CHECK-LABEL: func @cache
// CHECK-NOT: memref.alloc
// CHECK: scf.for
// CHECK-NOT: iter_args
// CHECK-NOT: memref.alloc
// CHECK: return
func.func @cache(%x: tensor<?x4xf32>, %c: tensor<64x4xf32> {vga.state = "c"}) -> tensor<64x4xf32> {
  %c0 = arith.constant 0 : index
  %c1 = arith.constant 1 : index
  %n = tensor.dim %x, %c0 : tensor<?x4xf32>
  %r = scf.for %i = %c0 to %n step %c1 iter_args(%h = %c) -> tensor<64x4xf32> {
    %row = tensor.extract_slice %x[%i, 0] [1, 4] [1, 1] : tensor<?x4xf32> to tensor<1x4xf32>
    %y = tensor.insert_slice %row into %h[%i, 0] [1, 4] [1, 1] : tensor<1x4xf32> into tensor<64x4xf32>
    scf.yield %y : tensor<64x4xf32>
  }
  return %r : tensor<64x4xf32>
}

// The cache stays in place beside what is computed.
// CHECK-LABEL: func @cache_and_state
// CHECK-NOT: memref.alloc(){{.*}} : memref<64x4xf32>
// CHECK: scf.for {{.*}} iter_args(%{{[^,]*}}) -> (memref<4xf32>)
// CHECK-NOT: memref.alloc(){{.*}} : memref<64x4xf32>
// CHECK: return
func.func @cache_and_state(%x: tensor<?x4xf32>, %g: tensor<4xf32>, %c: tensor<64x4xf32> {vga.state = "c"}) -> (tensor<4xf32>, tensor<64x4xf32>) {
  %c0 = arith.constant 0 : index
  %c1 = arith.constant 1 : index
  %n = tensor.dim %x, %c0 : tensor<?x4xf32>
  %r:2 = scf.for %i = %c0 to %n step %c1 iter_args(%k = %g, %h = %c) -> (tensor<4xf32>, tensor<64x4xf32>) {
    %row = tensor.extract_slice %x[%i, 0] [1, 4] [1, 1] : tensor<?x4xf32> to tensor<4xf32>
    %s = arith.addf %row, %k : tensor<4xf32>
    %y = tensor.insert_slice %s into %h[%i, 0] [1, 4] [1, 1] : tensor<4xf32> into tensor<64x4xf32>
    scf.yield %s, %y : tensor<4xf32>, tensor<64x4xf32>
  }
  return %r#0, %r#1 : tensor<4xf32>, tensor<64x4xf32>
}

// CHECK-LABEL: func @while_cache
// CHECK-NOT: memref.alloc
// CHECK: scf.while (%{{[^,]*}}) : (index) -> index
// CHECK-NOT: memref.alloc
// CHECK: return
func.func @while_cache(%x: tensor<?x4xf32>, %c: tensor<64x4xf32> {vga.state = "c"}) -> tensor<64x4xf32> {
  %c0 = arith.constant 0 : index
  %c1 = arith.constant 1 : index
  %n = tensor.dim %x, %c0 : tensor<?x4xf32>
  %r:2 = scf.while (%i = %c0, %h = %c) : (index, tensor<64x4xf32>) -> (index, tensor<64x4xf32>) {
    %go = arith.cmpi slt, %i, %n : index
    scf.condition(%go) %i, %h : index, tensor<64x4xf32>
  } do {
  ^bb0(%i: index, %h: tensor<64x4xf32>):
    %row = tensor.extract_slice %x[%i, 0] [1, 4] [1, 1] : tensor<?x4xf32> to tensor<1x4xf32>
    %y = tensor.insert_slice %row into %h[%i, 0] [1, 4] [1, 1] : tensor<1x4xf32> into tensor<64x4xf32>
    %j = arith.addi %i, %c1 : index
    scf.yield %j, %y : index, tensor<64x4xf32>
  }
  return %r#1 : tensor<64x4xf32>
}

// An argument is not written to. To bufferization a loop writes to all that it carries: it begins
// with a copy.
// CHECK-LABEL: func @computed
// CHECK-SAME: %[[X:[^:]*]]: memref<4x8xf32>
// CHECK: %[[OWN:.*]] = memref.alloc
// CHECK: memref.copy %[[X]], %[[OWN]]
// CHECK-NOT: memref.alloc
// CHECK: scf.for {{.*}} iter_args(%{{.*}} = %[[OWN]])
// CHECK: %[[Y:.*]] = memref.alloc
// CHECK: scf.yield
func.func @computed(%x: tensor<4x8xf32>, %p: tensor<4x8xf32>, %n: index) -> tensor<4x8xf32> {
  %c0 = arith.constant 0 : index
  %c1 = arith.constant 1 : index
  %r = scf.for %i = %c0 to %n step %c1 iter_args(%h = %x) -> tensor<4x8xf32> {
    %y = arith.addf %h, %p : tensor<4x8xf32>
    scf.yield %y : tensor<4x8xf32>
  }
  return %r : tensor<4x8xf32>
}
