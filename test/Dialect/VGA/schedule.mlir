// Schedules and launches, in pretty and generic form.
// RUN: vga-opt %s | vga-opt | FileCheck %s
// RUN: vga-opt %s --mlir-print-op-generic | vga-opt | FileCheck %s

// CHECK-LABEL: func @schedule
// CHECK: vga.attention
// CHECK-SAME: schedule <queries = 128, keys = 176, key_stages = 2, value_stages = 3, ping_pong = false, order = heavy_first>
func.func @schedule(%x: tensor<1x1x64x64xf16>) -> tensor<1x1x64x64xf16> {
  %z = vga.attention %x, %x, %x causal
    schedule <queries = 128, keys = 176, key_stages = 2, value_stages = 3,
              ping_pong = false, order = heavy_first>
    : tensor<1x1x64x64xf16>, tensor<1x1x64x64xf16>, tensor<1x1x64x64xf16>
  return %z : tensor<1x1x64x64xf16>
}

// CHECK-LABEL: func @launch
// CHECK: vga.launch @kernels::@copy blocks(%{{.*}}) threads 128 shared_memory 8192 persistent sizes(%{{.*}}) boxes [array<i64: 64, 64>, array<i64>]
// CHECK-SAME: ins(%{{.*}} : memref<?x64xf16>) outs(%{{.*}} : memref<?x64xf16>)
func.func @launch(%x: memref<?x64xf16>, %y: memref<?x64xf16>, %n: index) {
  vga.launch @kernels::@copy blocks(%n) threads 128 shared_memory 8192
    persistent sizes(%n) boxes [array<i64: 64, 64>, array<i64>]
    ins(%x : memref<?x64xf16>) outs(%y : memref<?x64xf16>)
  return
}
