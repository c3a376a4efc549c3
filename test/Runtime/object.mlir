// A C program calls a function of an object file through its C interface.
// RUN: vga-run %s --emit=obj --threads 1 -o %t.o
// RUN: %cc %S/Inputs/call.c %t.o -lm -o %t.exe
// RUN: %t.exe 3 | FileCheck %s
// RUN: not %t.exe 4 2>&1 | FileCheck %s --check-prefix=ERROR

// CHECK: 2 4 6
// ERROR: error: {{.*}}object.mlir:{{.*}}linalg.add: axis 0 of operand #1: expected 3 (axis 0 of operand #0), got 4

func.func @add(%a: tensor<?xf32>, %b: tensor<?xf32>) -> tensor<?xf32> {
  %c0 = arith.constant 0 : index
  %s = tensor.dim %a, %c0 : tensor<?xf32>
  %e = tensor.empty(%s) : tensor<?xf32>
  %r = linalg.add ins(%a, %b : tensor<?xf32>, tensor<?xf32>)
                  outs(%e : tensor<?xf32>) -> tensor<?xf32>
  return %r : tensor<?xf32>
}
