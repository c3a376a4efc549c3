// RUN: vga-opt %s --vga-check-sizes | FileCheck %s
// RUN: vga-opt %s --vga-check-sizes=reads-arrays=false | FileCheck %s --check-prefix=HOST

// CHECK-LABEL: func @elements
// CHECK-SAME:    %[[X:[^:]*]]: tensor<?x8xf32>, %[[I:[^:]*]]: index, %[[J:[^:]*]]: index)
func.func @elements(%x: tensor<?x8xf32>, %i: index, %j: index) -> tensor<?x8xf32> {
  // CHECK: %[[SIZE:.*]] = tensor.dim %[[X]]
  // CHECK: %[[IN:.*]] = arith.cmpi ult, %[[I]], %[[SIZE]]
  // CHECK: vga.check %[[IN]], "tensor.extract: index of axis 0: expected at least 0 and less than {0}, got {1}"(%[[SIZE]], %[[I]])
  // CHECK: vga.check %{{.*}}, "tensor.extract: index of axis 1: expected at least 0 and less than 8, got {0}"(%[[J]])
  // CHECK: tensor.extract
  // The same again is not checked again.
  // CHECK-NOT: vga.check
  // CHECK: tensor.insert
  %e = tensor.extract %x[%i, %j] : tensor<?x8xf32>
  %r = tensor.insert %e into %x[%i, %j] : tensor<?x8xf32>
  return %r : tensor<?x8xf32>
}

// One comparison has both ends, whatever the numbers are.
// CHECK-LABEL: func @slice
// CHECK-SAME:    %[[X:[^:]*]]: tensor<?xf32>, %[[C:[^:]*]]: tensor<16xf32>, %[[K:[^:]*]]: index, %[[N:[^:]*]]: index)
func.func @slice(%x: tensor<?xf32>, %c: tensor<16xf32>, %k: index, %n: index) -> tensor<16xf32> {
  // CHECK: %[[C16:.*]] = arith.constant 16
  // CHECK: %[[SIZE_FITS:.*]] = arith.cmpi ule, %[[N]], %[[C16]]
  // CHECK: vga.check %[[SIZE_FITS]], "tensor.insert_slice: size of axis 0 of dest: expected 0 to 16, got {0}"(%[[N]])
  // CHECK: %[[LAST:.*]] = arith.subi %[[C16]], %[[N]]
  // CHECK: %[[FITS:.*]] = arith.cmpi ule, %[[K]], %[[LAST]]
  // CHECK: vga.check %[[FITS]], "tensor.insert_slice: offset of axis 0 of dest: expected 0 to {0}, got {1}"(%[[LAST]], %[[K]])
  // CHECK: %[[SOURCE:.*]] = tensor.dim %[[X]]
  // CHECK: %[[SAME:.*]] = arith.cmpi eq, %[[SOURCE]], %[[N]]
  // CHECK: vga.check %[[SAME]], "tensor.insert_slice: axis 0 of source: expected {0} (the size of the slice), got {1}"(%[[N]], %[[SOURCE]])
  %r = tensor.insert_slice %x into %c[%k] [%n] [1] : tensor<?xf32> into tensor<16xf32>
  return %r : tensor<16xf32>
}

// CHECK-LABEL: func @strides
func.func @strides(%x: tensor<16xf32>, %k: index, %n: index, %s: index) -> (tensor<?xf32>, tensor<3xf32>) {
  // CHECK: vga.check %{{.*}}, "tensor.extract_slice: size of axis 0 of source: expected at least 0, got {0}"
  // CHECK: arith.mulsi_extended
  // CHECK: vga.check %{{.*}}, "tensor.extract_slice: axis 0 of source: expected offset + (size - 1) * stride from offset on at least 0 and less than 16, got {0} + ({1} - 1) * {2}"
  %0 = tensor.extract_slice %x[%k] [%n] [%s] : tensor<16xf32> to tensor<?xf32>
  // CHECK: vga.check %{{.*}}, "tensor.extract_slice: offset of axis 0 of source: expected 0 to 11, got {0}"
  %1 = tensor.extract_slice %x[%k] [3] [2] : tensor<16xf32> to tensor<3xf32>
  return %0, %1 : tensor<?xf32>, tensor<3xf32>
}

