// Where the pipelines gate values: a new token's before it is appended, unless
// told otherwise. Kernels for GPUs get their values from outside, and gate them.
// RUN: split-file %s %t
// RUN: vga-opt %t/decode.mlir --vga-cpu-pipeline --mlir-print-ir-after=vga-split-gated-attention -o %t.out 2>&1 | FileCheck %s --check-prefix=FOLDED
// RUN: vga-opt %t/decode.mlir --vga-cpu-pipeline=fold-value-gates=false --mlir-print-ir-after=vga-split-gated-attention -o %t.out 2>&1 | FileCheck %s --check-prefix=APART
// RUN: vga-opt %t/argument.mlir --vga-gpu-kernel-pipeline --mlir-print-ir-after=vga-fold-value-gates -o %t.out 2>&1 | FileCheck %s --check-prefix=GPU

// FOLDED: %[[G:.*]] = vga.gate %[[V:.*]], %{{.*}} layout {{ *}}bshd :
// FOLDED: %[[GV:.*]] = linalg.generic {{.*}} ins(%[[V]], %[[G]] :
// FOLDED: %[[NEW:.*]] = tensor.insert_slice %[[GV]]
// FOLDED: %[[ALL:.*]] = tensor.extract_slice %[[NEW]]
// FOLDED: vga.attention %{{.*}}, %{{.*}}, %[[ALL]] causal

// APART-NOT: vga.gate
// APART: %[[NEW:.*]] = tensor.insert_slice
// APART: %[[ALL:.*]] = tensor.extract_slice %[[NEW]]
// APART: vga.gated_attention %{{.*}}, %{{.*}}, %[[ALL]], %{{.*}} causal

// GPU-LABEL: func @main
// GPU-NEXT: vga.gated_attention %{{.*}}, %{{.*}}, %{{.*}}, %{{.*}} causal
// GPU-NEXT: return

//--- decode.mlir
func.func @main(%q: tensor<1x?x4x8xf32>, %kh: tensor<1x?x2x8xf32>, %v: tensor<1x?x2x8xf32>, %p: index, %s: index, %n: index,
                %values: tensor<1x64x2x8xf32> {vga.state = "values"}, %w: tensor<2x8xf32> {vga.param = "w"})
    -> (tensor<1x?x4x8xf32>, tensor<1x64x2x8xf32>) {
  %new = tensor.insert_slice %v into %values[0, %p, 0, 0] [1, %s, 2, 8] [1, 1, 1, 1] : tensor<1x?x2x8xf32> into tensor<1x64x2x8xf32>
  %vh = tensor.extract_slice %new[0, 0, 0, 0] [1, %n, 2, 8] [1, 1, 1, 1] : tensor<1x64x2x8xf32> to tensor<1x?x2x8xf32>
  %z = vga.gated_attention %q, %kh, %vh, %w causal layout bshd
      : tensor<1x?x4x8xf32>, tensor<1x?x2x8xf32>, tensor<1x?x2x8xf32>, tensor<2x8xf32>
  return %z, %new : tensor<1x?x4x8xf32>, tensor<1x64x2x8xf32>
}

//--- argument.mlir
func.func @main(%q: tensor<1x4x512x64xbf16>, %k: tensor<1x4x512x64xbf16>, %v: tensor<1x4x512x64xbf16>, %w: tensor<4x64xbf16>)
    -> tensor<1x4x512x64xbf16> {
  %z = vga.gated_attention %q, %k, %v, %w causal
      : tensor<1x4x512x64xbf16>, tensor<1x4x512x64xbf16>, tensor<1x4x512x64xbf16>, tensor<4x64xbf16>
  return %z : tensor<1x4x512x64xbf16>
}
