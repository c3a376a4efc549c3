//===- GatherPages.h - The definition of a cache in pages -------*- C++ -*-===//
//
// Part of the vga project, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef VGA_LIB_CONVERSION_VGATOLINALG_GATHERPAGES_H
#define VGA_LIB_CONVERSION_VGATOLINALG_GATHERPAGES_H

#include "vga/Dialect/VGA/IR/VGA.h"

namespace mlir::vga {

class LinalgBuilder;

/// The attention of `op`, which has a block table, on caches without pages,
/// into which the pages of `op` are copied: page by page, or element by element
/// by operations that kernels are made of.
AttentionOp gatherPages(LinalgBuilder &builder, AttentionOp op, bool byElement);

} // namespace mlir::vga

#endif // VGA_LIB_CONVERSION_VGATOLINALG_GATHERPAGES_H
