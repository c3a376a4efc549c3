// What a state was before an update is copied where it is used after that, and so is what is
// returned for a state and is not updated in place. Nothing else is.
// RUN: vga-opt %s --vga-open-states --one-shot-bufferize="bufferize-function-boundaries allow-return-allocs-from-loops function-boundary-type-conversion=identity-layout-map" --canonicalize --drop-equivalent-buffer-results --vga-close-states --canonicalize -o %t.mlir 2> %t.err
// RUN: FileCheck %s < %t.mlir
// RUN: FileCheck %s --check-prefix=REMARK < %t.err

#id = affine_map<(i) -> (i)>

// CHECK-LABEL: func.func @read_before
// CHECK-NOT: memref.copy
// CHECK: memref.store
// CHECK-NOT: memref.copy
// CHECK: return
func.func @read_before(%x: f32, %s: tensor<8xf32> {vga.state = "before"}) -> (f32, tensor<8xf32>) {
  %c0 = arith.constant 0 : index
  %old = tensor.extract %s[%c0] : tensor<8xf32>
  %new = tensor.insert %x into %s[%c0] : tensor<8xf32>
  return %old, %new : f32, tensor<8xf32>
}

// REMARK: remark: state "after" of 'read_after' is copied: what it held before an update is used after that
// CHECK-LABEL: func.func @read_after
// CHECK-SAME: %[[S:[a-z0-9]*]]: memref<8xf32>
// CHECK: %[[OLD:.*]] = memref.alloc
// CHECK: memref.copy %[[S]], %[[OLD]]
// CHECK: memref.store %{{.*}}, %[[S]]
// CHECK-NOT: memref.copy
// CHECK: memref.load %[[OLD]]
// CHECK-NOT: memref.copy
// CHECK: return
func.func @read_after(%x: f32, %s: tensor<8xf32> {vga.state = "after"}) -> (f32, tensor<8xf32>) {
  %c0 = arith.constant 0 : index
  %new = tensor.insert %x into %s[%c0] : tensor<8xf32>
  %old = tensor.extract %s[%c0] : tensor<8xf32>
  return %old, %new : f32, tensor<8xf32>
}

// Of a part that is used after the update only that part is copied: the rows of a window move up.
// REMARK: remark: state "window" of 'window' is copied
// CHECK-LABEL: func.func @window
// CHECK-SAME: %[[S:[a-z0-9]*]]: memref<8x4xf32>
// CHECK-DAG: %[[ROWS:.*]] = memref.alloc() {{.*}} : memref<7x4xf32>
// CHECK-DAG: %[[FROM:.*]] = memref.subview %[[S]][1, 0] [7, 4]
// CHECK: memref.copy %[[FROM]], %[[ROWS]]
// CHECK: %[[TO:.*]] = memref.subview %[[S]][0, 0] [7, 4]
// CHECK: memref.copy %[[ROWS]], %[[TO]]
// CHECK: %[[LAST:.*]] = memref.subview %[[S]][7, 0] [1, 4]
// CHECK: memref.copy %{{.*}}, %[[LAST]]
// CHECK-NOT: memref.copy
// CHECK: return
func.func @window(%x: tensor<1x4xf32>, %s: tensor<8x4xf32> {vga.state = "window"}) -> tensor<8x4xf32> {
  %rows = tensor.extract_slice %s[1, 0] [7, 4] [1, 1] : tensor<8x4xf32> to tensor<7x4xf32>
  %moved = tensor.insert_slice %rows into %s[0, 0] [7, 4] [1, 1] : tensor<7x4xf32> into tensor<8x4xf32>
  %new = tensor.insert_slice %x into %moved[7, 0] [1, 4] [1, 1] : tensor<1x4xf32> into tensor<8x4xf32>
  return %new : tensor<8x4xf32>
}

// The old version is a result: one copy, which is the caller's.
// REMARK: remark: state "old" of 'old_version' is copied
// CHECK-LABEL: func.func @old_version
// CHECK-SAME: %[[S:[a-z0-9]*]]: memref<8xf32>
// CHECK: %[[OLD:.*]] = memref.alloc
// CHECK: memref.copy %[[S]], %[[OLD]]
// CHECK-NOT: memref.copy
// CHECK: return %[[OLD]]
func.func @old_version(%x: f32, %s: tensor<8xf32> {vga.state = "old"}) -> (tensor<8xf32>, tensor<8xf32>) {
  %c0 = arith.constant 0 : index
  %new = tensor.insert %x into %s[%c0] : tensor<8xf32>
  return %s, %new : tensor<8xf32>, tensor<8xf32>
}

// Two states that change places take three copies.
// CHECK-LABEL: func.func @swapped
// CHECK-SAME: %[[A:[a-z0-9]*]]: memref<8xf32>, %[[B:[a-z0-9]*]]: memref<8xf32>
// CHECK: memref.copy %[[A]], %[[OLD:.*]] :
// CHECK: memref.copy %[[B]], %[[A]]
// CHECK: memref.copy %[[OLD]], %[[B]]
// CHECK: return
func.func @swapped(%a: tensor<8xf32> {vga.state = "a"}, %b: tensor<8xf32> {vga.state = "b"}) -> (tensor<8xf32>, tensor<8xf32>) {
  return %b, %a : tensor<8xf32>, tensor<8xf32>
}

// CHECK-LABEL: func.func @unchanged
// CHECK-NOT: memref.copy
// CHECK: return
func.func @unchanged(%s: tensor<8xf32> {vga.state = "unchanged"}) -> tensor<8xf32> {
  return %s : tensor<8xf32>
}

