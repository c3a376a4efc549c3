// The dialect, the passes and the pipeline in the packaged mlir-opt.

// REQUIRES: plugin
// A plugin with the address sanitizer needs a tool with it.
// UNSUPPORTED: asan

// Without the plugin there is no vga; with the dialect alone it parses.
// RUN: not mlir-opt %s 2>&1 | FileCheck %s --check-prefix=WITHOUT
// RUN: mlir-opt %s --load-dialect-plugin=%vga_libs/VGAPlugin%shlibext | FileCheck %s --check-prefix=PARSED

// RUN: mlir-opt %s --load-dialect-plugin=%vga_libs/VGAPlugin%shlibext \
// RUN:   --load-pass-plugin=%vga_libs/VGAPlugin%shlibext \
// RUN:   --pass-pipeline="builtin.module(vga-split-gated-attention,convert-vga-to-linalg)" \
// RUN:   | FileCheck %s --check-prefix=LINALG
// RUN: mlir-opt %s --load-dialect-plugin=%vga_libs/VGAPlugin%shlibext \
// RUN:   --load-pass-plugin=%vga_libs/VGAPlugin%shlibext \
// RUN:   --pass-pipeline="builtin.module(vga-cpu-pipeline{parallel=false vector-bits=512})" \
// RUN:   | FileCheck %s --check-prefix=LLVM --implicit-check-not=vga.

// Verifiers speak there as they do in vga-opt.
// RUN: sed s/causal/"softcap -1.0"/ %s > %t.mlir
// RUN: not mlir-opt %t.mlir --load-dialect-plugin=%vga_libs/VGAPlugin%shlibext 2>&1 | FileCheck %s --check-prefix=INVALID

// WITHOUT: error: {{.*}}vga.gated_attention
// PARSED: vga.gated_attention {{.*}} causal : tensor<1x4x16x8xf32>
// LINALG-LABEL: func.func @attend(
// LINALG-NOT: vga.
// LINALG: linalg.generic
// LINALG-NOT: vga.
// LINALG: return
// LLVM: llvm.func @attend(
// LLVM: vector<16xf32>
// INVALID: error: 'vga.gated_attention' op expected softcap to be positive and finite

func.func @attend(%q: tensor<1x4x16x8xf32>, %kv: tensor<1x2x16x8xf32>,
                  %w: tensor<2x8xf32>) -> tensor<1x4x16x8xf32> {
  %z = vga.gated_attention %q, %kv, %kv, %w causal
      : tensor<1x4x16x8xf32>, tensor<1x2x16x8xf32>, tensor<1x2x16x8xf32>,
        tensor<2x8xf32>
  return %z : tensor<1x4x16x8xf32>
}
