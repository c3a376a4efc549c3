// Every file of weights that is none is one line that names it.
// RUN: %python %S/Inputs/make_files.py %t
// RUN: cd %t
// RUN: not vga-run %s --weights nowhere.safetensors > out 2>&1
// RUN: not vga-run %s --weights short.safetensors >> out 2>&1
// RUN: not vga-run %s --weights beyond.safetensors >> out 2>&1
// RUN: not vga-run %s --weights json.safetensors >> out 2>&1
// RUN: not vga-run %s --weights deep.safetensors >> out 2>&1
// RUN: not vga-run %s --weights list.safetensors >> out 2>&1
// RUN: not vga-run %s --weights overlap.safetensors >> out 2>&1
// RUN: not vga-run %s --weights hole.safetensors >> out 2>&1
// RUN: not vga-run %s --weights offsets.safetensors >> out 2>&1
// RUN: not vga-run %s --weights size.safetensors >> out 2>&1
// RUN: not vga-run %s --weights dtype.safetensors >> out 2>&1
// RUN: not vga-run %s --weights twice.safetensors >> out 2>&1
// RUN: FileCheck %s --match-full-lines < out
// RUN: count 12 < out

// CHECK: vga-run: error: 'nowhere.safetensors': No such file or directory
// CHECK-NEXT: vga-run: error: 'short.safetensors': not a safetensors file: shorter than 8 bytes
// CHECK-NEXT: vga-run: error: 'beyond.safetensors': the header length 1152921504606846976 is beyond the end of the file
// CHECK-NEXT: vga-run: error: 'json.safetensors': bad header: invalid JSON: [1:6, byte=6]: Unexpected EOF
// CHECK-NEXT: vga-run: error: 'deep.safetensors': bad header: the JSON is nested too deeply
// CHECK-NEXT: vga-run: error: 'list.safetensors': the header is not a JSON object
// CHECK-NEXT: vga-run: error: 'overlap.safetensors': the tensors 'v' and 'w' overlap
// CHECK-NEXT: vga-run: error: 'hole.safetensors': no tensor covers the data at offset 8
// CHECK-NEXT: vga-run: error: 'offsets.safetensors': tensor 'w': its data_offsets [0, 8] are not within the 4 bytes of data
// CHECK-NEXT: vga-run: error: 'size.safetensors': tensor 'w': its data_offsets span 4 bytes, tensor<2xf32> takes 8
// CHECK-NEXT: vga-run: error: 'dtype.safetensors': tensor 'w': unknown dtype 'F33'
// CHECK-NEXT: vga-run: error: 'twice.safetensors': bad header: 'w' is there twice

func.func @main(%w: tensor<2xf32> {vga.param = "w"}) -> tensor<2xf32> {
  return %w : tensor<2xf32>
}
