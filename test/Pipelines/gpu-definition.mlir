// Attention as it is defined, by the road of all other linalg: products on the tensor cores, a softmax of
// sums and elements. Kernels of attention have heads of 104 channels for these of 100.
// RUN: vga-opt %s --convert-vga-to-linalg=attention-only | FileCheck %s --check-prefix=LINALG
// RUN: vga-opt %s --vga-gpu-kernel-pipeline=attention=definition | FileCheck %s --check-prefix=PTX
// RUN: vga-run %s --target cuda --attention definition --mgpu sm_80 --emit ptx | FileCheck %s --check-prefix=EMITTED
// RUN: vga-opt %s --vga-gpu-kernel-pipeline 2>&1 | FileCheck %s --check-prefix=AUTO
// RUN: sed 's/bf16/f64/g; s/f32/f64/g' %s > %t.mlir
// RUN: vga-run %t.mlir --target cuda --emit ptx 2>&1 | FileCheck %s --check-prefix=DOUBLE
// RUN: not vga-run %t.mlir --target cuda --attention fused --emit ptx 2>&1 | FileCheck %s --check-prefix=FUSED
// AUTO: remark: 'vga.attention' op pads keys of 100 channels and values of 100 to 104 and 104
// AUTO: .entry attention_0
// DOUBLE: remark: 'vga.attention' op is computed as it is defined, with all scores in memory: kernels have elements of f16, bf16 or f32, not f64
// DOUBLE-NOT: .entry attention
// DOUBLE: .entry sums_0
// FUSED: error: 'vga.attention' op has no kernel for 'sm_90a': expected elements of f16 or bf16, got 'f64'

// LINALG-LABEL: func @attend
// LINALG: vga.gate
// LINALG-NOT: vga.attention
// LINALG: linalg.generic {{.*}} iterator_types = ["parallel", "parallel", "parallel", "parallel", "parallel", "reduction"]

// PTX: gpu.binary @vga_kernels
// PTX-NOT: .entry attention
// PTX-SAME: mma.sync.aligned.m16n8k16.row.col.f32.bf16.bf16.f32
// PTX-LABEL: func.func @attend
// PTX: vga.launch @vga_kernels::@[[SCORES:product_[0-9]]] {{.*}} outs(%[[S:.*]] : memref<2x2x2x300x300xf32>)
// PTX: gpu.launch_func @vga_kernels::@sums_0 {{.*}} args(%[[S]] :
// PTX: gpu.launch_func @vga_kernels::@elements_0 {{.*}} args(%[[S]] :
// PTX: vga.launch @vga_kernels::@product_{{[0-9]}} {{.*}} ins(%[[S]],
// EMITTED: .entry product_0
func.func @attend(%q: tensor<2x4x300x100xbf16>, %k: tensor<2x2x300x100xbf16>, %w: tensor<4x100xf32>)
    -> tensor<2x4x300x100xbf16> {
  %g = vga.gate %k, %w : tensor<2x2x300x100xbf16>, tensor<4x100xf32>
  %z = vga.attention %q, %k, %k value_gate(%g : tensor<2x4x300xf32>)
    : tensor<2x4x300x100xbf16>, tensor<2x2x300x100xbf16>, tensor<2x2x300x100xbf16>
  return %z : tensor<2x4x300x100xbf16>
}

// Where keys may be hidden, values of no weight are left out: that is a guarded product.
// LINALG-LABEL: func @hide
// PTX-LABEL: func.func @hide
// PTX: vga.launch @vga_kernels::@product_{{[0-9]}} {{.*}} outs(%[[S:.*]] : memref<2x2x2x300x300xf32>)
// PTX: gpu.launch_func @vga_kernels::@sums_{{[0-9]}} {{.*}} args(%[[S]] :
// PTX: vga.launch @vga_kernels::@product_{{[0-9]}} {{.*}} ins(%[[S]],
// PTX: return
func.func @hide(%q: tensor<2x4x300x100xbf16>, %k: tensor<2x2x300x100xbf16>) -> tensor<2x4x300x100xbf16> {
  %z = vga.attention %q, %k, %k causal
    : tensor<2x4x300x100xbf16>, tensor<2x2x300x100xbf16>, tensor<2x2x300x100xbf16>
  return %z : tensor<2x4x300x100xbf16>
}
