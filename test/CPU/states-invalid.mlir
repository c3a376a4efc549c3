// RUN: vga-opt %s --vga-close-states -split-input-file -verify-diagnostics

func.func @copied(%s: memref<8xf32> {vga.state = "s"}) -> memref<8xf32> {
  %copy = memref.alloc() : memref<8xf32>
  memref.copy %s, %copy : memref<8xf32> to memref<8xf32>
  // expected-error @+1 {{state "s" of 'copied' is not updated in place: what is returned for it must come from the argument by insertions}}
  return %copy : memref<8xf32>
}

// -----

func.func @lost(%s: memref<8xf32> {vga.state = "s"}) {
  // expected-error @+1 {{'lost' must return its states}}
  return
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

func.func @swapped(%s: memref<8xf32> {vga.state = "s"}, %other: memref<8xf32>, %n: index) -> memref<8xf32> {
  %c0 = arith.constant 0 : index
  %c1 = arith.constant 1 : index
  %r:2 = scf.for %i = %c0 to %n step %c1 iter_args(%a = %s, %b = %other) -> (memref<8xf32>, memref<8xf32>) {
    scf.yield %b, %a : memref<8xf32>, memref<8xf32>
  }
  // expected-error @+1 {{state "s" of 'swapped' is not updated in place: what is returned for it must come from the argument by insertions}}
  return %r#0 : memref<8xf32>
}
