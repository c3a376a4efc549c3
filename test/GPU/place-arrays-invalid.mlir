// What can not be placed in the GPU's memory.
// RUN: vga-opt %s --vga-gpu-place-arrays -verify-diagnostics

memref.global "private" constant @table : memref<4xf32, strided<[0], offset: ?>> = dense<1.0>

func.func @strided_constant() -> memref<4xf32, strided<[0], offset: ?>> {
  // expected-error@+1 {{'memref.get_global' op expected a dense constant, got 'memref<4xf32, strided<[0], offset: ?>>'}}
  %t = memref.get_global @table : memref<4xf32, strided<[0], offset: ?>>
  return %t : memref<4xf32, strided<[0], offset: ?>>
}
