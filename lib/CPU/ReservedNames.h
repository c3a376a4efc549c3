//===- ReservedNames.h - What compiled code may call ------------*- C++ -*-===//
//
// Part of the vga project, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef VGA_LIB_CPU_RESERVEDNAMES_H
#define VGA_LIB_CPU_RESERVEDNAMES_H

#include "llvm/ADT/StringRef.h"
#include "llvm/Analysis/TargetLibraryInfo.h"

namespace mlir::vga {

/// What the name of a function becomes that has a reserved one: this before it.
constexpr llvm::StringLiteral kSeparateName = "vga_user_";

/// The names of functions that passes, or LLVM, may call without being told to,
/// and of what passes put beside functions.
class ReservedNames {
public:
  ReservedNames();
  bool contains(llvm::StringRef name) const;
  /// Whether a declaration of this name and type, null if it is not that of a
  /// function of C, can be meant for such a function.
  bool allows(llvm::StringRef name, llvm::FunctionType *type) const;

private:
  llvm::TargetLibraryInfoImpl library;
};

} // namespace mlir::vga

#endif // VGA_LIB_CPU_RESERVEDNAMES_H
