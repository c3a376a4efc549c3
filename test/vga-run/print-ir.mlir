// MLIR's own options for pass managers work.
// RUN: vga-run %s --mlir-print-ir-after-all 2>&1 | FileCheck %s
// RUN: vga-run %s --mlir-print-ir-before=vga-bufferize --mlir-disable-threading 2>&1 | FileCheck %s --check-prefix=BEFORE
// RUN: vga-run %s --mlir-timing 2>&1 | FileCheck %s --check-prefix=TIMING

// CHECK: IR Dump After VGABufferizePass
// CHECK: llvm.func @main
// BEFORE: IR Dump Before VGABufferizePass
// BEFORE: return %{{.*}} : tensor<2xf32>
// TIMING: Execution time report

func.func @main() -> tensor<2xf32> {
  %r = arith.constant dense<1.0> : tensor<2xf32>
  return %r : tensor<2xf32>
}
