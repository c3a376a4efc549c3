// What no pass takes is an error that names it.
// RUN: vga-opt %s --vga-cpu-check-functions -split-input-file -verify-diagnostics

func.func @complex(%x: f32) -> f32 {
  // expected-error@+1 {{'complex.create' op is not compiled for CPUs: functions for a CPU consist of attention, gates, linalg, tensor, arith, math, loops and branches}}
  %y = complex.create %x, %x : complex<f32>
  %r = complex.re %y : complex<f32>
  return %r : f32
}

// -----

func.func @complex_elements() {
  // expected-error@+1 {{'tensor.empty' op is not compiled for CPUs: tensor<4xcomplex<f32>> has elements of a type that is not computed with}}
  %y = tensor.empty() : tensor<4xcomplex<f32>>
  return
}

// -----

// expected-error@+1 {{argument 1 of 'narrow' is not compiled for CPUs: tensor<4xf8E4M3FN> has elements of a type that is not computed with}}
func.func @narrow(%x: f32, %y: tensor<4xf8E4M3FN>) {
  return
}

// -----

func.func @narrowed(%x: tensor<4xf32>) -> tensor<4xf32> {
  // expected-error@+1 {{'arith.truncf' op is not compiled for CPUs: tensor<4xf8E5M2> has elements}}
  %y = arith.truncf %x : tensor<4xf32> to tensor<4xf8E5M2>
  %z = arith.extf %y : tensor<4xf8E5M2> to tensor<4xf32>
  return %z : tensor<4xf32>
}

// -----

// In the body of linalg too. Vectors would have such elements side by side.
func.func @four_bits(%x: tensor<4xi8>) -> tensor<4xi8> {
  %r = linalg.generic {indexing_maps = [affine_map<(i) -> (i)>], iterator_types = ["parallel"]} outs(%x : tensor<4xi8>) {
  ^bb0(%e: i8):
    // expected-error@+1 {{'arith.trunci' op is not compiled for CPUs: i4 is a type that is not computed with}}
    %y = arith.trunci %e : i8 to i4
    %z = arith.extsi %y : i4 to i8
    linalg.yield %z : i8
  } -> tensor<4xi8>
  return %r : tensor<4xi8>
}

// -----

// expected-error@+1 {{argument 0 of 'unsigned' is not compiled for CPUs: tensor<4xui8> has elements}}
func.func @unsigned(%x: tensor<4xui8>) {
  return
}

// -----

// expected-error@+1 {{argument 0 of 'unranked' is not compiled for CPUs: tensor<*xf32> has no rank}}
func.func @unranked(%x: tensor<*xf32>) {
  return
}

// -----

// expected-error@+1 {{argument 0 of 'encoded' is not compiled for CPUs: tensor<4xf32, "blocks"> has an encoding}}
func.func @encoded(%x: tensor<4xf32, "blocks">) {
  return
}

// -----

func.func @tosa(%x: tensor<4xf32>) -> tensor<4xf32> {
  // expected-error@+1 {{'tosa.abs' op is not compiled for CPUs: functions for a CPU consist of}}
  %y = tosa.abs %x : (tensor<4xf32>) -> tensor<4xf32>
  return %y : tensor<4xf32>
}

// -----

func.func @cast(%x: tensor<4xf32>) -> tensor<4xi32> {
  // expected-error@+1 {{'builtin.unrealized_conversion_cast' op is not compiled for CPUs}}
  %y = builtin.unrealized_conversion_cast %x : tensor<4xf32> to tensor<4xi32>
  return %y : tensor<4xi32>
}

// -----

func.func @affine_loop(%x: tensor<4xf32>) -> tensor<4xf32> {
  // expected-error@+1 {{'affine.for' op is not compiled for CPUs: loops and branches of affine take no tensors, those of scf do}}
  %r = affine.for %i = 0 to 4 iter_args(%h = %x) -> tensor<4xf32> {
    affine.yield %h : tensor<4xf32>
  }
  return %r : tensor<4xf32>
}

// -----

func.func @poison() -> tensor<4xf32> {
  // expected-error@+1 {{'ub.poison' op is not compiled for CPUs: a tensor has no poison}}
  %r = ub.poison : tensor<4xf32>
  return %r : tensor<4xf32>
}

// -----

func.func @winograd(%f: tensor<2x3x3x5xf32>, %o: tensor<6x6x5x2xf32>) -> tensor<6x6x5x2xf32> {
  // expected-error@+1 {{'linalg.winograd_filter_transform' op is not compiled for CPUs: it is to be decomposed before}}
  %r = linalg.winograd_filter_transform fmr(F_4_3) ins(%f : tensor<2x3x3x5xf32>) outs(%o : tensor<6x6x5x2xf32>) -> tensor<6x6x5x2xf32>
  return %r : tensor<6x6x5x2xf32>
}

