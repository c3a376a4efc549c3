//===- Panels.h - Weights packed into panels of columns ---------*- C++ -*-===//
//
// Part of the vga project, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// A matrix of K rows and N columns is packed as [ceil(N / P), K, P]: what a
// task reads is one block of memory. Row by row of a wide matrix it would be
// addresses so far apart that they share few sets of the caches.
//
//===----------------------------------------------------------------------===//

#ifndef VGA_LIB_CPU_PANELS_H
#define VGA_LIB_CPU_PANELS_H

#include "mlir/IR/PatternMatch.h"

namespace mlir::vga {

/// Reads the slices of unpacked matrices in `root` from the packed ones, where
/// a slice lies within a panel.
void readPanels(RewriterBase &rewriter, Operation *root);

} // namespace mlir::vga

#endif // VGA_LIB_CPU_PANELS_H
