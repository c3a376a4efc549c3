//===- OpenMPSearch.h - Where an OpenMP runtime may be ----------*- C++ -*-===//
//
// Part of the vga project, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef VGA_RUNTIME_OPENMPSEARCH_H
#define VGA_RUNTIME_OPENMPSEARCH_H

#include "mlir/Support/LLVM.h"
#include "llvm/ADT/STLFunctionalExtras.h"
#include <optional>
#include <string>
#include <vector>

namespace mlir::vga {

/// The files that may be LLVM's OpenMP runtime, or Intel's, which is the same,
/// in the order in which they are to be tried: beside the executable, of an
/// LLVM, of oneAPI, of Conda and of Python, as far as they are there. Folders
/// of the system are looked for below `root`, others by the environment.
std::vector<std::string> findOpenMPRuntimes(
    StringRef root, StringRef executable,
    llvm::function_ref<std::optional<std::string>(StringRef)> getEnvironment);

} // namespace mlir::vga

#endif // VGA_RUNTIME_OPENMPSEARCH_H