// -----

func.func @launch(%x: tensor<4x8xf16>, %n: index) -> tensor<4x8xf16> {
  // expected-error@+1 {{'vga.launch' op is not compiled for CPUs: it is for GPUs}}
  %z = vga.launch @kernels::@copy blocks(%n) threads 128 shared_memory 0
    boxes [array<i64>] ins() outs(%x : tensor<4x8xf16>) -> tensor<4x8xf16>
  return %z : tensor<4x8xf16>
}

// -----

// Upstream compares static sizes only where none is dynamic.
func.func @other_size(%x: tensor<?x4xf32>, %y: tensor<?x8xf32>) -> tensor<?x8xf32> {
  // expected-error@+1 {{'linalg.exp' op is not compiled for CPUs: operand #1 has size 8 where others have 4}}
  %r = linalg.exp ins(%x : tensor<?x4xf32>) outs(%y : tensor<?x8xf32>) -> tensor<?x8xf32>
  return %r : tensor<?x8xf32>
}

// -----

func.func @other_shape(%x: tensor<7x8xf32>) -> tensor<1x7x8xf32> {
  // expected-error@+1 {{'tensor.expand_shape' op is not compiled for CPUs: axis 1 of the result has size 7 where output_shape has 126}}
  %r = tensor.expand_shape %x [[0, 1], [2]] output_shape [1, 126, 8] : tensor<7x8xf32> into tensor<1x7x8xf32>
  return %r : tensor<1x7x8xf32>
}

// -----

func.func @no_group(%x: tensor<7x8xf32>) -> tensor<7x2x4xf32> {
  // expected-error@+1 {{'tensor.expand_shape' op is not compiled for CPUs: there is no axis 4294967296 of tensor<7x2x4xf32>}}
  %r = tensor.expand_shape %x [[4294967296], [1, 2]] output_shape [7, 2, 4] : tensor<7x8xf32> into tensor<7x2x4xf32>
  return %r : tensor<7x2x4xf32>
}

// -----

func.func @no_axis(%x: tensor<?x8xf32>) -> index {
  %c = arith.constant 2 : index
  // expected-error@+1 {{'tensor.dim' op is not compiled for CPUs: there is no axis 2 of tensor<?x8xf32>}}
  %r = tensor.dim %x, %c : tensor<?x8xf32>
  return %r : index
}

// -----

func.func @too_large() {
  // expected-error@+1 {{'tensor.empty' op is not compiled for CPUs: tensor<4294967296x4294967296xf32> has more bytes than can be counted}}
  %y = tensor.empty() : tensor<4294967296x4294967296xf32>
  return
}

// -----

// expected-error@+1 {{argument 0 of 'elsewhere' is not compiled for CPUs: memref<4xf32, 3> is in another memory}}
func.func @elsewhere(%x: memref<4xf32, 3>) {
  return
}

// -----

func.func @constant_buffer() -> memref<4xf32> {
  // expected-error@+1 {{'arith.constant' op is not compiled for CPUs: a constant is a tensor}}
  %r = arith.constant dense<7.0> : memref<4xf32>
  return %r : memref<4xf32>
}

// -----

#id = affine_map<(i) -> (i)>
#zero = affine_map<(i) -> ()>
func.func @buffer_results(%x: memref<4xf32>, %y: memref<f32>) -> memref<f32> {
  // expected-error@+1 {{'linalg.contract' op is not compiled for CPUs: it is neither on tensors only nor on buffers without results}}
  %r = "linalg.contract"(%x, %x, %y) <{indexing_maps = [#id, #id, #zero], operandSegmentSizes = array<i32: 2, 1>}> ({
  ^bb0(%a: f32, %b: f32, %c: f32):
    %p = arith.mulf %a, %b : f32
    %s = arith.addf %c, %p : f32
    linalg.yield %s : f32
  }) : (memref<4xf32>, memref<4xf32>, memref<f32>) -> memref<f32>
  return %r : memref<f32>
}

// -----

// What is computed with.
func.func @possible(%x: tensor<?x4xf32>, %i: tensor<2x1xindex>, %p: !llvm.ptr) -> (tensor<2x4xf32>, f32) {
  %c0 = arith.constant 0 : index
  %n = tensor.dim %x, %c0 : tensor<?x4xf32>
  %y = tensor.gather %x[%i] gather_dims([0]) : (tensor<?x4xf32>, tensor<2x1xindex>) -> tensor<2x4xf32>
  %f = llvm.load %p : !llvm.ptr -> f32
  %t = math.tanh %f : f32
  return %y, %t : tensor<2x4xf32>, f32
}
