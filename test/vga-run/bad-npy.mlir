// Every array that is none, or not the one that is asked for, is one line that
// names it; no output appears.
// RUN: rm -rf %t && %python %S/Inputs/make_files.py %t
// RUN: cd %t
// RUN: not vga-run %s --output y.npy --input nowhere.npy > out 2>&1
// RUN: not vga-run %s --output y.npy --input big_endian.npy >> out 2>&1
// RUN: not vga-run %s --output y.npy --input fortran.npy >> out 2>&1
// RUN: not vga-run %s --output y.npy --input complex.npy >> out 2>&1
// RUN: not vga-run %s --output y.npy --input truncated.npy >> out 2>&1
// RUN: not vga-run %s --output y.npy --input huge.npy >> out 2>&1
// RUN: not vga-run %s --output y.npy --input trailing.npy >> out 2>&1
// RUN: not vga-run %s --output y.npy --input header_cut.npy >> out 2>&1
// RUN: not vga-run %s --output y.npy --input header_beyond.npy >> out 2>&1
// RUN: not vga-run %s --output y.npy --input garbage.npy >> out 2>&1
// RUN: not vga-run %s --output y.npy --input text.npy >> out 2>&1
// RUN: not vga-run %s --output y.npy --input empty.npy >> out 2>&1
// RUN: not vga-run %s --output y.npy --input . >> out 2>&1
// RUN: not vga-run %s --output y.npy --input x_f64.npy >> out 2>&1
// RUN: not vga-run %s --output y.npy --input x_int64.npy >> out 2>&1
// RUN: not vga-run %s --output y.npy --input x3.npy >> out 2>&1
// RUN: not vga-run %s --output y.npy --input x12.npy >> out 2>&1
// RUN: not vga-run %s --output y.npy >> out 2>&1
// RUN: not vga-run %s --output y.npy --input x.npy --input x.npy >> out 2>&1
// RUN: FileCheck %s --match-full-lines < out
// RUN: count 19 < out
// RUN: not ls y.npy

// CHECK: vga-run: error: 'nowhere.npy': No such file or directory
// CHECK-NEXT: vga-run: error: 'big_endian.npy': big-endian data ('>f4') is not supported
// CHECK-NEXT: vga-run: error: 'fortran.npy': arrays in Fortran order are not supported
// CHECK-NEXT: vga-run: error: 'complex.npy': unsupported data type '<c8' (bool, integers of 8 to 64 bits, float16, bfloat16, float32 and float64 are)
// CHECK-NEXT: vga-run: error: 'truncated.npy': truncated: tensor<2xf32> takes 8 bytes of data, the file has 7
// CHECK-NEXT: vga-run: error: 'huge.npy': the size of tensor<4611686018427387904x4611686018427387904xf32> overflows
// CHECK-NEXT: vga-run: error: 'trailing.npy': 4 bytes too many after the data of tensor<2xf32>
// CHECK-NEXT: vga-run: error: 'header_cut.npy': truncated in the header
// CHECK-NEXT: vga-run: error: 'header_beyond.npy': truncated in the header
// CHECK-NEXT: vga-run: error: 'garbage.npy': malformed header: expected '{' at '\00\1B[2J\0A\FF{'
// CHECK-NEXT: vga-run: error: 'text.npy': not an .npy file
// CHECK-NEXT: vga-run: error: 'empty.npy': not an .npy file
// CHECK-NEXT: vga-run: error: '.': Is a directory
// CHECK-NEXT: vga-run: error: 'x_f64.npy': argument 0 of 'main' expects tensor<2xf32>, the file has tensor<2xf64>
// CHECK-NEXT: vga-run: error: 'x_int64.npy': argument 0 of 'main' expects tensor<2xf32>, the file has tensor<2xi64>
// CHECK-NEXT: vga-run: error: 'x3.npy': argument 0 of 'main' expects tensor<2xf32>, the file has tensor<3xf32>
// CHECK-NEXT: vga-run: error: 'x12.npy': argument 0 of 'main' expects tensor<2xf32>, the file has tensor<1x2xf32>
// CHECK-NEXT: vga-run: error: number of inputs of 'main': expected 1, got 0
// CHECK-NEXT: vga-run: error: number of inputs of 'main': expected 1, got 2

func.func @main(%x: tensor<2xf32>) -> tensor<2xf32> {
  return %x : tensor<2xf32>
}
