// Every operand, attribute, layout and element type survives printing and
// parsing, pretty and generic. Whole lines are matched: what is the default is
// not printed.

// RUN: vga-opt %s | vga-opt | FileCheck %s
// RUN: vga-opt -mlir-print-op-generic %s | vga-opt | FileCheck %s

//===----------------------------------------------------------------------===//
// vga.gate
//===----------------------------------------------------------------------===//

// CHECK-LABEL: func @gate_scalar(
// CHECK-SAME:    %[[V:.*]]: tensor<2x4x128x64xf32>, %[[W:.*]]: tensor<4x64xf32>)
// CHECK: %{{.*}} = vga.gate %[[V]], %[[W]] : tensor<2x4x128x64xf32>, tensor<4x64xf32>{{$}}
// CHECK-NEXT: return %{{.*}} : tensor<2x4x128xf32>
func.func @gate_scalar(%v: tensor<2x4x128x64xf32>, %w: tensor<4x64xf32>)
    -> tensor<2x4x128xf32> {
  %g = vga.gate %v, %w : tensor<2x4x128x64xf32>, tensor<4x64xf32>
  return %g : tensor<2x4x128xf32>
}

// Defaults that are written out are dropped.
// CHECK-LABEL: func @gate_defaults(
// CHECK: %{{.*}} = vga.gate %{{.*}}, %{{.*}} : tensor<2x4x128x64xf32>, tensor<4x64xf32>{{$}}
func.func @gate_defaults(%v: tensor<2x4x128x64xf32>, %w: tensor<4x64xf32>)
    -> tensor<2x4x128xf32> {
  %g = vga.gate %v, %w layout bhsd mixing per_head activation sigmoid
      : tensor<2x4x128x64xf32>, tensor<4x64xf32>
  return %g : tensor<2x4x128xf32>
}

// Clauses come in any order, and are printed in one.
// CHECK-LABEL: func @gate_clauses(
// CHECK-SAME:    %[[V:.*]]: tensor<2x128x4x64xf16>, %[[W:.*]]: tensor<4x64x8xf16>, %[[B:.*]]: tensor<8xf32>)
// CHECK: vga.gate %[[V]], %[[W]] bias(%[[B]] : tensor<8xf32>) activation softplus mixing cross_head layout bshd : tensor<2x128x4x64xf16>, tensor<4x64x8xf16>{{$}}
func.func @gate_clauses(%v: tensor<2x128x4x64xf16>, %w: tensor<4x64x8xf16>,
                        %b: tensor<8xf32>) -> tensor<2x8x128xf32> {
  %g = vga.gate %v, %w layout bshd mixing cross_head
      bias(%b : tensor<8xf32>) activation softplus
      : tensor<2x128x4x64xf16>, tensor<4x64x8xf16>
  return %g : tensor<2x8x128xf32>
}

// An elementwise gate follows the layout; one source head may feed many gates.
// CHECK-LABEL: func @gate_elementwise(
// CHECK: vga.gate %{{.*}}, %{{.*}} bias(%{{.*}} : tensor<8x32xbf16>) activation identity : tensor<2x4x128x64xbf16>, tensor<8x64x32xbf16>{{$}}
// CHECK-NEXT: return %{{.*}} : tensor<2x8x128x32xf32>
func.func @gate_elementwise(%v: tensor<2x4x128x64xbf16>,
                            %w: tensor<8x64x32xbf16>, %b: tensor<8x32xbf16>)
    -> tensor<2x8x128x32xf32> {
  %g = vga.gate %v, %w bias(%b : tensor<8x32xbf16>) activation identity
      : tensor<2x4x128x64xbf16>, tensor<8x64x32xbf16>
  return %g : tensor<2x8x128x32xf32>
}

