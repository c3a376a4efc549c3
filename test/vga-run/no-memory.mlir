// Without memory: one line that says what could not be had. The address sanitizer takes more
// addresses than the limit leaves.
// UNSUPPORTED: asan
// RUN: rm -rf %t && mkdir %t && cd %t && %python %S/Inputs/sizes.py
// DEFINE: %{entry} = main
// DEFINE: %{input} = --input 65536x65536.npy
// DEFINE: %{run} = sh -c 'ulimit -v 4000000; exec vga-run %s --no-cache --entry %{entry} %{input} --output y.npy' > log 2>&1
// DEFINE: %{check} = FileCheck %s --match-full-lines --check-prefix %{entry} < log

// What is allocated by compiled code, for sizes that the run knows and for those that the compiler
// knows; what is read from a file, or returned, has a test of its own (HostTensorTest).
// RUN: not %{run}
// RUN: %{check}
// RUN: count 1 < log
// main: vga-run: error: {{.*}}no-memory.mlir:[[#@LINE+35]]:8: no memory for 17179869{{[0-9]+}} bytes

// A constant of one value is not part of the program.
// REDEFINE: %{input} =
// REDEFINE: %{entry} = constant
// RUN: not %{run}
// RUN: %{check}
// RUN: count 1 < log
// constant: vga-run: error: {{.*}}no-memory.mlir:[[#@LINE+32]]:8: no memory for 17179869{{[0-9]+}} bytes

// Sizes that are none, or whose product is too large for a pointer.
// REDEFINE: %{entry} = main
// REDEFINE: %{input} = --input 4294967296x4294967296.npy
// RUN: not %{run}
// RUN: FileCheck %s --match-full-lines --check-prefix=LARGE < log
// RUN: count 1 < log
// REDEFINE: %{input} = --input 4611686018427387904x1.npy
// RUN: not %{run}
// RUN: FileCheck %s --match-full-lines --check-prefix=LARGE < log
// REDEFINE: %{input} = --input -5x3.npy
// RUN: not %{run}
// RUN: FileCheck %s --match-full-lines --check-prefix=LARGE < log
// REDEFINE: %{input} = --input -5x0.npy
// RUN: not %{run}
// RUN: FileCheck %s --match-full-lines --check-prefix=LARGE < log
// LARGE: vga-run: error: {{.*}}no-memory.mlir:{{.*}}

func.func @main(%n: tensor<2xi64>) -> tensor<?x?xf32> {
  %c0 = arith.constant 0 : index
  %c1 = arith.constant 1 : index
  %one = arith.constant 1.0 : f32
  %a = tensor.extract %n[%c0] : tensor<2xi64>
  %b = tensor.extract %n[%c1] : tensor<2xi64>
  %i = arith.index_cast %a : i64 to index
  %j = arith.index_cast %b : i64 to index
  %e = tensor.empty(%i, %j) : tensor<?x?xf32>
  %f = linalg.fill ins(%one : f32) outs(%e : tensor<?x?xf32>) -> tensor<?x?xf32>
  return %f : tensor<?x?xf32>
}
func.func @constant() -> tensor<f32> {
  %c = arith.constant dense<1.0> : tensor<4294967296xf32>
  %z = arith.constant dense<0.0> : tensor<f32>
  %r = linalg.reduce ins(%c : tensor<4294967296xf32>) outs(%z : tensor<f32>) dimensions = [0]
      (%a: f32, %b: f32) {
        %s = arith.addf %a, %b : f32
        linalg.yield %s : f32
      }
  return %r : tensor<f32>
}
