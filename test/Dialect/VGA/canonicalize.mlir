// RUN: vga-opt %s --canonicalize --split-input-file | FileCheck %s

// CHECK-LABEL: func @masks_that_hide_nothing
func.func @masks_that_hide_nothing(%q: tensor<1x2x8x4xf32>)
    -> (tensor<1x2x8x4xf32>, tensor<1x2x8x4xf32>, tensor<1x2x8x4xf32>) {
  %true = arith.constant dense<true> : tensor<8x8xi1>
  %zero = arith.constant dense<0.0> : tensor<8x8xf32>
  %some = arith.constant dense<-1.0> : tensor<8x8xf32>
  // CHECK: vga.attention %{{[^ ]+}}, %{{[^ ]+}}, %{{[^ ]+}} : tensor
  %a = vga.attention %q, %q, %q mask(%true : tensor<8x8xi1>) : tensor<1x2x8x4xf32>, tensor<1x2x8x4xf32>, tensor<1x2x8x4xf32>
  // CHECK: vga.attention %{{[^ ]+}}, %{{[^ ]+}}, %{{[^ ]+}} : tensor
  %b = vga.attention %q, %q, %q mask(%zero : tensor<8x8xf32>) : tensor<1x2x8x4xf32>, tensor<1x2x8x4xf32>, tensor<1x2x8x4xf32>
  // CHECK: vga.attention {{.*}} mask(
  %c = vga.attention %q, %q, %q mask(%some : tensor<8x8xf32>) : tensor<1x2x8x4xf32>, tensor<1x2x8x4xf32>, tensor<1x2x8x4xf32>
  return %a, %b, %c : tensor<1x2x8x4xf32>, tensor<1x2x8x4xf32>, tensor<1x2x8x4xf32>
}

// -----

// CHECK-LABEL: func @mask_of_false
func.func @mask_of_false(%q: tensor<1x2x8x4xf32>) -> tensor<1x2x8x4xf32> {
  %false = arith.constant dense<false> : tensor<8x8xi1>
  // CHECK: vga.attention {{.*}} mask(
  %a = vga.attention %q, %q, %q mask(%false : tensor<8x8xi1>) : tensor<1x2x8x4xf32>, tensor<1x2x8x4xf32>, tensor<1x2x8x4xf32>
  return %a : tensor<1x2x8x4xf32>
}

// -----

// CHECK-LABEL: func @bounds_that_hide_nothing
func.func @bounds_that_hide_nothing(%q: tensor<1x2x8x4xf32>, %one: tensor<1x2x1x4xf32>, %d: tensor<1x2x?x4xf32>)
    -> (tensor<1x2x8x4xf32>, tensor<1x2x8x4xf32>, tensor<1x2x1x4xf32>, tensor<1x2x1x4xf32>) {
  // An unbounded window.
  // CHECK-NOT: window
  // CHECK-NOT: causal
  // CHECK-NOT: alignment
  %a = vga.attention %q, %q, %q window [-1, -1] alignment top_left : tensor<1x2x8x4xf32>, tensor<1x2x8x4xf32>, tensor<1x2x8x4xf32>
  // A window as wide as the sequence.
  %b = vga.attention %q, %q, %q window [7, 7] : tensor<1x2x8x4xf32>, tensor<1x2x8x4xf32>, tensor<1x2x8x4xf32>
  // The last query sees everything before it: decoding is not masked.
  %c = vga.attention %one, %q, %q causal : tensor<1x2x1x4xf32>, tensor<1x2x8x4xf32>, tensor<1x2x8x4xf32>
  %e = vga.attention %one, %d, %d causal : tensor<1x2x1x4xf32>, tensor<1x2x?x4xf32>, tensor<1x2x?x4xf32>
  // CHECK: return
  return %a, %b, %c, %e : tensor<1x2x8x4xf32>, tensor<1x2x8x4xf32>, tensor<1x2x1x4xf32>, tensor<1x2x1x4xf32>
}

// -----

