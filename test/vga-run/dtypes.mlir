// Every element type goes in from numpy and comes out as numpy writes it.
// REQUIRES: numpy
// RUN: split-file %s %t && cd %t
// RUN: %python write.py
// RUN: vga-run module.mlir --input b1.npy --input i1.npy --input i2.npy --input i4.npy --input i8.npy --input f2.npy --input f4.npy --input f8.npy --output b1.out.npy --output i1.out.npy --output i2.out.npy --output i4.out.npy --output i8.out.npy --output f2.out.npy --output f4.out.npy --output f8.out.npy
// RUN: %python compare.py
// RUN: vga-run module.mlir --entry brain --input bf16.npy | FileCheck %s
// RUN: vga-run module.mlir --entry brain --input bf16.npy --output bf16.out.npy
// RUN: cmp bf16.npy bf16.out.npy

// Integers without a sign go in as what has as many bits.
// RUN: vga-run module.mlir --entry bytes --input u1.npy --input u2.npy --input u4.npy --input u8.npy | FileCheck %s --check-prefix=UNSIGNED
// UNSIGNED: tensor<2xi8> = [1, -1]
// UNSIGNED: tensor<2xi16> = [1, -1]
// UNSIGNED: tensor<2xi32> = [1, -1]
// UNSIGNED: tensor<2xi64> = [1, -1]

// CHECK: tensor<2xbf16> = [1, -2.5]

//--- write.py
import numpy

values = numpy.arange(-3, 3).reshape(2, 3)
for code in ("b1", "i1", "i2", "i4", "i8", "f2", "f4", "f8"):
    numpy.save(code, values.astype(code))
for code in ("u1", "u2", "u4", "u8"):
    numpy.save(code, numpy.array([1, numpy.iinfo(code).max], code))
# ml_dtypes, which not every machine has, writes bfloat16 as '<V2'.
with open("bf16.npy", "wb") as file:
    header = {"descr": "<V2", "fortran_order": False, "shape": (2,)}
    numpy.lib.format.write_array_header_1_0(file, header)
    file.write(b"\x80\x3f\x20\xc0")

//--- compare.py
for code in ("b1", "i1", "i2", "i4", "i8", "f2", "f4", "f8"):
    expected = open(f"{code}.npy", "rb").read()
    assert open(f"{code}.out.npy", "rb").read() == expected, code

//--- module.mlir
!b1 = tensor<?x3xi1>
!i1 = tensor<2x?xi8>
!i2 = tensor<?x3xi16>
!i4 = tensor<?x?xi32>
!i8 = tensor<2x3xi64>
!f2 = tensor<?x3xf16>
!f4 = tensor<?x3xf32>
!f8 = tensor<?x3xf64>
func.func @main(%b1: !b1, %i1: !i1, %i2: !i2, %i4: !i4, %i8: !i8, %f2: !f2,
                %f4: !f4, %f8: !f8) -> (!b1, !i1, !i2, !i4, !i8, !f2, !f4, !f8) {
  return %b1, %i1, %i2, %i4, %i8, %f2, %f4, %f8
      : !b1, !i1, !i2, !i4, !i8, !f2, !f4, !f8
}
func.func @bytes(%a: tensor<2xi8>, %b: tensor<2xi16>, %c: tensor<2xi32>, %d: tensor<2xi64>)
    -> (tensor<2xi8>, tensor<2xi16>, tensor<2xi32>, tensor<2xi64>) {
  return %a, %b, %c, %d : tensor<2xi8>, tensor<2xi16>, tensor<2xi32>, tensor<2xi64>
}
func.func @brain(%a: tensor<2xbf16>) -> tensor<2xbf16> {
  return %a : tensor<2xbf16>
}
