// Caches that come from the states of other functions.
// RUN: vga-opt %s --split-input-file --vga-fold-value-gates | FileCheck %s

// Through private functions, once for each of two states; vga.gate computes the
// gate, from a constant, and values come in two parts.
// CHECK-LABEL: func private @attention
// CHECK-COUNT-2: arith.mulf
// CHECK-NOT: vga.gate
// CHECK: vga.attention %{{.*}}, %{{.*}}, %{{[^ ]*}} layout {{ *}}bshd :
func.func private @attention(%q: tensor<1x?x4x8xf32>, %kh: tensor<1x?x2x8xf32>, %v: tensor<1x?x2x8xf32>, %p: index, %s: index, %n: index, %cache: tensor<1x64x2x8xf32>) -> (tensor<1x64x2x8xf32>, tensor<1x?x4x8xf32>) {
  %w4 = arith.constant dense<2.0> : tensor<2x8x2x8xf32>
  %b = arith.constant dense<1.0> : tensor<2x8xf32>
  %half = tensor.insert_slice %v into %cache[0, %p, 0, 0] [1, %s, 2, 8] [1, 1, 1, 1] : tensor<1x?x2x8xf32> into tensor<1x64x2x8xf32>
  %new = tensor.insert_slice %v into %half[0, %n, 0, 0] [1, %s, 2, 8] [1, 1, 1, 1] : tensor<1x?x2x8xf32> into tensor<1x64x2x8xf32>
  %vh = tensor.extract_slice %half[0, 0, 0, 0] [1, %n, 2, 8] [1, 1, 1, 1] : tensor<1x64x2x8xf32> to tensor<1x?x2x8xf32>
  %g = vga.gate %vh, %w4 bias(%b : tensor<2x8xf32>) mixing cross_head activation identity layout bshd : tensor<1x?x2x8xf32>, tensor<2x8x2x8xf32>
  %z = vga.attention %q, %kh, %vh value_gate(%g : tensor<1x?x2x8xf32>) layout bshd : tensor<1x?x4x8xf32>, tensor<1x?x2x8xf32>, tensor<1x?x2x8xf32>
  return %new, %z : tensor<1x64x2x8xf32>, tensor<1x?x4x8xf32>
}
func.func private @block(%q: tensor<1x?x4x8xf32>, %kh: tensor<1x?x2x8xf32>, %v: tensor<1x?x2x8xf32>, %p: index, %s: index, %n: index, %cache: tensor<1x64x2x8xf32>) -> (tensor<1x?x4x8xf32>, tensor<1x64x2x8xf32>) {
  %new, %z = call @attention(%q, %kh, %v, %p, %s, %n, %cache) : (tensor<1x?x4x8xf32>, tensor<1x?x2x8xf32>, tensor<1x?x2x8xf32>, index, index, index, tensor<1x64x2x8xf32>) -> (tensor<1x64x2x8xf32>, tensor<1x?x4x8xf32>)
  return %z, %new : tensor<1x?x4x8xf32>, tensor<1x64x2x8xf32>
}
func.func @main(%q: tensor<1x?x4x8xf32>, %kh: tensor<1x?x2x8xf32>, %v: tensor<1x?x2x8xf32>, %p: index, %s: index, %n: index, %c0: tensor<1x64x2x8xf32> {vga.state = "0"}, %c1: tensor<1x64x2x8xf32> {vga.state = "1"}) -> (tensor<1x?x4x8xf32>, tensor<1x64x2x8xf32>, tensor<1x64x2x8xf32>) {
  %z0, %n0 = call @block(%q, %kh, %v, %p, %s, %n, %c0) : (tensor<1x?x4x8xf32>, tensor<1x?x2x8xf32>, tensor<1x?x2x8xf32>, index, index, index, tensor<1x64x2x8xf32>) -> (tensor<1x?x4x8xf32>, tensor<1x64x2x8xf32>)
  %z1, %n1 = call @block(%z0, %kh, %v, %p, %s, %n, %c1) : (tensor<1x?x4x8xf32>, tensor<1x?x2x8xf32>, tensor<1x?x2x8xf32>, index, index, index, tensor<1x64x2x8xf32>) -> (tensor<1x?x4x8xf32>, tensor<1x64x2x8xf32>)
  return %z1, %n0, %n1 : tensor<1x?x4x8xf32>, tensor<1x64x2x8xf32>, tensor<1x64x2x8xf32>
}

