//===- RuntimeMessage.h - Numbers in messages -------------------*- C++ -*-===//
//
// Part of the vga project, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef VGA_LIB_RUNTIME_RUNTIMEMESSAGE_H
#define VGA_LIB_RUNTIME_RUNTIMEMESSAGE_H

#include "mlir/Support/LLVM.h"
#include "llvm/ADT/ArrayRef.h"
#include <string>

namespace mlir::vga {

/// The message of a vga.check, with its values in the place of {0}, {1} and so
/// on. Other braces stay.
std::string formatRuntimeMessage(StringRef message, ArrayRef<int64_t> values);

} // namespace mlir::vga

#endif // VGA_LIB_RUNTIME_RUNTIMEMESSAGE_H
