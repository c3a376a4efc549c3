// RUN: vga-opt %s --vga-open-states -split-input-file -verify-diagnostics

func.func @lost(%s: tensor<8xf32> {vga.state = "s"}) {
  // expected-error @+1 {{'lost' must return its states}}
  return
}

// -----

// expected-error @+1 {{state "s" of 'dynamic' must have a static shape, got 'tensor<?xf32>'}}
func.func @dynamic(%s: tensor<?xf32> {vga.state = "s"}) -> tensor<?xf32> {
  return %s : tensor<?xf32>
}

// -----

// expected-error @+1 {{state "s" of 'number' must have a static shape, got 'f32'}}
func.func @number(%s: f32 {vga.state = "s"}) -> f32 {
  return %s : f32
}

// -----

func.func @other_type(%s: tensor<8xf32> {vga.state = "s"}, %x: tensor<4xf32>) -> tensor<4xf32> {
  // expected-error @+1 {{what is returned for state "s" of 'other_type' must be 'tensor<8xf32>', got 'tensor<4xf32>'}}
  return %x : tensor<4xf32>
}

// -----

// expected-error @+1 {{'two_returns' has states and 2 returns, expected one}}
func.func @two_returns(%c: i1, %s: tensor<8xf32> {vga.state = "s"}) -> tensor<8xf32> {
  cf.cond_br %c, ^bb1, ^bb2
^bb1:
  return %s : tensor<8xf32>
^bb2:
  return %s : tensor<8xf32>
}
