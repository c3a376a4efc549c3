//===- TakeOver.cpp - vga.take_over ---------------------------------------===//
//
// Part of the vga project, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "vga/Dialect/VGA/IR/TakeOver.h"

using namespace mlir;
using namespace mlir::vga;

#define GET_OP_CLASSES
#include "vga/Dialect/VGA/IR/VGABufferOps.cpp.inc"
