//===- Npy.h - Reading and writing .npy files -------------------*- C++ -*-===//
//
// Part of the vga project, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// The array format of numpy, versions 1 to 3 (numpy.lib.format). bf16, which
// numpy does not have, is `<V2`, as the Python package ml_dtypes writes it.
// Files in Fortran order, of big-endian data or of other types are refused.
//
//===----------------------------------------------------------------------===//

#ifndef VGA_RUNTIME_NPY_H
#define VGA_RUNTIME_NPY_H

#include "vga/Runtime/HostTensor.h"

namespace mlir::vga {

/// Reads a file; any error names it.
llvm::Expected<HostTensor> readNpy(StringRef path);

/// Decodes the contents of a file.
llvm::Expected<HostTensor> parseNpy(StringRef contents);

/// Writes the contents of a file.
void writeNpy(const HostTensor &tensor, raw_ostream &os);

} // namespace mlir::vga

#endif // VGA_RUNTIME_NPY_H