// -----

// One of the callers has its cache from somewhere else.
// CHECK-LABEL: func private @attention
// CHECK-NOT: arith.mulf
// CHECK: vga.gated_attention
func.func private @attention(%q: tensor<1x?x4x8xf32>, %kh: tensor<1x?x2x8xf32>, %v: tensor<1x?x2x8xf32>, %p: index, %s: index, %n: index, %cache: tensor<1x64x2x8xf32>, %w: tensor<2x8xf32>) -> (tensor<1x?x4x8xf32>, tensor<1x64x2x8xf32>) {
  %new = tensor.insert_slice %v into %cache[0, %p, 0, 0] [1, %s, 2, 8] [1, 1, 1, 1] : tensor<1x?x2x8xf32> into tensor<1x64x2x8xf32>
  %vh = tensor.extract_slice %new[0, 0, 0, 0] [1, %n, 2, 8] [1, 1, 1, 1] : tensor<1x64x2x8xf32> to tensor<1x?x2x8xf32>
  %z = vga.gated_attention %q, %kh, %vh, %w causal layout bshd : tensor<1x?x4x8xf32>, tensor<1x?x2x8xf32>, tensor<1x?x2x8xf32>, tensor<2x8xf32>
  return %z, %new : tensor<1x?x4x8xf32>, tensor<1x64x2x8xf32>
}
func.func @main(%q: tensor<1x?x4x8xf32>, %kh: tensor<1x?x2x8xf32>, %v: tensor<1x?x2x8xf32>, %p: index, %s: index, %n: index, %cache: tensor<1x64x2x8xf32> {vga.state = "values"}, %w: tensor<2x8xf32> {vga.param = "w"}) -> (tensor<1x?x4x8xf32>, tensor<1x64x2x8xf32>) {
  %z, %new = call @attention(%q, %kh, %v, %p, %s, %n, %cache, %w) : (tensor<1x?x4x8xf32>, tensor<1x?x2x8xf32>, tensor<1x?x2x8xf32>, index, index, index, tensor<1x64x2x8xf32>, tensor<2x8xf32>) -> (tensor<1x?x4x8xf32>, tensor<1x64x2x8xf32>)
  return %z, %new : tensor<1x?x4x8xf32>, tensor<1x64x2x8xf32>
}
func.func @other(%q: tensor<1x?x4x8xf32>, %kh: tensor<1x?x2x8xf32>, %v: tensor<1x?x2x8xf32>, %p: index, %s: index, %n: index, %cache: tensor<1x64x2x8xf32>, %w: tensor<2x8xf32> {vga.param = "w"}) -> (tensor<1x?x4x8xf32>, tensor<1x64x2x8xf32>) {
  %z, %new = call @attention(%q, %kh, %v, %p, %s, %n, %cache, %w) : (tensor<1x?x4x8xf32>, tensor<1x?x2x8xf32>, tensor<1x?x2x8xf32>, index, index, index, tensor<1x64x2x8xf32>, tensor<2x8xf32>) -> (tensor<1x?x4x8xf32>, tensor<1x64x2x8xf32>)
  return %z, %new : tensor<1x?x4x8xf32>, tensor<1x64x2x8xf32>
}

// -----

