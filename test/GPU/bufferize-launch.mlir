// Launches on tensors write into what they are given, without copies.
// RUN: vga-opt %s --one-shot-bufferize=bufferize-function-boundaries | FileCheck %s

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
