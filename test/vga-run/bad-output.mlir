// Outputs that cannot be written: nothing is, and what was there stays.
// RUN: rm -rf %t && %python %S/Inputs/make_files.py %t
// RUN: cd %t && mkdir folder && echo old > old.npy
// RUN: not vga-run %s --input x.npy --output old.npy --output nowhere/y.npy > out 2>&1
// RUN: not vga-run %s --input x.npy --output old.npy --output folder >> out 2>&1
// RUN: not vga-run %s --input x.npy --output old.npy --output old.npy >> out 2>&1
// RUN: not vga-run %s --input x.npy --output old.npy >> out 2>&1
// RUN: not vga-run %s --input x.npy --output old.npy --output /dev/full >> out 2>&1
// RUN: FileCheck %s --match-full-lines < out
// RUN: count 5 < out
// RUN: ls | FileCheck %s --check-prefix=LS --implicit-check-not=.tmp
// RUN: cat old.npy | FileCheck %s --check-prefix=OLD

// Standard output can be full too.
// RUN: not sh -c 'vga-run %s --input x.npy > /dev/full' 2>&1 | FileCheck %s --check-prefix=STDOUT --match-full-lines

// CHECK: vga-run: error: 'nowhere/y.npy': No such file or directory
// CHECK-NEXT: vga-run: error: 'folder': Is a directory
// CHECK-NEXT: vga-run: error: 'old.npy': two results go to this file
// CHECK-NEXT: vga-run: error: number of outputs of 'main': expected 2, got 1
// CHECK-NEXT: vga-run: error: '/dev/full': No space left on device
// LS: old.npy
// OLD: old
// STDOUT: vga-run: error: 'standard output': No space left on device

func.func @main(%x: tensor<2xf32>) -> (tensor<2xf32>, tensor<2xf32>) {
  return %x, %x : tensor<2xf32>, tensor<2xf32>
}