// The hidden state as one source head: Qwen's G1.
// CHECK-LABEL: func @gate_input_state(
// CHECK: vga.gate %{{.*}}, %{{.*}} mixing cross_head layout sbhd : tensor<?x?x1x512xf64>, tensor<1x512x8x64xf64>{{$}}
// CHECK-NEXT: return %{{.*}} : tensor<?x?x8x64xf64>
func.func @gate_input_state(%x: tensor<?x?x1x512xf64>,
                            %w: tensor<1x512x8x64xf64>)
    -> tensor<?x?x8x64xf64> {
  %g = vga.gate %x, %w mixing cross_head layout sbhd
      : tensor<?x?x1x512xf64>, tensor<1x512x8x64xf64>
  return %g : tensor<?x?x8x64xf64>
}

// A scalar gate is [B, H, S], whatever the layout.
// CHECK-LABEL: func @gate_scalar_sbhd(
// CHECK: vga.gate %{{.*}}, %{{.*}} layout sbhd {note = "kept"} : tensor<?x2x4x64xf32>, tensor<4x64xf32>{{$}}
// CHECK-NEXT: return %{{.*}} : tensor<2x4x?xf32>
func.func @gate_scalar_sbhd(%v: tensor<?x2x4x64xf32>, %w: tensor<4x64xf32>)
    -> tensor<2x4x?xf32> {
  %g = vga.gate %v, %w layout sbhd {note = "kept"}
      : tensor<?x2x4x64xf32>, tensor<4x64xf32>
  return %g : tensor<2x4x?xf32>
}

//===----------------------------------------------------------------------===//
// vga.attention
//===----------------------------------------------------------------------===//

// CHECK-LABEL: func @attention(
// CHECK-SAME:    %[[Q:.*]]: tensor<2x8x64x32xf32>, %[[K:.*]]: tensor<2x2x96x32xf32>, %[[V:.*]]: tensor<2x2x96x48xf32>)
// CHECK: %{{.*}} = vga.attention %[[Q]], %[[K]], %[[V]] : tensor<2x8x64x32xf32>, tensor<2x2x96x32xf32>, tensor<2x2x96x48xf32>{{$}}
// CHECK-NEXT: return %{{.*}} : tensor<2x8x64x48xf32>
func.func @attention(%q: tensor<2x8x64x32xf32>, %k: tensor<2x2x96x32xf32>,
                     %v: tensor<2x2x96x48xf32>) -> tensor<2x8x64x48xf32> {
  %o = vga.attention %q, %k, %v
      : tensor<2x8x64x32xf32>, tensor<2x2x96x32xf32>, tensor<2x2x96x48xf32>
  return %o : tensor<2x8x64x48xf32>
}

// CHECK-LABEL: func @attention_defaults(
// CHECK: %{{.*}} = vga.attention %{{.*}}, %{{.*}}, %{{.*}} : tensor<2x8x64x32xf32>, tensor<2x2x96x32xf32>, tensor<2x2x96x48xf32>{{$}}
func.func @attention_defaults(%q: tensor<2x8x64x32xf32>,
                              %k: tensor<2x2x96x32xf32>,
                              %v: tensor<2x2x96x48xf32>)
    -> tensor<2x8x64x48xf32> {
  %o = vga.attention %q, %k, %v layout bhsd alignment bottom_right
      : tensor<2x8x64x32xf32>, tensor<2x2x96x32xf32>, tensor<2x2x96x48xf32>
  return %o : tensor<2x8x64x48xf32>
}

