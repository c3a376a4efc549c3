// What has the name of a function that compiled code may call gets another one.
// RUN: vga-opt %s --vga-separate-names | FileCheck %s
// RUN: not vga-opt %S/Inputs/declared-with-tensors.mlir --vga-separate-names 2>&1 | FileCheck %s --check-prefix=ERROR
// RUN: not vga-opt %S/Inputs/declared-new-name.mlir --vga-separate-names 2>&1 | FileCheck %s --check-prefix=DECLARED

// DECLARED: declared-new-name.mlir:1:1: error: 'exp' is a function of a library that compiled code may call, and cannot be called 'vga_user_exp', which is declared
// ERROR: declared-with-tensors.mlir:2:1: error: 'tanh' is a function of a library that compiled code may call, and is declared with another type

// A declaration is that function.
// CHECK: func private @expf(f32) -> f32
func.func private @expf(f32) -> f32
// CHECK: func private @malloc(index) -> !llvm.ptr
func.func private @malloc(index) -> !llvm.ptr

// CHECK: memref.global "private" @vga_user_free
memref.global "private" @free : memref<4xf32> = dense<1.0>

// CHECK: func @vga_user_exp
// CHECK: call @expf
func.func @exp(%x: f32) -> f32 {
  %0 = call @expf(%x) : (f32) -> f32
  return %0 : f32
}

// CHECK: func private @vga_user_vga_user_exp
func.func private @vga_user_exp(%x: f32) -> f32 {
  return %x : f32
}

// CHECK: func @main
// CHECK: call @vga_user_exp
// CHECK: call @vga_user_vga_user_exp
// CHECK: constant @vga_user_exp
// CHECK: get_global @vga_user_free
func.func @main(%x: f32) -> (f32, (f32) -> f32, memref<4xf32>) {
  %0 = call @exp(%x) : (f32) -> f32
  %1 = call @vga_user_exp(%0) : (f32) -> f32
  %2 = func.constant @exp : (f32) -> f32
  %3 = memref.get_global @free : memref<4xf32>
  return %1, %2, %3 : f32, (f32) -> f32, memref<4xf32>
}
