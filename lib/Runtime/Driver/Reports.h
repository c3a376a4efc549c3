//===- Reports.h - What vga-run says of its work ----------------*- C++ -*-===//
//
// Part of the vga project, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef VGA_LIB_RUNTIME_DRIVER_REPORTS_H
#define VGA_LIB_RUNTIME_DRIVER_REPORTS_H

#include "vga/Runtime/LanguageModel.h"
#include "llvm/Support/JSON.h"
#include <vector>

namespace mlir::vga {

/// The times of repeated calls of one function.
struct BenchmarkReport {
  std::string entry;
  unsigned threads = 0;
  double compileSeconds = 0;
  /// Whether the code was there already, and only loaded.
  bool isCached = false;
  std::optional<double> flops;
  /// In the order of the calls; at least one.
  std::vector<double> seconds;

  void print(raw_ostream &os) const;
  void printJSON(raw_ostream &os) const;
  /// A list of them.
  static void printJSON(ArrayRef<BenchmarkReport> reports, raw_ostream &os);

private:
  llvm::json::Object toJSON() const;
};

/// The text that a language model made.
struct GenerationReport {
  std::string entry, prompt, text;
  unsigned threads = 0;
  double compileSeconds = 0;
  /// Whether the code was there already, and only loaded.
  bool isCached = false;
  SamplingOptions sampling;
  GenerationStats stats;

  void print(raw_ostream &os) const;
  void printJSON(raw_ostream &os) const;
};

} // namespace mlir::vga

#endif // VGA_LIB_RUNTIME_DRIVER_REPORTS_H
