func.func @exp(%x: f32) -> f32 {
  return %x : f32
}
func.func private @vga_user_exp(f32) -> f32
