// Code for another processor: the width of the vectors follows it.
// REQUIRES: host-x86_64, numpy
// RUN: vga-run %s --emit=llvm --mcpu=x86-64-v3 | FileCheck %s --check-prefix=AVX2
// RUN: vga-run %s --emit=llvm --mcpu=x86-64-v4 | FileCheck %s --check-prefix=AVX512
// RUN: not vga-run %s --emit=llvm --mcpu=abacus 2>&1 | FileCheck %s --check-prefix=UNKNOWN
// RUN: %python -c "import numpy; numpy.save('%t.npy', numpy.zeros((1, 1, 128, 64), 'f'))"
// RUN: not vga-run %s --input %t.npy --mcpu=graniterapids 2>&1 | FileCheck %s --check-prefix=LACKS

// Two registers at a time.
// AVX2-NOT: <32 x float>
// AVX2: <16 x float>
// AVX512: <32 x float>
// UNKNOWN: error: cannot generate code: no processor is named 'abacus'; llc -mcpu=help lists those of this architecture
// UNKNOWN-NOT: {{.}}
// LACKS: error: cannot generate code: the processor 'graniterapids' has the feature '{{.*}}', which this machine's lacks

func.func @f(%q: tensor<1x1x128x64xf32>) -> tensor<1x1x128x64xf32> {
  %z = vga.attention %q, %q, %q
      : tensor<1x1x128x64xf32>, tensor<1x1x128x64xf32>, tensor<1x1x128x64xf32>
  return %z : tensor<1x1x128x64xf32>
}
