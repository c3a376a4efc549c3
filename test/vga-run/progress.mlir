// On a terminal a line says what is being done, and is gone at the end;
// elsewhere there is none.
// RUN: %python %S/Inputs/on_terminal.py vga-run %s | FileCheck %s
// RUN: vga-run %s 2>&1 | FileCheck %s --check-prefix=QUIET --implicit-check-not=compiling
// RUN: not %python %S/Inputs/on_terminal.py vga-run %s --entry nope | FileCheck %s --check-prefix=ERROR

// CHECK: compiling ...\r\x1b[K
// CHECK-SAME: running main ...\r\x1b[K{{$}}
// QUIET: tensor<2xf32> = [1, 1]
// The line is gone before an error is printed.
// ERROR: \r\x1b[K{{(\\x1b[^a-z]*m)*}}{{.*}}progress.mlir:{{.*}}error: {{.*}}no function named 'nope'

func.func @main() -> tensor<2xf32> {
  %r = arith.constant dense<1.0> : tensor<2xf32>
  return %r : tensor<2xf32>
}
