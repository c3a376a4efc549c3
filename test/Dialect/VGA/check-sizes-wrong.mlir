// RUN: vga-opt %s --vga-check-sizes --split-input-file --verify-diagnostics | FileCheck %s

// Sizes that are wrong in every call, as the IR proves: once they are folded into
// types, upstream's verifiers would speak of operations that nobody wrote.

func.func @cast(%x: tensor<3xf32>) -> tensor<8xf32> {
  %y = tensor.cast %x : tensor<3xf32> to tensor<?xf32>
  // expected-error@+1 {{'tensor.cast' op axis 0 of source: expected 8, got 3}}
  %z = tensor.cast %y : tensor<?xf32> to tensor<8xf32>
  return %z : tensor<8xf32>
}

// -----

func.func @elementwise(%x: tensor<3xf32>, %y: tensor<8xf32>) -> tensor<?xf32> {
  %a = tensor.cast %x : tensor<3xf32> to tensor<?xf32>
  %b = tensor.cast %y : tensor<8xf32> to tensor<?xf32>
  // expected-error@+1 {{'arith.addf' op axis 0 of operand #1: expected 3 (that of operand #0), got 8}}
  %z = arith.addf %a, %b : tensor<?xf32>
  return %z : tensor<?xf32>
}

// -----

func.func @product(%x: tensor<3x4xf32>, %y: tensor<5x6xf32>, %to: tensor<?x?xf32>) -> tensor<?x?xf32> {
  %a = tensor.cast %x : tensor<3x4xf32> to tensor<?x?xf32>
  %b = tensor.cast %y : tensor<5x6xf32> to tensor<?x?xf32>
  // expected-error@+1 {{'linalg.matmul' op axis 0 of operand #1: expected 4 (axis 1 of operand #0), got 5}}
  %z = linalg.matmul ins(%a, %b : tensor<?x?xf32>, tensor<?x?xf32>) outs(%to : tensor<?x?xf32>) -> tensor<?x?xf32>
  return %z : tensor<?x?xf32>
}

// -----

func.func @softmax(%x: tensor<2x4xf32>, %y: tensor<2x5xf32>) -> tensor<?x?xf32> {
  %a = tensor.cast %x : tensor<2x4xf32> to tensor<?x?xf32>
  %b = tensor.cast %y : tensor<2x5xf32> to tensor<?x?xf32>
  // expected-error@+1 {{'linalg.softmax' op axis 1 of output: expected 4 (that of input), got 5}}
  %z = linalg.softmax dimension(1) ins(%a : tensor<?x?xf32>) outs(%b : tensor<?x?xf32>) -> tensor<?x?xf32>
  return %z : tensor<?x?xf32>
}

// -----

func.func @slice(%x: tensor<3xf32>) -> tensor<?xf32> {
  %size = arith.constant 5 : index
  // expected-error@+1 {{'tensor.extract_slice' op size of axis 0 of source: expected 0 to 3, got 5}}
  %z = tensor.extract_slice %x[0] [%size] [1] : tensor<3xf32> to tensor<?xf32>
  return %z : tensor<?xf32>
}

// -----

func.func @expand(%x: tensor<12xf32>) -> tensor<?x5xf32> {
  %size = arith.constant 3 : index
  %y = tensor.cast %x : tensor<12xf32> to tensor<?xf32>
  // expected-error@+1 {{'tensor.expand_shape' op axis 0 of source: expected 15 (the sizes of the result, multiplied), got 12}}
  %z = tensor.expand_shape %y [[0, 1]] output_shape [%size, 5] : tensor<?xf32> into tensor<?x5xf32>
  return %z : tensor<?x5xf32>
}

// -----

func.func @collapse(%x: tensor<2x4xf32>) -> tensor<4xf32> {
  %a = tensor.cast %x : tensor<2x4xf32> to tensor<?x?xf32>
  %b = tensor.collapse_shape %a [[0, 1]] : tensor<?x?xf32> into tensor<?xf32>
  // expected-error@+1 {{'tensor.cast' op axis 0 of source: expected 4, got 8}}
  %z = tensor.cast %b : tensor<?xf32> to tensor<4xf32>
  return %z : tensor<4xf32>
}

// -----

func.func @pad(%x: tensor<3xf32>, %f: f32) -> tensor<?xf32> {
  %low = arith.constant -2 : index
  // expected-error@+1 {{'tensor.pad' op low of axis 0: expected at least 0, got -2}}
  %z = tensor.pad %x low[%low] high[0] {
  ^bb0(%i: index):
    tensor.yield %f : f32
  } : tensor<3xf32> to tensor<?xf32>
  return %z : tensor<?xf32>
}

// -----

func.func @concat(%x: tensor<2x4xf32>, %y: tensor<2x5xf32>) -> tensor<?x?xf32> {
  %a = tensor.cast %x : tensor<2x4xf32> to tensor<?x?xf32>
  %b = tensor.cast %y : tensor<2x5xf32> to tensor<?x?xf32>
  // expected-error@+1 {{'tensor.concat' op axis 1 of operand #1: expected 4 (that of operand #0), got 5}}
  %z = tensor.concat dim(0) %a, %b : (tensor<?x?xf32>, tensor<?x?xf32>) -> tensor<?x?xf32>
  return %z : tensor<?x?xf32>
}

// -----

func.func @attention(%q: tensor<1x2x3x8xf32>, %k: tensor<1x2x5x8xf32>, %v: tensor<1x2x6x8xf32>) -> tensor<1x2x3x8xf32> {
  %a = tensor.cast %k : tensor<1x2x5x8xf32> to tensor<1x2x?x8xf32>
  %b = tensor.cast %v : tensor<1x2x6x8xf32> to tensor<1x2x?x8xf32>
  // expected-error@+1 {{'vga.attention' op sequence of value: expected 5 (that of key), got 6}}
  %z = vga.attention %q, %a, %b : tensor<1x2x3x8xf32>, tensor<1x2x?x8xf32>, tensor<1x2x?x8xf32>
  return %z : tensor<1x2x3x8xf32>
}

// -----

// An element's place is no type: it is left to the run.
// CHECK-LABEL: func @element
// CHECK: vga.check %{{.*}}, "tensor.extract: index of axis 0: expected at least 0 and less than 3, got 5"
func.func @element(%x: tensor<3xf32>) -> f32 {
  %at = arith.constant 5 : index
  %z = tensor.extract %x[%at] : tensor<3xf32>
  return %z : f32
}
