//===- AssemblePTX.h - PTX becomes the code of a GPU ------------*- C++ -*-===//
//
// Part of the vga project, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef VGA_LIB_RUNTIME_ASSEMBLEPTX_H
#define VGA_LIB_RUNTIME_ASSEMBLEPTX_H

#include "llvm/ADT/StringRef.h"
#include "llvm/Support/Error.h"
#include <string>

namespace mlir::vga {

/// The machine code of a module of PTX, an ELF file, by ptxas of the CUDA
/// toolkit; an error that names ptxas if there is none, or its first complaint.
llvm::Expected<std::string> assemblePTX(llvm::StringRef ptx,
                                        llvm::StringRef chip);

} // namespace mlir::vga

#endif // VGA_LIB_RUNTIME_ASSEMBLEPTX_H
