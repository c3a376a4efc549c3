// What is wrong for certain is an error. Upstream's verifiers let it through.
// RUN: vga-opt %s --vga-check-sizes -split-input-file -verify-diagnostics

func.func @no_axis(%x: tensor<?x4xf32>) -> index {
  %c = arith.constant -1 : index
  // expected-error@+1 {{'tensor.dim' op there is no axis -1 of tensor<?x4xf32>}}
  %n = tensor.dim %x, %c : tensor<?x4xf32>
  return %n : index
}

// -----

func.func @other_size(%x: tensor<?x4xf32>, %y: tensor<?x8xf32>) -> tensor<?x8xf32> {
  // expected-error@+1 {{'linalg.exp' op operand #1 has size 8 where others have 4}}
  %r = linalg.exp ins(%x : tensor<?x4xf32>) outs(%y : tensor<?x8xf32>) -> tensor<?x8xf32>
  return %r : tensor<?x8xf32>
}
