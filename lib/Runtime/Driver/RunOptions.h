//===- RunOptions.h - The command line of vga-run ---------------*- C++ -*-===//
//
// Part of the vga project, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef VGA_LIB_RUNTIME_DRIVER_RUNOPTIONS_H
#define VGA_LIB_RUNTIME_DRIVER_RUNOPTIONS_H

#include "vga/Runtime/LanguageModel.h"
#include "vga/Runtime/Runner.h"
#include <string>
#include <vector>

namespace mlir::vga {

struct RunOptions {
  /// What to do with the module.
  enum class Mode { Run, RunList, Benchmark, BenchmarkList, Generate, Emit };

  Mode mode = Mode::Run;
  std::string model;
  std::optional<std::string> entry;
  std::string weights;
  std::vector<std::string> inputs, outputs;
  unsigned threads = 0;
  bool json = false;
  CompileOptions compile;
  /// That of all attention on a GPU, if not empty.
  std::string schedule;
  /// Whether threads stay on their cores.
  bool bindThreads = false;

  std::string runList;
  unsigned benchmarkRuns = 0;

  std::string prompt;
  unsigned tokens = 0;
  SamplingOptions sampling;

  CodeFormat emitFormat = CodeFormat::LLVMIR;
  std::string emitPath;

  /// Parses the command line, and checks what can be checked without opening
  /// a file. Help and syntax errors end the process.
  static llvm::Expected<RunOptions> parse(int argc, char **argv);
};

} // namespace mlir::vga

#endif // VGA_LIB_RUNTIME_DRIVER_RUNOPTIONS_H
