//===- LibraryProduct.h - What a library can do of a product ----*- C++ -*-===//
//
// Part of the vga project, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef VGA_LIB_CONVERSION_VGATONVVM_PRODUCT_LIBRARYPRODUCT_H
#define VGA_LIB_CONVERSION_VGATONVVM_PRODUCT_LIBRARYPRODUCT_H

#include "Product.h"
#include "vga/Dialect/VGA/IR/VGA.h"

namespace mlir::vga::product {

/// A product that is, with all that surrounds it, what vga.multiply computes:
/// two matrices of one 16-bit type, at most one axis of batches, and an
/// epilogue of a bias for each column, a residual, and a nonlinearity.
struct LibraryProduct {
  /// Nothing if it is something else, or has few rows only.
  static std::optional<LibraryProduct> match(const Product &product);

  /// With fewer rows, kernels read the other operand as fast.
  static constexpr int64_t kLeastRows = 128;

  /// Null if there is none.
  Value bias, residual;
  Nonlinearity nonlinearity = Nonlinearity::none;
  int64_t batch = kNoAxis;
};

} // namespace mlir::vga::product

#endif // VGA_LIB_CONVERSION_VGATONVVM_PRODUCT_LIBRARYPRODUCT_H
