// Maxima of bf16 in code for a machine that does not round to bf16: LLVM calls a function for that,
// which old libraries do not have.
// REQUIRES: host-x86_64, numpy
// RUN: rm -rf %t && mkdir %t && cd %t
// RUN: %python -c "import numpy; numpy.save('x.npy', (numpy.arange(3 * 56).reshape(3, 56) % 50 + 0.5).astype('f4').view('u4').__rshift__(16).astype('u2').view('V2')); numpy.save('y.npy', numpy.array([1.005859375, -3.3, 1e39]))"
// RUN: vga-run %s --mcpu=x86-64-v3 --entry maxima --input x.npy | FileCheck %s --check-prefix=MAXIMA
// RUN: vga-run %s --mcpu=x86-64-v3 --entry narrow --input y.npy | FileCheck %s --check-prefix=NARROW
// MAXIMA: tensor<3xbf16> = [49.5, 49.5, 49.5]
// NARROW: tensor<3xbf16> = [1.008, -3.297, inf]

func.func @maxima(%x: tensor<3x56xbf16>) -> tensor<3xbf16> {
  %lowest = arith.constant 0xFF80 : bf16
  %e = tensor.empty() : tensor<3xbf16>
  %l = linalg.fill ins(%lowest : bf16) outs(%e : tensor<3xbf16>) -> tensor<3xbf16>
  %y = linalg.reduce { arith.maximumf } ins(%x : tensor<3x56xbf16>) outs(%l : tensor<3xbf16>) dimensions = [1]
  return %y : tensor<3xbf16>
}

func.func @narrow(%x: tensor<?xf64>) -> tensor<?xbf16> {
  %y = arith.truncf %x : tensor<?xf64> to tensor<?xbf16>
  return %y : tensor<?xbf16>
}
