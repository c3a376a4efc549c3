// New values are gated before they go into a cache that nobody else looks into.
// RUN: vga-opt %s --split-input-file --vga-fold-value-gates | FileCheck %s
// RUN: vga-opt %s --split-input-file --vga-fold-value-gates=appends=false | FileCheck %s --check-prefix=OFF

// Checks at run time ask for sizes, and are not in the way.
// RUN: vga-opt %s --split-input-file --vga-check-sizes --vga-fold-value-gates --canonicalize --cse | FileCheck %s --check-prefix=CHECKED
// CHECKED-LABEL: func @main
// CHECKED: vga.attention %{{.*}}, %{{.*}}, %{{.*}} causal
// CHECKED-LABEL: func @sizes
// CHECKED: vga.attention %{{.*}}, %{{.*}}, %{{.*}} causal
// CHECKED-LABEL: func @argument

// OFF-NOT: arith.mulf

// The least: one function. Gated are the new values; the bias and the rest stay.
// CHECK-LABEL: func @main
// CHECK-SAME:    %[[Q:[^:]*]]: tensor<1x?x4x8xf32>, %[[K:[^:]*]]: tensor<1x?x2x8xf32>, %[[V:[^:]*]]: tensor<1x?x2x8xf32>, %{{.*}}, %[[CACHE:[^:]*]]: tensor<1x64x2x8xf32> {vga.state = "values"}, %[[W:[^:]*]]: tensor<2x8xf32>
// CHECK: %[[G:.*]] = vga.gate %[[V]], %[[W]] layout {{ *}}bshd :
// CHECK: %[[GV:.*]] = linalg.generic {{.*}} ins(%[[V]], %[[G]] : tensor<1x?x2x8xf32>, tensor<1x2x?xf32>)
// CHECK: arith.mulf
// CHECK: %[[NEW:.*]] = tensor.insert_slice %[[GV]] into %[[CACHE]]
// CHECK: %[[ALL:.*]] = tensor.extract_slice %[[NEW]]
// CHECK: %[[Z:.*]] = vga.attention %[[Q]], %[[K]], %[[ALL]] causal layout {{ *}}bshd :
// CHECK: return %[[Z]], %[[V]], %[[NEW]]
func.func @main(%q: tensor<1x?x4x8xf32>, %kh: tensor<1x?x2x8xf32>, %v: tensor<1x?x2x8xf32>, %p: index, %s: index, %n: index, %cache: tensor<1x64x2x8xf32> {vga.state = "values"}, %w: tensor<2x8xf32> {vga.param = "w"}) -> (tensor<1x?x4x8xf32>, tensor<1x?x2x8xf32>, tensor<1x64x2x8xf32>) {
  %new = tensor.insert_slice %v into %cache[0, %p, 0, 0] [1, %s, 2, 8] [1, 1, 1, 1] : tensor<1x?x2x8xf32> into tensor<1x64x2x8xf32>
  %vh = tensor.extract_slice %new[0, 0, 0, 0] [1, %n, 2, 8] [1, 1, 1, 1] : tensor<1x64x2x8xf32> to tensor<1x?x2x8xf32>
  %z = vga.gated_attention %q, %kh, %vh, %w causal layout bshd : tensor<1x?x4x8xf32>, tensor<1x?x2x8xf32>, tensor<1x?x2x8xf32>, tensor<2x8xf32>
  return %z, %v, %new : tensor<1x?x4x8xf32>, tensor<1x?x2x8xf32>, tensor<1x64x2x8xf32>
}

// -----

// Who asks for sizes sees nothing of what the cache holds.
// CHECK-LABEL: func @sizes
// CHECK: arith.mulf
// CHECK: vga.attention
func.func @sizes(%q: tensor<1x?x4x8xf32>, %kh: tensor<1x?x2x8xf32>, %v: tensor<1x?x2x8xf32>, %p: index, %s: index, %cache: tensor<1x64x2x8xf32> {vga.state = "values"}, %w: tensor<2x8xf32> {vga.param = "w"}) -> (tensor<1x?x4x8xf32>, index, tensor<1x64x2x8xf32>) {
  %c1 = arith.constant 1 : index
  %n = tensor.dim %cache, %c1 : tensor<1x64x2x8xf32>
  %new = tensor.insert_slice %v into %cache[0, %p, 0, 0] [1, %s, 2, 8] [1, 1, 1, 1] : tensor<1x?x2x8xf32> into tensor<1x64x2x8xf32>
  %rank = tensor.rank %new : tensor<1x64x2x8xf32>
  %vh = tensor.extract_slice %new[0, 0, 0, 0] [1, %n, 2, 8] [1, 1, 1, 1] : tensor<1x64x2x8xf32> to tensor<1x?x2x8xf32>
  %m = tensor.dim %vh, %c1 : tensor<1x?x2x8xf32>
  %size = arith.addi %rank, %m : index
  %z = vga.gated_attention %q, %kh, %vh, %w causal layout bshd : tensor<1x?x4x8xf32>, tensor<1x?x2x8xf32>, tensor<1x?x2x8xf32>, tensor<2x8xf32>
  return %z, %size, %new : tensor<1x?x4x8xf32>, index, tensor<1x64x2x8xf32>
}