// CHECK-LABEL: func @bounds_that_hide_something
func.func @bounds_that_hide_something(%q: tensor<1x2x8x4xf32>, %one: tensor<1x2x1x4xf32>, %d: tensor<1x2x?x4xf32>)
    -> (tensor<1x2x8x4xf32>, tensor<1x2x8x4xf32>, tensor<1x2x1x4xf32>, tensor<1x2x?x4xf32>) {
  // CHECK: window [6, 7]
  %a = vga.attention %q, %q, %q window [6, 7] : tensor<1x2x8x4xf32>, tensor<1x2x8x4xf32>, tensor<1x2x8x4xf32>
  // CHECK: causal
  %b = vga.attention %q, %q, %q causal : tensor<1x2x8x4xf32>, tensor<1x2x8x4xf32>, tensor<1x2x8x4xf32>
  // The first query at the top left sees the first key alone.
  // CHECK: causal alignment top_left
  %c = vga.attention %one, %q, %q causal alignment top_left : tensor<1x2x1x4xf32>, tensor<1x2x8x4xf32>, tensor<1x2x8x4xf32>
  // CHECK: window [7, 7]
  %e = vga.attention %d, %d, %d window [7, 7] : tensor<1x2x?x4xf32>, tensor<1x2x?x4xf32>, tensor<1x2x?x4xf32>
  return %a, %b, %c, %e : tensor<1x2x8x4xf32>, tensor<1x2x8x4xf32>, tensor<1x2x1x4xf32>, tensor<1x2x?x4xf32>
}

// -----

// CHECK-LABEL: func @open_gates
func.func @open_gates(%q: tensor<1x2x8x4xf32>, %g: tensor<1x2x8xf32>) -> (tensor<1x2x8x4xf32>, tensor<1x2x8x4xf32>) {
  %ones = arith.constant dense<1.0> : tensor<1x2x8xf32>
  // CHECK-NOT: value_gate
  // CHECK: output_gate(
  %a = vga.attention %q, %q, %q value_gate(%ones : tensor<1x2x8xf32>) output_gate(%g : tensor<1x2x8xf32>) : tensor<1x2x8x4xf32>, tensor<1x2x8x4xf32>, tensor<1x2x8x4xf32>
  // CHECK: value_gate(
  // CHECK-NOT: output_gate
  // CHECK: return
  %b = vga.attention %q, %q, %q value_gate(%g : tensor<1x2x8xf32>) output_gate(%ones : tensor<1x2x8xf32>) : tensor<1x2x8x4xf32>, tensor<1x2x8x4xf32>, tensor<1x2x8x4xf32>
  return %a, %b : tensor<1x2x8x4xf32>, tensor<1x2x8x4xf32>
}

// -----

// A gate that does not see its source is constant, and one that is open goes.
// CHECK-LABEL: func @blind_gate
// CHECK-SAME:    %[[D:.*]]: tensor<1x2x?x4xf32>
func.func @blind_gate(%x: tensor<1x2x8x4xf32>, %d: tensor<1x2x?x4xf32>) -> (tensor<1x2x8xf32>, tensor<1x2x?xf32>, tensor<1x2x8x4xf32>) {
  %w = arith.constant dense<0.0> : tensor<2x4xf32>
  %b = arith.constant dense<1.0> : tensor<2xf32>
  // CHECK-DAG: %[[HALF:.*]] = arith.constant dense<5.000000e-01> : tensor<1x2x8xf32>
  // CHECK-DAG: %[[LN2:.*]] = arith.constant 0.693147{{.*}} : f32
  %g = vga.gate %x, %w : tensor<1x2x8x4xf32>, tensor<2x4xf32>
  // CHECK: %[[SIZE:.*]] = tensor.dim %{{.*}}, %c2
  // CHECK: %[[DYNAMIC:.*]] = tensor.splat %[[LN2]][%[[SIZE]]] : tensor<1x2x?xf32>
  %h = vga.gate %d, %w activation softplus : tensor<1x2x?x4xf32>, tensor<2x4xf32>
  // CHECK: %[[Z:.*]] = vga.attention %{{[^ ]+}}, %{{[^ ]+}}, %{{[^ ]+}} : tensor
  %open = vga.gate %x, %w bias(%b : tensor<2xf32>) activation identity : tensor<1x2x8x4xf32>, tensor<2x4xf32>
  %z = vga.attention %x, %x, %x value_gate(%open : tensor<1x2x8xf32>) : tensor<1x2x8x4xf32>, tensor<1x2x8x4xf32>, tensor<1x2x8x4xf32>
  // CHECK: return %[[HALF]], %[[DYNAMIC]], %[[Z]]
  return %g, %h, %z : tensor<1x2x8xf32>, tensor<1x2x?xf32>, tensor<1x2x8x4xf32>
}

// -----

