// RUN: vga-opt %s --vga-cpu-pipeline | FileCheck %s

// CHECK-DAG: llvm.func @log1p(f64) -> f64

// fma is an instruction, also where exp is expanded; rsqrt has no function in
// the mathematical library; log1p is not log(1 + x).
// CHECK-LABEL: llvm.func @scalars
// CHECK: llvm.intr.fma
// CHECK: llvm.intr.sqrt
// CHECK: llvm.fdiv
// CHECK: llvm.call @log1p
// CHECK-NOT: llvm.call @fma
func.func @scalars(%x: f32, %y: f64) -> (f32, f32, f64) {
  %a = math.fma %x, %x, %x : f32
  %b = math.rsqrt %x : f32
  %c = math.log1p %y : f64
  return %a, %b, %c : f32, f32, f64
}

// CHECK-LABEL: llvm.func @exponential
// CHECK-COUNT-9: llvm.intr.fma({{.*}}) : (vector<16xf32>, vector<16xf32>, vector<16xf32>)
// CHECK-NOT: llvm.call @{{fma|exp}}
func.func @exponential(%x: tensor<1024xf32>) -> tensor<1024xf32> {
  %e = tensor.empty() : tensor<1024xf32>
  %y = linalg.exp ins(%x : tensor<1024xf32>) outs(%e : tensor<1024xf32>) -> tensor<1024xf32>
  return %y : tensor<1024xf32>
}

// arith and math on whole tensors are linalg like the rest.
// CHECK-LABEL: llvm.func @on_tensors
// CHECK: llvm.fadd {{.*}} : vector<16xf32>
// CHECK: llvm.intr.sqrt{{.*}} : (vector<16xf32>)
func.func @on_tensors(%x: tensor<?xf32>) -> tensor<?xf32> {
  %a = arith.addf %x, %x : tensor<?xf32>
  %b = math.sqrt %a : tensor<?xf32>
  return %b : tensor<?xf32>
}

// Where machines have no arithmetic of bf16, it is of f32, rounded by integers.
// CHECK-LABEL: llvm.func @narrow
// CHECK-NOT: llvm.{{(fmul|fptrunc|intr.exp)}}
// CHECK: llvm.fmul {{.*}} : vector<{{.*}}xf32>
// CHECK-NOT: llvm.{{(fptrunc|intr.exp)}}
// CHECK: llvm.intr.fma({{.*}}) : (vector<{{.*}}xf32>,
// CHECK-NOT: llvm.{{(fptrunc|intr.exp)}}
// CHECK: llvm.return
func.func @narrow(%x: tensor<64xbf16>) -> tensor<64xbf16> {
  %a = arith.mulf %x, %x : tensor<64xbf16>
  %b = math.exp %a : tensor<64xbf16>
  return %b : tensor<64xbf16>
}