// A state is read by two gates, one after the other.
// CHECK-LABEL: func private @attention
// CHECK-NOT: arith.mulf
// CHECK: vga.gated_attention
func.func private @attention(%q: tensor<1x?x4x8xf32>, %kh: tensor<1x?x2x8xf32>, %v: tensor<1x?x2x8xf32>, %p: index, %s: index, %n: index, %cache: tensor<1x64x2x8xf32>, %w: tensor<2x8xf32>) -> (tensor<1x?x4x8xf32>, tensor<1x64x2x8xf32>) {
  %new = tensor.insert_slice %v into %cache[0, %p, 0, 0] [1, %s, 2, 8] [1, 1, 1, 1] : tensor<1x?x2x8xf32> into tensor<1x64x2x8xf32>
  %vh = tensor.extract_slice %new[0, 0, 0, 0] [1, %n, 2, 8] [1, 1, 1, 1] : tensor<1x64x2x8xf32> to tensor<1x?x2x8xf32>
  %z = vga.gated_attention %q, %kh, %vh, %w causal layout bshd : tensor<1x?x4x8xf32>, tensor<1x?x2x8xf32>, tensor<1x?x2x8xf32>, tensor<2x8xf32>
  return %z, %new : tensor<1x?x4x8xf32>, tensor<1x64x2x8xf32>
}
func.func @main(%q: tensor<1x?x4x8xf32>, %kh: tensor<1x?x2x8xf32>, %v: tensor<1x?x2x8xf32>, %p: index, %s: index, %n: index, %cache: tensor<1x64x2x8xf32> {vga.state = "values"}, %w: tensor<2x8xf32> {vga.param = "w"}, %w2: tensor<2x8xf32> {vga.param = "w2"}) -> (tensor<1x?x4x8xf32>, tensor<1x64x2x8xf32>) {
  %z, %n1 = call @attention(%q, %kh, %v, %p, %s, %n, %cache, %w) : (tensor<1x?x4x8xf32>, tensor<1x?x2x8xf32>, tensor<1x?x2x8xf32>, index, index, index, tensor<1x64x2x8xf32>, tensor<2x8xf32>) -> (tensor<1x?x4x8xf32>, tensor<1x64x2x8xf32>)
  %z2, %new = call @attention(%z, %kh, %v, %p, %s, %n, %n1, %w2) : (tensor<1x?x4x8xf32>, tensor<1x?x2x8xf32>, tensor<1x?x2x8xf32>, index, index, index, tensor<1x64x2x8xf32>, tensor<2x8xf32>) -> (tensor<1x?x4x8xf32>, tensor<1x64x2x8xf32>)
  return %z2, %new : tensor<1x?x4x8xf32>, tensor<1x64x2x8xf32>
}

// -----

// A state is passed on twice.
// CHECK-LABEL: func private @attention
// CHECK-NOT: arith.mulf
// CHECK: vga.gated_attention
func.func private @attention(%q: tensor<1x?x4x8xf32>, %kh: tensor<1x?x2x8xf32>, %v: tensor<1x?x2x8xf32>, %p: index, %s: index, %n: index, %cache: tensor<1x64x2x8xf32>, %w: tensor<2x8xf32>) -> (tensor<1x?x4x8xf32>, tensor<1x64x2x8xf32>) {
  %new = tensor.insert_slice %v into %cache[0, %p, 0, 0] [1, %s, 2, 8] [1, 1, 1, 1] : tensor<1x?x2x8xf32> into tensor<1x64x2x8xf32>
  %vh = tensor.extract_slice %new[0, 0, 0, 0] [1, %n, 2, 8] [1, 1, 1, 1] : tensor<1x64x2x8xf32> to tensor<1x?x2x8xf32>
  %z = vga.gated_attention %q, %kh, %vh, %w causal layout bshd : tensor<1x?x4x8xf32>, tensor<1x?x2x8xf32>, tensor<1x?x2x8xf32>, tensor<2x8xf32>
  return %z, %new : tensor<1x?x4x8xf32>, tensor<1x64x2x8xf32>
}
func.func @main(%q: tensor<1x?x4x8xf32>, %kh: tensor<1x?x2x8xf32>, %v: tensor<1x?x2x8xf32>, %p: index, %s: index, %n: index, %cache: tensor<1x64x2x8xf32> {vga.state = "values"}, %w: tensor<2x8xf32> {vga.param = "w"}) -> (tensor<1x?x4x8xf32>, tensor<1x64x2x8xf32>) {
  %z, %new = call @attention(%q, %kh, %v, %p, %s, %n, %cache, %w) : (tensor<1x?x4x8xf32>, tensor<1x?x2x8xf32>, tensor<1x?x2x8xf32>, index, index, index, tensor<1x64x2x8xf32>, tensor<2x8xf32>) -> (tensor<1x?x4x8xf32>, tensor<1x64x2x8xf32>)
  %z2, %lost = call @attention(%z, %kh, %v, %p, %s, %n, %cache, %w) : (tensor<1x?x4x8xf32>, tensor<1x?x2x8xf32>, tensor<1x?x2x8xf32>, index, index, index, tensor<1x64x2x8xf32>, tensor<2x8xf32>) -> (tensor<1x?x4x8xf32>, tensor<1x64x2x8xf32>)
  return %z2, %new : tensor<1x?x4x8xf32>, tensor<1x64x2x8xf32>
}

