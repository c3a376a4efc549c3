// Without an OpenMP runtime, one thread computes the same, and a line says what to install.
// UNSUPPORTED: asan
// REQUIRES: numpy
// RUN: rm -rf %t && mkdir -p %t && cd %t && %python -c "import numpy as np; np.save('x.npy', np.ones((64, 64), 'f4'))"
// RUN: %cc -shared -fPIC %S/Inputs/no_openmp.c -o no_openmp.so -ldl
// RUN: env LD_PRELOAD=%t/no_openmp.so vga-run %s --no-cache --threads=2 --input x.npy --output z.npy > out 2>&1
// RUN: FileCheck %s < out
// RUN: count 1 < out
// RUN: %python -c "import numpy as np; np.testing.assert_array_equal(np.load('z.npy'), np.full((64, 64), 65, 'f4'))"
// CHECK: vga-run: warning: there is no OpenMP runtime of LLVM (libomp.so.5) or of Intel (libiomp5.so) on this machine; the package libomp5 or 'pip install intel-openmp' brings one, while GCC's libgomp has other functions: running on one thread{{$}}

// Asked for one thread, there is nothing to say.
// RUN: env LD_PRELOAD=%t/no_openmp.so vga-run %s --no-cache --threads=1 --input x.npy --output z.npy 2>&1 | count 0

func.func @main(%x: tensor<64x64xf32>) -> tensor<64x64xf32> {
  %z = linalg.matmul ins(%x, %x : tensor<64x64xf32>, tensor<64x64xf32>) outs(%x : tensor<64x64xf32>) -> tensor<64x64xf32>
  return %z : tensor<64x64xf32>
}