// The insertions of a parallel loop are checked in front of all of them.
// CHECK-LABEL: func @parallel
func.func @parallel(%x: tensor<4xf32>, %c: tensor<16xf32>, %n: index, %s: index) -> tensor<16xf32> {
  // CHECK: vga.check %{{.*}}, "scf.forall: step: expected at least 1, got {0}"
  // CHECK: scf.forall
  // CHECK: vga.check %{{.*}}, "tensor.parallel_insert_slice: offset of axis 0 of dest: expected 0 to 12, got {0}"
  // CHECK: scf.forall.in_parallel
  %zero = arith.constant 0 : index
  %r = scf.forall (%i) = (%zero) to (%n) step (%s) shared_outs(%o = %c) -> (tensor<16xf32>) {
    scf.forall.in_parallel {
      tensor.parallel_insert_slice %x into %o[%i] [4] [1] : tensor<4xf32> into tensor<16xf32>
    }
  }
  return %r : tensor<16xf32>
}

// CHECK-LABEL: func @elementwise
// CHECK-SAME:    %[[X:[^:]*]]: tensor<?xf32>, %[[Y:[^:]*]]: tensor<?xf32>, %[[C:[^:]*]]: tensor<?xi1>)
func.func @elementwise(%x: tensor<?xf32>, %y: tensor<?xf32>, %c: tensor<?xi1>) -> tensor<?xf32> {
  // CHECK-DAG: %[[NX:.*]] = tensor.dim %[[X]]
  // CHECK-DAG: %[[NY:.*]] = tensor.dim %[[Y]]
  // CHECK: %[[SAME:.*]] = arith.cmpi eq, %[[NY]], %[[NX]]
  // CHECK: vga.check %[[SAME]], "math.atan2: axis 0 of operand #1: expected {0} (that of operand #0), got {1}"(%[[NX]], %[[NY]])
  // CHECK-NEXT: math.atan2
  %0 = math.atan2 %x, %y : tensor<?xf32>
  // CHECK: vga.check %{{.*}}, "arith.select: axis 0 of operand #1: expected {0} (that of operand #0), got {1}"
  // CHECK: arith.select
  %1 = arith.select %c, %0, %x : tensor<?xi1>, tensor<?xf32>
  return %1 : tensor<?xf32>
}

// CHECK-LABEL: func @linalg
func.func @linalg(%x: tensor<?x4xf32>, %w: tensor<?x8xf32>, %o: tensor<?x?xf32>) -> tensor<?x?xf32> {
  // CHECK: vga.check %{{.*}}, "linalg.matmul: axis 0 of operand #1: expected 4 (axis 1 of operand #0), got {0}"
  // CHECK: vga.check %{{.*}}, "linalg.matmul: axis 0 of operand #2: expected {0} (axis 0 of operand #0), got {1}"
  // CHECK: vga.check %{{.*}}, "linalg.matmul: axis 1 of operand #2: expected 8 (axis 1 of operand #1), got {0}"
  // CHECK: linalg.matmul
  %0 = linalg.matmul ins(%x, %w : tensor<?x4xf32>, tensor<?x8xf32>) outs(%o : tensor<?x?xf32>) -> tensor<?x?xf32>
  // CHECK-NOT: vga.check
  // CHECK: linalg.softmax
  %1 = linalg.softmax dimension(1) ins(%0 : tensor<?x?xf32>) outs(%o : tensor<?x?xf32>) -> tensor<?x?xf32>
  return %1 : tensor<?x?xf32>
}

// A window may end before its array does.
// CHECK-LABEL: func @convolution
func.func @convolution(%x: tensor<?xf32>, %w: tensor<3xf32>, %o: tensor<?xf32>) -> tensor<?xf32> {
  // CHECK: vga.check %{{.*}}, "linalg.conv_1d: axis 0 of operand #0: expected at least {0}, got {1}"
  %0 = linalg.conv_1d ins(%x, %w : tensor<?xf32>, tensor<3xf32>) outs(%o : tensor<?xf32>) -> tensor<?xf32>
  return %0 : tensor<?xf32>
}