// -----

// An argument that is no state is visible to the caller, before and after.
// CHECK-LABEL: func @argument
// CHECK-NOT: arith.mulf
// CHECK: vga.gated_attention
func.func @argument(%q: tensor<1x?x4x8xf32>, %kh: tensor<1x?x2x8xf32>, %v: tensor<1x?x2x8xf32>, %p: index, %s: index, %n: index, %cache: tensor<1x64x2x8xf32>, %w: tensor<2x8xf32> {vga.param = "w"}) -> (tensor<1x?x4x8xf32>, tensor<1x64x2x8xf32>) {
  %new = tensor.insert_slice %v into %cache[0, %p, 0, 0] [1, %s, 2, 8] [1, 1, 1, 1] : tensor<1x?x2x8xf32> into tensor<1x64x2x8xf32>
  %vh = tensor.extract_slice %new[0, 0, 0, 0] [1, %n, 2, 8] [1, 1, 1, 1] : tensor<1x64x2x8xf32> to tensor<1x?x2x8xf32>
  %z = vga.gated_attention %q, %kh, %vh, %w causal layout bshd : tensor<1x?x4x8xf32>, tensor<1x?x2x8xf32>, tensor<1x?x2x8xf32>, tensor<2x8xf32>
  return %z, %new : tensor<1x?x4x8xf32>, tensor<1x64x2x8xf32>
}

// -----

// A weight that may be another one in the next call.
// CHECK-LABEL: func @weight
// CHECK-NOT: arith.mulf
// CHECK: vga.gated_attention
func.func @weight(%q: tensor<1x?x4x8xf32>, %kh: tensor<1x?x2x8xf32>, %v: tensor<1x?x2x8xf32>, %p: index, %s: index, %n: index, %cache: tensor<1x64x2x8xf32> {vga.state = "values"}, %w: tensor<2x8xf32>) -> (tensor<1x?x4x8xf32>, tensor<1x64x2x8xf32>) {
  %new = tensor.insert_slice %v into %cache[0, %p, 0, 0] [1, %s, 2, 8] [1, 1, 1, 1] : tensor<1x?x2x8xf32> into tensor<1x64x2x8xf32>
  %vh = tensor.extract_slice %new[0, 0, 0, 0] [1, %n, 2, 8] [1, 1, 1, 1] : tensor<1x64x2x8xf32> to tensor<1x?x2x8xf32>
  %z = vga.gated_attention %q, %kh, %vh, %w causal layout bshd : tensor<1x?x4x8xf32>, tensor<1x?x2x8xf32>, tensor<1x?x2x8xf32>, tensor<2x8xf32>
  return %z, %new : tensor<1x?x4x8xf32>, tensor<1x64x2x8xf32>
}

// -----

// And a bias.
// CHECK-LABEL: func @bias
// CHECK-NOT: arith.mulf
// CHECK: vga.gated_attention
func.func @bias(%q: tensor<1x?x4x8xf32>, %kh: tensor<1x?x2x8xf32>, %v: tensor<1x?x2x8xf32>, %p: index, %s: index, %n: index, %cache: tensor<1x64x2x8xf32> {vga.state = "values"}, %w: tensor<2x8xf32> {vga.param = "w"}, %b: tensor<2xf32>) -> (tensor<1x?x4x8xf32>, tensor<1x64x2x8xf32>) {
  %new = tensor.insert_slice %v into %cache[0, %p, 0, 0] [1, %s, 2, 8] [1, 1, 1, 1] : tensor<1x?x2x8xf32> into tensor<1x64x2x8xf32>
  %vh = tensor.extract_slice %new[0, 0, 0, 0] [1, %n, 2, 8] [1, 1, 1, 1] : tensor<1x64x2x8xf32> to tensor<1x?x2x8xf32>
  %z = vga.gated_attention %q, %kh, %vh, %w bias(%b : tensor<2xf32>) causal layout bshd : tensor<1x?x4x8xf32>, tensor<1x?x2x8xf32>, tensor<1x?x2x8xf32>, tensor<2x8xf32>
  return %z, %new : tensor<1x?x4x8xf32>, tensor<1x64x2x8xf32>
}

// -----

