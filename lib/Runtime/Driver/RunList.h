//===- RunList.h - Lists of functions to run --------------------*- C++ -*-===//
//
// Part of the vga project, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef VGA_LIB_RUNTIME_DRIVER_RUNLIST_H
#define VGA_LIB_RUNTIME_DRIVER_RUNLIST_H

#include "mlir/Support/LLVM.h"
#include "llvm/Support/Error.h"
#include <optional>
#include <string>
#include <vector>

namespace mlir::vga {

/// A call: a function, and the files that its inputs come from and its results
/// go to.
struct RunRequest {
  std::optional<std::string> entry;
  std::vector<std::string> inputs, outputs;
  /// Whether the states are those that the call of the function before this one
  /// has left, and not zeros.
  bool continues = false;
};

/// Reads the file of `--runs`. Relative paths in it become relative to its
/// folder.
llvm::Expected<std::vector<RunRequest>> readRunList(StringRef path);

/// Parses the contents of such a file in `folder`.
llvm::Expected<std::vector<RunRequest>> parseRunList(StringRef text,
                                                     StringRef folder);

} // namespace mlir::vga

#endif // VGA_LIB_RUNTIME_DRIVER_RUNLIST_H
