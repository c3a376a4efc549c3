// What has no kernel is an error, not something else.
// RUN: vga-opt %s --vga-gpu-check-host -verify-diagnostics -split-input-file

func.func @elementwise(%x: tensor<4xf32>) -> tensor<4xf32> {
  // expected-error@+1 {{'arith.addf' op has no kernel yet: functions for a GPU consist of attention, its gates and sizes}}
  %y = arith.addf %x, %x : tensor<4xf32>
  return %y : tensor<4xf32>
}

// -----

func.func @sizes(%x: tensor<?x4xf32>) -> tensor<?x4xf32> {
  %c0 = arith.constant 0 : index
  %n = tensor.dim %x, %c0 : tensor<?x4xf32>
  %m = arith.addi %n, %n : index
  %e = tensor.empty(%m) : tensor<?x4xf32>
  return %e : tensor<?x4xf32>
}
