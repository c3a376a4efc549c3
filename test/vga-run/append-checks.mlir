// What does not fit into a cache is an error of one line; pages that there are
// not are one on request.
// REQUIRES: numpy
// RUN: rm -rf %t && mkdir %t
// RUN: %python -c "import numpy as np; np.save(r'%t/x.npy', np.ones((2, 1, 3), np.float32)); np.save(r'%t/c.npy', np.zeros((2, 1, 8), np.float32)); np.save(r'%t/pool.npy', np.zeros((4, 1, 4), np.float32))"
// RUN: %python -c "import numpy as np; [np.save(rf'%t/{a}{b}.npy', np.array([a, b], np.int32)) for a, b in ((5, 0), (0, 6), (-1, 0))]; np.save(r'%t/t.npy', np.array([[9, 3], [0, 9]], np.int32)); np.save(r'%t/t4.npy', np.array([[9, 4], [0, 9]], np.int32))"

// RUN: vga-run %s --entry contiguous --input %t/x.npy --input %t/c.npy --input %t/50.npy
// RUN: not vga-run %s --entry contiguous --input %t/x.npy --input %t/c.npy --input %t/06.npy 2>&1 | FileCheck %s --check-prefix=ROOM
// ROOM: append-checks.mlir:[[#@LINE+14]]:8: vga.append: position of sequence 1: expected 0 to 5, got 6{{$}}
// RUN: not vga-run %s --entry contiguous --input %t/x.npy --input %t/c.npy --input %t/-10.npy 2>&1 | FileCheck %s --check-prefix=BELOW
// BELOW: append-checks.mlir:[[#@LINE+12]]:8: vga.append: position of sequence 0: expected 0 to 5, got -1{{$}}

// RUN: vga-run %s --entry paged --input %t/x.npy --input %t/pool.npy --input %t/50.npy --input %t/t.npy --check-pages
// RUN: not vga-run %s --entry paged --input %t/x.npy --input %t/pool.npy --input %t/06.npy --input %t/t.npy --check-pages 2>&1 | FileCheck %s --check-prefix=TABLE
// TABLE: append-checks.mlir:[[#@LINE+13]]:8: vga.append: position of sequence 1: expected 0 to 5, got 6{{$}}
// RUN: not vga-run %s --entry paged --input %t/x.npy --input %t/pool.npy --input %t/50.npy --input %t/t4.npy --check-pages 2>&1 | FileCheck %s --check-prefix=PAGES
// PAGES: append-checks.mlir:[[#@LINE+11]]:8: vga.append: entry 1 of sequence 0 in block_table: expected at least 0 and less than 4 (the pages of cache), got 4{{$}}
// On a GPU, kernels check where they append; cuda-pages.test has what the host
// checks for them.


func.func @contiguous(%x: tensor<2x1x?xf32>, %c: tensor<2x1x8xf32>, %p: tensor<2xi32>) -> tensor<2x1x8xf32> {
  %r = vga.append %x into %c at %p : tensor<2x1x?xf32>, tensor<2x1x8xf32>, tensor<2xi32>
  return %r : tensor<2x1x8xf32>
}

func.func @paged(%x: tensor<2x1x3xf32>, %c: tensor<4x1x4xf32>, %p: tensor<2xi32>, %t: tensor<?x?xi32>) -> tensor<4x1x4xf32> {
  %r = vga.append %x into %c at %p block_table(%t : tensor<?x?xi32>) : tensor<2x1x3xf32>, tensor<4x1x4xf32>, tensor<2xi32>
  return %r : tensor<4x1x4xf32>
}