// -----

// The caller looks into what comes back.
// CHECK-LABEL: func private @attention
// CHECK-NOT: arith.mulf
// CHECK: vga.gated_attention
func.func private @attention(%q: tensor<1x?x4x8xf32>, %kh: tensor<1x?x2x8xf32>, %v: tensor<1x?x2x8xf32>, %p: index, %s: index, %n: index, %cache: tensor<1x64x2x8xf32>, %w: tensor<2x8xf32>) -> (tensor<1x?x4x8xf32>, tensor<1x64x2x8xf32>) {
  %new = tensor.insert_slice %v into %cache[0, %p, 0, 0] [1, %s, 2, 8] [1, 1, 1, 1] : tensor<1x?x2x8xf32> into tensor<1x64x2x8xf32>
  %vh = tensor.extract_slice %new[0, 0, 0, 0] [1, %n, 2, 8] [1, 1, 1, 1] : tensor<1x64x2x8xf32> to tensor<1x?x2x8xf32>
  %z = vga.gated_attention %q, %kh, %vh, %w causal layout bshd : tensor<1x?x4x8xf32>, tensor<1x?x2x8xf32>, tensor<1x?x2x8xf32>, tensor<2x8xf32>
  return %z, %new : tensor<1x?x4x8xf32>, tensor<1x64x2x8xf32>
}
func.func @main(%q: tensor<1x?x4x8xf32>, %kh: tensor<1x?x2x8xf32>, %v: tensor<1x?x2x8xf32>, %p: index, %s: index, %n: index, %cache: tensor<1x64x2x8xf32> {vga.state = "values"}, %w: tensor<2x8xf32> {vga.param = "w"}) -> (tensor<1x?x4x8xf32>, tensor<1x?x2x8xf32>, tensor<1x64x2x8xf32>) {
  %z, %new = call @attention(%q, %kh, %v, %p, %s, %n, %cache, %w) : (tensor<1x?x4x8xf32>, tensor<1x?x2x8xf32>, tensor<1x?x2x8xf32>, index, index, index, tensor<1x64x2x8xf32>, tensor<2x8xf32>) -> (tensor<1x?x4x8xf32>, tensor<1x64x2x8xf32>)
  %seen = tensor.extract_slice %new[0, 0, 0, 0] [1, %n, 2, 8] [1, 1, 1, 1] : tensor<1x64x2x8xf32> to tensor<1x?x2x8xf32>
  return %z, %seen, %new : tensor<1x?x4x8xf32>, tensor<1x?x2x8xf32>, tensor<1x64x2x8xf32>
}

// -----

