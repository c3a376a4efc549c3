// Launches of vga get dense arrays in the GPU's memory.
// RUN: vga-opt %s --vga-gpu-place-arrays | FileCheck %s

!view = memref<1x4x?x64xf16, strided<[32768, 8192, 64, 1], offset: ?>>
!prefix = memref<1x?x2x64xf16, strided<[65536, 128, 64, 1]>>

memref.global "private" constant @table : memref<4xf32> = dense<[1.0, 2.0, 3.0, 4.0]>

// CHECK-LABEL: func @views
// CHECK-SAME: %[[X:[a-z0-9]*]]: memref<1x4x?x64xf16, strided{{.*}}, %[[Y:[a-z0-9]*]]: memref<1x4x?x64xf16, strided
// CHECK: %[[IN:.*]] = memref.alloc(%{{.*}}) : memref<1x4x?x64xf16>
// CHECK: memref.copy %[[X]], %[[IN]]
// CHECK: %[[OUT:.*]] = memref.alloc(%{{.*}}) : memref<1x4x?x64xf16>
// CHECK-NOT: memref.copy
// CHECK: vga.launch {{.*}} ins(%[[IN]] : memref<1x4x?x64xf16>) outs(%[[OUT]] : memref<1x4x?x64xf16>)
// CHECK: memref.copy %[[OUT]], %[[Y]]
func.func @views(%x: !view, %y: !view, %n: index) {
  vga.launch @k::@k blocks(%n) threads 128 shared_memory 0 boxes [array<i64>, array<i64>]
    ins(%x : !view) outs(%y : !view)
  return
}

// The first tokens of a cache of one sequence are dense as they are.
// CHECK-LABEL: func @prefix
// CHECK-SAME: %[[X:.*]]: memref<1x?x2x64xf16, strided
// CHECK: %[[DENSE:.*]] = memref.reinterpret_cast %[[X]] to offset: [0], sizes: [1, %{{.*}}, 2, 64], strides: [%{{.*}}, 128, 64, 1] : {{.*}} to memref<1x?x2x64xf16>
// CHECK-NOT: memref.copy
// CHECK: vga.launch {{.*}} ins(%[[DENSE]] : memref<1x?x2x64xf16>)
func.func @prefix(%x: !prefix, %y: memref<4xf16>, %n: index) {
  vga.launch @k::@k blocks(%n) threads 128 shared_memory 0 boxes [array<i64>, array<i64>]
    ins(%x : !prefix) outs(%y : memref<4xf16>)
  return
}

// A constant is copied for what is not linalg.
// CHECK-LABEL: func @constant
// CHECK: %[[C:.*]] = memref.get_global @table
// CHECK: %[[PLACED:.*]] = memref.alloc() : memref<4xf32>
// CHECK: memref.copy %[[C]], %[[PLACED]]
// CHECK: return %[[PLACED]]
func.func @constant() -> memref<4xf32> {
  %c = memref.get_global @table : memref<4xf32>
  return %c : memref<4xf32>
}

// CHECK-LABEL: func @read_by_linalg
// CHECK: %[[C:.*]] = memref.get_global @table
// CHECK-NEXT: linalg.exp ins(%[[C]] :
func.func @read_by_linalg(%y: memref<4xf32>) {
  %c = memref.get_global @table : memref<4xf32>
  linalg.exp ins(%c : memref<4xf32>) outs(%y : memref<4xf32>)
  return
}

// The second on one output may do nothing: what is there comes along.
// CHECK-LABEL: func @one_after_the_other
// CHECK-SAME: %{{[^,]*}}: memref<8x8xf16>, %[[VIEW:[^,]*]]: memref<8x8xf16, strided<[16, 1]>>
// CHECK: %[[FIRST:.*]] = memref.alloc() : memref<8x8xf16>
// CHECK-NEXT: vga.multiply {{.*}} outs(%[[FIRST]] :
// CHECK-NEXT: memref.copy %[[FIRST]], %[[VIEW]]
// CHECK: %[[SECOND:.*]] = memref.alloc() : memref<8x8xf16>
// CHECK-NEXT: memref.copy %[[VIEW]], %[[SECOND]]
// CHECK-NEXT: vga.launch {{.*}} outs(%[[SECOND]] :
// CHECK-NEXT: memref.copy %[[SECOND]], %[[VIEW]]
func.func @one_after_the_other(%x: memref<8x8xf16>, %y: memref<8x8xf16, strided<[16, 1]>>,
                               %n: index) {
  %done = vga.multiply sizes(%n, %n, %n, %n) strides(%n, %n, %n, %n, %n, %n)
    lhs(%x : memref<8x8xf16>) rhs(%x : memref<8x8xf16>)
    outs(%y : memref<8x8xf16, strided<[16, 1]>>)
  vga.launch @k::@k blocks(%n) threads 128 shared_memory 0 boxes [array<i64>, array<i64>]
    ins(%x : memref<8x8xf16>) outs(%y : memref<8x8xf16, strided<[16, 1]>>)
  return
}