// A weight that is not at hand where values are inserted.
// CHECK-LABEL: func @late_weight
// CHECK-NOT: arith.mulf
// CHECK: vga.gated_attention
func.func @late_weight(%q: tensor<1x?x4x8xf32>, %kh: tensor<1x?x2x8xf32>, %v: tensor<1x?x2x8xf32>, %p: index, %s: index, %n: index, %cache: tensor<1x64x2x8xf32> {vga.state = "values"}, %w0: tensor<2x8xf32> {vga.param = "w"}) -> (tensor<1x?x4x8xf32>, tensor<1x64x2x8xf32>) {
  %new = tensor.insert_slice %v into %cache[0, %p, 0, 0] [1, %s, 2, 8] [1, 1, 1, 1] : tensor<1x?x2x8xf32> into tensor<1x64x2x8xf32>
  %w = arith.negf %w0 : tensor<2x8xf32>
  %vh = tensor.extract_slice %new[0, 0, 0, 0] [1, %n, 2, 8] [1, 1, 1, 1] : tensor<1x64x2x8xf32> to tensor<1x?x2x8xf32>
  %z = vga.gated_attention %q, %kh, %vh, %w causal layout bshd : tensor<1x?x4x8xf32>, tensor<1x?x2x8xf32>, tensor<1x?x2x8xf32>, tensor<2x8xf32>
  return %z, %new : tensor<1x?x4x8xf32>, tensor<1x64x2x8xf32>
}

// -----

// Another reader of the cache.
// CHECK-LABEL: func @second_reader
// CHECK-NOT: arith.mulf
// CHECK: vga.gated_attention
func.func @second_reader(%q: tensor<1x?x4x8xf32>, %kh: tensor<1x?x2x8xf32>, %v: tensor<1x?x2x8xf32>, %p: index, %s: index, %n: index, %cache: tensor<1x64x2x8xf32> {vga.state = "values"}, %w: tensor<2x8xf32> {vga.param = "w"}) -> (tensor<1x?x4x8xf32>, tensor<1x?x2x8xf32>, tensor<1x64x2x8xf32>) {
  %new = tensor.insert_slice %v into %cache[0, %p, 0, 0] [1, %s, 2, 8] [1, 1, 1, 1] : tensor<1x?x2x8xf32> into tensor<1x64x2x8xf32>
  %vh = tensor.extract_slice %new[0, 0, 0, 0] [1, %n, 2, 8] [1, 1, 1, 1] : tensor<1x64x2x8xf32> to tensor<1x?x2x8xf32>
  %z = vga.gated_attention %q, %kh, %vh, %w causal layout bshd : tensor<1x?x4x8xf32>, tensor<1x?x2x8xf32>, tensor<1x?x2x8xf32>, tensor<2x8xf32>
  %other = tensor.extract_slice %new[0, 0, 0, 0] [1, %n, 2, 8] [1, 1, 1, 1] : tensor<1x64x2x8xf32> to tensor<1x?x2x8xf32>
  return %z, %other, %new : tensor<1x?x4x8xf32>, tensor<1x?x2x8xf32>, tensor<1x64x2x8xf32>
}

// -----

// Another reader of what attention reads.
// CHECK-LABEL: func @reader_of_the_slice
// CHECK-NOT: arith.mulf
// CHECK: vga.gated_attention
func.func @reader_of_the_slice(%q: tensor<1x?x4x8xf32>, %kh: tensor<1x?x2x8xf32>, %v: tensor<1x?x2x8xf32>, %p: index, %s: index, %n: index, %cache: tensor<1x64x2x8xf32> {vga.state = "values"}, %w: tensor<2x8xf32> {vga.param = "w"}) -> (tensor<1x?x4x8xf32>, tensor<1x?x2x8xf32>, tensor<1x64x2x8xf32>) {
  %new = tensor.insert_slice %v into %cache[0, %p, 0, 0] [1, %s, 2, 8] [1, 1, 1, 1] : tensor<1x?x2x8xf32> into tensor<1x64x2x8xf32>
  %vh = tensor.extract_slice %new[0, 0, 0, 0] [1, %n, 2, 8] [1, 1, 1, 1] : tensor<1x64x2x8xf32> to tensor<1x?x2x8xf32>
  %z = vga.gated_attention %q, %kh, %vh, %w causal layout bshd : tensor<1x?x4x8xf32>, tensor<1x?x2x8xf32>, tensor<1x?x2x8xf32>, tensor<2x8xf32>
  return %z, %vh, %new : tensor<1x?x4x8xf32>, tensor<1x?x2x8xf32>, tensor<1x64x2x8xf32>
}

// -----

// The slice is the keys, too.
// CHECK-LABEL: func @keys_too
// CHECK-NOT: arith.mulf
// CHECK: vga.gated_attention
func.func @keys_too(%q: tensor<1x?x4x8xf32>, %kh: tensor<1x?x2x8xf32>, %v: tensor<1x?x2x8xf32>, %p: index, %s: index, %n: index, %cache: tensor<1x64x2x8xf32> {vga.state = "values"}, %w: tensor<2x8xf32> {vga.param = "w"}) -> (tensor<1x?x4x8xf32>, tensor<1x64x2x8xf32>) {
  %new = tensor.insert_slice %v into %cache[0, %p, 0, 0] [1, %s, 2, 8] [1, 1, 1, 1] : tensor<1x?x2x8xf32> into tensor<1x64x2x8xf32>
  %vh = tensor.extract_slice %new[0, 0, 0, 0] [1, %n, 2, 8] [1, 1, 1, 1] : tensor<1x64x2x8xf32> to tensor<1x?x2x8xf32>
  %z = vga.gated_attention %q, %vh, %vh, %w layout bshd : tensor<1x?x4x8xf32>, tensor<1x?x2x8xf32>, tensor<1x?x2x8xf32>, tensor<2x8xf32>
  return %z, %new : tensor<1x?x4x8xf32>, tensor<1x64x2x8xf32>
}