// The caller looks into the state before the call.
// CHECK-LABEL: func private @attention
// CHECK-NOT: arith.mulf
// CHECK: vga.gated_attention
func.func private @attention(%q: tensor<1x?x4x8xf32>, %kh: tensor<1x?x2x8xf32>, %v: tensor<1x?x2x8xf32>, %p: index, %s: index, %n: index, %cache: tensor<1x64x2x8xf32>, %w: tensor<2x8xf32>) -> (tensor<1x?x4x8xf32>, tensor<1x64x2x8xf32>) {
  %new = tensor.insert_slice %v into %cache[0, %p, 0, 0] [1, %s, 2, 8] [1, 1, 1, 1] : tensor<1x?x2x8xf32> into tensor<1x64x2x8xf32>
  %vh = tensor.extract_slice %new[0, 0, 0, 0] [1, %n, 2, 8] [1, 1, 1, 1] : tensor<1x64x2x8xf32> to tensor<1x?x2x8xf32>
  %z = vga.gated_attention %q, %kh, %vh, %w causal layout bshd : tensor<1x?x4x8xf32>, tensor<1x?x2x8xf32>, tensor<1x?x2x8xf32>, tensor<2x8xf32>
  return %z, %new : tensor<1x?x4x8xf32>, tensor<1x64x2x8xf32>
}
func.func @main(%q: tensor<1x?x4x8xf32>, %kh: tensor<1x?x2x8xf32>, %v: tensor<1x?x2x8xf32>, %p: index, %s: index, %n: index, %cache: tensor<1x64x2x8xf32> {vga.state = "values"}, %w: tensor<2x8xf32> {vga.param = "w"}) -> (tensor<1x?x4x8xf32>, tensor<1x?x2x8xf32>, tensor<1x64x2x8xf32>) {
  %seen = tensor.extract_slice %cache[0, 0, 0, 0] [1, %n, 2, 8] [1, 1, 1, 1] : tensor<1x64x2x8xf32> to tensor<1x?x2x8xf32>
  %z, %new = call @attention(%q, %kh, %v, %p, %s, %n, %cache, %w) : (tensor<1x?x4x8xf32>, tensor<1x?x2x8xf32>, tensor<1x?x2x8xf32>, index, index, index, tensor<1x64x2x8xf32>, tensor<2x8xf32>) -> (tensor<1x?x4x8xf32>, tensor<1x64x2x8xf32>)
  return %z, %seen, %new : tensor<1x?x4x8xf32>, tensor<1x?x2x8xf32>, tensor<1x64x2x8xf32>
}

// -----

// The caller's cache is no argument.
// CHECK-LABEL: func private @attention
// CHECK-NOT: arith.mulf
// CHECK: vga.gated_attention
func.func private @attention(%q: tensor<1x?x4x8xf32>, %kh: tensor<1x?x2x8xf32>, %v: tensor<1x?x2x8xf32>, %p: index, %s: index, %n: index, %cache: tensor<1x64x2x8xf32>, %w: tensor<2x8xf32>) -> (tensor<1x?x4x8xf32>, tensor<1x64x2x8xf32>) {
  %new = tensor.insert_slice %v into %cache[0, %p, 0, 0] [1, %s, 2, 8] [1, 1, 1, 1] : tensor<1x?x2x8xf32> into tensor<1x64x2x8xf32>
  %vh = tensor.extract_slice %new[0, 0, 0, 0] [1, %n, 2, 8] [1, 1, 1, 1] : tensor<1x64x2x8xf32> to tensor<1x?x2x8xf32>
  %z = vga.gated_attention %q, %kh, %vh, %w causal layout bshd : tensor<1x?x4x8xf32>, tensor<1x?x2x8xf32>, tensor<1x?x2x8xf32>, tensor<2x8xf32>
  return %z, %new : tensor<1x?x4x8xf32>, tensor<1x64x2x8xf32>
}
func.func @main(%q: tensor<1x?x4x8xf32>, %kh: tensor<1x?x2x8xf32>, %v: tensor<1x?x2x8xf32>, %p: index, %s: index, %n: index, %w: tensor<2x8xf32> {vga.param = "w"}) -> (tensor<1x?x4x8xf32>, tensor<1x64x2x8xf32>) {
  %cache = tensor.empty() : tensor<1x64x2x8xf32>
  %z, %new = call @attention(%q, %kh, %v, %p, %s, %n, %cache, %w) : (tensor<1x?x4x8xf32>, tensor<1x?x2x8xf32>, tensor<1x?x2x8xf32>, index, index, index, tensor<1x64x2x8xf32>, tensor<2x8xf32>) -> (tensor<1x?x4x8xf32>, tensor<1x64x2x8xf32>)
  return %z, %new : tensor<1x?x4x8xf32>, tensor<1x64x2x8xf32>
}

