// Threads stay on their cores if asked to, unless the environment says how.
// RUN: env OMP_DISPLAY_ENV=true vga-run %s --affinity=cores --threads 2 2>&1 | FileCheck %s --check-prefix=CORES
// RUN: env OMP_DISPLAY_ENV=true vga-run %s --threads 2 2>&1 | FileCheck %s --check-prefix=NONE
// RUN: env OMP_DISPLAY_ENV=true OMP_PROC_BIND=spread vga-run %s --affinity=cores --threads 2 2>&1 | FileCheck %s --check-prefix=USER
// CORES: OMP_PLACES='cores'
// CORES: OMP_PROC_BIND='close'
// NONE: OMP_PROC_BIND='false'
// USER: OMP_PROC_BIND='spread'
// RUN: not vga-run %s --affinity=cores --emit=obj -o %t 2>&1 | FileCheck %s --check-prefix=EMIT
// EMIT: error: --affinity cannot go with --emit
func.func @main() -> tensor<2xf32> {
  %x = arith.constant dense<[1.0, 2.0]> : tensor<2xf32>
  return %x : tensor<2xf32>
}