// Computed in place, for each element is read before it is written.
// CHECK-LABEL: func.func @decayed
// CHECK-SAME: %[[S:[a-z0-9]*]]: memref<8xf32>)
// CHECK-NOT: memref.alloc
// CHECK: linalg.generic {{.*}} outs(%[[S]] : memref<8xf32>)
// CHECK-NOT: memref.copy
// CHECK: return
func.func @decayed(%s: tensor<8xf32> {vga.state = "decayed"}) -> tensor<8xf32> {
  %new = linalg.generic {indexing_maps = [#id, #id], iterator_types = ["parallel"]}
      ins(%s : tensor<8xf32>) outs(%s : tensor<8xf32>) {
  ^bb0(%a: f32, %out: f32):
    %sum = arith.addf %a, %a : f32
    linalg.yield %sum : f32
  } -> tensor<8xf32>
  return %new : tensor<8xf32>
}

// Both branches update it in place.
// CHECK-LABEL: func.func @branches
// CHECK-NOT: memref.copy
// CHECK: return
func.func @branches(%c: i1, %x: f32, %s: tensor<8xf32> {vga.state = "branches"}) -> tensor<8xf32> {
  %c0 = arith.constant 0 : index
  %c1 = arith.constant 1 : index
  %new = scf.if %c -> tensor<8xf32> {
    %0 = tensor.insert %x into %s[%c0] : tensor<8xf32>
    %1 = tensor.insert %x into %0[%c1] : tensor<8xf32>
    scf.yield %1 : tensor<8xf32>
  } else {
    %0 = tensor.extract %s[%c1] : tensor<8xf32>
    %1 = tensor.insert %0 into %s[%c0] : tensor<8xf32>
    scf.yield %1 : tensor<8xf32>
  }
  return %new : tensor<8xf32>
}

// So does a loop that reads what an iteration before has left there.
// CHECK-LABEL: func.func @iterations
// CHECK-NOT: memref.copy
// CHECK: return
func.func @iterations(%n: index, %s: tensor<8xf32> {vga.state = "iterations"}) -> (f32, tensor<8xf32>) {
  %c0 = arith.constant 0 : index
  %c1 = arith.constant 1 : index
  %zero = arith.constant 0.0 : f32
  %r:2 = scf.for %i = %c0 to %n step %c1 iter_args(%sum = %zero, %h = %s) -> (f32, tensor<8xf32>) {
    %x = tensor.extract %h[%c0] : tensor<8xf32>
    %y = arith.addf %sum, %x : f32
    %new = tensor.insert %y into %h[%c1] : tensor<8xf32>
    %z = tensor.extract %new[%i] : tensor<8xf32>
    %w = arith.addf %y, %z : f32
    scf.yield %w, %new : f32, tensor<8xf32>
  }
  return %r#0, %r#1 : f32, tensor<8xf32>
}

// One copy in each iteration, for the element that the update may have overwritten.
// REMARK: remark: state "late" of 'late_in_iterations' is copied
// CHECK-LABEL: func.func @late_in_iterations
// CHECK-SAME: %[[S:[a-z0-9]*]]: memref<8xf32>
// CHECK: scf.for
// CHECK: memref.copy %[[S]], %[[OLD:.*]] :
// CHECK: memref.store %{{.*}}, %[[S]]
// CHECK: memref.load %[[OLD]]
// CHECK-NOT: memref.copy
// CHECK: return
func.func @late_in_iterations(%n: index, %s: tensor<8xf32> {vga.state = "late"}) -> (f32, tensor<8xf32>) {
  %c0 = arith.constant 0 : index
  %c1 = arith.constant 1 : index
  %zero = arith.constant 0.0 : f32
  %r:2 = scf.for %i = %c0 to %n step %c1 iter_args(%sum = %zero, %h = %s) -> (f32, tensor<8xf32>) {
    %new = tensor.insert %sum into %h[%c1] : tensor<8xf32>
    %z = tensor.extract %h[%i] : tensor<8xf32>
    %w = arith.addf %sum, %z : f32
    scf.yield %w, %new : f32, tensor<8xf32>
  }
  return %r#0, %r#1 : f32, tensor<8xf32>
}

// A function that others call is one without states to them.
// CHECK-LABEL: func.func @step
// CHECK-SAME: (%[[S:[a-z0-9]*]]: memref<8xf32>, %{{.*}}: f32)
// CHECK: memref.store %{{.*}}, %[[S]]
// CHECK-NOT: memref.copy
// CHECK: return
// CHECK: func.func private @step_0
// CHECK-LABEL: func.func @two_steps
// CHECK-SAME: (%[[S:[a-z0-9]*]]: memref<8xf32>, %{{.*}}: f32)
// CHECK: call @step_0(%[[S]]
// CHECK-NOT: memref.copy
// CHECK: call @step_0(%[[S]]
// CHECK-NOT: memref.copy
// CHECK: return
func.func @step(%s: tensor<8xf32> {vga.state = "step"}, %x: f32) -> tensor<8xf32> {
  %c0 = arith.constant 0 : index
  %new = tensor.insert %x into %s[%c0] : tensor<8xf32>
  return %new : tensor<8xf32>
}
func.func @two_steps(%s: tensor<8xf32> {vga.state = "steps"}, %x: f32) -> tensor<8xf32> {
  %0 = call @step(%s, %x) : (tensor<8xf32>, f32) -> tensor<8xf32>
  %1 = call @step(%0, %x) : (tensor<8xf32>, f32) -> tensor<8xf32>
  return %1 : tensor<8xf32>
}
// REMARK: remark: state "a" of 'swapped' is copied: what is returned for it is not the argument, updated in place
// REMARK: remark: state "b" of 'swapped' is copied: what is returned for it is not the argument, updated in place
// REMARK-NOT: remark
