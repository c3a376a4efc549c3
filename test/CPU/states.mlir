// What a function remembers is updated in place and no longer returned.
// RUN: vga-opt %s --vga-open-states | FileCheck %s --check-prefix=OPEN
// RUN: vga-opt %s --vga-open-states --one-shot-bufferize="bufferize-function-boundaries function-boundary-type-conversion=identity-layout-map" --vga-close-states | FileCheck %s

// OPEN-LABEL: func.func @remember
// OPEN-SAME:    tensor<?xf32> {bufferization.writable = false}, %{{.*}}: tensor<i64> {bufferization.writable = false, vga.position}, %{{.*}}: tensor<8xf32> {bufferization.writable = true, vga.state = "seen"}

// CHECK-LABEL: func.func @remember
// CHECK-SAME:    %[[X:[a-z0-9]*]]: memref<?xf32>, %{{.*}}: memref<i64> {vga.position}, %[[SEEN:.*]]: memref<8xf32>) -> memref<8xf32> {
// CHECK: %[[PART:.*]] = memref.subview %[[SEEN]]
// CHECK: memref.copy %[[X]], %[[PART]]
// CHECK: return %{{.*}} : memref<8xf32>
func.func @remember(%x: tensor<?xf32>, %position: tensor<i64> {vga.position}, %seen: tensor<8xf32> {vga.state = "seen"})
    -> (tensor<8xf32>, tensor<8xf32>) {
  %c0 = arith.constant 0 : index
  %s = tensor.dim %x, %c0 : tensor<?xf32>
  %p64 = tensor.extract %position[] : tensor<i64>
  %p = arith.index_cast %p64 : i64 to index
  %now = tensor.insert_slice %x into %seen[%p] [%s] [1] : tensor<?xf32> into tensor<8xf32>
  %e = tensor.empty() : tensor<8xf32>
  %double = linalg.add ins(%now, %now : tensor<8xf32>, tensor<8xf32>) outs(%e : tensor<8xf32>) -> tensor<8xf32>
  return %double, %now : tensor<8xf32>, tensor<8xf32>
}

// Loops that only update it pass it on.
// CHECK-LABEL: func.func @loop
// CHECK-SAME:    memref<4x8xf32>)
// CHECK-NOT: memref.alloc
// CHECK: return{{$}}
func.func @loop(%x: tensor<4xf32>, %seen: tensor<4x8xf32> {vga.state = "rows"}) -> tensor<4x8xf32> {
  %c0 = arith.constant 0 : index
  %c1 = arith.constant 1 : index
  %c2 = arith.constant 2 : index
  %c4 = arith.constant 4 : index
  %now = scf.for %i = %c0 to %c4 step %c1 iter_args(%outer = %seen) -> tensor<4x8xf32> {
    %e = tensor.extract %x[%i] : tensor<4xf32>
    %some = scf.for %j = %c0 to %c2 step %c1 iter_args(%inner = %outer) -> tensor<4x8xf32> {
      %n = tensor.insert %e into %inner[%i, %j] : tensor<4x8xf32>
      scf.yield %n : tensor<4x8xf32>
    }
    scf.yield %some : tensor<4x8xf32>
  }
  return %now : tensor<4x8xf32>
}

// What is computed from a state between its updates is no update: it gets memory of
// its own, and the state stays where it is.
// OPEN-LABEL: func.func @read_between
// OPEN: %[[FIRST:.*]] = tensor.insert_slice
// OPEN: %[[OWN:.*]] = tensor.empty() : tensor<8xf32>
// OPEN: linalg.generic {{.*}} ins(%[[FIRST]], %[[FIRST]] : tensor<8xf32>, tensor<8xf32>) outs(%[[OWN]] : tensor<8xf32>)
// CHECK-LABEL: func.func @read_between
// CHECK-SAME:    %[[SEEN:[a-z0-9]*]]: memref<8xf32>) -> memref<8xf32> {
// CHECK: memref.subview %[[SEEN]]
// CHECK: memref.alloc
// CHECK: memref.subview %[[SEEN]]
#id = affine_map<(i) -> (i)>
func.func @read_between(%x: tensor<1xf32>, %seen: tensor<8xf32> {vga.state = "seen"})
    -> (tensor<8xf32>, tensor<8xf32>) {
  %first = tensor.insert_slice %x into %seen[0] [1] [1] : tensor<1xf32> into tensor<8xf32>
  %double = linalg.generic {indexing_maps = [#id, #id, #id], iterator_types = ["parallel"]}
      ins(%first, %first : tensor<8xf32>, tensor<8xf32>) outs(%first : tensor<8xf32>) {
  ^bb0(%a: f32, %b: f32, %out: f32):
    %sum = arith.addf %a, %b : f32
    linalg.yield %sum : f32
  } -> tensor<8xf32>
  %now = tensor.insert_slice %x into %first[1] [1] [1] : tensor<1xf32> into tensor<8xf32>
  return %double, %now : tensor<8xf32>, tensor<8xf32>
}