// -----

// Another reader of the gate.
// CHECK-LABEL: func @reader_of_the_gate
// CHECK-NOT: arith.mulf
// CHECK: value_gate
func.func @reader_of_the_gate(%q: tensor<1x?x4x8xf32>, %kh: tensor<1x?x2x8xf32>, %v: tensor<1x?x2x8xf32>, %p: index, %s: index, %n: index, %cache: tensor<1x64x2x8xf32> {vga.state = "values"}, %w: tensor<2x8xf32> {vga.param = "w"}) -> (tensor<1x?x4x8xf32>, tensor<1x2x?xf32>, tensor<1x64x2x8xf32>) {
  %new = tensor.insert_slice %v into %cache[0, %p, 0, 0] [1, %s, 2, 8] [1, 1, 1, 1] : tensor<1x?x2x8xf32> into tensor<1x64x2x8xf32>
  %vh = tensor.extract_slice %new[0, 0, 0, 0] [1, %n, 2, 8] [1, 1, 1, 1] : tensor<1x64x2x8xf32> to tensor<1x?x2x8xf32>
  %g = vga.gate %vh, %w layout bshd : tensor<1x?x2x8xf32>, tensor<2x8xf32>
  %z = vga.attention %q, %kh, %vh value_gate(%g : tensor<1x2x?xf32>) layout bshd : tensor<1x?x4x8xf32>, tensor<1x?x2x8xf32>, tensor<1x?x2x8xf32>
  return %z, %g, %new : tensor<1x?x4x8xf32>, tensor<1x2x?xf32>, tensor<1x64x2x8xf32>
}

// -----

// A gate that is no function of the values.
// CHECK-LABEL: func @other_gate
// CHECK-NOT: arith.mulf
// CHECK: value_gate
func.func @other_gate(%q: tensor<1x?x4x8xf32>, %kh: tensor<1x?x2x8xf32>, %v: tensor<1x?x2x8xf32>, %p: index, %s: index, %n: index, %cache: tensor<1x64x2x8xf32> {vga.state = "values"}, %g: tensor<1x2x?xf32>) -> (tensor<1x?x4x8xf32>, tensor<1x64x2x8xf32>) {
  %new = tensor.insert_slice %v into %cache[0, %p, 0, 0] [1, %s, 2, 8] [1, 1, 1, 1] : tensor<1x?x2x8xf32> into tensor<1x64x2x8xf32>
  %vh = tensor.extract_slice %new[0, 0, 0, 0] [1, %n, 2, 8] [1, 1, 1, 1] : tensor<1x64x2x8xf32> to tensor<1x?x2x8xf32>
  %z = vga.attention %q, %kh, %vh value_gate(%g : tensor<1x2x?xf32>) layout bshd : tensor<1x?x4x8xf32>, tensor<1x?x2x8xf32>, tensor<1x?x2x8xf32>
  return %z, %new : tensor<1x?x4x8xf32>, tensor<1x64x2x8xf32>
}

// -----

// Gates of the query heads differ where values are shared.
// CHECK-LABEL: func @query_heads
// CHECK-NOT: arith.mulf
// CHECK: vga.gated_attention
func.func @query_heads(%q: tensor<1x?x4x8xf32>, %kh: tensor<1x?x2x8xf32>, %v: tensor<1x?x2x8xf32>, %p: index, %s: index, %n: index, %cache: tensor<1x64x2x8xf32> {vga.state = "values"}, %w: tensor<4x8xf32> {vga.param = "w"}) -> (tensor<1x?x4x8xf32>, tensor<1x64x2x8xf32>) {
  %new = tensor.insert_slice %v into %cache[0, %p, 0, 0] [1, %s, 2, 8] [1, 1, 1, 1] : tensor<1x?x2x8xf32> into tensor<1x64x2x8xf32>
  %vh = tensor.extract_slice %new[0, 0, 0, 0] [1, %n, 2, 8] [1, 1, 1, 1] : tensor<1x64x2x8xf32> to tensor<1x?x2x8xf32>
  %z = vga.gated_attention %q, %kh, %vh, %w layout bshd : tensor<1x?x4x8xf32>, tensor<1x?x2x8xf32>, tensor<1x?x2x8xf32>, tensor<4x8xf32>
  return %z, %new : tensor<1x?x4x8xf32>, tensor<1x64x2x8xf32>
}

// -----

