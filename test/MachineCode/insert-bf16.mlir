// Inserting a bf16 into a vector: LLVM aborts on processors that have vectors of
// bf16 and no bf16 by itself, unless it is done on integers.
// REQUIRES: host-x86_64
// RUN: vga-run %s --mcpu=cooperlake --emit=obj -o %t.o
// RUN: llvm-objdump -d %t.o | FileCheck %s
// CHECK: vdpbf16ps

func.func @main(%q: tensor<1x17x4x33xbf16>, %k: tensor<1x3x2x33xbf16>, %v: tensor<1x3x2x17xbf16>, %w: tensor<2x17x2xf32>, %b: tensor<2xf32>, %mask: tensor<1x1x17x3xf32>, %len: tensor<1xi64>)
    -> (tensor<1x17x4x17xbf16>, tensor<1x4x17xf32>) {
  %out, %lse = vga.gated_attention %q, %k, %v, %w
    kv_length(%len : tensor<1xi64>) causal bias(%b : tensor<2xf32>) lse softcap 1.5 layout bshd activation softplus mask(%mask : tensor<1x1x17x3xf32>) mixing cross_head
    : tensor<1x17x4x33xbf16>, tensor<1x3x2x33xbf16>, tensor<1x3x2x17xbf16>, tensor<2x17x2xf32>
  return %out, %lse : tensor<1x17x4x17xbf16>, tensor<1x4x17xf32>
}
