// Appending is one launch of a kernel: a thread for each 16 bytes, or for each
// piece of as many as there are.
// RUN: vga-opt %s --convert-vga-to-nvvm --canonicalize --cse | FileCheck %s

// Into pages: 8 pieces a vector; the position, the entry of the table and the page
// are where they have to be, or the kernel says what is wrong, and ends the launch.
// CHECK-LABEL: llvm.func @append_0(
// CHECK-SAME: %[[K:[^:]*]]: !llvm.ptr<1>, %[[P:[^:]*]]: !llvm.ptr<1>, %[[T:[^:]*]]: !llvm.ptr<1>, %[[POOL:[^:]*]]: !llvm.ptr<1>, %[[B:[^:]*]]: i32, %[[S:[^:]*]]: i32, %[[PAGES:[^:]*]]: i32, %[[N:[^:]*]]: i32, %[[REPORT:[^:]*]]: !llvm.ptr<1>, %[[OVERFLOW:[^:]*]]: i64, %[[NOPAGE:[^:]*]]: i64)
// CHECK-DAG: %[[SIXTEEN:.*]] = arith.constant 16 : i64
// CHECK-DAG: %[[BYTES:.*]] = arith.constant 128 : i64
// CHECK: %[[ROW:.*]] = arith.divui %{{.*}}, %c8_i32
// CHECK: arith.cmpi slt, %[[ROW]], %{{.*}} : i32
// CHECK: %[[PIECE:.*]] = llvm.load %{{.*}} {alignment = 16 : i64} : !llvm.ptr<1> -> vector<4xi32>
// CHECK: llvm.getelementptr %[[P]][%{{.*}}] {{.*}} i32
// CHECK: %[[TO:.*]] = arith.addi %[[FIRST:.*]], %{{.*}} : i64
// CHECK: %[[ENTRIES:.*]] = arith.extui %[[N]]
// CHECK: %[[CAPACITY:.*]] = arith.muli %[[ENTRIES]], %[[SIXTEEN]]
// CHECK: %[[OUTSIDE:.*]] = arith.cmpi uge, %[[TO]], %[[CAPACITY]]
// CHECK: scf.if %[[OUTSIDE]]
// CHECK: llvm.atomicrmw xchg
// CHECK: llvm.store volatile %[[FIRST]], %{{.*}}
// CHECK: llvm.store volatile %[[OVERFLOW]], %{{.*}}
// CHECK-NEXT: llvm.fence seq_cst
// CHECK-NEXT: llvm.intr.trap
// CHECK: %[[ENTRY:.*]] = arith.divui %[[TO]], %[[SIXTEEN]]
// CHECK: llvm.getelementptr %[[T]]
// CHECK: %[[PAGE:.*]] = arith.extsi
// CHECK: %[[MISSING:.*]] = arith.cmpi uge, %[[PAGE]], %{{.*}}
// CHECK: scf.if %[[MISSING]]
// CHECK: llvm.store volatile %[[PAGE]], %{{.*}}
// CHECK: llvm.store volatile %[[NOPAGE]], %{{.*}}
// CHECK-NEXT: llvm.fence seq_cst
// CHECK-NEXT: llvm.intr.trap
// CHECK: arith.remui %[[TO]], %[[SIXTEEN]]
// CHECK: llvm.getelementptr %[[POOL]]
// CHECK: llvm.store %[[PIECE]], %{{.*}} {alignment = 16 : i64} : vector<4xi32>

// A scalar gate is a vector of one: 4 bytes; positions of i64.
// CHECK-LABEL: llvm.func @append_1(
// CHECK: llvm.load %{{.*}} {alignment = 4 : i64} : !llvm.ptr<1> -> i32
// CHECK: llvm.load %{{.*}} : !llvm.ptr<1> -> i64
// CHECK: llvm.intr.trap
// CHECK-NOT: llvm.intr.trap
// CHECK: llvm.store %{{.*}} {alignment = 4 : i64} : i32

// 10 bytes are five pieces of 2.
// CHECK-LABEL: llvm.func @append_2(
// CHECK: arith.divui %{{.*}}, %c5_i32
// CHECK: llvm.load %{{.*}} {alignment = 2 : i64} : !llvm.ptr<1> -> i16

// CHECK-LABEL: func @pages
// CHECK-DAG: %[[C4:.*]] = arith.constant 4 : index
// CHECK-DAG: %[[C1:.*]] = arith.constant 1 : index
// CHECK-DAG: %[[C64:.*]] = arith.constant 64 : index
// CHECK-DAG: %[[C32:.*]] = arith.constant 32 : index
// CHECK: %[[R:.*]] = vga.launch @vga_kernels::@append_0 blocks(%[[C1]]) threads 256 shared_memory 0 sizes(%[[C4]], %[[C1]], %[[C64]], %[[C32]])
// CHECK-SAME: ins(%arg0, %arg2, %arg3 : {{.*}}) outs(%arg1 :
// CHECK-SAME: errors ["{{.*}}append.mlir:[[#@LINE+3]]:8: vga.append: position of sequence {0}: {{.*}}", "{{.*}}append.mlir:[[#@LINE+3]]:8: vga.append: entry {1} of sequence {0} in block_table: {{.*}}"]
// CHECK: return %[[R]]
func.func @pages(%k: tensor<4x1x2x64xf16>, %pages: tensor<64x16x2x64xf16>, %p: tensor<4xi32>, %t: tensor<4x32xi32>) -> tensor<64x16x2x64xf16> {
  %r = vga.append %k into %pages at %p block_table(%t : tensor<4x32xi32>) layout bshd
      : tensor<4x1x2x64xf16>, tensor<64x16x2x64xf16>, tensor<4xi32>
  return %r : tensor<64x16x2x64xf16>
}

func.func @gates(%g: tensor<?x2x?xf32>, %c: tensor<?x2x512xf32>, %p: tensor<?xi64>) -> tensor<?x2x512xf32> {
  %r = vga.append %g into %c at %p : tensor<?x2x?xf32>, tensor<?x2x512xf32>, tensor<?xi64>
  return %r : tensor<?x2x512xf32>
}

func.func @odd(%k: tensor<2x3x4x5xbf16>, %c: tensor<9x3x4x5xbf16>, %p: tensor<3xi32>) -> tensor<9x3x4x5xbf16> {
  %r = vga.append %k into %c at %p layout sbhd : tensor<2x3x4x5xbf16>, tensor<9x3x4x5xbf16>, tensor<3xi32>
  return %r : tensor<9x3x4x5xbf16>
}

// CHECK-LABEL: func @nothing
// CHECK-NEXT: return %arg1
func.func @nothing(%k: tensor<2x3x0x8xf16>, %c: tensor<2x3x9x8xf16>, %p: tensor<2xi32>) -> tensor<2x3x9x8xf16> {
  %r = vga.append %k into %c at %p : tensor<2x3x0x8xf16>, tensor<2x3x9x8xf16>, tensor<2xi32>
  return %r : tensor<2x3x9x8xf16>
}