// Nothing is inserted.
// CHECK-LABEL: func @read_only
// CHECK-NOT: arith.mulf
// CHECK: vga.gated_attention
func.func @read_only(%q: tensor<1x?x4x8xf32>, %kh: tensor<1x?x2x8xf32>, %v: tensor<1x?x2x8xf32>, %p: index, %s: index, %n: index, %cache: tensor<1x64x2x8xf32> {vga.state = "values"}, %w: tensor<2x8xf32> {vga.param = "w"}) -> (tensor<1x?x4x8xf32>, tensor<1x64x2x8xf32>) {
  %vh = tensor.extract_slice %cache[0, 0, 0, 0] [1, %n, 2, 8] [1, 1, 1, 1] : tensor<1x64x2x8xf32> to tensor<1x?x2x8xf32>
  %z = vga.gated_attention %q, %kh, %vh, %w causal layout bshd : tensor<1x?x4x8xf32>, tensor<1x?x2x8xf32>, tensor<1x?x2x8xf32>, tensor<2x8xf32>
  return %z, %cache : tensor<1x?x4x8xf32>, tensor<1x64x2x8xf32>
}

// -----

// Two caches are made of one, and the one that is read is not returned.
// CHECK-LABEL: func @forked
// CHECK-NOT: arith.mulf
// CHECK: vga.gated_attention
func.func @forked(%q: tensor<1x?x4x8xf32>, %kh: tensor<1x?x2x8xf32>, %v: tensor<1x?x2x8xf32>, %p: index, %s: index, %n: index, %cache: tensor<1x64x2x8xf32> {vga.state = "values"}, %w: tensor<2x8xf32> {vga.param = "w"}) -> (tensor<1x?x4x8xf32>, tensor<1x64x2x8xf32>) {
  %new = tensor.insert_slice %v into %cache[0, %p, 0, 0] [1, %s, 2, 8] [1, 1, 1, 1] : tensor<1x?x2x8xf32> into tensor<1x64x2x8xf32>
  %fork = tensor.insert_slice %kh into %cache[0, %p, 0, 0] [1, %s, 2, 8] [1, 1, 1, 1] : tensor<1x?x2x8xf32> into tensor<1x64x2x8xf32>
  %vh = tensor.extract_slice %fork[0, 0, 0, 0] [1, %n, 2, 8] [1, 1, 1, 1] : tensor<1x64x2x8xf32> to tensor<1x?x2x8xf32>
  %z = vga.gated_attention %q, %kh, %vh, %w causal layout bshd : tensor<1x?x4x8xf32>, tensor<1x?x2x8xf32>, tensor<1x?x2x8xf32>, tensor<2x8xf32>
  return %z, %new : tensor<1x?x4x8xf32>, tensor<1x64x2x8xf32>
}

// -----

// The window moves: what is in the cache is inserted once more.
// CHECK-LABEL: func @moved
// CHECK-NOT: arith.mulf
// CHECK: vga.gated_attention
func.func @moved(%q: tensor<1x?x4x8xf32>, %kh: tensor<1x?x2x8xf32>, %v: tensor<1x?x2x8xf32>, %p: index, %s: index, %n: index, %cache: tensor<1x64x2x8xf32> {vga.state = "values"}, %w: tensor<2x8xf32> {vga.param = "w"}) -> (tensor<1x?x4x8xf32>, tensor<1x64x2x8xf32>) {
  %first = tensor.insert_slice %v into %cache[0, %p, 0, 0] [1, %s, 2, 8] [1, 1, 1, 1] : tensor<1x?x2x8xf32> into tensor<1x64x2x8xf32>
  %vh = tensor.extract_slice %first[0, 0, 0, 0] [1, %n, 2, 8] [1, 1, 1, 1] : tensor<1x64x2x8xf32> to tensor<1x?x2x8xf32>
  %z = vga.gated_attention %q, %kh, %vh, %w causal layout bshd : tensor<1x?x4x8xf32>, tensor<1x?x2x8xf32>, tensor<1x?x2x8xf32>, tensor<2x8xf32>
  %tail = tensor.extract_slice %first[0, 0, 0, 0] [1, %n, 2, 8] [1, 1, 1, 1] : tensor<1x64x2x8xf32> to tensor<1x?x2x8xf32>
  %new = tensor.insert_slice %tail into %first[0, %p, 0, 0] [1, %n, 2, 8] [1, 1, 1, 1] : tensor<1x?x2x8xf32> into tensor<1x64x2x8xf32>
  return %z, %new : tensor<1x?x4x8xf32>, tensor<1x64x2x8xf32>
}

// -----

// The cache is inserted into another tensor, which becomes the state.
// CHECK-LABEL: func @inserted
// CHECK-NOT: arith.mulf
// CHECK: vga.gated_attention
func.func @inserted(%q: tensor<1x?x4x8xf32>, %kh: tensor<1x?x2x8xf32>, %v: tensor<1x?x2x8xf32>, %p: index, %s: index, %n: index, %cache: tensor<1x64x2x8xf32> {vga.state = "values"}, %other: tensor<1x64x2x8xf32>, %w: tensor<2x8xf32> {vga.param = "w"}) -> (tensor<1x?x4x8xf32>, tensor<1x64x2x8xf32>) {
  %new = tensor.insert_slice %v into %cache[0, %p, 0, 0] [1, %s, 2, 8] [1, 1, 1, 1] : tensor<1x?x2x8xf32> into tensor<1x64x2x8xf32>
  %vh = tensor.extract_slice %new[0, 0, 0, 0] [1, %n, 2, 8] [1, 1, 1, 1] : tensor<1x64x2x8xf32> to tensor<1x?x2x8xf32>
  %z = vga.gated_attention %q, %kh, %vh, %w causal layout bshd : tensor<1x?x4x8xf32>, tensor<1x?x2x8xf32>, tensor<1x?x2x8xf32>, tensor<2x8xf32>
  %moved = tensor.insert_slice %new into %other[0, 0, 0, 0] [1, 64, 2, 8] [1, 1, 1, 1] : tensor<1x64x2x8xf32> into tensor<1x64x2x8xf32>
  return %z, %moved : tensor<1x?x4x8xf32>, tensor<1x64x2x8xf32>
}