// CHECK-LABEL: func @softmax
func.func @softmax(%x: tensor<?xf32>, %o: tensor<?xf32>) -> tensor<?xf32> {
  // CHECK: vga.check %{{.*}}, "linalg.softmax: axis 0 of output: expected {0} (that of input), got {1}"
  %0 = linalg.softmax dimension(0) ins(%x : tensor<?xf32>) outs(%o : tensor<?xf32>) -> tensor<?xf32>
  return %0 : tensor<?xf32>
}

// CHECK-LABEL: func @gather
// HOST-LABEL: func @gather
func.func @gather(%x: tensor<?x8xf32>, %i: tensor<?x1xi32>) -> tensor<?x8xf32> {
  // CHECK: scf.for
  // CHECK: %[[AT:.*]] = arith.index_cast %{{.*}} : i32 to index
  // CHECK: %[[IN:.*]] = arith.cmpi ult, %[[AT]], %[[SIZE:.*]] : index
  // CHECK: vga.check %[[IN]], "tensor.gather: index of axis 0 of source: expected at least 0 and less than {0}, got {1}"(%[[SIZE]], %[[AT]])
  // HOST-NOT: vga.check
  // HOST: tensor.gather
  %0 = tensor.gather %x[%i] gather_dims([0]) : (tensor<?x8xf32>, tensor<?x1xi32>) -> tensor<?x8xf32>
  return %0 : tensor<?x8xf32>
}

// CHECK-LABEL: func @scatter
// HOST-LABEL: func @scatter
func.func @scatter(%s: tensor<?x1x?xf32>, %x: tensor<9x?xf32>, %i: tensor<?x1xindex>) -> tensor<9x?xf32> {
  // CHECK: vga.check %{{.*}}, "tensor.scatter: axis 0 of source: expected {0} (that of indices), got {1}"
  // CHECK: vga.check %{{.*}}, "tensor.scatter: axis 2 of source: expected {0} (that of dest), got {1}"
  // CHECK: scf.for
  // CHECK: vga.check %{{.*}}, "tensor.scatter: index of axis 0 of dest: expected at least 0 and less than {0}, got {1}"
  // HOST: vga.check %{{.*}}, "tensor.scatter: axis 0 of source
  // HOST: vga.check %{{.*}}, "tensor.scatter: axis 2 of source
  // HOST-NOT: vga.check
  // HOST: tensor.scatter
  %0 = tensor.scatter %s into %x[%i] scatter_dims([0]) unique : (tensor<?x1x?xf32>, tensor<9x?xf32>, tensor<?x1xindex>) -> tensor<9x?xf32>
  return %0 : tensor<9x?xf32>
}

// CHECK-LABEL: func @packs
func.func @packs(%x: tensor<?xf32>, %o: tensor<?x4xf32>) -> tensor<?xf32> {
  // CHECK: vga.check %{{.*}}, "linalg.pack: axis 0 of source: expected a multiple of {0}, got {1}"
  // CHECK: vga.check %{{.*}}, "linalg.pack: axis 0 of dest: expected {0} (the tiles of source), got {1}"
  %0 = linalg.pack %x inner_dims_pos = [0] inner_tiles = [4] into %o : tensor<?xf32> -> tensor<?x4xf32>
  // CHECK-NOT: vga.check
  // CHECK: linalg.unpack
  %1 = linalg.unpack %0 inner_dims_pos = [0] inner_tiles = [4] into %x : tensor<?x4xf32> -> tensor<?xf32>
  return %1 : tensor<?xf32>
}

