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

// Functions that lose their bits in f32 are arithmetic on f64; of an angle that is large, the parts
// of 2 / pi are 29 bits each.
// CHECK-LABEL: func @wide
// CHECK-NOT: math.
// CHECK: arith.extf %{{.*}} : f32 to f64
// CHECK: scf.if
// CHECK-COUNT-3: llvm.call_intrinsic "llvm.fma"
// CHECK: else
// CHECK: scf.yield
// CHECK-NOT: math.
// CHECK: arith.truncf %{{.*}} : f64 to f32
// CHECK-NOT: math.
// CHECK: return
gpu.module @wide_kernels {
  func.func @wide(%x: f32, %y: f32) -> f32 {
    %0 = math.sin %x : f32
    %1 = math.cos %0 : f32
    %2 = math.tan %1 : f32
    %3 = math.asinh %2 : f32
    %4 = math.acosh %3 : f32
    %5 = math.atanh %4 : f32
    %6 = math.sinh %5 : f32
    %7 = math.cosh %6 : f32
    %8 = math.asin %7 : f32
    %9 = math.atan %8 : f32
    %10 = math.atan2 %9, %y : f32
    %11 = math.cbrt %10 : f32
    %12 = math.log2 %11 : f32
    %13 = math.log10 %12 : f32
    %14 = math.powf %13, %y : f32
    return %14 : f32
  }
}

// CHECK-LABEL: func @zeros
// CHECK: %[[NO:.*]] = llvm.mlir.constant(false) : i1
// CHECK: llvm.call_intrinsic "llvm.ctlz"(%{{.*}}, %[[NO]]) : (i32, i1) -> i32
// CHECK: llvm.call_intrinsic "llvm.cttz"(%{{.*}}, %{{.*}}) : (i32, i1) -> i32
gpu.module @counts {
  func.func @zeros(%x: i32) -> (i32, i32) {
    %a = math.ctlz %x : i32
    %b = math.cttz %x : i32
    return %a, %b : i32, i32
  }
}