// -----

// Slices have part of a head, which has no gate.
// CHECK-LABEL: func @part_of_a_head
// CHECK-NOT: arith.mulf
// CHECK: vga.gated_attention
func.func @part_of_a_head(%q: tensor<1x?x4x8xf32>, %kh: tensor<1x?x2x8xf32>, %v: tensor<1x?x2x8xf32>, %p: index, %s: index, %n: index, %part: tensor<1x?x2x4xf32>, %cache: tensor<1x64x2x8xf32> {vga.state = "values"}, %w: tensor<2x8xf32> {vga.param = "w"}) -> (tensor<1x?x4x8xf32>, tensor<1x64x2x8xf32>) {
  %new = tensor.insert_slice %part into %cache[0, %p, 0, 0] [1, %s, 2, 4] [1, 1, 1, 1] : tensor<1x?x2x4xf32> into tensor<1x64x2x8xf32>
  %vh = tensor.extract_slice %new[0, 0, 0, 0] [1, %n, 2, 8] [1, 1, 1, 1] : tensor<1x64x2x8xf32> to tensor<1x?x2x8xf32>
  %z = vga.gated_attention %q, %kh, %vh, %w causal layout bshd : tensor<1x?x4x8xf32>, tensor<1x?x2x8xf32>, tensor<1x?x2x8xf32>, tensor<2x8xf32>
  return %z, %new : tensor<1x?x4x8xf32>, tensor<1x64x2x8xf32>
}

// -----

// New values are no [B, S, H, D].
// CHECK-LABEL: func @other_rank
// CHECK-NOT: arith.mulf
// CHECK: vga.gated_attention
func.func @other_rank(%q: tensor<1x?x4x8xf32>, %kh: tensor<1x?x2x8xf32>, %v: tensor<1x?x2x8xf32>, %p: index, %s: index, %n: index, %token: tensor<2x8xf32>, %cache: tensor<1x64x2x8xf32> {vga.state = "values"}, %w: tensor<2x8xf32> {vga.param = "w"}) -> (tensor<1x?x4x8xf32>, tensor<1x64x2x8xf32>) {
  %new = tensor.insert_slice %token into %cache[0, %p, 0, 0] [1, 1, 2, 8] [1, 1, 1, 1] : tensor<2x8xf32> into tensor<1x64x2x8xf32>
  %vh = tensor.extract_slice %new[0, 0, 0, 0] [1, %n, 2, 8] [1, 1, 1, 1] : tensor<1x64x2x8xf32> to tensor<1x?x2x8xf32>
  %z = vga.gated_attention %q, %kh, %vh, %w causal layout bshd : tensor<1x?x4x8xf32>, tensor<1x?x2x8xf32>, tensor<1x?x2x8xf32>, tensor<2x8xf32>
  return %z, %new : tensor<1x?x4x8xf32>, tensor<1x64x2x8xf32>
}

// -----

// States change places.
// CHECK-LABEL: func @other_state
// CHECK-NOT: arith.mulf
// CHECK: vga.gated_attention
func.func @other_state(%q: tensor<1x?x4x8xf32>, %kh: tensor<1x?x2x8xf32>, %v: tensor<1x?x2x8xf32>, %p: index, %s: index, %n: index, %cache: tensor<1x64x2x8xf32> {vga.state = "values"}, %second: tensor<1x64x2x8xf32> {vga.state = "second"}, %w: tensor<2x8xf32> {vga.param = "w"}) -> (tensor<1x?x4x8xf32>, tensor<1x64x2x8xf32>, tensor<1x64x2x8xf32>) {
  %new = tensor.insert_slice %v into %cache[0, %p, 0, 0] [1, %s, 2, 8] [1, 1, 1, 1] : tensor<1x?x2x8xf32> into tensor<1x64x2x8xf32>
  %vh = tensor.extract_slice %new[0, 0, 0, 0] [1, %n, 2, 8] [1, 1, 1, 1] : tensor<1x64x2x8xf32> to tensor<1x?x2x8xf32>
  %z = vga.gated_attention %q, %kh, %vh, %w causal layout bshd : tensor<1x?x4x8xf32>, tensor<1x?x2x8xf32>, tensor<1x?x2x8xf32>, tensor<2x8xf32>
  return %z, %second, %new : tensor<1x?x4x8xf32>, tensor<1x64x2x8xf32>, tensor<1x64x2x8xf32>
}

