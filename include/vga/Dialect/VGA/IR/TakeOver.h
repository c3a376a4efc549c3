//===- TakeOver.h - What bufferization is told ------------------*- C++ -*-===//
//
// Part of the vga project, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef VGA_DIALECT_VGA_IR_TAKEOVER_H
#define VGA_DIALECT_VGA_IR_TAKEOVER_H

#include "vga/Dialect/VGA/IR/VGA.h"

#define GET_OP_CLASSES
#include "vga/Dialect/VGA/IR/VGABufferOps.h.inc"

#endif // VGA_DIALECT_VGA_IR_TAKEOVER_H
