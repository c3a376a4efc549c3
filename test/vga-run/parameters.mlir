// Weights are bound by name, and widened from 16 bits; nothing else is
// converted.
// RUN: %python %S/Inputs/make_files.py %t
// RUN: vga-run %s --input %t/x.npy --weights %t/half.safetensors | FileCheck %s
// RUN: vga-run %s --input %t/x.npy --weights %t/brain.safetensors | FileCheck %s
// RUN: vga-run %s --input %t/x.npy --weights %t/single.safetensors | FileCheck %s
// RUN: vga-run %s --entry same --weights %t/half.safetensors | FileCheck %s --check-prefix=SAME

// CHECK: tensor<2xf32> = [1.5, 0]
// SAME: tensor<2xf16> = [0.5, -2]

// RUN: not vga-run %s --input %t/x.npy 2>&1 | FileCheck %s --check-prefix=NONE --match-full-lines
// RUN: not vga-run %s --input %t/x.npy --weights %t/other.safetensors 2>&1 | FileCheck %s --check-prefix=MISSING
// RUN: not vga-run %s --input %t/x.npy --weights %t/double.safetensors 2>&1 | FileCheck %s --check-prefix=DTYPE
// RUN: not vga-run %s --input %t/x.npy --weights %t/shape.safetensors 2>&1 | FileCheck %s --check-prefix=SHAPE
// RUN: not vga-run %s --input %t/x.npy --weights %t/rank.safetensors 2>&1 | FileCheck %s --check-prefix=RANK
// RUN: not vga-run %s --entry same --weights %t/single.safetensors 2>&1 | FileCheck %s --check-prefix=NARROW

// NONE: vga-run: error: parameter 'w' needs --weights
// MISSING: vga-run: error: '{{.*}}other.safetensors': no weight for parameter 'w'
// DTYPE: vga-run: error: '{{.*}}double.safetensors': parameter 'w' expects tensor<2xf32>, the file has tensor<2xf64>
// SHAPE: vga-run: error: '{{.*}}shape.safetensors': parameter 'w' expects tensor<2xf32>, the file has tensor<3xf32>
// RANK: vga-run: error: '{{.*}}rank.safetensors': parameter 'w' expects tensor<2xf32>, the file has tensor<1x2xf32>
// NARROW: vga-run: error: '{{.*}}single.safetensors': parameter 'w' expects tensor<2xf16>, the file has tensor<2xf32>

func.func @main(%w: tensor<2xf32> {vga.param = "w"}, %x: tensor<2xf32>)
    -> tensor<2xf32> {
  %e = tensor.empty() : tensor<2xf32>
  %r = linalg.add ins(%w, %x : tensor<2xf32>, tensor<2xf32>)
                  outs(%e : tensor<2xf32>) -> tensor<2xf32>
  return %r : tensor<2xf32>
}

func.func @same(%w: tensor<2xf16> {vga.param = "w"}) -> tensor<2xf16> {
  return %w : tensor<2xf16>
}
