// Numbers of bf16 are loaded as their bits: of a bf16 LLVM loses the sign without optimizations.
// RUN: vga-opt %s --vga-cpu-load-bits --canonicalize | FileCheck %s

// CHECK-LABEL: llvm.func @bits
// CHECK: %[[X:.*]] = llvm.load %{{.*}} {alignment = 2 : i64} : !llvm.ptr -> i16
// CHECK-NOT: llvm.bitcast
// CHECK: llvm.icmp "slt" %[[X]]
llvm.func @bits(%p: !llvm.ptr) -> i1 {
  %zero = llvm.mlir.constant(0 : i16) : i16
  %x = llvm.load %p {alignment = 2 : i64} : !llvm.ptr -> bf16
  %b = llvm.bitcast %x : bf16 to i16
  %c = llvm.icmp "slt" %b, %zero : i16
  llvm.return %c : i1
}

// CHECK-LABEL: llvm.func @vectors
// CHECK: %[[X:.*]] = llvm.load %{{.*}} : !llvm.ptr -> vector<8xi16>
// CHECK: llvm.bitcast %[[X]] : vector<8xi16> to vector<8xbf16>
llvm.func @vectors(%p: !llvm.ptr) -> vector<8xbf16> {
  %x = llvm.load %p : !llvm.ptr -> vector<8xbf16>
  llvm.return %x : vector<8xbf16>
}

// CHECK-LABEL: llvm.func @others
// CHECK: llvm.load %{{.*}} : !llvm.ptr -> f16
// CHECK: llvm.load %{{.*}} : !llvm.ptr -> f32
llvm.func @others(%p: !llvm.ptr, %q: !llvm.ptr) {
  %x = llvm.load %p : !llvm.ptr -> f16
  %y = llvm.load %q : !llvm.ptr -> f32
  llvm.store %x, %q : f16, !llvm.ptr
  llvm.store %y, %p : f32, !llvm.ptr
  llvm.return
}
