// RUN: vga-opt %s --vga-hoist-checks | FileCheck %s

// What is inserted is computed in its place by the time that it is a buffer: the
// offset is looked at before.
// CHECK-LABEL: func @insert
// CHECK-SAME:    %[[X:[^:]*]]: tensor<4xf32>, %[[C:[^:]*]]: tensor<?xf32>, %[[P:[^:]*]]: index)
func.func @insert(%x: tensor<4xf32>, %c: tensor<?xf32>, %p: index) -> tensor<?xf32> {
  // CHECK: %[[ZERO:.*]] = arith.constant 0
  // CHECK: %[[FIRST:.*]] = arith.cmpi sge, %[[P]], %[[ZERO]]
  // CHECK: cf.assert %[[FIRST]], "too small"
  // CHECK: %[[SIZE:.*]] = tensor.dim %[[C]], %[[ZERO]]
  // CHECK: %[[OK:.*]] = arith.cmpi ult, %[[P]], %[[SIZE]]
  // CHECK: vga.check %[[OK]], "too large"
  // CHECK: tensor.empty
  // CHECK: linalg.exp
  // CHECK: tensor.insert_slice
  %zero = arith.constant 0 : index
  %e = tensor.empty() : tensor<4xf32>
  %y = linalg.exp ins(%x : tensor<4xf32>) outs(%e : tensor<4xf32>) -> tensor<4xf32>
  %first = arith.cmpi sge, %p, %zero : index
  cf.assert %first, "too small"
  %size = tensor.dim %c, %zero : tensor<?xf32>
  %ok = arith.cmpi ult, %p, %size : index
  vga.check %ok, "too large"
  %r = tensor.insert_slice %y into %c[%p] [4] [1] : tensor<4xf32> into tensor<?xf32>
  return %r : tensor<?xf32>
}

// A check comes behind what it needs, also if that is a call or an element of what
// has been computed, and what other operations need stays where it is.
func.func private @compute(index) -> tensor<?xindex>
// CHECK-LABEL: func @needed
// CHECK-SAME:    %[[N:.*]]: index)
func.func @needed(%n: index) -> (index, tensor<?xindex>) {
  // CHECK: %[[TWICE:.*]] = arith.addi %[[N]], %[[N]]
  // CHECK: vga.check %{{.*}}, "second"
  // CHECK: %[[T:.*]] = call @compute(%[[TWICE]])
  // CHECK: %[[E:.*]] = tensor.extract %[[T]]
  // CHECK: %[[OK:.*]] = arith.cmpi ult, %[[E]], %[[TWICE]]
  // CHECK: vga.check %[[OK]], "first"
  // CHECK: return %[[TWICE]], %[[T]]
  %zero = arith.constant 0 : index
  %twice = arith.addi %n, %n : index
  %t = call @compute(%twice) : (index) -> tensor<?xindex>
  %e = tensor.extract %t[%zero] : tensor<?xindex>
  %ok = arith.cmpi ult, %e, %twice : index
  vga.check %ok, "first"
  %other = arith.cmpi sge, %twice, %zero : index
  vga.check %other, "second"
  return %twice, %t : index, tensor<?xindex>
}

// Nor does it leave its block, which may not be reached.
// CHECK-LABEL: func @branch
func.func @branch(%c: i1, %n: index) {
  // CHECK: scf.if
  // CHECK: vga.check
  scf.if %c {
    %zero = arith.constant 0 : index
    %ok = arith.cmpi sge, %n, %zero : index
    vga.check %ok, "here"
  }
  return
}