// -----

// Another function has a state of this name: it may be the same tensor.
// CHECK-LABEL: func @same_name
// CHECK-NOT: arith.mulf
// CHECK: vga.gated_attention
func.func @same_name(%q: tensor<1x?x4x8xf32>, %kh: tensor<1x?x2x8xf32>, %v: tensor<1x?x2x8xf32>, %p: index, %s: index, %n: index, %cache: tensor<1x64x2x8xf32> {vga.state = "values"}, %w: tensor<2x8xf32> {vga.param = "w"}) -> (tensor<1x?x4x8xf32>, tensor<1x64x2x8xf32>) {
  %new = tensor.insert_slice %v into %cache[0, %p, 0, 0] [1, %s, 2, 8] [1, 1, 1, 1] : tensor<1x?x2x8xf32> into tensor<1x64x2x8xf32>
  %vh = tensor.extract_slice %new[0, 0, 0, 0] [1, %n, 2, 8] [1, 1, 1, 1] : tensor<1x64x2x8xf32> to tensor<1x?x2x8xf32>
  %z = vga.gated_attention %q, %kh, %vh, %w causal layout bshd : tensor<1x?x4x8xf32>, tensor<1x?x2x8xf32>, tensor<1x?x2x8xf32>, tensor<2x8xf32>
  return %z, %new : tensor<1x?x4x8xf32>, tensor<1x64x2x8xf32>
}
func.func @peek(%c: tensor<1x64x2x8xf32> {vga.state = "values"}) -> tensor<1x64x2x8xf32> {
  return %c : tensor<1x64x2x8xf32>
}

// -----

// A public function that the module calls, too.
// CHECK-LABEL: func @called
// CHECK-NOT: arith.mulf
// CHECK: vga.gated_attention
func.func @called(%q: tensor<1x?x4x8xf32>, %kh: tensor<1x?x2x8xf32>, %v: tensor<1x?x2x8xf32>, %p: index, %s: index, %n: index, %cache: tensor<1x64x2x8xf32> {vga.state = "values"}, %w: tensor<2x8xf32> {vga.param = "w"}) -> (tensor<1x?x4x8xf32>, tensor<1x64x2x8xf32>) {
  %new = tensor.insert_slice %v into %cache[0, %p, 0, 0] [1, %s, 2, 8] [1, 1, 1, 1] : tensor<1x?x2x8xf32> into tensor<1x64x2x8xf32>
  %vh = tensor.extract_slice %new[0, 0, 0, 0] [1, %n, 2, 8] [1, 1, 1, 1] : tensor<1x64x2x8xf32> to tensor<1x?x2x8xf32>
  %z = vga.gated_attention %q, %kh, %vh, %w causal layout bshd : tensor<1x?x4x8xf32>, tensor<1x?x2x8xf32>, tensor<1x?x2x8xf32>, tensor<2x8xf32>
  return %z, %new : tensor<1x?x4x8xf32>, tensor<1x64x2x8xf32>
}
func.func @caller(%q: tensor<1x?x4x8xf32>, %kh: tensor<1x?x2x8xf32>, %v: tensor<1x?x2x8xf32>, %p: index, %s: index, %n: index, %cache: tensor<1x64x2x8xf32>, %w: tensor<2x8xf32>) -> (tensor<1x?x4x8xf32>, tensor<1x64x2x8xf32>) {
  %z, %new = call @called(%q, %kh, %v, %p, %s, %n, %cache, %w) : (tensor<1x?x4x8xf32>, tensor<1x?x2x8xf32>, tensor<1x?x2x8xf32>, index, index, index, tensor<1x64x2x8xf32>, tensor<2x8xf32>) -> (tensor<1x?x4x8xf32>, tensor<1x64x2x8xf32>)
  return %z, %new : tensor<1x?x4x8xf32>, tensor<1x64x2x8xf32>
}

// -----

// vga.append inserts, too, and attention may take the cache as it is; a second
// append is of gated values, too.
// CHECK-LABEL: func @append
// CHECK-SAME:    %[[V:[^:]*]]: tensor<2x1x2x8xf32>, %[[P:[^:]*]]: tensor<2xi32>
// CHECK: %[[G:.*]] = vga.gate %[[V]]
// CHECK: %[[GV:.*]] = linalg.generic {{.*}} ins(%[[V]], %[[G]] :
// CHECK: %[[NEW:.*]] = vga.append %[[GV]] into %{{.*}} at %[[P]]
// CHECK: %[[G2:.*]] = vga.gate %[[V]]
// CHECK: %[[GV2:.*]] = linalg.generic {{.*}} ins(%[[V]], %[[G2]] :
// CHECK: %[[NEW2:.*]] = vga.append %[[GV2]] into %[[NEW]]
// CHECK: %[[Z:.*]] = vga.attention %{{.*}}, %{{.*}}, %[[NEW2]] kv_length
// CHECK: return %[[Z]], %[[NEW2]]
func.func @append(%q: tensor<2x1x4x8xf32>, %k: tensor<2x64x2x8xf32>, %v: tensor<2x1x2x8xf32>, %p: tensor<2xi32>, %p2: tensor<2xi32>, %n: tensor<2xi32>, %cache: tensor<2x64x2x8xf32> {vga.state = "values"}, %w: tensor<2x8xf32> {vga.param = "w"}) -> (tensor<2x1x4x8xf32>, tensor<2x64x2x8xf32>) {
  %new = vga.append %v into %cache at %p layout bshd : tensor<2x1x2x8xf32>, tensor<2x64x2x8xf32>, tensor<2xi32>
  %new2 = vga.append %v into %new at %p2 layout bshd : tensor<2x1x2x8xf32>, tensor<2x64x2x8xf32>, tensor<2xi32>
  %z = vga.gated_attention %q, %k, %new2, %w kv_length(%n : tensor<2xi32>) layout bshd : tensor<2x1x4x8xf32>, tensor<2x64x2x8xf32>, tensor<2x64x2x8xf32>, tensor<2x8xf32>
  return %z, %new2 : tensor<2x1x4x8xf32>, tensor<2x64x2x8xf32>
}

