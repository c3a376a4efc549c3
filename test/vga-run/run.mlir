// Entries, inputs by position, results as text and in files.
// RUN: %python %S/Inputs/make_files.py %t
// RUN: vga-run %s --entry matmul --input %t/a.npy --input %t/b.npy | FileCheck %s --check-prefix=MATMUL
// RUN: vga-run %s --input %t/x.npy | FileCheck %s --check-prefix=MAIN
// RUN: vga-run %s --entry helper --input %t/x3.npy --threads 1 -O0 | FileCheck %s --check-prefix=HELPER
// RUN: vga-run %s --entry constant | FileCheck %s --check-prefix=CONSTANT
// RUN: vga-run %s --entry nothing | count 0
// RUN: vga-run - --input %t/x.npy < %s | FileCheck %s --check-prefix=MAIN

// A result in a file is the input of another run; what is printed for one is
// not printed for the other.
// RUN: vga-run %s --input %t/x.npy --output %t/y.npy --output %t/z.npy | count 0
// RUN: vga-run %s --input %t/y.npy | FileCheck %s --check-prefix=TWICE

// An empty array is one too.
// RUN: vga-run %s --entry empty --output %t/empty2.npy
// RUN: vga-run %s --entry helper --input %t/empty2.npy | FileCheck %s --check-prefix=EMPTY

// MATMUL: tensor<2x4xf32> = {{\[}}[32, 38, 44, 50], [68, 83, 98, 113]]
// MAIN: tensor<2xf32> = [2, 4]
// MAIN-NEXT: tensor<2xf32> = [1, 2]
// HELPER: tensor<3xf32> = [2, 4, 6]
// CONSTANT: tensor<2x2xi64> = {{\[}}[1, -2], [3, 9223372036854775807]]
// TWICE: tensor<2xf32> = [4, 8]
// EMPTY: tensor<0xf32> = []

func.func @matmul(%a: tensor<?x?xf32>, %b: tensor<?x4xf32>)
    -> tensor<?x4xf32> {
  %c0 = arith.constant 0 : index
  %zero = arith.constant 0.0 : f32
  %m = tensor.dim %a, %c0 : tensor<?x?xf32>
  %e = tensor.empty(%m) : tensor<?x4xf32>
  %f = linalg.fill ins(%zero : f32) outs(%e : tensor<?x4xf32>)
      -> tensor<?x4xf32>
  %r = linalg.matmul ins(%a, %b : tensor<?x?xf32>, tensor<?x4xf32>)
                     outs(%f : tensor<?x4xf32>) -> tensor<?x4xf32>
  return %r : tensor<?x4xf32>
}

func.func private @helper(%a: tensor<?xf32>) -> tensor<?xf32> {
  %c0 = arith.constant 0 : index
  %s = tensor.dim %a, %c0 : tensor<?xf32>
  %e = tensor.empty(%s) : tensor<?xf32>
  %r = linalg.add ins(%a, %a : tensor<?xf32>, tensor<?xf32>)
                  outs(%e : tensor<?xf32>) -> tensor<?xf32>
  return %r : tensor<?xf32>
}

func.func @main(%a: tensor<2xf32>) -> (tensor<2xf32>, tensor<2xf32>) {
  %d = tensor.cast %a : tensor<2xf32> to tensor<?xf32>
  %t = call @helper(%d) : (tensor<?xf32>) -> tensor<?xf32>
  %r = tensor.cast %t : tensor<?xf32> to tensor<2xf32>
  return %r, %a : tensor<2xf32>, tensor<2xf32>
}

func.func @constant() -> tensor<2x2xi64> {
  %r = arith.constant dense<[[1, -2], [3, 9223372036854775807]]>
      : tensor<2x2xi64>
  return %r : tensor<2x2xi64>
}

func.func @nothing() {
  return
}

func.func @empty() -> tensor<0xf32> {
  %r = arith.constant dense<> : tensor<0xf32>
  return %r : tensor<0xf32>
}
