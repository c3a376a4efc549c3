// RUN: vga-opt %s --vga-cpu-pipeline | FileCheck %s
// RUN: vga-opt %s --vga-cpu-pipeline=parallel=false | FileCheck %s --check-prefix=SERIAL
// RUN: vga-opt %s --vga-cpu-pipeline=vector-bits=512 | FileCheck %s --check-prefix=WIDE
// RUN: vga-opt %s --vga-cpu-pipeline=runtime-checks=false | FileCheck %s --check-prefix=UNCHECKED
// RUN: vga-opt %s --vga-cpu-pipeline --mlir-print-ir-after=optimize-allocation-liveness -o %t 2>&1 | FileCheck %s --check-prefix=BUFFERS

// Nothing but llvm and omp is left.
// CHECK-NOT: {{^ *(%.* = )?"?(arith|cf|func|linalg|math|memref|scf|tensor|vector|vga)\.}}
// CHECK: llvm.func @vgaRuntimeError
// CHECK: llvm.func @attend
// CHECK: omp.parallel
// CHECK: llvm.intr.fma({{.*}}) : {{.*}}vector<16xf32>
// CHECK-NOT: {{^ *(%.* = )?"?(arith|cf|func|linalg|math|memref|scf|tensor|vector|vga)\.}}

// SERIAL-NOT: omp.
// SERIAL: llvm.func @attend
// SERIAL-NOT: omp.

// WIDE: llvm.intr.fma({{.*}}) : {{.*}}vector<32xf32>

// UNCHECKED-NOT: vgaRuntimeError

// Every buffer is freed here but the result, which the caller frees.
// BUFFERS-LABEL: func.func @attend
// BUFFERS: %[[FIRST:.*]] = memref.alloc
// BUFFERS: memref.dealloc
// BUFFERS: return %[[RESULT:.*]] : memref<1x4x?x64xf32>

func.func @attend(%q: tensor<1x4x?x64xf32>, %k: tensor<1x2x?x64xf32>,
                  %v: tensor<1x2x?x64xf32>, %w: tensor<2x64xf32>)
    -> tensor<1x4x?x64xf32> {
  %z = vga.gated_attention %q, %k, %v, %w causal
      : tensor<1x4x?x64xf32>, tensor<1x2x?x64xf32>, tensor<1x2x?x64xf32>,
        tensor<2x64xf32>
  return %z : tensor<1x4x?x64xf32>
}
