// Long chains of updates are cut where only one tensor is left of what may share
// its memory.
// RUN: vga-opt %s --vga-cut-aliases="operations=2" --split-input-file | FileCheck %s
// RUN: vga-opt %s --vga-cut-aliases="operations=1000" --split-input-file | FileCheck %s --check-prefix=SHORT
// Bufferization copies nothing more for the cuts, and loops stay in place.
// RUN: vga-opt %s --vga-cut-aliases="operations=2" --vga-open-states --vga-bufferize --split-input-file | FileCheck %s --check-prefix=BUFFER

// SHORT-NOT: vga.take_over
// SHORT: func @still_read

// CHECK-LABEL: func @updates
// CHECK: %[[V0:.*]] = tensor.insert %{{.*}} into %{{.*}}[%c3]
// CHECK: %[[T0:.*]] = vga.take_over %[[V0]] : tensor<8xf32>
// CHECK: tensor.extract %[[T0]][%c1]
// CHECK: %[[V1:.*]] = tensor.insert %{{.*}} into %[[T0]][%c1]
// CHECK: vga.take_over %[[V1]]
// BUFFER-LABEL: func @updates
// BUFFER: memref.alloc()
// BUFFER: memref.copy
// BUFFER-NOT: memref.alloc
// BUFFER-NOT: memref.copy
// BUFFER: return
func.func @updates(%x: tensor<8xf32>) -> tensor<8xf32> {
  %c0 = arith.constant 0 : index
  %c1 = arith.constant 1 : index
  %c2 = arith.constant 2 : index
  %c3 = arith.constant 3 : index
  %e0 = tensor.extract %x[%c0] : tensor<8xf32>
  %v0 = tensor.insert %e0 into %x[%c3] : tensor<8xf32>
  %e1 = tensor.extract %v0[%c1] : tensor<8xf32>
  %v1 = tensor.insert %e1 into %v0[%c1] : tensor<8xf32>
  %e2 = tensor.extract %v1[%c2] : tensor<8xf32>
  %v2 = tensor.insert %e2 into %v1[%c2] : tensor<8xf32>
  %e3 = tensor.extract %v2[%c3] : tensor<8xf32>
  %v3 = tensor.insert %e3 into %v2[%c3] : tensor<8xf32>
  %e4 = tensor.extract %v3[%c0] : tensor<8xf32>
  %v4 = tensor.insert %e4 into %v3[%c0] : tensor<8xf32>
  return %v4 : tensor<8xf32>
}

// -----

// A loop passes on what its body has cut, in place.
// CHECK-LABEL: func @loop
// CHECK: scf.for
// CHECK: vga.take_over
// CHECK: scf.yield
// BUFFER-LABEL: func @loop
// BUFFER: %[[A:.*]] = memref.alloc() {{.*}} : memref<8xf32>
// BUFFER-NEXT: memref.copy %{{.*}}, %[[A]]
// BUFFER: %[[R:.*]] = scf.for {{.*}} iter_args(%[[C:.*]] = %[[A]]) -> (memref<8xf32>)
// BUFFER: scf.for {{.*}} iter_args(%[[D:.*]] = %[[C]]) -> (memref<8xf32>)
// BUFFER-NOT: memref.alloc
// BUFFER-NOT: memref.copy
// BUFFER: scf.yield %[[D]] : memref<8xf32>
// BUFFER-NOT: memref.alloc
// BUFFER-NOT: memref.copy
// BUFFER: return
func.func @loop(%x: tensor<8xf32>, %n: index) -> tensor<8xf32> {
  %c0 = arith.constant 0 : index
  %c1 = arith.constant 1 : index
  %y = scf.for %i = %c0 to %n step %c1 iter_args(%u = %x) -> tensor<8xf32> {
    %z = scf.for %j = %c0 to %n step %c1 iter_args(%v = %u) -> tensor<8xf32> {
      %e0 = tensor.extract %v[%j] : tensor<8xf32>
      %v0 = tensor.insert %e0 into %v[%i] : tensor<8xf32>
      %e1 = tensor.extract %v0[%j] : tensor<8xf32>
      %v1 = tensor.insert %e1 into %v0[%i] : tensor<8xf32>
      %e2 = tensor.extract %v1[%j] : tensor<8xf32>
      %v2 = tensor.insert %e2 into %v1[%i] : tensor<8xf32>
      %e3 = tensor.extract %v2[%j] : tensor<8xf32>
      %v3 = tensor.insert %e3 into %v2[%i] : tensor<8xf32>
      %e4 = tensor.extract %v3[%j] : tensor<8xf32>
      %v4 = tensor.insert %e4 into %v3[%i] : tensor<8xf32>
      scf.yield %v4 : tensor<8xf32>
    }
    scf.yield %z : tensor<8xf32>
  }
  return %y : tensor<8xf32>
}

