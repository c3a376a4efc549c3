//===- Safetensors.h - Reading .safetensors files ---------------*- C++ -*-===//
//
// Part of the vga project, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// Named weights (https://huggingface.co/docs/safetensors): the length of a
// header as a little-endian u64, the header as JSON, then the data.
//
//===----------------------------------------------------------------------===//

#ifndef VGA_RUNTIME_SAFETENSORS_H
#define VGA_RUNTIME_SAFETENSORS_H

#include "vga/Runtime/HostTensor.h"
#include "llvm/ADT/StringMap.h"
#include "llvm/Support/MemoryBuffer.h"

namespace mlir::vga {

/// An open file; the data stay where they are, mapped into memory.
class SafetensorsFile {
public:
  /// A tensor in the file.
  struct Entry {
    std::string dtype;
    SmallVector<int64_t, 4> shape;
    StringRef data;

    /// The element type, if it is one that tensors in memory have.
    std::optional<ElementKind> getKind() const;

    /// The type in MLIR's or, failing that, the file's words.
    std::string describe() const;
  };

  /// Opens a file and checks all of its header; any error names the file.
  static llvm::Expected<SafetensorsFile> open(StringRef path);

  /// Takes the contents of a file; errors do not name it.
  static llvm::Expected<SafetensorsFile>
  parse(std::unique_ptr<llvm::MemoryBuffer> buffer);

  /// The tensor of this name, or null.
  const Entry *lookup(StringRef name) const;

  StringRef getPath() const { return buffer->getBufferIdentifier(); }
  size_t size() const { return entries.size(); }

  /// All tensors, by name.
  using iterator = llvm::StringMap<Entry>::const_iterator;
  iterator begin() const { return entries.begin(); }
  iterator end() const { return entries.end(); }

private:
  llvm::Error parseHeader();

  std::unique_ptr<llvm::MemoryBuffer> buffer;
  llvm::StringMap<Entry> entries;
};

} // namespace mlir::vga

#endif // VGA_RUNTIME_SAFETENSORS_H
