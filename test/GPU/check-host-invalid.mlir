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

func.func @in_a_body(%x: tensor<4xf32>) -> tensor<4xf32> {
  %r = linalg.generic {indexing_maps = [affine_map<(i) -> (i)>], iterator_types = ["parallel"]} outs(%x : tensor<4xf32>) {
  ^bb0(%e: f32):
    // expected-error@+1 {{'complex.create' op has no kernel yet: elements are computed by arith and math}}
    %y = complex.create %e, %e : complex<f32>
    %z = complex.abs %y : complex<f32>
    linalg.yield %z : f32
  } -> tensor<4xf32>
  return %r : tensor<4xf32>
}

// -----

func.func @narrow_in_a_body(%x: tensor<4xf32>) -> tensor<4xf32> {
  %r = linalg.generic {indexing_maps = [affine_map<(i) -> (i)>], iterator_types = ["parallel"]} outs(%x : tensor<4xf32>) {
  ^bb0(%e: f32):
    // expected-error@+1 {{'arith.truncf' op has no kernel yet: f8E5M2 is a type that is not computed with}}
    %y = arith.truncf %e : f32 to f8E5M2
    %z = arith.extf %y : f8E5M2 to f32
    linalg.yield %z : f32
  } -> tensor<4xf32>
  return %r : tensor<4xf32>
}

// -----

func.func @encoded(%x: tensor<4xf32, "blocks">) -> tensor<4xf32, "blocks"> {
  // expected-error@+1 {{'arith.addf' op has no kernel yet: tensor<4xf32, "blocks"> has an encoding}}
  %r = arith.addf %x, %x : tensor<4xf32, "blocks">
  return %r : tensor<4xf32, "blocks">
}

// -----

func.func @other_size(%x: tensor<?x4xf32>, %y: tensor<?x8xf32>) -> tensor<?x8xf32> {
  // expected-error@+1 {{'linalg.exp' op has no kernel yet: operand #1 has size 8 where others have 4}}
  %r = linalg.exp ins(%x : tensor<?x4xf32>) outs(%y : tensor<?x8xf32>) -> tensor<?x8xf32>
  return %r : tensor<?x8xf32>
}

// -----

func.func @other_shape(%x: tensor<7x8xf32>) -> tensor<1x7x8xf32> {
  // expected-error@+1 {{'tensor.expand_shape' op has no kernel yet: axis 1 of the result has size 7 where output_shape has 126}}
  %r = tensor.expand_shape %x [[0, 1], [2]] output_shape [1, 126, 8] : tensor<7x8xf32> into tensor<1x7x8xf32>
  return %r : tensor<1x7x8xf32>
}

// -----

// expected-error@+1 {{argument 0 of 'elsewhere' has no kernel yet: 'memref<4xf32, 3>' is in another memory}}
func.func @elsewhere(%x: memref<4xf32, 3>) {
  return
}

// -----

func.func @too_large() {
  // expected-error@+1 {{'tensor.empty' op has no kernel yet: tensor<4294967296x4294967296xf32> has more bytes than can be counted}}
  %y = tensor.empty() : tensor<4294967296x4294967296xf32>
  return
}

// -----

func.func @constant_buffer() -> memref<4xf32> {
  // expected-error@+1 {{'arith.constant' op has no kernel yet: a constant is a tensor}}
  %r = arith.constant dense<7.0> : memref<4xf32>
  return %r : memref<4xf32>
}

// -----

func.func @unranked(%x: tensor<*xf32>) -> tensor<4xf32> {
  %n = tensor.rank %x : tensor<*xf32>
  // expected-error@+1 {{'tensor.cast' op has no kernel yet: tensor<*xf32> has no rank}}
  %y = tensor.cast %x : tensor<*xf32> to tensor<4xf32>
  return %y : tensor<4xf32>
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

// -----

// What kernels compute with, they also check.
func.func @checked(%x: tensor<4xf32>, %at: tensor<4xindex>, %e: tensor<4xf32>) -> tensor<4xf32> {
  %c4 = arith.constant 4 : index
  %r = linalg.generic {indexing_maps = [affine_map<(i) -> (i)>, affine_map<(i) -> (i)>], iterator_types = ["parallel"]}
      ins(%at : tensor<4xindex>) outs(%e : tensor<4xf32>) {
  ^bb0(%i: index, %out: f32):
    %fits = arith.cmpi ult, %i, %c4 : index
    vga.check %fits, "index {0} is out of bounds"(%i)
    %y = tensor.extract %x[%i] : tensor<4xf32>
    linalg.yield %y : f32
  } -> tensor<4xf32>
  return %r : tensor<4xf32>
}
