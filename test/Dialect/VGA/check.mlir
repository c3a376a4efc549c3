// RUN: vga-opt %s --split-input-file --canonicalize --verify-diagnostics | FileCheck %s

// CHECK-LABEL: func @check
// CHECK-SAME:    %[[C:.*]]: i1, %[[N:.*]]: index)
func.func @check(%c: i1, %n: index) {
  // CHECK-NEXT: vga.check %[[C]], "expected 3, got {0}"(%[[N]])
  vga.check %c, "expected 3, got {0}"(%n)
  // CHECK-NEXT: vga.check %[[C]], "{braces} {"
  vga.check %c, "{braces} {"
  // CHECK-NEXT: return
  %true = arith.constant true
  vga.check %true, "never"
  return
}

// -----

func.func @missing(%c: i1, %n: index) {
  // expected-error @below {{'vga.check' op expected a value for {1} of the message, got 1 values}}
  vga.check %c, "expected {1}, got {0}"(%n)
  return
}

// -----

func.func @many(%c: i1, %n: index) {
  // expected-error @below {{'vga.check' op expected at most 4 values, got 5}}
  vga.check %c, "many"(%n, %n, %n, %n, %n)
  return
}