// CHECK-LABEL: func @shapes
// HOST-LABEL: func @shapes
func.func @shapes(%x: tensor<?x?xf32>, %y: tensor<?xf32>, %shape: tensor<2xi64>, %n: index)
    -> (tensor<7x?xf32>, tensor<?x4xf32>, tensor<?x?xf32>, tensor<8xf32>, tensor<?x?xf32>) {
  // CHECK: vga.check %{{.*}}, "tensor.concat: axis 0 of all operands: expected 7 (that of the result), got {0}"
  // CHECK: vga.check %{{.*}}, "tensor.cast: axis 0 of source: expected 8, got {0}"
  // CHECK: vga.check %{{.*}}, "tensor.expand_shape: size of axis 0 of the result: expected 0 to {0}, got {1}"
  // CHECK: vga.check %{{.*}}, "tensor.expand_shape: axis 0 of source: expected {0} (the sizes of the result, multiplied), got {1}"
  // CHECK: vga.check %{{.*}}, "tensor.reshape: entry 0 of shape: expected 0 to {0}, got {1}"
  // CHECK: vga.check %{{.*}}, "tensor.reshape: entry 1 of shape: expected 0 to {0}, got {1}"
  // CHECK: vga.check %{{.*}}, "tensor.reshape: elements of source: expected {0} (the sizes of the result, multiplied), got {1}"
  // CHECK: vga.check %{{.*}}, "tensor.pad: low of axis 1: expected 0 to {{[0-9]+}}, got {0}"
  // No element of an array for a check on a GPU's host.
  // HOST-NOT: tensor.extract
  // HOST: return
  %0 = tensor.concat dim(0) %x, %x : (tensor<?x?xf32>, tensor<?x?xf32>) -> tensor<7x?xf32>
  %1 = tensor.cast %y : tensor<?xf32> to tensor<8xf32>
  %2 = tensor.expand_shape %y [[0, 1]] output_shape [%n, 4] : tensor<?xf32> into tensor<?x4xf32>
  %3 = tensor.reshape %x(%shape) : (tensor<?x?xf32>, tensor<2xi64>) -> tensor<?x?xf32>
  %f = arith.constant 0.0 : f32
  %4 = tensor.pad %x low[0, %n] high[0, 0] {
  ^bb0(%i: index, %j: index):
    tensor.yield %f : f32
  } : tensor<?x?xf32> to tensor<?x?xf32>
  return %0, %2, %3, %1, %4 : tensor<7x?xf32>, tensor<?x4xf32>, tensor<?x?xf32>, tensor<8xf32>, tensor<?x?xf32>
}

// Memory of new tensors, whose bytes can be counted.
// CHECK-LABEL: func @memory
// CHECK-SAME:    %[[N:[^:]*]]: index, %[[M:[^:]*]]: index)
func.func @memory(%n: index, %m: index) -> (tensor<?x4xf32>, tensor<?x?xf32>) {
  // CHECK: %[[MOST:.*]] = arith.constant 576460752303423487
  // CHECK: %[[FITS:.*]] = arith.cmpi ule, %[[N]], %[[MOST]]
  // CHECK: vga.check %[[FITS]], "tensor.empty: size of axis 0: expected 0 to 576460752303423487, got {0}"(%[[N]])
  %0 = tensor.empty(%n) : tensor<?x4xf32>
  // CHECK: vga.check %{{.*}}, "tensor.empty: size of axis 0: expected at least 0, got {0}"(%[[N]])
  // CHECK: vga.check %{{.*}}, "tensor.empty: size of axis 1: expected at least 0, got {0}"(%[[M]])
  // CHECK: arith.mulsi_extended
  // CHECK: vga.check %{{.*}}, "tensor.empty: size of axis 1: expected less than 2^63 bytes with the axes before, got {0}"(%[[M]])
  %1 = tensor.empty(%n, %m) : tensor<?x?xf32>
  return %0, %1 : tensor<?x4xf32>, tensor<?x?xf32>
}

