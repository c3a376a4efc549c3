// Code as LLVM IR and as an object file, for functions that are exported.
// RUN: vga-run %s --emit=llvm | FileCheck %s
// RUN: vga-run %s --emit=llvm --entry f -o %t.ll && FileCheck %s --check-prefix=ONE < %t.ll
// RUN: vga-run %s --emit=obj -o %t.o && llvm-objdump --syms %t.o | FileCheck %s --check-prefix=OBJECT
// RUN: not vga-run %s --emit=obj -o %t.no/such.o 2>&1 | FileCheck %s --check-prefix=NOWHERE
// RUN: not vga-run %s --emit=llvm --entry nope 2>&1 | FileCheck %s --check-prefix=ENTRY

// CHECK-DAG: target triple =
// CHECK-DAG: define {{.*}}@_mlir_ciface_f(
// CHECK-DAG: define {{.*}}@_mlir_ciface_g(
// CHECK-NOT: @helper
// ONE: @_mlir_ciface_f(
// ONE-NOT: @_mlir_ciface_g(
// OBJECT-DAG: _mlir_ciface_f
// OBJECT-DAG: _mlir_ciface_g
// NOWHERE: vga-run: error: '{{.*}}such.o': No such file or directory
// ENTRY: error: no function named 'nope'

func.func private @helper(%a: tensor<2xf32>) -> tensor<2xf32> {
  %e = tensor.empty() : tensor<2xf32>
  %r = linalg.add ins(%a, %a : tensor<2xf32>, tensor<2xf32>)
                  outs(%e : tensor<2xf32>) -> tensor<2xf32>
  return %r : tensor<2xf32>
}

func.func @f(%a: tensor<2xf32>) -> tensor<2xf32> {
  %r = call @helper(%a) : (tensor<2xf32>) -> tensor<2xf32>
  return %r : tensor<2xf32>
}

func.func @g() -> tensor<2xf32> {
  %r = arith.constant dense<1.0> : tensor<2xf32>
  return %r : tensor<2xf32>
}