// CHECK-LABEL: func @attention_every_clause(
// CHECK-SAME:    %[[Q:.*]]: tensor<2x64x8x32xf32>, %[[K:.*]]: tensor<2x96x2x32xf32>, %[[V:.*]]: tensor<2x96x2x48xf32>,
// CHECK-SAME:    %[[M:.*]]: tensor<2x1x64x96xi1>, %[[LEN:.*]]: tensor<2xi32>, %[[S:.*]]: tensor<8xf32>,
// CHECK-SAME:    %[[GV:.*]]: tensor<2x2x96xf32>, %[[GO:.*]]: tensor<2x8x64xf32>)
// CHECK: %[[O:.*]], %[[LSE:.*]] = vga.attention %[[Q]], %[[K]], %[[V]]
// CHECK-SAME: value_gate(%[[GV]] : tensor<2x2x96xf32>) output_gate(%[[GO]] : tensor<2x8x64xf32>)
// CHECK-SAME: mask(%[[M]] : tensor<2x1x64x96xi1>) kv_length(%[[LEN]] : tensor<2xi32>) sink(%[[S]] : tensor<8xf32>)
// CHECK-SAME: causal window [64, 0] alignment top_left scale 1.250000e-01 softcap 3.000000e+01 layout bshd lse
// CHECK-SAME: {note = "kept"} : tensor<2x64x8x32xf32>, tensor<2x96x2x32xf32>, tensor<2x96x2x48xf32>{{$}}
// CHECK-NEXT: return %[[O]], %[[LSE]] : tensor<2x64x8x48xf32>, tensor<2x8x64xf32>
func.func @attention_every_clause(
    %q: tensor<2x64x8x32xf32>, %k: tensor<2x96x2x32xf32>,
    %v: tensor<2x96x2x48xf32>, %m: tensor<2x1x64x96xi1>, %len: tensor<2xi32>,
    %s: tensor<8xf32>, %gv: tensor<2x2x96xf32>, %go: tensor<2x8x64xf32>)
    -> (tensor<2x64x8x48xf32>, tensor<2x8x64xf32>) {
  %o, %lse = vga.attention %q, %k, %v
      lse layout bshd softcap 30.0 scale 0.125 alignment top_left
      window [64, 0] causal sink(%s : tensor<8xf32>)
      kv_length(%len : tensor<2xi32>) mask(%m : tensor<2x1x64x96xi1>)
      output_gate(%go : tensor<2x8x64xf32>)
      value_gate(%gv : tensor<2x2x96xf32>) {note = "kept"}
      : tensor<2x64x8x32xf32>, tensor<2x96x2x32xf32>, tensor<2x96x2x48xf32>
  return %o, %lse : tensor<2x64x8x48xf32>, tensor<2x8x64xf32>
}

// Every element type: the result has that of q, the lse is f32 or f64.
// CHECK-LABEL: func @attention_f16(
// CHECK: vga.attention {{.*}} lse : tensor<1x1x4x8xf16>, tensor<1x1x4x8xf16>, tensor<1x1x4x8xf16>{{$}}
// CHECK-NEXT: return {{.*}} : tensor<1x1x4x8xf16>, tensor<1x1x4xf32>
func.func @attention_f16(%x: tensor<1x1x4x8xf16>)
    -> (tensor<1x1x4x8xf16>, tensor<1x1x4xf32>) {
  %o, %lse = vga.attention %x, %x, %x lse
      : tensor<1x1x4x8xf16>, tensor<1x1x4x8xf16>, tensor<1x1x4x8xf16>
  return %o, %lse : tensor<1x1x4x8xf16>, tensor<1x1x4xf32>
}

// CHECK-LABEL: func @attention_bf16(
// CHECK: vga.attention {{.*}} lse : tensor<1x1x4x8xbf16>, tensor<1x1x4x8xbf16>, tensor<1x1x4x8xbf16>{{$}}
// CHECK-NEXT: return {{.*}} : tensor<1x1x4x8xbf16>, tensor<1x1x4xf32>
func.func @attention_bf16(%x: tensor<1x1x4x8xbf16>)
    -> (tensor<1x1x4x8xbf16>, tensor<1x1x4xf32>) {
  %o, %lse = vga.attention %x, %x, %x lse
      : tensor<1x1x4x8xbf16>, tensor<1x1x4x8xbf16>, tensor<1x1x4x8xbf16>
  return %o, %lse : tensor<1x1x4x8xbf16>, tensor<1x1x4xf32>
}

// CHECK-LABEL: func @attention_f64(
// CHECK: vga.attention {{.*}} lse : tensor<1x1x4x8xf64>, tensor<1x1x4x8xf64>, tensor<1x1x4x8xf64>{{$}}
// CHECK-NEXT: return {{.*}} : tensor<1x1x4x8xf64>, tensor<1x1x4xf64>
func.func @attention_f64(%x: tensor<1x1x4x8xf64>)
    -> (tensor<1x1x4x8xf64>, tensor<1x1x4xf64>) {
  %o, %lse = vga.attention %x, %x, %x lse
      : tensor<1x1x4x8xf64>, tensor<1x1x4x8xf64>, tensor<1x1x4x8xf64>
  return %o, %lse : tensor<1x1x4x8xf64>, tensor<1x1x4xf64>
}

