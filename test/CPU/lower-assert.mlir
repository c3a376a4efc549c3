// RUN: vga-opt %s --vga-lower-assert | FileCheck %s

// A failed assertion calls the handler with one line that starts with the
// place in the source, and with the values that it names; equal lines share one
// string.

// CHECK-DAG: llvm.func @vgaRuntimeError(!llvm.ptr, i64, ...) attributes {passthrough = ["cold", "noreturn"]}
// CHECK-DAG: @[[$PLAIN:vga_assert_message_[0-9]]]("{{.*}}lower-assert.mlir:[[#@LINE+8]]:3: sizes differ\00")
// CHECK-DAG: @[[$UPSTREAM:vga_assert_message_[0-9]]]("{{.*}}lower-assert.mlir:[[#@LINE+11]]:3: out-of-bounds access\00")

// CHECK-LABEL: func @assertions
// CHECK-SAME:    %[[CONDITION:.*]]: i1
func.func @assertions(%condition: i1) {
  // CHECK: %[[FAILED:.*]] = arith.xori %[[CONDITION]], %{{.*}} : i1
  // CHECK: scf.if %[[FAILED]]
  cf.assert %condition, "sizes differ"
  // CHECK: %[[TEXT:.*]] = llvm.mlir.addressof @[[$PLAIN]]
  // CHECK: %[[NONE:.*]] = arith.constant 0 : i64
  // CHECK: llvm.call @vgaRuntimeError(%[[TEXT]], %[[NONE]]) vararg
  cf.assert %condition, "ERROR: Runtime op verification failed\0A^ out-of-bounds access\0ALocation: loc(unknown)"
  // CHECK: llvm.mlir.addressof @[[$UPSTREAM]]
  // CHECK: llvm.call @vgaRuntimeError
  // CHECK-NOT: cf.assert
  return
}

// CHECK-LABEL: func @check
// CHECK-SAME:    %[[CONDITION:.*]]: i1, %[[N:.*]]: index)
func.func @check(%condition: i1, %n: index) {
  // CHECK: scf.if
  // CHECK: %[[TEXT:.*]] = llvm.mlir.addressof
  // CHECK: %[[TWO:.*]] = arith.constant 2 : i64
  // CHECK: %[[A:.*]] = arith.index_cast %[[N]] : index to i64
  // CHECK: %[[B:.*]] = arith.index_cast %[[N]] : index to i64
  // CHECK: llvm.call @vgaRuntimeError(%[[TEXT]], %[[TWO]], %[[A]], %[[B]]) vararg
  // CHECK-NOT: vga.check
  vga.check %condition, "expected {0}, got {1}"(%n, %n)
  return
}
