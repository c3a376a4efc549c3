// Modules consist of functions.
// RUN: vga-opt %s --vga-check-module -split-input-file -verify-diagnostics
// RUN: not vga-run %S/Inputs/binary.mlir 2>&1 | FileCheck %s --check-prefix=REFUSED
// RUN: not vga-run %S/Inputs/binary.mlir --target=cuda --emit=ptx 2>&1 | FileCheck %s --check-prefix=REFUSED
// RUN: not vga-run %S/Inputs/binary.mlir --emit=llvm 2>&1 | FileCheck %s --check-prefix=REFUSED
// RUN: not vga-opt %S/Inputs/binary.mlir --vga-cpu-pipeline 2>&1 | FileCheck %s --check-prefix=REFUSED
// RUN: not vga-opt %S/Inputs/binary.mlir --vga-gpu-pipeline 2>&1 | FileCheck %s --check-prefix=REFUSED

// REFUSED: binary.mlir:2:1: error: 'gpu.binary' op is not compiled: a module consists of functions

// expected-error@+1 {{'gpu.module' op is not compiled: a module consists of functions}}
gpu.module @kernels {
}

// -----

// expected-error@+1 {{'ml_program.global' op is not compiled: a module consists of functions}}
ml_program.global private @weights(dense<4.0> : tensor<4xf32>) : tensor<4xf32>

// -----

func.func @main() {
  return
}
// expected-error@+1 {{'builtin.module' op is not compiled: a module consists of functions}}
module @inner {
  func.func @f() {
    return
  }
}

// -----

// What is compiled.
memref.global "private" constant @table : memref<4xf32> = dense<1.0>
llvm.func @puts(!llvm.ptr) -> i32
func.func private @outside(tensor<4xf32>) -> tensor<4xf32>
func.func @main() {
  return
}