// -----

// A weight differs from call to call.
// CHECK-LABEL: func private @attention
// CHECK-NOT: arith.mulf
// CHECK: vga.gated_attention
func.func private @attention(%q: tensor<1x?x4x8xf32>, %kh: tensor<1x?x2x8xf32>, %v: tensor<1x?x2x8xf32>, %p: index, %s: index, %n: index, %cache: tensor<1x64x2x8xf32>, %w: tensor<2x8xf32>) -> (tensor<1x?x4x8xf32>, tensor<1x64x2x8xf32>) {
  %new = tensor.insert_slice %v into %cache[0, %p, 0, 0] [1, %s, 2, 8] [1, 1, 1, 1] : tensor<1x?x2x8xf32> into tensor<1x64x2x8xf32>
  %vh = tensor.extract_slice %new[0, 0, 0, 0] [1, %n, 2, 8] [1, 1, 1, 1] : tensor<1x64x2x8xf32> to tensor<1x?x2x8xf32>
  %z = vga.gated_attention %q, %kh, %vh, %w causal layout bshd : tensor<1x?x4x8xf32>, tensor<1x?x2x8xf32>, tensor<1x?x2x8xf32>, tensor<2x8xf32>
  return %z, %new : tensor<1x?x4x8xf32>, tensor<1x64x2x8xf32>
}
func.func @main(%q: tensor<1x?x4x8xf32>, %kh: tensor<1x?x2x8xf32>, %v: tensor<1x?x2x8xf32>, %p: index, %s: index, %n: index, %cache: tensor<1x64x2x8xf32> {vga.state = "values"}, %w: tensor<2x8xf32>) -> (tensor<1x?x4x8xf32>, tensor<1x64x2x8xf32>) {
  %z, %new = call @attention(%q, %kh, %v, %p, %s, %n, %cache, %w) : (tensor<1x?x4x8xf32>, tensor<1x?x2x8xf32>, tensor<1x?x2x8xf32>, index, index, index, tensor<1x64x2x8xf32>, tensor<2x8xf32>) -> (tensor<1x?x4x8xf32>, tensor<1x64x2x8xf32>)
  return %z, %new : tensor<1x?x4x8xf32>, tensor<1x64x2x8xf32>
}

// -----

