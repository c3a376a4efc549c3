// Kernels need no CUDA toolkit to be written.
// RUN: vga-run %s --target cuda --emit=ptx | FileCheck %s
// RUN: vga-run %s --target cuda --emit=ptx --entry attend | FileCheck %s --check-prefix=ENTRY
// RUN: vga-run %s --target cuda --emit=ptx --schedule '<queries = 64, keys = 32, key_stages = 2, value_stages = 2>' | FileCheck %s --check-prefix=GIVEN
// RUN: not vga-run %s --target cuda --emit=ptx --mgpu sm_70 2>&1 | FileCheck %s --check-prefix=CHIP
// RUN: vga-run %s --target cuda --emit=ptx --schedule 'warp<rows = 64, warps = 4, teams = 1, keys = 32, stages = 2>' --mgpu sm_80 | FileCheck %s --check-prefix=WARPS
// CHECK: .target sm_90a
// CHECK: .entry attention_{{[0-9]}}(
// CHECK: .reqntid 128
// CHECK: mma.sync.aligned.m16n8k16.row.col.f32.f16.f16
// CHECK: .entry attention_{{[0-9]}}(
// CHECK: .reqntid 512
// CHECK: cp.async.bulk.tensor.4d.shared::cluster.global.tile.mbarrier
// CHECK: setmaxnreg.inc.sync.aligned.u32 160
// CHECK: wgmma.mma_async.sync.aligned.m64n128k16.f32.f16.f16
// CHECK: .entry gate_{{[0-9]}}(
// ENTRY-NOT: gate
// GIVEN: .reqntid 256
// GIVEN: wgmma.mma_async.sync.aligned.m64n32k16.f32.f16.f16
// WARPS: .target sm_80
// WARPS: .reqntid 128
// WARPS: cp.async.cg.shared.global
// WARPS: mma.sync.aligned.m16n8k16.row.col.f32.f16.f16
// CHIP: error: no kernels for 'sm_70'; there are some for sm_80, sm_86, sm_89, sm_90, sm_90a

func.func @attend(%x: tensor<1x4x?x64xf16>) -> tensor<1x4x?x64xf16> {
  %z = vga.attention %x, %x, %x
    : tensor<1x4x?x64xf16>, tensor<1x4x?x64xf16>, tensor<1x4x?x64xf16>
  return %z : tensor<1x4x?x64xf16>
}

func.func @gate(%x: tensor<1x4x?x64xf16>, %w: tensor<4x64xf32>) -> tensor<1x4x?xf32> {
  %g = vga.gate %x, %w : tensor<1x4x?x64xf16>, tensor<4x64xf32>
  return %g : tensor<1x4x?xf32>
}
