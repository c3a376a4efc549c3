// Kernels let the next one begin, and wait for the one before; functions that they call do not.
// RUN: vga-opt %s --pass-pipeline='builtin.module(gpu.module(vga-gpu-overlap-launches))' | FileCheck %s

gpu.module @kernels {
  // CHECK: llvm.func @kernel
  // CHECK-NEXT: nvvm.griddepcontrol launch_dependents
  // CHECK-NEXT: nvvm.griddepcontrol wait
  // CHECK-NEXT: llvm.load
  llvm.func @kernel(%x: !llvm.ptr<1>) attributes {gpu.kernel, nvvm.kernel} {
    %v = llvm.load %x : !llvm.ptr<1> -> f32
    llvm.return
  }
  // CHECK: gpu.func @generic
  // CHECK-NEXT: nvvm.griddepcontrol launch_dependents
  // CHECK-NEXT: nvvm.griddepcontrol wait
  // CHECK-NEXT: gpu.return
  gpu.func @generic() kernel {
    gpu.return
  }
  // CHECK: llvm.func @helper
  // CHECK-NEXT: llvm.return
  llvm.func @helper() {
    llvm.return
  }
}