// Dynamic sizes, in the layout of the tensors; gates, lse and the mask are not.
// CHECK-LABEL: func @attention_dynamic(
// CHECK: vga.attention {{.*}} value_gate(%{{.*}} : tensor<?x8x?xf16>) mask(%{{.*}} : tensor<?x?xf32>) kv_length(%{{.*}} : tensor<?xi64>) layout sbhd lse : tensor<?x?x8x64xbf16>, tensor<?x?x2x64xbf16>, tensor<?x?x2x64xbf16>{{$}}
// CHECK-NEXT: return {{.*}} : tensor<?x?x8x64xbf16>, tensor<?x8x?xf32>
func.func @attention_dynamic(
    %q: tensor<?x?x8x64xbf16>, %k: tensor<?x?x2x64xbf16>,
    %v: tensor<?x?x2x64xbf16>, %m: tensor<?x?xf32>, %len: tensor<?xi64>,
    %gv: tensor<?x8x?xf16>) -> (tensor<?x?x8x64xbf16>, tensor<?x8x?xf32>) {
  %o, %lse = vga.attention %q, %k, %v mask(%m : tensor<?x?xf32>)
      kv_length(%len : tensor<?xi64>) value_gate(%gv : tensor<?x8x?xf16>)
      layout sbhd lse
      : tensor<?x?x8x64xbf16>, tensor<?x?x2x64xbf16>, tensor<?x?x2x64xbf16>
  return %o, %lse : tensor<?x?x8x64xbf16>, tensor<?x8x?xf32>
}

// Elementwise gates have the layout of the tensors they multiply.
// CHECK-LABEL: func @attention_elementwise_gates(
// CHECK: vga.attention {{.*}} value_gate(%{{.*}} : tensor<96x2x8x48xf32>) output_gate(%{{.*}} : tensor<64x2x8x48xf64>) layout sbhd : tensor<64x2x8x32xf32>, tensor<96x2x2x32xf32>, tensor<96x2x2x48xf32>{{$}}
func.func @attention_elementwise_gates(
    %q: tensor<64x2x8x32xf32>, %k: tensor<96x2x2x32xf32>,
    %v: tensor<96x2x2x48xf32>, %gv: tensor<96x2x8x48xf32>,
    %go: tensor<64x2x8x48xf64>) -> tensor<64x2x8x48xf32> {
  %o = vga.attention %q, %k, %v value_gate(%gv : tensor<96x2x8x48xf32>)
      output_gate(%go : tensor<64x2x8x48xf64>) layout sbhd
      : tensor<64x2x8x32xf32>, tensor<96x2x2x32xf32>, tensor<96x2x2x48xf32>
  return %o : tensor<64x2x8x48xf32>
}

// Masks broadcast from the right, down to one element.
// CHECK-LABEL: func @attention_masks(
// CHECK: mask(%{{.*}} : tensor<i1>) :
// CHECK: mask(%{{.*}} : tensor<6xbf16>) :
// CHECK: mask(%{{.*}} : tensor<4x1xf64>) :
// CHECK: mask(%{{.*}} : tensor<2x4x6xi1>) :
// CHECK: mask(%{{.*}} : tensor<3x1x1x?xf16>) :
func.func @attention_masks(
    %q: tensor<3x2x4x8xf32>, %kv: tensor<3x2x6x8xf32>, %m0: tensor<i1>,
    %m1: tensor<6xbf16>, %m2: tensor<4x1xf64>, %m3: tensor<2x4x6xi1>,
    %m4: tensor<3x1x1x?xf16>) {
  %0 = vga.attention %q, %kv, %kv mask(%m0 : tensor<i1>)
      : tensor<3x2x4x8xf32>, tensor<3x2x6x8xf32>, tensor<3x2x6x8xf32>
  %1 = vga.attention %q, %kv, %kv mask(%m1 : tensor<6xbf16>)
      : tensor<3x2x4x8xf32>, tensor<3x2x6x8xf32>, tensor<3x2x6x8xf32>
  %2 = vga.attention %q, %kv, %kv mask(%m2 : tensor<4x1xf64>)
      : tensor<3x2x4x8xf32>, tensor<3x2x6x8xf32>, tensor<3x2x6x8xf32>
  %3 = vga.attention %q, %kv, %kv mask(%m3 : tensor<2x4x6xi1>)
      : tensor<3x2x4x8xf32>, tensor<3x2x6x8xf32>, tensor<3x2x6x8xf32>
  %4 = vga.attention %q, %kv, %kv mask(%m4 : tensor<3x1x1x?xf16>)
      : tensor<3x2x4x8xf32>, tensor<3x2x6x8xf32>, tensor<3x2x6x8xf32>
  return
}

