//===- ObjectCache.h - Machine code kept between processes ------*- C++ -*-===//
//
// Part of the vga project, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef VGA_LIB_RUNTIME_OBJECTCACHE_H
#define VGA_LIB_RUNTIME_OBJECTCACHE_H

#include "mlir/IR/BuiltinOps.h"
#include "vga/Runtime/Runner.h"
#include "llvm/Support/MemoryBuffer.h"

namespace mlir::vga {

/// Object files in a directory, by what they were made from: the module before
/// lowering, the options, the processor, and this very build of vga, MLIR and
/// LLVM.
class ObjectCache {
public:
  /// The place of the object of `module` in the directory of the options.
  ObjectCache(ModuleOp module, const llvm::TargetMachine &machine,
              const CompileOptions &options);

  /// The object, or null if there is none that is whole.
  std::unique_ptr<llvm::MemoryBuffer> load() const;

  /// Keeps an object, and removes old ones if there are too many. Fails if the
  /// directory can not be written.
  llvm::Error store(StringRef object) const;

private:
  std::string directory, path;
};

} // namespace mlir::vga

#endif // VGA_LIB_RUNTIME_OBJECTCACHE_H
