// Launches become calls of the runtime, with tensor maps and parameters on the stack.
// RUN: vga-opt %s --vga-gpu-lower-launches | FileCheck %s

// CHECK-DAG: llvm.mlir.global private constant @kernels_image(".version 8.3\00")
// CHECK-DAG: llvm.mlir.global private constant @copy_name("copy\00")
// CHECK-NOT: gpu.binary
gpu.binary @kernels [#gpu.object<#nvvm.target<chip = "sm_90a">, assembly = ".version 8.3">]

// CHECK-LABEL: func @launch
// CHECK-SAME: %[[X:.*]]: memref<?x64xbf16>, %[[Y:.*]]: memref<?x64xbf16>, %[[N:.*]]: index
// CHECK: %[[MAP:.*]] = llvm.alloca %{{.*}} x !llvm.array<128 x i8>
// CHECK: %[[IMAGE:.*]] = llvm.mlir.addressof @kernels_image
// CHECK: call @vgaCudaMakeTensorMap(%[[MAP]], %{{.*}})
// CHECK: call @vgaCudaLaunch(%[[IMAGE]], %{{.*}})
func.func @launch(%x: memref<?x64xbf16>, %y: memref<?x64xbf16>, %n: index) {
  vga.launch @kernels::@copy blocks(%n) threads 128 shared_memory 8192
    persistent sizes(%n) boxes [array<i64: 64, 64>, array<i64>]
    ins(%x : memref<?x64xbf16>) outs(%y : memref<?x64xbf16>)
  return
}