// CHECK-LABEL: func @attention_windows(
// CHECK: %{{.*}}, %{{.*}}, %{{.*}} window [-1, -1] :
// CHECK: %{{.*}}, %{{.*}}, %{{.*}} causal window [2147483647, -1] :
// CHECK: %{{.*}}, %{{.*}}, %{{.*}} window [0, 3] alignment top_left scale -0.000000e+00 :
func.func @attention_windows(%x: tensor<1x1x4x8xf32>) {
  %0 = vga.attention %x, %x, %x window [-1, -1]
      : tensor<1x1x4x8xf32>, tensor<1x1x4x8xf32>, tensor<1x1x4x8xf32>
  %1 = vga.attention %x, %x, %x window [2147483647, -1] causal
      : tensor<1x1x4x8xf32>, tensor<1x1x4x8xf32>, tensor<1x1x4x8xf32>
  %2 = vga.attention %x, %x, %x scale -0.0 window [0, 3] alignment top_left
      : tensor<1x1x4x8xf32>, tensor<1x1x4x8xf32>, tensor<1x1x4x8xf32>
  return
}

//===----------------------------------------------------------------------===//
// vga.gated_attention
//===----------------------------------------------------------------------===//

// CHECK-LABEL: func @gated(
// CHECK-SAME:    %[[Q:.*]]: tensor<1x8x32x16xf32>, %[[KV:.*]]: tensor<1x2x32x16xf32>, %[[W:.*]]: tensor<2x16xf32>)
// CHECK: %{{.*}} = vga.gated_attention %[[Q]], %[[KV]], %[[KV]], %[[W]] causal : tensor<1x8x32x16xf32>, tensor<1x2x32x16xf32>, tensor<1x2x32x16xf32>, tensor<2x16xf32>{{$}}
// CHECK-NEXT: return %{{.*}} : tensor<1x8x32x16xf32>
func.func @gated(%q: tensor<1x8x32x16xf32>, %kv: tensor<1x2x32x16xf32>,
                 %w: tensor<2x16xf32>) -> tensor<1x8x32x16xf32> {
  %z = vga.gated_attention %q, %kv, %kv, %w site value mixing per_head
      activation sigmoid layout bhsd alignment bottom_right causal
      : tensor<1x8x32x16xf32>, tensor<1x2x32x16xf32>, tensor<1x2x32x16xf32>,
        tensor<2x16xf32>
  return %z : tensor<1x8x32x16xf32>
}

