// RUN: vga-opt %s --transform-interpreter -verify-diagnostics -split-input-file

func.func @attend(%x: f32) -> f32 {
  // expected-note@+1 {{target}}
  %y = arith.addf %x, %x : f32
  return %y : f32
}
module attributes {transform.with_named_sequence} {
  transform.named_sequence @__transform_main(%module: !transform.any_op) {
    %op = transform.structured.match ops{["arith.addf"]} in %module : (!transform.any_op) -> !transform.any_op
    // expected-error@+1 {{expected target to be attention that tasks can compute, got arith.addf}}
    %tasks, %steps = transform.vga.tile_attention %op : (!transform.any_op) -> (!transform.any_op, !transform.any_op)
    transform.yield
  }
}

// -----

func.func @attend(%x: f32) -> f32 {
  // expected-note@+1 {{target}}
  %y = arith.addf %x, %x : f32
  return %y : f32
}
module attributes {transform.with_named_sequence} {
  transform.named_sequence @__transform_main(%module: !transform.any_op) {
    %op = transform.structured.match ops{["arith.addf"]} in %module : (!transform.any_op) -> !transform.any_op
    // expected-error@+1 {{expected target to be vga.online_attention, got arith.addf}}
    transform.vga.decompose_online_attention %op : !transform.any_op
    transform.yield
  }
}

// -----

module attributes {transform.with_named_sequence} {
  transform.named_sequence @__transform_main(%op: !transform.any_op) {
    // expected-error@+1 {{attribute 'keys' failed to satisfy constraint}}
    %tasks, %steps = transform.vga.tile_attention %op keys 0 : (!transform.any_op) -> (!transform.any_op, !transform.any_op)
    transform.yield
  }
}

// -----

func.func @attend(%x: f32) -> f32 {
  // expected-note@+1 {{target}}
  %y = arith.addf %x, %x : f32
  return %y : f32
}
module attributes {transform.with_named_sequence} {
  transform.named_sequence @__transform_main(%module: !transform.any_op) {
    %op = transform.structured.match ops{["arith.addf"]} in %module : (!transform.any_op) -> !transform.any_op
    // expected-error@+1 {{expected target to be attention that tasks can compute, got arith.addf}}
    %parts, %merge, %steps = transform.vga.split_keys %op : (!transform.any_op) -> (!transform.any_op, !transform.any_op, !transform.any_op)
    transform.yield
  }
}
