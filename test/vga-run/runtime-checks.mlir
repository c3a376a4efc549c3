// Sizes that do not fit together, known at run time only: one line, no output.
// RUN: rm -rf %t && %python %S/Inputs/make_files.py %t
// RUN: vga-run %s --input %t/x.npy --input %t/x.npy --output %t/y.npy
// RUN: rm %t/y.npy
// RUN: not vga-run %s --input %t/x.npy --input %t/x3.npy --output %t/y.npy > %t/log 2>&1
// RUN: FileCheck %s --match-full-lines < %t/log
// RUN: count 1 < %t/log
// RUN: not ls %t/y.npy
// RUN: not vga-run %s --input %t/x.npy --input %t/x3.npy --benchmark 2 2>&1 | FileCheck %s --match-full-lines

// CHECK: vga-run: error: {{.*}}runtime-checks.mlir:[[#@LINE+6]]:8: linalg.add: axis 0 of operand #1: expected 2 (axis 0 of operand #0), got 3

func.func @main(%a: tensor<?xf32>, %b: tensor<?xf32>) -> tensor<?xf32> {
  %c0 = arith.constant 0 : index
  %s = tensor.dim %a, %c0 : tensor<?xf32>
  %e = tensor.empty(%s) : tensor<?xf32>
  %r = linalg.add ins(%a, %b : tensor<?xf32>, tensor<?xf32>)
                  outs(%e : tensor<?xf32>) -> tensor<?xf32>
  return %r : tensor<?xf32>
}