// CHECK-LABEL: func @gated_every_clause(
// CHECK-SAME:    %[[Q:.*]]: tensor<1x?x8x16xf16>, %[[K:.*]]: tensor<1x?x2x16xf16>, %[[V:.*]]: tensor<1x?x2x24xf16>,
// CHECK-SAME:    %[[W:.*]]: tensor<2x24x8x24xf16>, %[[B:.*]]: tensor<8x24xf16>,
// CHECK-SAME:    %[[M:.*]]: tensor<?x?xf32>, %[[LEN:.*]]: tensor<1xi64>, %[[S:.*]]: tensor<8xf16>)
// CHECK: %[[O:.*]], %[[LSE:.*]] = vga.gated_attention %[[Q]], %[[K]], %[[V]], %[[W]]
// CHECK-SAME: bias(%[[B]] : tensor<8x24xf16>) site output mixing cross_head activation softplus
// CHECK-SAME: mask(%[[M]] : tensor<?x?xf32>) kv_length(%[[LEN]] : tensor<1xi64>) sink(%[[S]] : tensor<8xf16>)
// CHECK-SAME: causal window [7, -1] alignment top_left scale 5.000000e-01 softcap 5.000000e+01 layout bshd lse
// CHECK-SAME: : tensor<1x?x8x16xf16>, tensor<1x?x2x16xf16>, tensor<1x?x2x24xf16>, tensor<2x24x8x24xf16>{{$}}
// CHECK-NEXT: return %[[O]], %[[LSE]] : tensor<1x?x8x24xf16>, tensor<1x8x?xf32>
func.func @gated_every_clause(
    %q: tensor<1x?x8x16xf16>, %k: tensor<1x?x2x16xf16>,
    %v: tensor<1x?x2x24xf16>, %w: tensor<2x24x8x24xf16>, %b: tensor<8x24xf16>,
    %m: tensor<?x?xf32>, %len: tensor<1xi64>, %s: tensor<8xf16>)
    -> (tensor<1x?x8x24xf16>, tensor<1x8x?xf32>) {
  %z, %lse = vga.gated_attention %q, %k, %v, %w
      layout bshd lse window [7, -1] causal sink(%s : tensor<8xf16>)
      kv_length(%len : tensor<1xi64>) mask(%m : tensor<?x?xf32>)
      activation softplus mixing cross_head site output softcap 50.0
      alignment top_left scale 0.5 bias(%b : tensor<8x24xf16>)
      : tensor<1x?x8x16xf16>, tensor<1x?x2x16xf16>, tensor<1x?x2x24xf16>,
        tensor<2x24x8x24xf16>
  return %z, %lse : tensor<1x?x8x24xf16>, tensor<1x8x?xf32>
}

// A gate per query head at the value site, elementwise.
// CHECK-LABEL: func @gated_query_heads(
// CHECK: vga.gated_attention %{{.*}}, %{{.*}}, %{{.*}}, %{{.*}} activation identity layout sbhd : tensor<?x1x4x8xf64>, tensor<?x1x2x8xf64>, tensor<?x1x2x8xf64>, tensor<4x8x8xf64>{{$}}
func.func @gated_query_heads(%q: tensor<?x1x4x8xf64>, %kv: tensor<?x1x2x8xf64>,
                             %w: tensor<4x8x8xf64>) -> tensor<?x1x4x8xf64> {
  %z = vga.gated_attention %q, %kv, %kv, %w activation identity layout sbhd
      : tensor<?x1x4x8xf64>, tensor<?x1x2x8xf64>, tensor<?x1x2x8xf64>,
        tensor<4x8x8xf64>
  return %z : tensor<?x1x4x8xf64>
}

// CHECK-LABEL: func @attention_at_length(
// CHECK: vga.attention %{{.*}}, %{{.*}}, %{{.*}} kv_length(%{{.*}} : tensor<2xi64>) causal alignment length : tensor<2x2x4x8xf32>
func.func @attention_at_length(%q: tensor<2x2x4x8xf32>, %k: tensor<2x2x16x8xf32>, %n: tensor<2xi64>) -> tensor<2x2x4x8xf32> {
  %z = vga.attention %q, %k, %k alignment length causal kv_length(%n : tensor<2xi64>)
      : tensor<2x2x4x8xf32>, tensor<2x2x16x8xf32>, tensor<2x2x16x8xf32>
  return %z : tensor<2x2x4x8xf32>
}

