// Functions in kernels need no library.
// RUN: vga-opt %s --pass-pipeline='builtin.module(gpu.module(vga-gpu-expand-math,vga-expand-exp,vga-gpu-lower-math))' | FileCheck %s

// CHECK-LABEL: func @functions
// CHECK-NOT: math.
// CHECK: llvm.call_intrinsic "llvm.fma"
// CHECK-NOT: math.
// CHECK: %[[ROOT:.*]] = llvm.call_intrinsic "llvm.sqrt"
// CHECK: arith.divf %{{.*}}, %[[ROOT]] : f64
// CHECK-NOT: math.
// CHECK: return
gpu.module @kernels {
  func.func @functions(%x: f32, %y: f64, %i: i32) -> (f32, f32, f64, i32) {
    %a = math.exp %x : f32
    %b = math.expm1 %a : f32
    %c = math.log %b : f32
    %0 = math.log1p %c : f32
    %1 = math.tanh %0 : f32
    %2 = math.powf %1, %x : f32
    %3 = math.floor %2 : f32
    %4 = math.rsqrt %y : f64
    %5 = math.absi %i : i32
    return %2, %3, %4, %5 : f32, f32, f64, i32
  }
}
