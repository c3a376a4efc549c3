//===- TextUtils.h - Text from files and users ------------------*- C++ -*-===//
//
// Part of the vga project, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef VGA_RUNTIME_TEXTUTILS_H
#define VGA_RUNTIME_TEXTUTILS_H

#include "mlir/Support/LLVM.h"
#include "llvm/Support/JSON.h"
#include <string>

namespace mlir::vga {

/// The text in quotes, with whatever could break a line or a terminal escaped,
/// for error messages that show contents of files.
std::string quote(StringRef text);

/// Parses JSON from an untrusted file. Unlike llvm::json::parse it refuses
/// values nested deeper than `maxDepth`, which would exhaust the stack, and a
/// name that the outermost object has twice.
llvm::Expected<llvm::json::Value> parseJSON(StringRef text, int maxDepth);

} // namespace mlir::vga

#endif // VGA_RUNTIME_TEXTUTILS_H
