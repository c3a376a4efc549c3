// The host reads single elements by calls of the runtime, and writes them by kernels.
// RUN: vga-opt %s --vga-gpu-lower-host-accesses | FileCheck %s

// CHECK-LABEL: func @accesses
// CHECK-SAME: %[[X:.*]]: memref<?x4xi32>, %[[I:.*]]: index
func.func @accesses(%x: memref<?x4xi32>, %i: index, %y: memref<4xf32>) -> i32 {
  // CHECK: %[[MEMORY:.*]] = llvm.alloca %{{.*}} x i32
  // CHECK: memref.subview %[[X]][%[[I]], %[[I]]] [1, 1] [1, 1]
  // CHECK: %[[ADDRESS:.*]] = llvm.getelementptr {{.*}} i32
  // CHECK: %[[BYTES:.*]] = arith.constant 4 : i64
  // CHECK: llvm.call @vgaCudaRead(%[[MEMORY]], %[[ADDRESS]], %[[BYTES]])
  // CHECK: %[[V:.*]] = llvm.load %[[MEMORY]]
  %v = memref.load %x[%i, %i] : memref<?x4xi32>
  // CHECK: %[[F:.*]] = arith.sitofp %[[V]]
  %f = arith.sitofp %v : i32 to f32
  // CHECK: %[[ELEMENT:.*]] = memref.subview %{{.*}}[%[[I]]] [1] [1] : memref<4xf32> to memref<f32,
  // CHECK: linalg.fill ins(%[[F]] : f32) outs(%[[ELEMENT]]
  memref.store %f, %y[%i] : memref<4xf32>
  // CHECK: return %[[V]]
  return %v : i32
}

// What kernels read is for them.
// CHECK-LABEL: func @gather
// CHECK: linalg.generic
// CHECK: memref.load
#id = affine_map<(i) -> (i)>
func.func @gather(%at: memref<8xindex>, %x: memref<100xf32>, %y: memref<8xf32>) {
  linalg.generic {indexing_maps = [#id, #id], iterator_types = ["parallel"]}
      ins(%at : memref<8xindex>) outs(%y : memref<8xf32>) {
  ^bb0(%i: index, %out: f32):
    %v = memref.load %x[%i] : memref<100xf32>
    linalg.yield %v : f32
  }
  return
}

// The position of a call is the host's: it reads it there. What kernels read is a
// copy.
// CHECK-LABEL: func @position
// CHECK-SAME: %[[P:.*]]: memref<i64> {vga.position}
func.func @position(%p: memref<i64> {vga.position}, %y: memref<8xi64>) -> i64 {
  // CHECK: %[[COPY:.*]] = memref.alloc() : memref<i64>
  // CHECK: memref.extract_aligned_pointer_as_index %[[P]]
  // CHECK: %[[V:.*]] = llvm.load {{.*}} -> i64
  // CHECK: linalg.fill ins(%[[V]] : i64) outs(%[[COPY]] : memref<i64>)
  // CHECK-NOT: vgaCudaRead
  // CHECK: %[[HERE:.*]] = llvm.load {{.*}} -> i64
  %v = memref.load %p[] : memref<i64>
  // CHECK: linalg.broadcast ins(%[[COPY]]
  linalg.broadcast ins(%p : memref<i64>) outs(%y : memref<8xi64>) dimensions = [0]
  // CHECK: return %[[HERE]]
  return %v : i64
}
