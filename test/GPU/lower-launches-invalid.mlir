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

// -----

gpu.binary @kernels [#gpu.object<#nvvm.target<chip = "sm_90a">, assembly = ".version 8.3">]

func.func @tensors(%x: tensor<4x8xf16>, %n: index) -> tensor<4x8xf16> {
  // expected-error@+1 {{'vga.launch' op expected dense arrays, got 'tensor<4x8xf16>' (vga-gpu-place-arrays)}}
  %y = vga.launch @kernels::@copy blocks(%n) threads 128 shared_memory 0
    boxes [array<i64>, array<i64>] ins(%x : tensor<4x8xf16>) outs(%x : tensor<4x8xf16>) -> tensor<4x8xf16>
  return %y : tensor<4x8xf16>
}

// -----

gpu.binary @kernels [#gpu.object<#nvvm.target<chip = "sm_90a">, assembly = ".version 8.3">]

func.func @other_memory(%x: memref<4x8xf16, 1>, %n: index) {
  // expected-error@+1 {{'vga.launch' op expected dense arrays, got 'memref<4x8xf16, 1>' (vga-gpu-place-arrays)}}
  vga.launch @kernels::@copy blocks(%n) threads 128 shared_memory 0
    boxes [array<i64>] ins() outs(%x : memref<4x8xf16, 1>)
  return
}

// -----

func.func @product_of_tensors(%x: tensor<8x8xf16>, %n: index) -> (tensor<8x8xf16>, i1) {
  // expected-error@+1 {{'vga.multiply' op expected dense arrays, got 'tensor<8x8xf16>' (vga-gpu-place-arrays)}}
  %y, %d = vga.multiply sizes(%n, %n, %n, %n) strides(%n, %n, %n, %n, %n, %n)
    lhs(%x : tensor<8x8xf16>) rhs(%x : tensor<8x8xf16>) outs(%x : tensor<8x8xf16>) -> tensor<8x8xf16>
  return %y, %d : tensor<8x8xf16>, i1
}

// -----

// Launches that vga-gpu-outline-linalg does not make.
module attributes {gpu.container_module} {
  gpu.binary @kernels [#gpu.object<#nvvm.target<chip = "sm_90a">, assembly = ".version 8.3">]
  func.func @plane(%n: index, %x: memref<8xf32>) {
    %one = arith.constant 1 : index
    // expected-error@+1 {{'gpu.launch_func' op expected blocks and threads of one dimension}}
    gpu.launch_func @kernels::@copy blocks in (%n, %n, %one) threads in (%n, %one, %one) args(%x : memref<8xf32>)
    return
  }
}

// -----

module attributes {gpu.container_module} {
  gpu.binary @kernels [#gpu.object<#nvvm.target<chip = "sm_90a">, assembly = ".version 8.3">]
  func.func @waiting(%n: index, %x: memref<8xf32>) {
    %one = arith.constant 1 : index
    // expected-error@+1 {{'gpu.launch_func' op expected no asynchronous launch}}
    %t = gpu.launch_func async @kernels::@copy blocks in (%n, %one, %one) threads in (%n, %one, %one) args(%x : memref<8xf32>)
    return
  }
}

// -----

module attributes {gpu.container_module} {
  gpu.binary @kernels [#gpu.object<#nvvm.target<chip = "sm_90a">, assembly = ".version 8.3">]
  func.func @shared(%n: index, %bytes: i32, %x: memref<8xf32>) {
    %one = arith.constant 1 : index
    // expected-error@+1 {{'gpu.launch_func' op expected neither clusters nor shared memory}}
    gpu.launch_func @kernels::@copy blocks in (%n, %one, %one) threads in (%n, %one, %one) dynamic_shared_memory_size %bytes args(%x : memref<8xf32>)
    return
  }
}

// -----

module attributes {gpu.container_module} {
  gpu.binary @kernels [#gpu.object<#nvvm.target<chip = "sm_90a">, assembly = ".version 8.3">]
  func.func @operand(%n: index, %x: tensor<8xf32>) {
    %one = arith.constant 1 : index
    // expected-error@+1 {{'gpu.launch_func' op expected arrays and numbers as operands of a kernel, got 'tensor<8xf32>'}}
    gpu.launch_func @kernels::@copy blocks in (%n, %one, %one) threads in (%n, %one, %one) args(%x : tensor<8xf32>)
    return
  }
}