// Keys, values and gates in pages.
// CHECK-LABEL: func @attention_pages(
// CHECK: vga.attention %{{.*}}, %{{.*}}, %{{.*}} value_gate(%{{.*}} : tensor<?x2x16xf32>) kv_length(%{{.*}} : tensor<?xi32>) block_table(%{{.*}} : tensor<?x?xi32>) layout bshd : tensor<?x1x8x16xf16>, tensor<?x16x2x16xf16>, tensor<?x16x2x24xf16>{{$}}
// CHECK: vga.gated_attention %{{.*}}, %{{.*}}, %{{.*}}, %{{.*}} block_table(%{{.*}} : tensor<?x?xi32>) layout bshd :
func.func @attention_pages(%q: tensor<?x1x8x16xf16>, %k: tensor<?x16x2x16xf16>, %v: tensor<?x16x2x24xf16>, %g: tensor<?x2x16xf32>, %n: tensor<?xi32>, %t: tensor<?x?xi32>, %w: tensor<2x24xf16>)
    -> (tensor<?x1x8x24xf16>, tensor<?x1x8x24xf16>) {
  %y = vga.attention %q, %k, %v block_table(%t : tensor<?x?xi32>) layout bshd kv_length(%n : tensor<?xi32>) value_gate(%g : tensor<?x2x16xf32>)
      : tensor<?x1x8x16xf16>, tensor<?x16x2x16xf16>, tensor<?x16x2x24xf16>
  %z = vga.gated_attention %q, %k, %v, %w block_table(%t : tensor<?x?xi32>) layout bshd
      : tensor<?x1x8x16xf16>, tensor<?x16x2x16xf16>, tensor<?x16x2x24xf16>, tensor<2x24xf16>
  return %y, %z : tensor<?x1x8x24xf16>, tensor<?x1x8x24xf16>
}

//===----------------------------------------------------------------------===//
// vga.append
//===----------------------------------------------------------------------===//

// CHECK-LABEL: func @append(
// CHECK: %{{.*}} = vga.append %{{.*}} into %{{.*}} at %{{.*}} : tensor<?x2x?x8xf64>, tensor<?x2x?x8xf64>, tensor<?xi64>{{$}}
func.func @append(%x: tensor<?x2x?x8xf64>, %c: tensor<?x2x?x8xf64>, %p: tensor<?xi64>) -> tensor<?x2x?x8xf64> {
  %r = vga.append %x into %c at %p layout bhsd : tensor<?x2x?x8xf64>, tensor<?x2x?x8xf64>, tensor<?xi64>
  return %r : tensor<?x2x?x8xf64>
}

// CHECK-LABEL: func @append_pages(
// CHECK: %{{.*}} = vga.append %{{.*}} into %{{.*}} at %{{.*}} block_table(%{{.*}} : tensor<3x?xi32>) layout sbhd : tensor<5x3x2x8xbf16>, tensor<16x?x2x8xbf16>, tensor<3xi32>{{$}}
func.func @append_pages(%x: tensor<5x3x2x8xbf16>, %c: tensor<16x?x2x8xbf16>, %p: tensor<3xi32>, %t: tensor<3x?xi32>) -> tensor<16x?x2x8xbf16> {
  %r = vga.append %x into %c at %p layout sbhd block_table(%t : tensor<3x?xi32>)
      : tensor<5x3x2x8xbf16>, tensor<16x?x2x8xbf16>, tensor<3xi32>
  return %r : tensor<16x?x2x8xbf16>
}

// CHECK-LABEL: func @append_gates(
// CHECK: vga.append %{{.*}} into %{{.*}} at %{{.*}} : tensor<3x2x1xf16>, tensor<3x2x16xf16>, tensor<3xi32>{{$}}
func.func @append_gates(%x: tensor<3x2x1xf16>, %c: tensor<3x2x16xf16>, %p: tensor<3xi32>) -> tensor<3x2x16xf16> {
  %r = vga.append %x into %c at %p : tensor<3x2x1xf16>, tensor<3x2x16xf16>, tensor<3xi32>
  return %r : tensor<3x2x16xf16>
}

//===----------------------------------------------------------------------===//
// Attributes of functions
//===----------------------------------------------------------------------===//

// CHECK-LABEL: func @model(
// CHECK-SAME:    %{{.*}}: tensor<4xf32> {vga.param = "layers.0.gate.weight"})
// CHECK-SAME:    attributes {vga.context = 512 : i64}
func.func @model(%w: tensor<4xf32> {vga.param = "layers.0.gate.weight"})
    attributes {vga.context = 512} {
  return
}