// -----

// What is read later is in the way of a cut: nothing is copied that would not be.
// CHECK-LABEL: func @read_later
// CHECK-NOT: vga.take_over
// CHECK: return
func.func @read_later(%x: tensor<8xf32>) -> (tensor<8xf32>, tensor<2xf32>) {
  %c0 = arith.constant 0 : index
  %c1 = arith.constant 1 : index
  %s = tensor.extract_slice %x[0] [2] [1] : tensor<8xf32> to tensor<2xf32>
  %e0 = tensor.extract %x[%c0] : tensor<8xf32>
  %v0 = tensor.insert %e0 into %x[%c1] : tensor<8xf32>
  %e1 = tensor.extract %v0[%c1] : tensor<8xf32>
  %v1 = tensor.insert %e1 into %v0[%c0] : tensor<8xf32>
  %e2 = tensor.extract %v1[%c0] : tensor<8xf32>
  %v2 = tensor.insert %e2 into %v1[%c1] : tensor<8xf32>
  %e3 = tensor.extract %v2[%c1] : tensor<8xf32>
  %v3 = tensor.insert %e3 into %v2[%c0] : tensor<8xf32>
  %e4 = tensor.extract %v3[%c0] : tensor<8xf32>
  %v4 = tensor.insert %e4 into %v3[%c1] : tensor<8xf32>
  return %v4, %s : tensor<8xf32>, tensor<2xf32>
}

// -----

// A tensor.empty that is used on both sides becomes two.
// CHECK-LABEL: func @empties
// CHECK: %[[E:.*]] = tensor.empty(%[[N:.*]]) : tensor<?xf32>
// CHECK: linalg.exp {{.*}} outs(%[[E]] : tensor<?xf32>)
// CHECK: %[[T:.*]] = vga.take_over
// CHECK: %[[F:.*]] = tensor.empty(%[[N]]) : tensor<?xf32>
// CHECK: linalg.exp ins(%[[T]] : tensor<?xf32>) outs(%[[F]] : tensor<?xf32>)
func.func @empties(%x: tensor<?xf32>, %n: index) -> tensor<?xf32> {
  %e = tensor.empty(%n) : tensor<?xf32>
  %0 = linalg.exp ins(%x : tensor<?xf32>) outs(%e : tensor<?xf32>) -> tensor<?xf32>
  %1 = linalg.exp ins(%0 : tensor<?xf32>) outs(%e : tensor<?xf32>) -> tensor<?xf32>
  %2 = linalg.exp ins(%1 : tensor<?xf32>) outs(%e : tensor<?xf32>) -> tensor<?xf32>
  %3 = linalg.exp ins(%2 : tensor<?xf32>) outs(%e : tensor<?xf32>) -> tensor<?xf32>
  %4 = linalg.exp ins(%3 : tensor<?xf32>) outs(%e : tensor<?xf32>) -> tensor<?xf32>
  %5 = linalg.exp ins(%4 : tensor<?xf32>) outs(%e : tensor<?xf32>) -> tensor<?xf32>
  %6 = linalg.exp ins(%5 : tensor<?xf32>) outs(%e : tensor<?xf32>) -> tensor<?xf32>
  %7 = linalg.exp ins(%6 : tensor<?xf32>) outs(%e : tensor<?xf32>) -> tensor<?xf32>
  %8 = linalg.exp ins(%7 : tensor<?xf32>) outs(%e : tensor<?xf32>) -> tensor<?xf32>
  return %8 : tensor<?xf32>
}

// -----

// A copy keeps what is read behind a cut that is made all the same.
// BUFFER-LABEL: func @still_read
// BUFFER-SAME:    %[[X:.*]]: memref<8xf32>, %[[Y:.*]]: memref<8xf32>
// BUFFER: %[[A:.*]] = memref.alloc()
// BUFFER: linalg.exp ins(%[[X]] : memref<8xf32>) outs(%[[A]] : memref<8xf32>)
// BUFFER: %[[B:.*]] = memref.alloc()
// BUFFER: memref.copy %[[A]], %[[B]]
// BUFFER: memref.store %{{.*}}, %[[B]]
// BUFFER: return %[[A]], %[[B]]
func.func @still_read(%x: tensor<8xf32>, %y: tensor<8xf32>, %f: f32) -> (tensor<8xf32>, tensor<8xf32>) {
  %c0 = arith.constant 0 : index
  %e = tensor.empty() : tensor<8xf32>
  %0 = linalg.exp ins(%x : tensor<8xf32>) outs(%e : tensor<8xf32>) -> tensor<8xf32>
  %1 = vga.take_over %0 : tensor<8xf32>
  %2 = tensor.insert %f into %1[%c0] : tensor<8xf32>
  return %0, %2 : tensor<8xf32>, tensor<8xf32>
}
