// Options that make no sense, alone or together.
// RUN: not vga-run %s --target cuda --threads 2 > %t 2>&1
// RUN: not vga-run %s --target cuda --emit=obj >> %t 2>&1
// RUN: not vga-run %s --emit=ptx >> %t 2>&1
// RUN: not vga-run %s --mgpu sm_90a >> %t 2>&1
// RUN: not vga-run %s --no-cublas >> %t 2>&1
// RUN: not vga-run %s --tf32 >> %t 2>&1
// RUN: not vga-run %s --schedule '<>' >> %t 2>&1
// RUN: not vga-run %s --target cuda --emit=ptx --schedule '<queries = 100, keys = 128, key_stages = 2, value_stages = 2>' >> %t 2>&1
// RUN: not vga-run %s --target cuda --emit=ptx --schedule 'queries = 128' >> %t 2>&1
// RUN: not vga-run %s --runs a --benchmark 3 --input x.npy >> %t 2>&1
// RUN: not vga-run %s -O7 >> %t 2>&1
// RUN: not vga-run %s --threads 100000 >> %t 2>&1
// RUN: not vga-run %s --benchmark 0 >> %t 2>&1
// RUN: not vga-run %s --temperature 0.5 >> %t 2>&1
// RUN: not vga-run %s --prompt a --temperature nan >> %t 2>&1
// RUN: not vga-run %s --prompt a --temperature -1 >> %t 2>&1
// RUN: not vga-run %s --prompt a --input x.npy >> %t 2>&1
// RUN: not vga-run %s --prompt a --benchmark 1 >> %t 2>&1
// RUN: not vga-run %s --runs a --emit llvm >> %t 2>&1
// RUN: not vga-run %s --runs a --entry main >> %t 2>&1
// RUN: not vga-run %s --emit obj --weights a >> %t 2>&1
// RUN: not vga-run %s -o a >> %t 2>&1
// RUN: not vga-run %s --json >> %t 2>&1
// RUN: FileCheck %s --match-full-lines < %t
// RUN: count 23 < %t

// RUN: not vga-run %s --no-such-option 2>&1 | FileCheck %s --check-prefix=SYNTAX
// RUN: not vga-run %s --tokens -1 2>&1 | FileCheck %s --check-prefix=VALUE
// RUN: not vga-run 2>&1 | FileCheck %s --check-prefix=MISSING

// CHECK: vga-run: error: --threads cannot go with --target cuda
// CHECK-NEXT: vga-run: error: --target cuda emits ptx and cubin only
// CHECK-NEXT: vga-run: error: --emit=ptx and --emit=cubin need --target cuda
// CHECK-NEXT: vga-run: error: --mgpu needs --target cuda
// CHECK-NEXT: vga-run: error: --no-cublas needs --target cuda
// CHECK-NEXT: vga-run: error: --tf32 needs --target cuda
// CHECK-NEXT: vga-run: error: --schedule needs --target cuda
// CHECK-NEXT: vga-run: error: --schedule: expected queries of a schedule to be a multiple of 64 up to 192, got 100
// CHECK-NEXT: vga-run: error: --schedule: {{.+}}
// CHECK-NEXT: vga-run: error: --input cannot go with --runs, --prompt or --emit
// CHECK-NEXT: vga-run: error: -O must be one of 0, 1, 2 and 3, got 7
// CHECK-NEXT: vga-run: error: --threads must be at most 4096, got 100000
// CHECK-NEXT: vga-run: error: --benchmark must be at least 1
// CHECK-NEXT: vga-run: error: --temperature needs --prompt
// CHECK-NEXT: vga-run: error: --temperature must be a number that is not negative
// CHECK-NEXT: vga-run: error: --temperature must be a number that is not negative
// CHECK-NEXT: vga-run: error: --input cannot go with --runs, --prompt or --emit
// CHECK-NEXT: vga-run: error: --benchmark and --prompt do not go together
// CHECK-NEXT: vga-run: error: --runs and --emit do not go together
// CHECK-NEXT: vga-run: error: --entry cannot go with --runs
// CHECK-NEXT: vga-run: error: --weights cannot go with --emit
// CHECK-NEXT: vga-run: error: -o needs --emit
// CHECK-NEXT: vga-run: error: --json needs --benchmark or --prompt
// SYNTAX: vga-run{{.*}}: Unknown command line argument '--no-such-option'.
// VALUE: for the --tokens option: '-1' value invalid for uint argument!
// MISSING: vga-run{{.*}}: Not enough positional command line arguments specified!

func.func @main() {
  return
}
