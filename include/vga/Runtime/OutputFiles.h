//===- OutputFiles.h - All output files or none -----------------*- C++ -*-===//
//
// Part of the vga project, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef VGA_RUNTIME_OUTPUTFILES_H
#define VGA_RUNTIME_OUTPUTFILES_H

#include "mlir/Support/LLVM.h"
#include "llvm/ADT/STLFunctionalExtras.h"
#include "llvm/Support/Error.h"
#include "llvm/Support/FileSystem.h"
#include <string>
#include <vector>

namespace mlir::vga {

/// Files that appear together. Each is written in full to a temporary beside
/// its destination; commit() then renames them all. Before that, and when the
/// object dies without it, the destinations are as they were.
class OutputFiles {
public:
  OutputFiles() = default;
  OutputFiles(const OutputFiles &) = delete;
  OutputFiles &operator=(const OutputFiles &) = delete;
  ~OutputFiles();

  /// Fails if no file can be made at `path`. Called before long work, so that
  /// a bad path costs none of it.
  static llvm::Error checkWritable(StringRef path);

  /// Writes the temporary for `path`. "-" is standard output; it and devices
  /// are written in commit().
  llvm::Error add(StringRef path,
                  llvm::function_ref<void(raw_ostream &)> write);

  /// Makes all of the files appear.
  llvm::Error commit();

private:
  struct Pending {
    std::string path;
    llvm::sys::fs::TempFile file;
  };
  struct Stream {
    std::string path;
    std::string contents;
  };
  std::vector<Pending> pending;
  std::vector<Stream> streams;
};

} // namespace mlir::vga

#endif // VGA_RUNTIME_OUTPUTFILES_H
