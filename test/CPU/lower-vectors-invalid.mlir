// Tensors become linalg before there are vectors.
// RUN: vga-opt %s --vga-cpu-lower-vectors -verify-diagnostics

func.func @log(%x: tensor<?xf32>) -> tensor<?xf32> {
  // expected-error@+1 {{'math.log' op expected numbers or vectors, got 'tensor<?xf32>'}}
  %y = math.log %x : tensor<?xf32>
  return %y : tensor<?xf32>
}