// CHECK-LABEL: func @nothing_to_attend_to
func.func @nothing_to_attend_to(%q: tensor<1x2x?x4xf32>, %k: tensor<1x2x0x4xf32>, %none: tensor<1x2x0x4xf32>, %s: tensor<2xf32>)
    -> (tensor<1x2x?x4xf32>, tensor<1x2x?xf32>, tensor<1x2x0x4xf32>, tensor<1x2x?xf32>) {
  // CHECK-DAG: %[[ZERO:.*]] = arith.constant 0.000000e+00 : f32
  // CHECK-DAG: %[[MINUS_INF:.*]] = arith.constant 0xFF800000 : f32
  // CHECK: %[[OUT:.*]] = tensor.splat %[[ZERO]][%{{.*}}] : tensor<1x2x?x4xf32>
  // CHECK: %[[LSE:.*]] = tensor.splat %[[MINUS_INF]][%{{.*}}] : tensor<1x2x?xf32>
  %o, %lse = vga.attention %q, %k, %k lse : tensor<1x2x?x4xf32>, tensor<1x2x0x4xf32>, tensor<1x2x0x4xf32>
  %e = vga.attention %none, %q, %q : tensor<1x2x0x4xf32>, tensor<1x2x?x4xf32>, tensor<1x2x?x4xf32>
  // A sink is something: the lse is its logit.
  // CHECK: %[[SINK_LSE:.*]] = linalg.generic {{.*}} ins(%{{.*}} : tensor<2xf32>) outs(%{{.*}} : tensor<1x2x?xf32>)
  %p, %sink_lse = vga.attention %q, %k, %k sink(%s : tensor<2xf32>) lse : tensor<1x2x?x4xf32>, tensor<1x2x0x4xf32>, tensor<1x2x0x4xf32>
  // CHECK: return %[[OUT]], %[[LSE]], %{{.*}}, %[[SINK_LSE]]
  return %o, %lse, %e, %sink_lse : tensor<1x2x?x4xf32>, tensor<1x2x?xf32>, tensor<1x2x0x4xf32>, tensor<1x2x?xf32>
}

// -----

// No rows, and a pool without pages.
// CHECK-LABEL: func @empty_rows
// CHECK-NOT: vga.
func.func @empty_rows(%q: tensor<1x2x0x4xf32>, %k: tensor<1x2x3x4xf32>, %p: tensor<2x2x3x4xf32>, %pool: tensor<0x2x8x4xf32>, %t: tensor<2x4xi32>)
    -> (tensor<1x2x0x4xf32>, tensor<1x2x0xf32>, tensor<2x2x3x4xf32>) {
  // CHECK: return
  %o, %lse = vga.attention %q, %k, %k causal lse : tensor<1x2x0x4xf32>, tensor<1x2x3x4xf32>, tensor<1x2x3x4xf32>
  %z = vga.attention %p, %pool, %pool block_table(%t : tensor<2x4xi32>) : tensor<2x2x3x4xf32>, tensor<0x2x8x4xf32>, tensor<0x2x8x4xf32>
  return %o, %lse, %z : tensor<1x2x0x4xf32>, tensor<1x2x0xf32>, tensor<2x2x3x4xf32>
}

// -----

// CHECK-LABEL: func @unused_lse
func.func @unused_lse(%q: tensor<1x2x8x4xf32>, %w: tensor<2x4xf32>) -> (tensor<1x2x8x4xf32>, tensor<1x2x8x4xf32>) {
  // CHECK: vga.attention {{.*}} softcap 2.000000e+00 {kept} :
  // CHECK-NOT: lse
  %o, %lse = vga.attention %q, %q, %q softcap 2.0 lse {kept} : tensor<1x2x8x4xf32>, tensor<1x2x8x4xf32>, tensor<1x2x8x4xf32>
  // CHECK: vga.gated_attention {{.*}} site output :
  // CHECK-NOT: lse
  %z, %lse_z = vga.gated_attention %q, %q, %q, %w site output lse : tensor<1x2x8x4xf32>, tensor<1x2x8x4xf32>, tensor<1x2x8x4xf32>, tensor<2x4xf32>
  return %o, %z : tensor<1x2x8x4xf32>, tensor<1x2x8x4xf32>
}

// -----

