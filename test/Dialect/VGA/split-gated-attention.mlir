// RUN: vga-opt %s --vga-split-gated-attention | FileCheck %s
// RUN: vga-opt %s --vga-split-gated-attention=keep-tileable | FileCheck %s --check-prefix=KEEP
// RUN: vga-opt %s --vga-gpu-split-gated-attention --canonicalize --cse | FileCheck %s --check-prefix=KERNELS

// Tasks compute the gate of one vector per head themselves, at the value site.
// KEEP-LABEL: func @value_site
// KEEP-NOT: vga.gate
// KEEP: vga.gated_attention
// KEEP-LABEL: func @output_site
// KEEP: vga.gate
// KEEP-NOT: vga.gated_attention

// CHECK-LABEL: func @value_site
// CHECK-SAME:    %[[Q:.*]]: tensor<1x4x?x8xf16>, %[[K:.*]]: tensor<1x2x?x8xf16>, %[[V:.*]]: tensor<1x2x?x8xf16>, %[[W:.*]]: tensor<2x8xf16>, %[[B:.*]]: tensor<2xf16>, %[[N:.*]]: tensor<1xi32>
func.func @value_site(%q: tensor<1x4x?x8xf16>, %k: tensor<1x2x?x8xf16>, %v: tensor<1x2x?x8xf16>,
                      %w: tensor<2x8xf16>, %b: tensor<2xf16>, %n: tensor<1xi32>) -> (tensor<1x4x?x8xf16>, tensor<1x4x?xf32>) {
  // CHECK: %[[G:.*]] = vga.gate %[[V]], %[[W]] bias(%[[B]] : tensor<2xf16>) activation softplus
  // CHECK: vga.attention %[[Q]], %[[K]], %[[V]] value_gate(%[[G]] : tensor<1x2x?xf32>) kv_length(%[[N]] : tensor<1xi32>)
  // CHECK-SAME: causal window [3, 0] alignment top_left scale 2.000000e+00 softcap 5.000000e+00 lse {kept}
  // CHECK-NOT: gated_attention
  %z, %lse = vga.gated_attention %q, %k, %v, %w bias(%b : tensor<2xf16>) activation softplus kv_length(%n : tensor<1xi32>)
      causal window [3, 0] alignment top_left scale 2.0 softcap 5.0 lse {kept}
      : tensor<1x4x?x8xf16>, tensor<1x2x?x8xf16>, tensor<1x2x?x8xf16>, tensor<2x8xf16>
  return %z, %lse : tensor<1x4x?x8xf16>, tensor<1x4x?xf32>
}

// As many queries as keys: the gate fits as it is.
// CHECK-LABEL: func @output_site
func.func @output_site(%q: tensor<1x4x6x8xf32>, %k: tensor<1x2x6x8xf32>, %w: tensor<2x8x4x8xf32>) -> tensor<1x4x6x8xf32> {
  // CHECK: %[[G:.*]] = vga.gate %{{.*}}, %{{.*}} mixing cross_head
  // CHECK-NOT: tensor.
  // CHECK: vga.attention {{.*}} output_gate(%[[G]] : tensor<1x4x6x8xf32>)
  %z = vga.gated_attention %q, %k, %k, %w site output mixing cross_head
      : tensor<1x4x6x8xf32>, tensor<1x2x6x8xf32>, tensor<1x2x6x8xf32>, tensor<2x8x4x8xf32>
  return %z : tensor<1x4x6x8xf32>
}

// Query i is at position i + 4.
// CHECK-LABEL: func @more_keys
func.func @more_keys(%q: tensor<1x4x2x8xf32>, %k: tensor<1x2x6x8xf32>, %w: tensor<4x8xf32>) -> tensor<1x4x2x8xf32> {
  // CHECK: %[[G:.*]] = vga.gate
  // CHECK: %[[TAIL:.*]] = tensor.extract_slice %[[G]][0, 0, 4] [1, 4, 2] [1, 1, 1] : tensor<1x4x6xf32> to tensor<1x4x2xf32>
  // CHECK: output_gate(%[[TAIL]]
  %z = vga.gated_attention %q, %k, %k, %w site output
      : tensor<1x4x2x8xf32>, tensor<1x2x6x8xf32>, tensor<1x2x6x8xf32>, tensor<4x8xf32>
  return %z : tensor<1x4x2x8xf32>
}

