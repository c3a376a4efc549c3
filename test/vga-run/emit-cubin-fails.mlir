// What the assembler complains about is an error, and nothing is written.
// RUN: rm -rf %t && split-file %s %t && chmod +x %t/ptxas
// RUN: not env PATH=%t:/usr/bin:/bin vga-run %t/model.mlir --target cuda --emit=cubin -o %t/out.cubin 2>&1 | FileCheck %s
// RUN: not ls %t/out.cubin
// CHECK: error: {{.*}}ptxas: ptxas fatal : no such thing
// CHECK-NOT: second line

//--- ptxas
#!/bin/sh
echo "ptxas fatal : no such thing" >&2
echo "second line" >&2
exit 1

//--- model.mlir
func.func @attend(%x: tensor<1x4x?x64xf16>) -> tensor<1x4x?x64xf16> {
  %z = vga.attention %x, %x, %x
    : tensor<1x4x?x64xf16>, tensor<1x4x?x64xf16>, tensor<1x4x?x64xf16>
  return %z : tensor<1x4x?x64xf16>
}
