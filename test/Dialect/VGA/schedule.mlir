// Schedules, launches and products, in pretty and generic form.
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

// CHECK-LABEL: func @multiply
// CHECK: vga.multiply sizes(%{{.*}}, %{{.*}}, %{{.*}}, %{{.*}}) strides(
// CHECK-SAME: lhs transposed(%{{.*}} : tensor<64x512xf16>) rhs(%{{.*}} : tensor<64x256xf16>)
// CHECK-SAME: residual(%{{.*}} : tensor<512x256xf32>) nonlinearity relu outs(%{{.*}} : tensor<512x256xf32>) -> tensor<512x256xf32>
func.func @multiply(%x: tensor<64x512xf16>, %w: tensor<64x256xf16>, %r: tensor<512x256xf32>,
                    %y: tensor<512x256xf32>, %n: index) -> (tensor<512x256xf32>, i1) {
  %z, %done = vga.multiply sizes(%n, %n, %n, %n) strides(%n, %n, %n, %n, %n, %n)
    lhs transposed(%x : tensor<64x512xf16>) rhs(%w : tensor<64x256xf16>)
    residual(%r : tensor<512x256xf32>) nonlinearity relu
    outs(%y : tensor<512x256xf32>) -> tensor<512x256xf32>
  return %z, %done : tensor<512x256xf32>, i1
}

// CHECK-LABEL: func @multiply_memrefs
// CHECK: vga.multiply {{.*}} bias(%{{.*}} : memref<256xbf16>) outs(%{{.*}} : memref<512x256xbf16>)
func.func @multiply_memrefs(%x: memref<512x64xbf16>, %w: memref<64x256xbf16>, %b: memref<256xbf16>,
                            %y: memref<512x256xbf16>, %n: index) -> i1 {
  %done = vga.multiply sizes(%n, %n, %n, %n) strides(%n, %n, %n, %n, %n, %n)
    lhs(%x : memref<512x64xbf16>) rhs(%w : memref<64x256xbf16>) bias(%b : memref<256xbf16>)
    nonlinearity none outs(%y : memref<512x256xbf16>)
  return %done : i1
}
