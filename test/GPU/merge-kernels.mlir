// Equal kernels are one, whatever their counters are called; others stay.
// RUN: vga-opt %s --vga-gpu-merge-kernels | FileCheck %s

module attributes {gpu.container_module} {
gpu.module @kernels {
  // CHECK: llvm.mlir.global internal @a_count
  // CHECK-NOT: @b_count
  llvm.mlir.global internal @a_count(0 : i32) {addr_space = 1 : i32} : i32
  llvm.mlir.global internal @b_count(0 : i32) {addr_space = 1 : i32} : i32
  // CHECK: llvm.func @a(
  // CHECK-NEXT: llvm.mlir.addressof @a_count
  llvm.func @a(%x: i32) attributes {gpu.kernel, nvvm.kernel} {
    %count = llvm.mlir.addressof @a_count : !llvm.ptr<1>
    llvm.store %x, %count : i32, !llvm.ptr<1>
    llvm.return
  }
  // CHECK-NOT: llvm.func @b(
  llvm.func @b(%x: i32) attributes {gpu.kernel, nvvm.kernel} {
    %count = llvm.mlir.addressof @b_count : !llvm.ptr<1>
    llvm.store %x, %count : i32, !llvm.ptr<1>
    llvm.return
  }
  // CHECK: llvm.func @c(
  llvm.func @c(%x: i32) attributes {gpu.kernel, nvvm.kernel, nvvm.maxnreg = 40} {
    llvm.return
  }
  // CHECK: gpu.func @d(
  gpu.func @d(%x: index) kernel {
    gpu.return
  }
  // CHECK-NOT: gpu.func @e(
  gpu.func @e(%x: index) kernel {
    gpu.return
  }
}
// CHECK-LABEL: func @launch
// CHECK: gpu.launch_func @kernels::@d
// CHECK: gpu.launch_func @kernels::@d
// CHECK: vga.launch @kernels::@a
// CHECK: vga.launch @kernels::@c
func.func @launch(%n: index, %y: memref<4xf32>) {
  gpu.launch_func @kernels::@d blocks in (%n, %n, %n) threads in (%n, %n, %n) args(%n : index)
  gpu.launch_func @kernels::@e blocks in (%n, %n, %n) threads in (%n, %n, %n) args(%n : index)
  vga.launch @kernels::@b blocks(%n) threads 32 shared_memory 0 sizes(%n) boxes [array<i64>] ins() outs(%y : memref<4xf32>)
  vga.launch @kernels::@c blocks(%n) threads 32 shared_memory 0 sizes(%n) boxes [array<i64>] ins() outs(%y : memref<4xf32>)
  return
}
}