// With one query a bound on the left still hides keys, and so does any bound
// on sizes that are not known.
// CHECK-LABEL: func @bounds_that_may_hide_something
func.func @bounds_that_may_hide_something(%one: tensor<1x2x1x4xf32>, %k: tensor<1x2x8x4xf32>, %d: tensor<1x2x?x4xf32>)
    -> (tensor<1x2x1x4xf32>, tensor<1x2x1x4xf32>, tensor<1x2x1x4xf32>, tensor<1x2x?x4xf32>, tensor<1x2x1x4xf32>) {
  // CHECK: vga.attention {{.*}} causal window [6, 0] :
  %a = vga.attention %one, %k, %k causal window [6, 0] : tensor<1x2x1x4xf32>, tensor<1x2x8x4xf32>, tensor<1x2x8x4xf32>
  // CHECK: vga.attention {{.*}} causal window [6, 0] :
  %b = vga.attention %one, %d, %d causal window [6, 0] : tensor<1x2x1x4xf32>, tensor<1x2x?x4xf32>, tensor<1x2x?x4xf32>
  // CHECK: vga.attention {{.*}} causal alignment top_left :
  %c = vga.attention %one, %d, %d causal alignment top_left : tensor<1x2x1x4xf32>, tensor<1x2x?x4xf32>, tensor<1x2x?x4xf32>
  // CHECK: vga.attention {{.*}} causal window [100, 0] :
  %e = vga.attention %d, %k, %k causal window [100, 0] : tensor<1x2x?x4xf32>, tensor<1x2x8x4xf32>, tensor<1x2x8x4xf32>
  // CHECK: vga.attention {{.*}} window [-1, 6] alignment top_left :
  %f = vga.attention %one, %k, %k window [-1, 6] alignment top_left : tensor<1x2x1x4xf32>, tensor<1x2x8x4xf32>, tensor<1x2x8x4xf32>
  return %a, %b, %c, %e, %f : tensor<1x2x1x4xf32>, tensor<1x2x1x4xf32>, tensor<1x2x1x4xf32>, tensor<1x2x?x4xf32>, tensor<1x2x1x4xf32>
}

// -----

// act(b) of a gate that does not see its source.
// CHECK-LABEL: func @blind_gates_with_bias
func.func @blind_gates_with_bias(%x: tensor<1x2x8x4xf32>) -> (tensor<1x2x8xf32>, tensor<1x2x8xf32>, tensor<1x2x8xf32>) {
  %w = arith.constant dense<0.0> : tensor<2x4xf32>
  %b = arith.constant dense<1.0> : tensor<2xf32>
  // CHECK-DAG: %[[SIGMOID:.*]] = arith.constant dense<0.731058{{.*}}> : tensor<1x2x8xf32>
  // CHECK-DAG: %[[SOFTPLUS:.*]] = arith.constant dense<1.313261{{.*}}> : tensor<1x2x8xf32>
  // CHECK-DAG: %[[IDENTITY:.*]] = arith.constant dense<1.000000e+00> : tensor<1x2x8xf32>
  // CHECK: return %[[SIGMOID]], %[[SOFTPLUS]], %[[IDENTITY]]
  %s = vga.gate %x, %w bias(%b : tensor<2xf32>) : tensor<1x2x8x4xf32>, tensor<2x4xf32>
  %p = vga.gate %x, %w bias(%b : tensor<2xf32>) activation softplus : tensor<1x2x8x4xf32>, tensor<2x4xf32>
  %i = vga.gate %x, %w bias(%b : tensor<2xf32>) activation identity : tensor<1x2x8x4xf32>, tensor<2x4xf32>
  return %s, %p, %i : tensor<1x2x8xf32>, tensor<1x2x8xf32>, tensor<1x2x8xf32>
}

// -----

// Gates that differ from head to head, or see their source, stay.
// CHECK-LABEL: func @seeing_gates
func.func @seeing_gates(%x: tensor<1x2x8x4xf32>, %bias: tensor<2xf32>) -> (tensor<1x2x8xf32>, tensor<1x2x8xf32>, tensor<1x2x8xf32>) {
  %zero = arith.constant dense<0.0> : tensor<2x4xf32>
  %one = arith.constant dense<1.0> : tensor<2x4xf32>
  %b = arith.constant dense<[0.0, 1.0]> : tensor<2xf32>
  // CHECK-COUNT-3: vga.gate
  %a = vga.gate %x, %one : tensor<1x2x8x4xf32>, tensor<2x4xf32>
  %c = vga.gate %x, %zero bias(%b : tensor<2xf32>) : tensor<1x2x8x4xf32>, tensor<2x4xf32>
  %d = vga.gate %x, %zero bias(%bias : tensor<2xf32>) : tensor<1x2x8x4xf32>, tensor<2x4xf32>
  return %a, %c, %d : tensor<1x2x8xf32>, tensor<1x2x8xf32>, tensor<1x2x8xf32>
}

// -----

