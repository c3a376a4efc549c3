// Kernels that somebody else has compiled.
gpu.binary @vga_kernels [#gpu.object<#nvvm.target<chip = "sm_90a">, "code">]
func.func @main() -> tensor<2xf32> {
  %x = arith.constant dense<1.0> : tensor<2xf32>
  return %x : tensor<2xf32>
}
