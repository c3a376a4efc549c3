//===- InputFile.h - Files that a user names --------------------*- C++ -*-===//
//
// Part of the vga project, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef VGA_RUNTIME_INPUTFILE_H
#define VGA_RUNTIME_INPUTFILE_H

#include "mlir/Support/LLVM.h"
#include "llvm/Support/Error.h"
#include "llvm/Support/MemoryBuffer.h"
#include <memory>

namespace mlir::vga {

/// Fails if there is no file of that name, or if it is none that can be read to
/// an end: a directory, a socket, a device. Pipes can.
llvm::Error checkInputFile(StringRef path);

/// Reads a file, of which it checks that. Errors name the file.
llvm::Expected<std::unique_ptr<llvm::MemoryBuffer>>
readInputFile(StringRef path);

} // namespace mlir::vga

#endif // VGA_RUNTIME_INPUTFILE_H
