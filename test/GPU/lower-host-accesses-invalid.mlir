// RUN: vga-opt %s --vga-gpu-lower-host-accesses -verify-diagnostics

// expected-error @+1 {{argument 0 of 'no_buffer' is a position that is no buffer: vga-gpu-lower-host-accesses comes after bufferization}}
func.func @no_buffer(%p: tensor<i64> {vga.position}) -> i64 {
  %i = tensor.extract %p[] : tensor<i64>
  return %i : i64
}
