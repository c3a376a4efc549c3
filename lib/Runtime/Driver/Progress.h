//===- Progress.h - What takes so long --------------------------*- C++ -*-===//
//
// Part of the vga project, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef VGA_LIB_RUNTIME_DRIVER_PROGRESS_H
#define VGA_LIB_RUNTIME_DRIVER_PROGRESS_H

#include "llvm/ADT/Twine.h"
#include "llvm/Support/raw_ostream.h"
#include <string>

namespace mlir::vga {

/// One line on a terminal that says what is being done. It is gone before
/// anything else is printed; where there is no terminal there is no line.
class Progress {
public:
  Progress() : enabled(llvm::errs().is_displayed()) {}
  ~Progress() { clear(); }

  void show(const llvm::Twine &stage) {
    suffix = (", " + stage).str();
    if (!enabled)
      return;
    clear();
    llvm::errs() << stage << " ...";
    llvm::errs().flush();
    shown = true;
  }

  void clear() {
    if (!shown)
      return;
    llvm::errs() << "\r\033[K";
    llvm::errs().flush();
    shown = false;
  }

  /// What is being done, at the end of an error that happens meanwhile.
  llvm::StringRef getSuffix() const { return suffix; }

private:
  std::string suffix;
  bool enabled;
  bool shown = false;
};

} // namespace mlir::vga

#endif // VGA_LIB_RUNTIME_DRIVER_PROGRESS_H
