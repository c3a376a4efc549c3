// Launches become calls of the runtime, with tensor maps and parameters on the stack.
// RUN: vga-opt %s --vga-gpu-lower-launches | FileCheck %s
// RUN: vga-opt %s --vga-gpu-lower-launches=overlap=true | FileCheck %s --check-prefix=OVERLAP

// CHECK-DAG: llvm.mlir.global private constant @kernels_image(".version 8.3\00")
// CHECK-DAG: llvm.mlir.global private constant @vga_name_copy("copy\00")
// CHECK-DAG: llvm.mlir.global private constant @vga_name_fill("fill\00")
// CHECK-DAG: llvm.mlir.global private constant @vga_kernel_error_0("it is full\00")
// CHECK-DAG: llvm.mlir.global private constant @vga_kernel_error_1("it is empty\00")
// CHECK-NOT: gpu.binary
module attributes {gpu.container_module} {
gpu.binary @kernels [#gpu.object<#nvvm.target<chip = "sm_90a">, assembly = ".version 8.3">]

// OVERLAP-LABEL: func @launch
// OVERLAP: call @vgaCudaLaunch({{.*}}, %c7_i64{{[_0-9]*}}, %{{[^,]*}})
// CHECK-LABEL: func @launch
// CHECK-SAME: %[[X:.*]]: memref<?x64xbf16>, %[[Y:.*]]: memref<?x64xbf16>, %[[N:.*]]: index
// CHECK: %[[MAP:.*]] = llvm.alloca %{{.*}} x !llvm.array<128 x i8>
// CHECK: call @vgaCudaMakeTensorMap(%[[MAP]], %{{.*}})
// CHECK: %[[IMAGE:.*]] = llvm.mlir.addressof @kernels_image
// The name, blocks, threads, shared memory; 3, for persistent and cooperative; parameters.
// CHECK: call @vgaCudaLaunch(%[[IMAGE]], %{{[^,]*}}, %{{[^,]*}}, %{{[^,]*}}, %{{[^,]*}}, %c3_i64{{[_0-9]*}}, %{{[^,]*}}) :
func.func @launch(%x: memref<?x64xbf16>, %y: memref<?x64xbf16>, %n: index) {
  vga.launch @kernels::@copy blocks(%n) threads 128 shared_memory 8192
    persistent cooperative sizes(%n) boxes [array<i64: 64, 64>, array<i64>]
    ins(%x : memref<?x64xbf16>) outs(%y : memref<?x64xbf16>)
  return
}

// After the sizes come where the kernel says what is wrong, and the addresses of what it may say; a
// text is there once.
// CHECK-LABEL: func @errors
// CHECK: %[[PARAMETERS:.*]] = llvm.alloca %c5_i64{{.*}} x !llvm.ptr
// CHECK: %[[REPORT:.*]] = llvm.call @vgaCudaGetReport() : () -> !llvm.ptr
// CHECK: llvm.getelementptr %[[PLACE:[a-z0-9]+]]
// CHECK: llvm.store %[[REPORT]]
// CHECK: %[[FULL:.*]] = llvm.mlir.addressof @vga_kernel_error_0
// CHECK: llvm.getelementptr %[[FIRST:[a-z0-9]+]]
// CHECK: llvm.store %[[FULL]]
// CHECK: %[[EMPTY:.*]] = llvm.mlir.addressof @vga_kernel_error_1
// CHECK: llvm.getelementptr %[[SECOND:[a-z0-9]+]]
// CHECK: llvm.store %[[EMPTY]]
// CHECK: llvm.getelementptr %[[PARAMETERS]][2]
// CHECK: llvm.store %[[PLACE]]
// CHECK: llvm.getelementptr %[[PARAMETERS]][3]
// CHECK: llvm.store %[[FIRST]]
// CHECK: llvm.getelementptr %[[PARAMETERS]][4]
// CHECK: llvm.store %[[SECOND]]
// CHECK: call @vgaCudaLaunch
// CHECK: llvm.mlir.addressof @vga_kernel_error_1
// CHECK-NOT: llvm.mlir.addressof @vga_kernel_error
// CHECK: call @vgaCudaLaunch
func.func @errors(%x: memref<?x64xbf16>, %n: index) {
  vga.launch @kernels::@fill blocks(%n) threads 128 shared_memory 0 sizes(%n) boxes [array<i64>]
    ins() outs(%x : memref<?x64xbf16>) errors ["it is full", "it is empty"]
  vga.launch @kernels::@fill blocks(%n) threads 128 shared_memory 0 sizes(%n) boxes [array<i64>]
    ins() outs(%x : memref<?x64xbf16>) errors ["it is empty"]
  return
}

// A memref is two pointers, an offset, sizes and strides; an index has 64 bits, what is no index
// the bits of its type.
// CHECK-LABEL: func @launch_func
// CHECK-SAME: %[[X:.*]]: memref<?x64xbf16, strided<[64, 1], offset: ?>>, %[[N:.*]]: index, %[[S:.*]]: f32
// CHECK: %[[POINTERS:.*]] = llvm.alloca %{{.*}} x !llvm.ptr
// CHECK: llvm.store %[[S]], %{{.*}} : f32, !llvm.ptr
// CHECK: llvm.call @vgaCudaLaunch(%{{.*}}, %{{.*}}, %{{.*}}, %{{.*}}, %{{.*}}, %c0_i64{{[_0-9]*}}, %[[POINTERS]])
func.func @launch_func(%x: memref<?x64xbf16, strided<[64, 1], offset: ?>>, %n: index, %s: f32) {
  %c1 = arith.constant 1 : index
  %c256 = arith.constant 256 : index
  gpu.launch_func @kernels::@fill blocks in (%n, %c1, %c1) threads in (%c256, %c1, %c1)
    args(%x : memref<?x64xbf16, strided<[64, 1], offset: ?>>, %n : index, %s : f32)
  return
}

// The integers of VGACudaProduct, then arrays, of which those that there are not are null.
// CHECK-LABEL: func @multiply
// CHECK: %[[INTEGERS:.*]] = llvm.alloca %c15_i64{{.*}} x i64
// CHECK: llvm.store %{{.*}}, %{{.*}} : i64, !llvm.ptr
// CHECK: %[[NULL:.*]] = llvm.mlir.zero : !llvm.ptr
// CHECK: %[[DONE:.*]] = llvm.call @vgaCudaMultiply(%[[INTEGERS]], %{{[^,]*}}, %{{[^,]*}}, %{{[^,]*}}, %[[NULL]], %{{[^,]*}}) : {{.*}} -> i64
// CHECK: %[[FLAG:.*]] = arith.cmpi ne, %[[DONE]], %c0_i64
// CHECK: return %[[FLAG]]
func.func @multiply(%x: memref<?x64xbf16>, %w: memref<64x32xbf16>, %b: memref<32xbf16>,
                    %y: memref<?x32xbf16>, %n: index) -> i1 {
  %done = vga.multiply sizes(%n, %n, %n, %n) strides(%n, %n, %n, %n, %n, %n)
    lhs(%x : memref<?x64xbf16>) rhs(%w : memref<64x32xbf16>) bias(%b : memref<32xbf16>)
    nonlinearity gelu outs(%y : memref<?x32xbf16>)
  return %done : i1
}
}