// The first 4 queries have no position, and no gate; elementwise gates have
// their positions where the layout says.
// CHECK-LABEL: func @more_queries
func.func @more_queries(%q: tensor<6x1x4x8xf32>, %k: tensor<2x1x2x8xf32>, %w: tensor<4x8x8xf32>) -> tensor<6x1x4x8xf32> {
  // CHECK: %[[G:.*]] = vga.gate {{.*}} layout sbhd
  // CHECK: %[[PADDED:.*]] = tensor.pad %[[G]] low[4, 0, 0, 0] high[0, 0, 0, 0]
  // CHECK: tensor.yield %cst
  // CHECK: : tensor<2x1x4x8xf32> to tensor<6x1x4x8xf32>
  // CHECK: output_gate(%[[PADDED]]
  %z = vga.gated_attention %q, %k, %k, %w site output layout sbhd
      : tensor<6x1x4x8xf32>, tensor<2x1x2x8xf32>, tensor<2x1x2x8xf32>, tensor<4x8x8xf32>
  return %z : tensor<6x1x4x8xf32>
}

// Sizes known at run time: pads by max(Sq - Sk, 0), skips max(Sk - Sq, 0).
// CHECK-LABEL: func @dynamic
func.func @dynamic(%q: tensor<1x4x?x8xf32>, %k: tensor<1x2x?x8xf32>, %w: tensor<4x8xf32>) -> tensor<1x4x?x8xf32> {
  // CHECK: %[[LOW:.*]] = affine.max #[[SURPLUS:.*]](
  // CHECK: %[[SKIP:.*]] = affine.max #[[SURPLUS]](
  // CHECK: %[[PADDED:.*]] = tensor.pad %{{.*}} low[0, 0, %[[LOW]]]
  // CHECK: %[[TAIL:.*]] = tensor.extract_slice %[[PADDED]][0, 0, %[[SKIP]]]
  // CHECK: output_gate(%[[TAIL]] : tensor<1x4x?xf32>)
  %z = vga.gated_attention %q, %k, %k, %w site output
      : tensor<1x4x?x8xf32>, tensor<1x2x?x8xf32>, tensor<1x2x?x8xf32>, tensor<4x8xf32>
  return %z : tensor<1x4x?x8xf32>
}

// A scalar gate is [B, H, S] whatever the layout.
// CHECK-LABEL: func @scalar_gate_in_bshd
func.func @scalar_gate_in_bshd(%q: tensor<1x2x4x8xf32>, %k: tensor<1x6x2x8xf32>, %w: tensor<4x8xf32>) -> tensor<1x2x4x8xf32> {
  // CHECK: %[[G:.*]] = vga.gate
  // CHECK: tensor.extract_slice %[[G]][0, 0, 4] [1, 4, 2] [1, 1, 1] : tensor<1x4x6xf32> to tensor<1x4x2xf32>
  %z = vga.gated_attention %q, %k, %k, %w site output layout bshd
      : tensor<1x2x4x8xf32>, tensor<1x6x2x8xf32>, tensor<1x6x2x8xf32>, tensor<4x8xf32>
  return %z : tensor<1x2x4x8xf32>
}

// A padded gate is 0 where there is no position, and static queries cut a
// dynamic one to size.
// CHECK-LABEL: func @static_queries
func.func @static_queries(%q: tensor<1x4x6x8xf32>, %k: tensor<1x2x?x8xf32>, %w: tensor<4x8xf32>) -> tensor<1x4x6x8xf32> {
  // CHECK: %[[ZERO:.*]] = arith.constant 0.000000e+00 : f32
  // CHECK: %[[PADDED:.*]] = tensor.pad
  // CHECK: tensor.yield %[[ZERO]]
  // CHECK: %[[TAIL:.*]] = tensor.extract_slice %[[PADDED]][0, 0, %{{.*}}] [1, 4, 6] [1, 1, 1] : tensor<1x4x?xf32> to tensor<1x4x6xf32>
  // CHECK: output_gate(%[[TAIL]] : tensor<1x4x6xf32>)
  %z = vga.gated_attention %q, %k, %k, %w site output
      : tensor<1x4x6x8xf32>, tensor<1x2x?x8xf32>, tensor<1x2x?x8xf32>, tensor<4x8xf32>
  return %z : tensor<1x4x6x8xf32>
}

