// RUN: vga-opt %s --vga-lower-assert | FileCheck %s

// A failed assertion calls the handler with one line that starts with the
// place in the source; equal lines share one string.


// CHECK-DAG: llvm.func @vgaRuntimeError(!llvm.ptr)
// CHECK-DAG: @[[$PLAIN:vga_assert_message_[0-9]]]("{{.*}}lower-assert.mlir:[[#@LINE+8]]:3: sizes differ\00")
// CHECK-DAG: @[[$UPSTREAM:vga_assert_message_[0-9]]]("{{.*}}lower-assert.mlir:[[#@LINE+10]]:3: out-of-bounds access\00")

// CHECK-LABEL: func @assertions
// CHECK-SAME:    %[[CONDITION:.*]]: i1
func.func @assertions(%condition: i1) {
  // CHECK: %[[FAILED:.*]] = arith.xori %[[CONDITION]], %{{.*}} : i1
  // CHECK: scf.if %[[FAILED]]
  cf.assert %condition, "sizes differ"
  // CHECK: %[[TEXT:.*]] = llvm.mlir.addressof @[[$PLAIN]]
  // CHECK: llvm.call @vgaRuntimeError(%[[TEXT]])
  cf.assert %condition, "ERROR: Runtime op verification failed\0A^ out-of-bounds access\0ALocation: loc(unknown)"
  // CHECK: llvm.mlir.addressof @[[$UPSTREAM]]
  // CHECK: llvm.call @vgaRuntimeError
  // CHECK-NOT: cf.assert
  return
}