// Not only calls refer to the function.
// CHECK-LABEL: func private @attention
// CHECK-NOT: arith.mulf
// CHECK: vga.gated_attention
func.func private @attention(%q: tensor<1x?x4x8xf32>, %kh: tensor<1x?x2x8xf32>, %v: tensor<1x?x2x8xf32>, %p: index, %s: index, %n: index, %cache: tensor<1x64x2x8xf32>, %w: tensor<2x8xf32>) -> (tensor<1x?x4x8xf32>, tensor<1x64x2x8xf32>) {
  %one = arith.constant dense<1.0> : tensor<2x8xf32>
  %new = tensor.insert_slice %v into %cache[0, %p, 0, 0] [1, %s, 2, 8] [1, 1, 1, 1] : tensor<1x?x2x8xf32> into tensor<1x64x2x8xf32>
  %vh = tensor.extract_slice %new[0, 0, 0, 0] [1, %n, 2, 8] [1, 1, 1, 1] : tensor<1x64x2x8xf32> to tensor<1x?x2x8xf32>
  %z = vga.gated_attention %q, %kh, %vh, %one causal layout bshd : tensor<1x?x4x8xf32>, tensor<1x?x2x8xf32>, tensor<1x?x2x8xf32>, tensor<2x8xf32>
  return %z, %new : tensor<1x?x4x8xf32>, tensor<1x64x2x8xf32>
}
func.func @main(%q: tensor<1x?x4x8xf32>, %kh: tensor<1x?x2x8xf32>, %v: tensor<1x?x2x8xf32>, %p: index, %s: index, %n: index, %cache: tensor<1x64x2x8xf32> {vga.state = "values"}, %w: tensor<2x8xf32> {vga.param = "w"}) -> (tensor<1x?x4x8xf32>, tensor<1x64x2x8xf32>) {
  %z, %new = call @attention(%q, %kh, %v, %p, %s, %n, %cache, %w) : (tensor<1x?x4x8xf32>, tensor<1x?x2x8xf32>, tensor<1x?x2x8xf32>, index, index, index, tensor<1x64x2x8xf32>, tensor<2x8xf32>) -> (tensor<1x?x4x8xf32>, tensor<1x64x2x8xf32>)
  %f = constant @attention : (tensor<1x?x4x8xf32>, tensor<1x?x2x8xf32>, tensor<1x?x2x8xf32>, index, index, index, tensor<1x64x2x8xf32>, tensor<2x8xf32>) -> (tensor<1x?x4x8xf32>, tensor<1x64x2x8xf32>)
  return %z, %new : tensor<1x?x4x8xf32>, tensor<1x64x2x8xf32>
}

// -----

// Nobody calls the function: nothing is known of its cache.
// CHECK-LABEL: func private @attention
// CHECK-NOT: arith.mulf
// CHECK: vga.gated_attention
func.func private @attention(%q: tensor<1x?x4x8xf32>, %kh: tensor<1x?x2x8xf32>, %v: tensor<1x?x2x8xf32>, %p: index, %s: index, %n: index, %cache: tensor<1x64x2x8xf32>, %w: tensor<2x8xf32>) -> (tensor<1x?x4x8xf32>, tensor<1x64x2x8xf32>) {
  %new = tensor.insert_slice %v into %cache[0, %p, 0, 0] [1, %s, 2, 8] [1, 1, 1, 1] : tensor<1x?x2x8xf32> into tensor<1x64x2x8xf32>
  %vh = tensor.extract_slice %new[0, 0, 0, 0] [1, %n, 2, 8] [1, 1, 1, 1] : tensor<1x64x2x8xf32> to tensor<1x?x2x8xf32>
  %z = vga.gated_attention %q, %kh, %vh, %w causal layout bshd : tensor<1x?x4x8xf32>, tensor<1x?x2x8xf32>, tensor<1x?x2x8xf32>, tensor<2x8xf32>
  return %z, %new : tensor<1x?x4x8xf32>, tensor<1x64x2x8xf32>
}
func.func private @entry(%q: tensor<1x?x4x8xf32>, %kh: tensor<1x?x2x8xf32>, %v: tensor<1x?x2x8xf32>, %p: index, %s: index, %n: index, %cache: tensor<1x64x2x8xf32>) -> (tensor<1x?x4x8xf32>, tensor<1x64x2x8xf32>) {
  %w = arith.constant dense<1.0> : tensor<2x8xf32>
  %z, %new = call @attention(%q, %kh, %v, %p, %s, %n, %cache, %w) : (tensor<1x?x4x8xf32>, tensor<1x?x2x8xf32>, tensor<1x?x2x8xf32>, index, index, index, tensor<1x64x2x8xf32>, tensor<2x8xf32>) -> (tensor<1x?x4x8xf32>, tensor<1x64x2x8xf32>)
  return %z, %new : tensor<1x?x4x8xf32>, tensor<1x64x2x8xf32>
}
