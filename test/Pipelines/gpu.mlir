// What is around attention becomes kernels of the same module; launches write to memory that
// functions own.
// RUN: vga-opt %s --vga-gpu-kernel-pipeline | FileCheck %s
// RUN: vga-opt %s --vga-gpu-pipeline | FileCheck %s --check-prefix=LLVM
// RUN: not vga-opt %s --vga-gpu-pipeline=chip=sm_70 2>&1 | FileCheck %s --check-prefix=CHIP
// CHIP: error: no kernels for 'sm_70'; there are some for sm_80, sm_86, sm_89, sm_90, sm_90a

!q = tensor<1x4x?x64xbf16>
!kv = tensor<1x4x?x64xbf16>

// CHECK: gpu.binary @vga_kernels
// CHECK-SAME: .entry attention_0
// CHECK-SAME: .entry attention_1
// CHECK-SAME: .entry gate_0
// CHECK-SAME: .entry elements_0

// The gate is padded and cut where there are fewer keys than queries, or more.
// CHECK-LABEL: func @output_site
// CHECK: vga.launch @vga_kernels::@gate_0 {{.*}} outs(%[[GATE:.*]] : memref<1x4x?xf32>)
// CHECK: %[[PADDED:.*]] = memref.alloc(%{{.*}}) {{.*}} : memref<1x4x?xf32>
// CHECK: gpu.launch_func {{.*}} args(%[[PADDED]] :
// CHECK: %[[PLACE:.*]] = memref.subview %[[PADDED]]
// CHECK: gpu.launch_func {{.*}} args(%[[GATE]] : {{.*}}, %[[PLACE]] :
// CHECK: %[[CUT:.*]] = memref.subview %[[PADDED]]
// CHECK: %[[OUT:.*]] = scf.if %{{.*}} -> (memref<1x4x?x64xbf16>)
// CHECK: %[[DENSE:.*]] = memref.alloc(%{{.*}}) : memref<1x4x?xf32>
// CHECK: gpu.launch_func {{.*}} args(%[[CUT]] : {{.*}}, %[[DENSE]] :
// CHECK: vga.launch @vga_kernels::@attention_0 {{.*}} ins(%{{.*}}, %{{.*}}, %{{.*}}, %[[DENSE]], {{.*}}) outs(%[[FEW:[a-z0-9_]+]]
// CHECK: scf.yield %[[FEW]]
// CHECK: %[[DENSE:.*]] = memref.alloc(%{{.*}}) : memref<1x4x?xf32>
// CHECK: gpu.launch_func {{.*}} args(%[[CUT]] : {{.*}}, %[[DENSE]] :
// CHECK: vga.launch @vga_kernels::@attention_1 {{.*}} ins(%{{.*}}, %{{.*}}, %{{.*}}, %[[DENSE]] : {{.*}}) outs(%[[MANY:[a-z0-9_]+]]
// CHECK: scf.yield %[[MANY]]
// CHECK: memref.dealloc %[[GATE]]
// CHECK: return %[[OUT]]
// LLVM-LABEL: llvm.func @output_site
// LLVM: llvm.call @vgaCudaLaunch
func.func @output_site(%q: !q, %k: !kv, %v: !kv, %w: tensor<4x64xf32>) -> !q {
  %z = vga.gated_attention %q, %k, %v, %w site output : !q, !kv, !kv, tensor<4x64xf32>
  return %z : !q
}

// Attention over no keys is 0.
// CHECK-LABEL: func @no_keys
// CHECK: %[[ZEROS:.*]] = memref.alloc(%{{.*}}) {{.*}} : memref<1x4x?x64xbf16>
// CHECK: gpu.launch_func @vga_kernels::@elements_{{[0-9]}} {{.*}} args(%[[ZEROS]] :
// CHECK: return %[[ZEROS]]
func.func @no_keys(%q: !q, %k: tensor<1x4x0x64xbf16>) -> !q {
  %z = vga.attention %q, %k, %k : !q, tensor<1x4x0x64xbf16>, tensor<1x4x0x64xbf16>
  return %z : !q
}

// One kernel: the maximum of a row, the sum of its exponentials, their quotients.
// CHECK-LABEL: func @softmax
// CHECK: gpu.launch_func
// CHECK-NOT: gpu.launch_func
// CHECK: return
func.func @softmax(%x: tensor<?x512xf32>) -> tensor<?x512xf32> {
  %c0 = arith.constant 0 : index
  %n = tensor.dim %x, %c0 : tensor<?x512xf32>
  %e = tensor.empty(%n) : tensor<?x512xf32>
  %y = linalg.softmax dimension(1) ins(%x : tensor<?x512xf32>) outs(%e : tensor<?x512xf32>) -> tensor<?x512xf32>
  return %y : tensor<?x512xf32>
}

// The host waits for a number that it needs, and complains about it.
// LLVM-LABEL: llvm.func @first
// LLVM: llvm.call @vgaCudaRead
// LLVM: llvm.call @vgaRuntimeError
func.func @first(%x: tensor<16xf32>, %n: tensor<i64>) -> tensor<?xf32> {
  %c16 = arith.constant 16 : index
  %n64 = tensor.extract %n[] : tensor<i64>
  %i = arith.index_cast %n64 : i64 to index
  %fits = arith.cmpi ule, %i, %c16 : index
  cf.assert %fits, "more than 16"
  %y = tensor.extract_slice %x[0] [%i] [1] : tensor<16xf32> to tensor<?xf32>
  return %y : tensor<?xf32>
}

// A gate of f32 is linalg: a kernel for its products, activation and all.
// CHECK-LABEL: func @gate_f32
// CHECK: vga.launch @vga_kernels::@product_
// CHECK-NOT: launch
// CHECK: return
func.func @gate_f32(%x: tensor<1x4x64x12xf32>, %w: tensor<4x12xf32>) -> tensor<1x4x64xf32> {
  %g = vga.gate %x, %w : tensor<1x4x64x12xf32>, tensor<4x12xf32>
  return %g : tensor<1x4x64xf32>
}
