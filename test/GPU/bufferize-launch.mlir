// Launches on tensors write into what they are given, without copies.
// RUN: vga-opt %s --canonicalize --cse --one-shot-bufferize=bufferize-function-boundaries | FileCheck %s

// CHECK-LABEL: func @launch
// CHECK: %[[OUT:.*]] = memref.alloc
// CHECK-NOT: memref.copy
// CHECK: vga.launch @k::@k {{.*}} outs(%[[OUT]] : memref<4x64xf16>)
// CHECK: return %[[OUT]]
func.func @launch(%x: tensor<4x64xf16>, %n: index) -> tensor<4x64xf16> {
  %e = tensor.empty() : tensor<4x64xf16>
  %r = vga.launch @k::@k blocks(%n) threads 128 shared_memory 0
    boxes [array<i64>, array<i64>]
    ins(%x : tensor<4x64xf16>) outs(%e : tensor<4x64xf16>) -> tensor<4x64xf16>
  return %r : tensor<4x64xf16>
}

// Scratch is one buffer, which is not that of the output, although they look the same.
// CHECK-LABEL: func @scratch
// CHECK-DAG: %[[OUT:.*]] = memref.alloc
// CHECK-DAG: %[[SCRATCH:.*]] = memref.alloc
// CHECK-NOT: memref.{{alloc|copy}}
// CHECK: vga.launch @k::@k {{.*}} ins(%{{.*}}, %[[SCRATCH]] : {{.*}}) outs(%[[OUT]], %[[SCRATCH]] :
// CHECK: return %[[OUT]]
func.func @scratch(%x: tensor<4x64xf16>, %n: index) -> tensor<4x64xf16> {
  %e = tensor.empty() : tensor<4x64xf16>
  %s = bufferization.alloc_tensor() : tensor<4x64xf16>
  %r:2 = vga.launch @k::@k blocks(%n) threads 128 shared_memory 0
    boxes [array<i64>, array<i64>, array<i64>, array<i64>]
    ins(%x, %s : tensor<4x64xf16>, tensor<4x64xf16>) outs(%e, %s : tensor<4x64xf16>, tensor<4x64xf16>)
    -> tensor<4x64xf16>, tensor<4x64xf16>
  return %r#0 : tensor<4x64xf16>
}

// What a library may have done, a launch may find done, in the same memory.
// CHECK-LABEL: func @multiply
// CHECK: %[[OUT:.*]] = memref.alloc
// CHECK-NOT: memref.{{alloc|copy}}
// CHECK: %[[DONE:.*]] = vga.multiply {{.*}} lhs(%{{.*}} : memref<4x64xf16{{.*}}>) {{.*}} outs(%[[OUT]] : memref<4x64xf16>)
// CHECK: arith.select %[[DONE]]
// CHECK: vga.launch @k::@k {{.*}} outs(%[[OUT]] :
// CHECK: return %[[OUT]]
func.func @multiply(%x: tensor<4x64xf16>, %w: tensor<64x64xf16>, %n: index) -> tensor<4x64xf16> {
  %c0 = arith.constant 0 : index
  %e = tensor.empty() : tensor<4x64xf16>
  %r, %done = vga.multiply sizes(%n, %n, %n, %n) strides(%n, %n, %n, %n, %n, %n)
    lhs(%x : tensor<4x64xf16>) rhs(%w : tensor<64x64xf16>)
    outs(%e : tensor<4x64xf16>) -> tensor<4x64xf16>
  %blocks = arith.select %done, %c0, %n : index
  %s = vga.launch @k::@k blocks(%blocks) threads 128 shared_memory 0
    boxes [array<i64>, array<i64>]
    ins(%x : tensor<4x64xf16>) outs(%r : tensor<4x64xf16>) -> tensor<4x64xf16>
  return %s : tensor<4x64xf16>
}
