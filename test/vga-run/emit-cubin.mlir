// Kernels as machine code: an ELF file of the CUDA toolkit's assembler.
// REQUIRES: ptxas
// RUN: vga-run %s --target cuda --emit=cubin -o %t.cubin
// RUN: %python -c "import sys; data = open(sys.argv[1], 'rb').read(); assert data[:4] == b'\x7fELF' and b'attention_0' in data" %t.cubin

func.func @attend(%x: tensor<1x4x?x64xf16>) -> tensor<1x4x?x64xf16> {
  %z = vga.attention %x, %x, %x
    : tensor<1x4x?x64xf16>, tensor<1x4x?x64xf16>, tensor<1x4x?x64xf16>
  return %z : tensor<1x4x?x64xf16>
}
