//===- MatrixUnits.cpp - Leave to use AMX --------------------------------===//
//
// Part of the vga project, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// Linux saves the tiles of a process only once it has asked for that: before,
// the first instruction on a tile is illegal.
//
//===----------------------------------------------------------------------===//

#include "Codegen.h"

#if defined(__linux__) && defined(__x86_64__)
#include <sys/syscall.h>
#include <unistd.h>
#endif

bool mlir::vga::requestMatrixUnits() {
#if defined(__linux__) && defined(__x86_64__)
  // Names of asm/prctl.h, which older systems lack.
  constexpr int archReqXcompPerm = 0x1023;
  constexpr int xfeatureXtiledata = 18;
  return syscall(SYS_arch_prctl, archReqXcompPerm, xfeatureXtiledata) == 0;
#else
  return false;
#endif
}