// Query i is at position i + length - 4: the values there are gathered, and gates
// before position 0 closed.
// CHECK-LABEL: func @at_length
// CHECK-SAME:    %[[V:[a-z0-9]*]]: tensor<2x1x16x8xf32>, %[[W:[a-z0-9]*]]: tensor<1x8xf32>, %[[N:[a-z0-9]*]]: tensor<2xi32>)
// CHECK: %[[VALUES:.*]] = scf.forall (%[[B:.*]], %[[I:.*]]) in (2, 4) shared_outs(%[[OUT:.*]] = %{{.*}}) -> (tensor<2x1x4x8xf32>)
// CHECK: tensor.extract %[[N]][%[[B]]]
// CHECK: tensor.extract_slice %[[V]][%[[B]], 0, %{{.*}}, 0] [1, 1, %[[ROWS:.*]], 8]
// CHECK: tensor.parallel_insert_slice %{{.*}} into %[[OUT]][%[[B]], 0, %[[I]], 0] [1, 1, %[[ROWS]], 8]
// CHECK: %[[G:.*]] = vga.gate %[[VALUES]], %[[W]]
// CHECK: %[[CLOSED:.*]] = linalg.generic {{.*}} ins(%[[G]], %[[N]]
// CHECK: arith.cmpi sge
// CHECK: vga.attention {{.*}} output_gate(%[[CLOSED]] : tensor<2x1x4xf32>) {{.*}} alignment length
func.func @at_length(%q: tensor<2x1x4x8xf32>, %k: tensor<2x1x16x8xf32>, %w: tensor<1x8xf32>, %n: tensor<2xi32>) -> tensor<2x1x4x8xf32> {
  %z = vga.gated_attention %q, %k, %k, %w site output kv_length(%n : tensor<2xi32>) causal alignment length
      : tensor<2x1x4x8xf32>, tensor<2x1x16x8xf32>, tensor<2x1x16x8xf32>, tensor<1x8xf32>
  return %z : tensor<2x1x4x8xf32>
}

// In pages.
// CHECK-LABEL: func @pages
// CHECK-SAME:    %[[V:[a-z0-9]*]]: tensor<9x1x16x8xf32>, %[[W:[a-z0-9]*]]: tensor<1x8xf32>, %[[T:[a-z0-9]*]]: tensor<2x3xi32>)
// CHECK: scf.forall (%[[B:.*]], %{{.*}}) in (2, 4)
// CHECK: %[[PAGE:.*]] = scf.if
// CHECK: tensor.extract %[[T]][%[[B]], %{{.*}}]
// CHECK: tensor.extract_slice %[[V]][%[[PAGE]], 0, %{{.*}}, 0] [1, 1, %{{.*}}, 8]
// CHECK: vga.gate
// For a GPU, one operation gathers the values.
// KERNELS-LABEL: func @pages
// KERNELS-NOT: scf.forall
// KERNELS: linalg.generic
// KERNELS: scf.if
// KERNELS: tensor.extract %{{.*}} : tensor<2x3xi32>
// KERNELS: tensor.extract %{{.*}} : tensor<9x1x16x8xf32>
// KERNELS: vga.gate
func.func @pages(%q: tensor<2x1x4x8xf32>, %k: tensor<9x1x16x8xf32>, %w: tensor<1x8xf32>, %t: tensor<2x3xi32>) -> tensor<2x1x4x8xf32> {
  %z = vga.gated_attention %q, %k, %k, %w site output block_table(%t : tensor<2x3xi32>)
      : tensor<2x1x4x8xf32>, tensor<9x1x16x8xf32>, tensor<9x1x16x8xf32>, tensor<1x8xf32>
  return %z : tensor<2x1x4x8xf32>
}

// The gate of no position is 0, and that of no query is nothing: no slice of either.
// CHECK-LABEL: func @no_positions
func.func @no_positions(%q: tensor<1x4x2x8xf32>, %k: tensor<1x2x0x8xf32>, %w: tensor<4x8xf32>) -> tensor<1x4x2x8xf32> {
  // CHECK: %[[CLOSED:.*]] = arith.constant dense<0.000000e+00> : tensor<1x4x2xf32>
  // CHECK: vga.attention {{.*}} output_gate(%[[CLOSED]] : tensor<1x4x2xf32>)
  %z = vga.gated_attention %q, %k, %k, %w site output
      : tensor<1x4x2x8xf32>, tensor<1x2x0x8xf32>, tensor<1x2x0x8xf32>, tensor<4x8xf32>
  return %z : tensor<1x4x2x8xf32>
}

// CHECK-LABEL: func @no_queries
func.func @no_queries(%q: tensor<1x4x0x8xf32>, %k: tensor<1x2x6x8xf32>, %w: tensor<4x8xf32>) -> tensor<1x4x0x8xf32> {
  // CHECK: %[[NONE:.*]] = tensor.empty() : tensor<1x4x0xf32>
  // CHECK: vga.attention {{.*}} output_gate(%[[NONE]] : tensor<1x4x0xf32>)
  %z = vga.gated_attention %q, %k, %k, %w site output
      : tensor<1x4x0x8xf32>, tensor<1x2x6x8xf32>, tensor<1x2x6x8xf32>, tensor<4x8xf32>
  return %z : tensor<1x4x0x8xf32>
}
