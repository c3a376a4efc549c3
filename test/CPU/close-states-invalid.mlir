// What vga-open-states does not let come so far.
// RUN: vga-opt %s --vga-close-states -split-input-file -verify-diagnostics

func.func @lost(%s: memref<8xf32> {vga.state = "s"}) {
  // expected-error @+1 {{'lost' must return its states}}
  return
}

// -----

func.func @other_type(%s: memref<8xf32> {vga.state = "s"}, %x: memref<4xf32>) -> memref<4xf32> {
  // expected-error @+1 {{what is returned for state "s" of 'other_type' must be 'memref<8xf32>', got 'memref<4xf32>'}}
  return %x : memref<4xf32>
}

// -----

// expected-error @+1 {{'callee' has states and is called by another function}}
func.func private @callee(%s: memref<8xf32> {vga.state = "s"}) -> memref<8xf32> {
  return %s : memref<8xf32>
}
func.func @caller(%s: memref<8xf32>) -> memref<8xf32> {
  %r = call @callee(%s) : (memref<8xf32>) -> memref<8xf32>
  return %r : memref<8xf32>
}

// -----

// expected-error @+1 {{argument 0 of 'no_buffer' is a state that is no buffer: vga-close-states comes after bufferization}}
func.func @no_buffer(%s: tensor<8xf32> {vga.state = "s"}) -> tensor<8xf32> {
  return %s : tensor<8xf32>
}
