// What has no kernel is an error, not something else.
// RUN: vga-opt %s --vga-gpu-check-host -verify-diagnostics -split-input-file

func.func @convolution(%x: tensor<1x8x4xf32>, %w: tensor<3x4x4xf32>, %y: tensor<1x6x4xf32>) -> tensor<1x6x4xf32> {
  // expected-error@+1 {{'linalg.conv_1d_nwc_wcf' op has no kernel yet: convolutions are not made for GPUs}}
  %r = linalg.conv_1d_nwc_wcf ins(%x, %w : tensor<1x8x4xf32>, tensor<3x4x4xf32>)
    outs(%y : tensor<1x6x4xf32>) -> tensor<1x6x4xf32>
  return %r : tensor<1x6x4xf32>
}

// -----

func.func @other_dialect(%x: tensor<4xf32>, %i: tensor<2x1xindex>) -> tensor<2xf32> {
  // expected-error@+1 {{'tensor.gather' op has no kernel yet: functions for a GPU consist of attention, gates, linalg, tensor, and arith and math on tensors}}
  %y = tensor.gather %x[%i] gather_dims([0]) : (tensor<4xf32>, tensor<2x1xindex>) -> tensor<2xf32>
  return %y : tensor<2xf32>
}

// -----

func.func @host_math(%x: f32) -> f32 {
  // expected-error@+1 {{'math.exp' op has no kernel yet: functions for a GPU}}
  %y = math.exp %x : f32
  return %y : f32
}

// -----

func.func @complex(%x: tensor<4xcomplex<f32>>, %y: tensor<4xcomplex<f32>>) -> tensor<4xcomplex<f32>> {
  // expected-error@+1 {{'linalg.copy' op has no kernel yet: its elements are of a type that kernels do not compute with}}
  %r = linalg.copy ins(%x : tensor<4xcomplex<f32>>) outs(%y : tensor<4xcomplex<f32>>) -> tensor<4xcomplex<f32>>
  return %r : tensor<4xcomplex<f32>>
}

// -----

// Sizes are for the host; elements, sums and dot products for kernels.
func.func @possible(%x: tensor<?x4xf32>, %w: tensor<4xf32>) -> (tensor<?x4xf32>, tensor<?xf32>) {
  %c0 = arith.constant 0 : index
  %n = tensor.dim %x, %c0 : tensor<?x4xf32>
  %m = arith.addi %n, %n : index
  %e = tensor.empty(%m) : tensor<?x4xf32>
  %s = arith.addf %x, %x : tensor<?x4xf32>
  %f = tensor.empty(%n) : tensor<?xf32>
  %d = linalg.matvec ins(%s, %w : tensor<?x4xf32>, tensor<4xf32>) outs(%f : tensor<?xf32>) -> tensor<?xf32>
  return %e, %d : tensor<?x4xf32>, tensor<?xf32>
}