// -----

// Heads and positions that another layout takes for each other.
// CHECK-LABEL: func @append_layout
// CHECK-NOT: arith.mulf
// CHECK: vga.gated_attention
func.func @append_layout(%q: tensor<2x1x4x8xf32>, %k: tensor<2x2x2x8xf32>, %v: tensor<2x2x1x8xf32>, %p: tensor<2xi32>, %cache: tensor<2x2x2x8xf32> {vga.state = "values"}, %w: tensor<2x8xf32> {vga.param = "w"}) -> (tensor<2x1x4x8xf32>, tensor<2x2x2x8xf32>) {
  %new = vga.append %v into %cache at %p : tensor<2x2x1x8xf32>, tensor<2x2x2x8xf32>, tensor<2xi32>
  %z = vga.gated_attention %q, %k, %new, %w layout bshd : tensor<2x1x4x8xf32>, tensor<2x2x2x8xf32>, tensor<2x2x2x8xf32>, tensor<2x8xf32>
  return %z, %new : tensor<2x1x4x8xf32>, tensor<2x2x2x8xf32>
}

// -----

// Keys that are values as well are not gated.
// CHECK-LABEL: func @append_keys
// CHECK-NOT: arith.mulf
// CHECK: vga.gated_attention
func.func @append_keys(%q: tensor<2x4x1x8xf32>, %v: tensor<2x2x1x8xf32>, %p: tensor<2xi32>, %cache: tensor<2x2x8x8xf32> {vga.state = "values"}, %w: tensor<2x8xf32> {vga.param = "w"}) -> (tensor<2x4x1x8xf32>, tensor<2x2x8x8xf32>) {
  %new = vga.append %v into %cache at %p : tensor<2x2x1x8xf32>, tensor<2x2x8x8xf32>, tensor<2xi32>
  %z = vga.gated_attention %q, %new, %new, %w : tensor<2x4x1x8xf32>, tensor<2x2x8x8xf32>, tensor<2x2x8x8xf32>, tensor<2x8xf32>
  return %z, %new : tensor<2x4x1x8xf32>, tensor<2x2x8x8xf32>
}

// -----

// Values in pages.
// CHECK-LABEL: func @pages
// CHECK-SAME:    %[[V:[^:]*]]: tensor<2x1x2x8xf32>, %[[P:[^:]*]]: tensor<2xi32>
// CHECK: %[[G:.*]] = vga.gate %[[V]]
// CHECK: %[[GV:.*]] = linalg.generic {{.*}} ins(%[[V]], %[[G]] :
// CHECK: %[[NEW:.*]] = vga.append %[[GV]] into %{{.*}} at %[[P]] block_table
// CHECK: vga.attention %{{.*}}, %{{.*}}, %[[NEW]] kv_length(%{{.*}}) block_table(%{{.*}})
func.func @pages(%q: tensor<2x1x4x8xf32>, %k: tensor<64x16x2x8xf32>, %v: tensor<2x1x2x8xf32>, %p: tensor<2xi32>, %n: tensor<2xi32>, %t: tensor<2x8xi32>, %pool: tensor<64x16x2x8xf32> {vga.state = "values"}, %w: tensor<2x8xf32> {vga.param = "w"}) -> (tensor<2x1x4x8xf32>, tensor<64x16x2x8xf32>) {
  %new = vga.append %v into %pool at %p block_table(%t : tensor<2x8xi32>) layout bshd : tensor<2x1x2x8xf32>, tensor<64x16x2x8xf32>, tensor<2xi32>
  %z = vga.gated_attention %q, %k, %new, %w kv_length(%n : tensor<2xi32>) block_table(%t : tensor<2x8xi32>) layout bshd : tensor<2x1x4x8xf32>, tensor<64x16x2x8xf32>, tensor<64x16x2x8xf32>, tensor<2x8xf32>
  return %z, %new : tensor<2x1x4x8xf32>, tensor<64x16x2x8xf32>
}
