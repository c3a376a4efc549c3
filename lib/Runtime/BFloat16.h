//===- BFloat16.h - Rounding to bf16, for compiled code ---------*- C++ -*-===//
//
// Part of the vga project, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// LLVM's code calls __truncsfbf2 and __truncdfbf2 where a machine does not
// round to bf16. Compilers' libraries have them, but libgcc only since version
// 13: code that runs in this process gets them from here.
//
//===----------------------------------------------------------------------===//

#ifndef VGA_LIB_RUNTIME_BFLOAT16_H
#define VGA_LIB_RUNTIME_BFLOAT16_H

namespace mlir::vga {

/// The nearest bf16, the even one of two, in the lower half of what is
/// returned: that is where a bf16 is returned.
float truncateToBF16(float value);
float truncateToBF16(double value);

} // namespace mlir::vga

#endif // VGA_LIB_RUNTIME_BFLOAT16_H
