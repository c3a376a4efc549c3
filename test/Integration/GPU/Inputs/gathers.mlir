// tensor.gather and tensor.scatter in all forms. gathers.py calls these functions.

// Rows of a table.
func.func @rows(%x: tensor<9x8xf32>, %i: tensor<?x1xi32>) -> tensor<?x8xf32> {
  %y = tensor.gather %x[%i] gather_dims([0]) : (tensor<9x8xf32>, tensor<?x1xi32>) -> tensor<?x8xf32>
  return %y : tensor<?x8xf32>
}

// The axis stays, of size 1, and is not the first; there are two axes of slices.
func.func @middle(%x: tensor<3x?x5xf16>, %i: tensor<?x2x1xi64>) -> tensor<?x2x3x1x5xf16> {
  %y = tensor.gather %x[%i] gather_dims([1]) : (tensor<3x?x5xf16>, tensor<?x2x1xi64>) -> tensor<?x2x3x1x5xf16>
  return %y : tensor<?x2x3x1x5xf16>
}

// Single elements.
func.func @elements(%x: tensor<4x?x3xi32>, %i: tensor<?x3xi32>) -> tensor<?xi32> {
  %y = tensor.gather %x[%i] gather_dims([0, 1, 2]) unique : (tensor<4x?x3xi32>, tensor<?x3xi32>) -> tensor<?xi32>
  return %y : tensor<?xi32>
}

// One slice, at one place along two axes.
func.func @single(%x: tensor<4x6x3xf64>, %i: tensor<2xi32>) -> tensor<6xf64> {
  %y = tensor.gather %x[%i] gather_dims([0, 2]) : (tensor<4x6x3xf64>, tensor<2xi32>) -> tensor<6xf64>
  return %y : tensor<6xf64>
}

// Indices that are computed, of type index, into what is computed.
func.func @computed(%x: tensor<9x8xf32>, %i: tensor<?x1xi32>) -> tensor<?x8xf32> {
  %two = arith.constant dense<2.0> : tensor<9x8xf32>
  %d = arith.mulf %x, %two : tensor<9x8xf32>
  %j = arith.index_cast %i : tensor<?x1xi32> to tensor<?x1xindex>
  %y = tensor.gather %d[%j] gather_dims([0]) : (tensor<9x8xf32>, tensor<?x1xindex>) -> tensor<?x8xf32>
  %z = arith.addf %y, %y : tensor<?x8xf32>
  return %z : tensor<?x8xf32>
}

func.func @put_rows(%s: tensor<?x8xf32>, %x: tensor<9x8xf32>, %i: tensor<?x1xi32>) -> tensor<9x8xf32> {
  %y = tensor.scatter %s into %x[%i] scatter_dims([0]) unique : (tensor<?x8xf32>, tensor<9x8xf32>, tensor<?x1xi32>) -> tensor<9x8xf32>
  return %y : tensor<9x8xf32>
}

// What is written to is needed afterwards.
func.func @put_middle(%s: tensor<?x2x3x1x5xf16>, %x: tensor<3x?x5xf16>, %i: tensor<?x2x1xi64>) -> (tensor<3x?x5xf16>, tensor<3x?x5xf16>) {
  %y = tensor.scatter %s into %x[%i] scatter_dims([1]) unique : (tensor<?x2x3x1x5xf16>, tensor<3x?x5xf16>, tensor<?x2x1xi64>) -> tensor<3x?x5xf16>
  %z = arith.addf %x, %y : tensor<3x?x5xf16>
  return %y, %z : tensor<3x?x5xf16>, tensor<3x?x5xf16>
}

func.func @put_elements(%s: tensor<?xi32>, %x: tensor<4x?x3xi32>, %i: tensor<?x3xi32>) -> tensor<4x?x3xi32> {
  %y = tensor.scatter %s into %x[%i] scatter_dims([0, 1, 2]) unique : (tensor<?xi32>, tensor<4x?x3xi32>, tensor<?x3xi32>) -> tensor<4x?x3xi32>
  return %y : tensor<4x?x3xi32>
}

func.func @put_single(%s: tensor<1x6x1xf64>, %x: tensor<4x6x3xf64>, %i: tensor<2xi32>) -> tensor<4x6x3xf64> {
  %y = tensor.scatter %s into %x[%i] scatter_dims([0, 2]) unique : (tensor<1x6x1xf64>, tensor<4x6x3xf64>, tensor<2xi32>) -> tensor<4x6x3xf64>
  return %y : tensor<4x6x3xf64>
}

// A cache whose rows change places.
func.func @permute(%x: tensor<7x4xf32>, %from: tensor<?x1xi32>, %to: tensor<?x1xi32>) -> tensor<7x4xf32> {
  %r = tensor.gather %x[%from] gather_dims([0]) : (tensor<7x4xf32>, tensor<?x1xi32>) -> tensor<?x4xf32>
  %y = tensor.scatter %r into %x[%to] scatter_dims([0]) unique : (tensor<?x4xf32>, tensor<7x4xf32>, tensor<?x1xi32>) -> tensor<7x4xf32>
  return %y : tensor<7x4xf32>
}
