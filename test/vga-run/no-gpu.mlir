// Without a driver there is one line, and nothing is written.
// UNSUPPORTED: cuda-driver
// REQUIRES: numpy
// RUN: rm -rf %t && mkdir %t && cd %t
// RUN: %python -c "import numpy; numpy.save('x.npy', numpy.zeros((1, 1, 64, 64), 'f2'))"
// RUN: not vga-run %s --target cuda --input x.npy --output z.npy > error 2>&1
// RUN: count 1 < error
// RUN: FileCheck %s < error
// RUN: not ls z.npy
// CHECK: no-gpu.mlir:{{.*}} error: cannot generate code: no CUDA driver: {{.*}}libcuda.so.1

func.func @main(%x: tensor<1x1x64x64xf16>) -> tensor<1x1x64x64xf16> {
  %z = vga.attention %x, %x, %x
    : tensor<1x1x64x64xf16>, tensor<1x1x64x64xf16>, tensor<1x1x64x64xf16>
  return %z : tensor<1x1x64x64xf16>
}