// An index that is data is looked at where it is read, on a GPU as well; sizes are
// read outside of the loop.
// CHECK-LABEL: func @embedding
// CHECK-SAME:    %[[TABLE:[^:]*]]: tensor<?x8xf32>, %{{.*}}: tensor<?xi64>, %{{.*}}: tensor<?x8xf32>)
// HOST-LABEL: func @embedding
func.func @embedding(%table: tensor<?x8xf32>, %tokens: tensor<?xi64>, %o: tensor<?x8xf32>) -> tensor<?x8xf32> {
  // CHECK: %[[ROWS:.*]] = tensor.dim %[[TABLE]]
  // CHECK: linalg.generic
  // CHECK: %[[I:.*]] = arith.index_cast
  // CHECK: %[[IN:.*]] = arith.cmpi ult, %[[I]], %[[ROWS]]
  // CHECK: vga.check %[[IN]], "tensor.extract: index of axis 0: expected at least 0 and less than {0}, got {1}"(%[[ROWS]], %[[I]])
  // CHECK-NEXT: tensor.extract
  // HOST: linalg.generic
  // HOST: vga.check
  %r = linalg.generic {indexing_maps = [affine_map<(s, d) -> (s)>, affine_map<(s, d) -> (s, d)>],
                       iterator_types = ["parallel", "parallel"]}
      ins(%tokens : tensor<?xi64>) outs(%o : tensor<?x8xf32>) {
  ^bb0(%t: i64, %out: f32):
    %i = arith.index_cast %t : i64 to index
    %d = linalg.index 1 : index
    %x = tensor.extract %table[%i, %d] : tensor<?x8xf32>
    linalg.yield %x : f32
  } -> tensor<?x8xf32>
  return %r : tensor<?x8xf32>
}

// The positions of an append are data.
// CHECK-LABEL: func @append
// HOST-LABEL: func @append
func.func @append(%x: tensor<?x1x3xf32>, %c: tensor<2x1x8xf32>, %p: tensor<2xi32>) -> tensor<2x1x8xf32> {
  // CHECK: vga.check %{{.*}}, "vga.append: batch of position: expected {0} (that of source), got 2"
  // CHECK: vga.check %{{.*}}, "vga.append: position of sequence {0}: expected 0 to {1}, got {2}"
  // HOST: vga.check %{{.*}}, "vga.append: batch of position
  // HOST-NOT: does not fit
  // HOST: vga.append
  %r = vga.append %x into %c at %p : tensor<?x1x3xf32>, tensor<2x1x8xf32>, tensor<2xi32>
  return %r : tensor<2x1x8xf32>
}

// CHECK-LABEL: func @others
func.func @others(%x: tensor<?xf32>, %m: memref<?xf32>, %i: index) -> (index, f32) {
  // CHECK: vga.check %{{.*}}, "tensor.dim: index: expected at least 0 and less than 1, got {0}"
  %0 = tensor.dim %x, %i : tensor<?xf32>
  // Upstream checks what is not on tensors.
  // CHECK: vga.check %{{.*}}, "memref.load: out-of-bounds access"
  %1 = memref.load %m[%i] : memref<?xf32>
  return %0, %1 : index, f32
}

// -----

// Nothing is asked of a tensor that arith computes, but for its own operands.
// CHECK-LABEL: func @computed
// CHECK: vga.check %{{.*}}, "tensor.extract_slice: offset of axis 0
func.func @computed(%x: tensor<?x8xi64>, %i: index) -> tensor<?x7xi64> {
  %zero = arith.constant 0 : index
  %y = arith.shli %x, %x : tensor<?x8xi64>
  %z = arith.muli %y, %x : tensor<?x8xi64>
  %n = tensor.dim %z, %zero : tensor<?x8xi64>
  %s = tensor.extract_slice %y[%i, 0] [%n, 7] [1, 1] : tensor<?x8xi64> to tensor<?x7xi64>
  return %s : tensor<?x7xi64>
}

// -----

// CHECK-LABEL: func @collapsed
// CHECK: %[[ROWS:.*]] = arith.muli
// CHECK: arith.subi %[[ROWS]]
// CHECK: vga.check %{{.*}}, "tensor.extract_slice: offset of axis 0
func.func @collapsed(%x: tensor<?x?x4xf32>, %i: index) -> tensor<1x4xf32> {
  %y = tensor.collapse_shape %x [[0, 1], [2]] : tensor<?x?x4xf32> into tensor<?x4xf32>
  %s = tensor.extract_slice %y[%i, 0] [1, 4] [1, 1] : tensor<?x4xf32> to tensor<1x4xf32>
  return %s : tensor<1x4xf32>
}