// Values of no channels have no output, but still an lse.
// CHECK-LABEL: func @lse_without_output
func.func @lse_without_output(%q: tensor<1x2x8x4xf32>, %v: tensor<1x2x8x0xf32>) -> (tensor<1x2x8x0xf32>, tensor<1x2x8x0xf32>, tensor<1x2x8xf32>) {
  // CHECK: %[[EMPTY:.*]] = tensor.empty() : tensor<1x2x8x0xf32>
  // CHECK: %[[O:.*]], %[[LSE:.*]] = vga.attention
  // CHECK: return %[[EMPTY]], %[[O]], %[[LSE]]
  %e = vga.attention %q, %q, %v : tensor<1x2x8x4xf32>, tensor<1x2x8x4xf32>, tensor<1x2x8x0xf32>
  %o, %lse = vga.attention %q, %q, %v lse : tensor<1x2x8x4xf32>, tensor<1x2x8x4xf32>, tensor<1x2x8x0xf32>
  return %e, %o, %lse : tensor<1x2x8x0xf32>, tensor<1x2x8x0xf32>, tensor<1x2x8xf32>
}

// -----

// vga.gated_attention has the patterns that concern what it shares; its gate is
// not a constant, whatever the weights.
// CHECK-LABEL: func @gated_attention
func.func @gated_attention(%q: tensor<1x2x8x4xf32>, %w: tensor<2x4xf32>, %none: tensor<1x2x0x4xf32>) -> (tensor<1x2x8x4xf32>, tensor<1x2x8x4xf32>) {
  %true = arith.constant dense<true> : tensor<8x8xi1>
  // CHECK-DAG: %[[ZERO:.*]] = arith.constant dense<0.000000e+00> : tensor<1x2x8x4xf32>
  // CHECK-DAG: %[[Z:.*]] = vga.gated_attention %{{[^ ]+}}, %{{[^ ]+}}, %{{[^ ]+}}, %{{[^ ]+}} : tensor
  // CHECK: return %[[Z]], %[[ZERO]]
  %a = vga.gated_attention %q, %q, %q, %w mask(%true : tensor<8x8xi1>) window [7, 7] alignment top_left
      : tensor<1x2x8x4xf32>, tensor<1x2x8x4xf32>, tensor<1x2x8x4xf32>, tensor<2x4xf32>
  %b = vga.gated_attention %q, %none, %none, %w
      : tensor<1x2x8x4xf32>, tensor<1x2x0x4xf32>, tensor<1x2x0x4xf32>, tensor<2x4xf32>
  return %a, %b : tensor<1x2x8x4xf32>, tensor<1x2x8x4xf32>
}

// The query at the length sees what counts; there are none that it does not see.
// CHECK-LABEL: func @last_query_at_length
// CHECK: vga.attention %{{.*}}, %{{.*}}, %{{.*}} kv_length(%{{.*}} : tensor<2xi32>) : tensor<2x2x1x8xf32>
// CHECK: vga.attention %{{.*}}, %{{.*}}, %{{.*}} kv_length(%{{.*}} : tensor<2xi32>) causal alignment length : tensor<2x2x4x8xf32>
func.func @last_query_at_length(%q: tensor<2x2x1x8xf32>, %q4: tensor<2x2x4x8xf32>, %k: tensor<2x2x4x8xf32>, %n: tensor<2xi32>) -> (tensor<2x2x1x8xf32>, tensor<2x2x4x8xf32>) {
  %z = vga.attention %q, %k, %k kv_length(%n : tensor<2xi32>) causal alignment length
      : tensor<2x2x1x8xf32>, tensor<2x2x4x8xf32>, tensor<2x2x4x8xf32>
  %z4 = vga.attention %q4, %k, %k kv_length(%n : tensor<2xi32>) causal alignment length
      : tensor<2x2x4x8xf32>, tensor<2x2x4x8xf32>, tensor<2x2x4x8xf32>
  return %z, %z4 : tensor<2x2x1x8xf32>, tensor<2x2x4x8xf32>
}

// The alignment says where the gates of queries are.
// CHECK-LABEL: func @gate_at_length
// CHECK: vga.gated_attention {{.*}} site output kv_length({{.*}}) alignment length
func.func @gate_at_length(%q: tensor<2x2x4x8xf32>, %k: tensor<2x2x16x8xf32>, %w: tensor<2x8xf32>, %n: tensor<2xi32>) -> tensor<2x2x4x8xf32> {
  %z = vga.gated_attention %q, %k, %k, %w site output kv_length(%n : tensor<2xi32>) alignment length
      : tensor<2x2x4x8xf32>, tensor<2x2x16x8xf32>, tensor<2x2x16x8xf32>, tensor<2x8xf32>
  return %z : tensor<2x2x4x8xf32>
}
