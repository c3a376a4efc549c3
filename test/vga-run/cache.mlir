// Code is kept, found again, and made anew when anything about it differs.
// RUN: rm -rf %t && mkdir %t
// RUN: vga-run %s --cache-dir %t/cache --benchmark 1 | FileCheck %s --check-prefix=COMPILED
// RUN: vga-run %s --cache-dir %t/cache --benchmark 1 | FileCheck %s --check-prefix=LOADED
// RUN: vga-run %s --cache-dir %t/cache | FileCheck %s --check-prefix=RESULT
// RUN: vga-run %s --cache-dir %t/cache -O1 --benchmark 1 | FileCheck %s --check-prefix=COMPILED
// RUN: vga-run %s --cache-dir %t/cache --threads 1 --benchmark 1 | FileCheck %s --check-prefix=COMPILED
// RUN: vga-run %s --cache-dir %t/cache --entry other --benchmark 1 | FileCheck %s --check-prefix=COMPILED
// RUN: sed s/2.0/3.0/ %s > %t/changed.mlir
// RUN: vga-run %t/changed.mlir --cache-dir %t/cache --benchmark 1 | FileCheck %s --check-prefix=COMPILED
// COMPILED: compiled in
// LOADED: loaded from the cache in
// RESULT: [2, 4]

// By default in the user's cache.
// RUN: env XDG_CACHE_HOME=%t/user vga-run %s --benchmark 1 | FileCheck %s --check-prefix=COMPILED
// RUN: ls %t/user/vga | FileCheck %s --check-prefix=ENTRY
// ENTRY: llvmcache-vga-{{[0-9a-f]+$}}

// What is damaged is made anew, and whole afterwards.
// RUN: %python -c "import glob; [open(f, 'r+b').truncate(1000) for f in glob.glob(r'%t/cache/llvmcache-*')]"
// RUN: vga-run %s --cache-dir %t/cache --benchmark 1 | FileCheck %s --check-prefix=COMPILED
// RUN: %python -c "import glob; [open(f, 'r+b').truncate(0) for f in glob.glob(r'%t/cache/llvmcache-*')]"
// RUN: vga-run %s --cache-dir %t/cache --benchmark 1 | FileCheck %s --check-prefix=COMPILED
// RUN: vga-run %s --cache-dir %t/cache --benchmark 1 | FileCheck %s --check-prefix=LOADED

// Who wants to see the stages gets to see them.
// RUN: vga-run %s --cache-dir %t/cache --mlir-print-ir-after=vga-cpu-vectorize 2>&1 | FileCheck %s --check-prefix=STAGE
// STAGE: IR Dump After

// Nothing is kept.
// RUN: env XDG_CACHE_HOME=%t/none vga-run %s --no-cache --benchmark 1 | FileCheck %s --check-prefix=COMPILED
// RUN: not ls %t/none

// A directory that can not be written costs a warning.
// RUN: touch %t/file
// RUN: vga-run %s --cache-dir %t/file/cache 2>&1 | FileCheck %s --check-prefix=WARNING
// WARNING: warning: the code is not kept: cannot create {{.*}}file/cache:
// WARNING: [2, 4]

// RUN: not vga-run %s --cache-dir %t/cache --no-cache 2>&1 | FileCheck %s --check-prefix=BOTH
// BOTH: error: --cache-dir and --no-cache do not go together
// RUN: not vga-run %s --cache-dir= 2>&1 | FileCheck %s --check-prefix=EMPTY
// EMPTY: error: --cache-dir must not be empty
// RUN: not vga-run %s --cache-dir %t/cache --emit=obj -o %t/x.o 2>&1 | FileCheck %s --check-prefix=EMIT
// EMIT: error: --cache-dir cannot go with --emit

func.func @main() -> tensor<2xf32> {
  %x = arith.constant dense<[1.0, 2.0]> : tensor<2xf32>
  %two = arith.constant dense<2.0> : tensor<2xf32>
  %y = arith.mulf %x, %two : tensor<2xf32>
  return %y : tensor<2xf32>
}

func.func @other() -> tensor<2xf32> {
  %x = arith.constant dense<[1.0, 5.0]> : tensor<2xf32>
  return %x : tensor<2xf32>
}
