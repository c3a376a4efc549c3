// Sizes that only the run knows are checked before memory is allocated for them, on either target.
// RUN: vga-opt %s --vga-cpu-pipeline | FileCheck %s
// RUN: vga-opt %s --vga-gpu-pipeline | FileCheck %s
// RUN: vga-opt %s --vga-cpu-pipeline=runtime-checks=false | FileCheck %s --check-prefix=UNCHECKED

// CHECK-DAG: llvm.mlir.global internal constant @[[$TEXT:.+]]("{{.*}}allocations.mlir:[[#@LINE+10]]:8: the sizes of a tensor are negative or too large\00")
// CHECK-LABEL: llvm.func @twice
// CHECK: %[[ADDRESS:.+]] = llvm.mlir.addressof @[[$TEXT]]
// CHECK: llvm.call @vgaRuntimeError(%[[ADDRESS]], %{{.+}})

// UNCHECKED-NOT: vgaRuntimeError

func.func @twice(%x: tensor<?xf32>, %n: index) -> tensor<?x?xf32> {
  %c0 = arith.constant 0 : index
  %m = tensor.dim %x, %c0 : tensor<?xf32>
  %e = tensor.empty(%n, %m) : tensor<?x?xf32>
  %r = linalg.broadcast ins(%x : tensor<?xf32>) outs(%e : tensor<?x?xf32>) dimensions = [0]
  return %r : tensor<?x?xf32>
}
