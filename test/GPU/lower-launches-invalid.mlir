// Kernels find the elements of an array from its sizes alone.
// RUN: vga-opt %s --vga-gpu-lower-launches -split-input-file -verify-diagnostics

gpu.binary @kernels [#gpu.object<#nvvm.target<chip = "sm_90a">, assembly = ".version 8.3">]

func.func @strided(%x: memref<4x8xf16, strided<[16, 1]>>, %y: memref<4x8xf16>, %n: index) {
  // expected-error@+1 {{'vga.launch' op expected dense arrays, got 'memref<4x8xf16, strided<[16, 1]>>' (vga-gpu-place-arrays)}}
  vga.launch @kernels::@copy blocks(%n) threads 128 shared_memory 0
    boxes [array<i64>, array<i64>] ins(%x : memref<4x8xf16, strided<[16, 1]>>) outs(%y : memref<4x8xf16>)
  return
}

// -----

func.func @strided_bias(%x: memref<8x8xf16>, %b: memref<8xf16, strided<[2]>>, %n: index) {
  // expected-error@+1 {{'vga.multiply' op expected dense arrays, got 'memref<8xf16, strided<[2]>>' (vga-gpu-place-arrays)}}
  %d = vga.multiply sizes(%n, %n, %n, %n) strides(%n, %n, %n, %n, %n, %n)
    lhs(%x : memref<8x8xf16>) rhs(%x : memref<8x8xf16>) bias(%b : memref<8xf16, strided<[2]>>)
    outs(%x : memref<8x8xf16>)
  return
}
