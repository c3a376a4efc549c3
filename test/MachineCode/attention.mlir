// The hot loops of attention keep their accumulators in registers. A sum is a vfmadd231; the other
// forms are those of polynomials, which what tiles leave over computes one element at a time.
// REQUIRES: host-x86_64
// RUN: vga-run %s --mcpu=x86-64-v3 --emit=obj -o %t.avx2.o
// RUN: llvm-objdump -d --no-show-raw-insn %t.avx2.o > %t.avx2.s
// RUN: %python %S/Inputs/hot_loops.py %t.avx2.s vfmadd231 24 | FileCheck %s
// RUN: vga-run %s --mcpu=x86-64-v4 --emit=obj -o %t.avx512.o
// RUN: llvm-objdump -d --no-show-raw-insn %t.avx512.o > %t.avx512.s
// RUN: %python %S/Inputs/hot_loops.py %t.avx512.s vfmadd231 32 | FileCheck %s
// CHECK: hot loops

// bf16: dot products, and tiles of a matrix unit.
// RUN: vga-run %S/Inputs/bf16.mlir --mcpu=cooperlake --emit=obj -o %t.dot.o
// RUN: llvm-objdump -d --no-show-raw-insn %t.dot.o > %t.dot.s
// RUN: %python %S/Inputs/hot_loops.py %t.dot.s vdpbf16ps 16 | FileCheck %s
// RUN: vga-run %S/Inputs/bf16.mlir --mcpu=sapphirerapids --emit=obj -o %t.matrix.o
// RUN: llvm-objdump -d --no-show-raw-insn --mattr=+amx-tile,+amx-bf16 %t.matrix.o > %t.matrix.s
// RUN: %python %S/Inputs/hot_loops.py %t.matrix.s tdpbf16ps 4 | FileCheck %s

// The check can fail.
// RUN: not %python %S/Inputs/hot_loops.py %S/Inputs/spills.txt vfmadd 1 2>&1 | FileCheck %s --check-prefix=SPILL
// SPILL: hot loop at 0: 10: vmovaps %ymm1, 0x40(%rsp)
// RUN: not %python %S/Inputs/hot_loops.py %S/Inputs/scalar.txt vfmadd 1 2>&1 | FileCheck %s --check-prefix=SCALAR
// SCALAR: hot loop at 0: 0: vfmadd231ss
// RUN: not %python %S/Inputs/hot_loops.py %S/Inputs/scalar.txt vdpbf16ps 1 2>&1 | FileCheck %s --check-prefix=NONE
// NONE: no loop with 1 vdpbf16ps

func.func @d64(%q: tensor<1x8x512x64xf32>, %k: tensor<1x8x512x64xf32>, %v: tensor<1x8x512x64xf32>,
               %g: tensor<1x8x512xf32>) -> tensor<1x8x512x64xf32> {
  %z = vga.attention %q, %k, %v value_gate(%g : tensor<1x8x512xf32>) causal
      : tensor<1x8x512x64xf32>, tensor<1x8x512x64xf32>, tensor<1x8x512x64xf32>
  return %z : tensor<1x8x512x64xf32>
}

func.func @d128(%q: tensor<1x8x?x128xf32>, %k: tensor<1x2x?x128xf32>, %v: tensor<1x2x?x128xf32>) -> tensor<1x8x?x128xf32> {
  %z = vga.attention %q, %k, %v : tensor<1x8x?x128xf32>, tensor<1x2x?x128xf32>, tensor<1x2x?x128xf32>
  return %z : tensor<1x8x?x128xf32>
}

func.func @product(%x: tensor<?x256xf32>, %w: tensor<256x1024xf32>, %y: tensor<?x1024xf32>) -> tensor<?x1024xf32> {
  %z = linalg.matmul ins(%x, %w : tensor<?x256xf32>, tensor<256x1024xf32>) outs(%y : tensor<?x1024xf32>) -> tensor<?x1024xf32>
  return %z : tensor<?x1024xf32>
}
