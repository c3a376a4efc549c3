// Tensors become linalg before there are vectors.
// RUN: vga-opt %s --vga-cpu-lower-vectors -split-input-file -verify-diagnostics

func.func @log(%x: tensor<?xf32>) -> tensor<?xf32> {
  // expected-error@+1 {{'math.log' op expected numbers or vectors, got 'tensor<?xf32>'}}
  %y = math.log %x : tensor<?xf32>
  return %y : tensor<?xf32>
}

// -----

func.func @large(%x: vector<1000000x2xf32>) -> vector<1000000x2xf32> {
  // expected-error@+1 {{'arith.addf' op vector<1000000x2xf32> has more elements than code is made for}}
  %y = arith.addf %x, %x : vector<1000000x2xf32>
  return %y : vector<1000000x2xf32>
}
