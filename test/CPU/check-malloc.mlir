// Without memory compiled code reports what it was for; to LLVM, the function that does is one like
// malloc, so that an allocation that nobody needs goes.
// RUN: vga-opt %s --vga-cpu-check-malloc --split-input-file | FileCheck %s
// RUN: vga-opt %S/check-allocations.mlir --vga-cpu-pipeline --split-input-file | FileCheck %s --check-prefix=PIPELINE
// RUN: vga-run %S/Inputs/allocates.mlir --emit=llvm | FileCheck %s --check-prefix=LLVM

// CHECK-DAG: llvm.mlir.global internal constant @[[$TEXT:.+]]("{{.*}}check-malloc.mlir:[[#@LINE+24]]:8: no memory for {0} bytes\00")
// CHECK-DAG: llvm.func @vgaRuntimeError(!llvm.ptr, i64, ...)
// CHECK-LABEL: llvm.func internal @vga_allocate
//  CHECK-SAME: (%[[SIZE:.+]]: i64, %[[PLACE:.+]]: !llvm.ptr) -> (!llvm.ptr {llvm.noalias})
//       CHECK: %[[MEMORY:.+]] = llvm.call @malloc(%[[SIZE]])
//       CHECK: llvm.cond_br %{{.+}}, ^[[MISSING:.+]], ^[[THERE:.+]]
//       CHECK: ^[[THERE]]:
//  CHECK-NEXT: llvm.return %[[MEMORY]]
//       CHECK: ^[[MISSING]]:
//       CHECK: llvm.call @vgaRuntimeError(%[[PLACE]], %{{.+}}, %[[SIZE]])
//  CHECK-NEXT: llvm.unreachable
// CHECK-LABEL: llvm.func @allocates
//       CHECK: %[[ADDRESS:.+]] = llvm.mlir.addressof @[[$TEXT]]
//       CHECK: llvm.call @vga_allocate(%{{.+}}, %[[ADDRESS]])

// PIPELINE-LABEL: llvm.func @dynamic
//   PIPELINE-NOT: @malloc
//       PIPELINE: llvm.call @vga_allocate

// LLVM: define internal {{.*}}noalias{{.*}} ptr @vga_allocate({{.*}} #[[ATTRIBUTES:[0-9]+]] {
// LLVM: attributes #[[ATTRIBUTES]] = { noinline allockind("alloc,uninitialized") allocsize(0) "alloc-family"="malloc" }

llvm.func @malloc(i64) -> !llvm.ptr
llvm.func @allocates(%n: i64) -> !llvm.ptr {
  %p = llvm.call @malloc(%n) : (i64) -> !llvm.ptr
  llvm.return %p : !llvm.ptr
}

// -----

// CHECK-LABEL: llvm.func @allocates_nothing
//   CHECK-NOT: vga_allocate
llvm.func @allocates_nothing(%n: i64) -> i64 {
  llvm.return %n : i64
}
