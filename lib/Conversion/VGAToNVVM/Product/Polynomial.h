//===- Polynomial.h - Arithmetic as its coefficients -----------*- C++ -*-===//
//
// Part of the vga project, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef VGA_LIB_CONVERSION_VGATONVVM_PRODUCT_POLYNOMIAL_H
#define VGA_LIB_CONVERSION_VGATONVVM_PRODUCT_POLYNOMIAL_H

#include "mlir/IR/Types.h"
#include <map>
#include <optional>

namespace mlir::vga::product {

/// Coefficients by the powers of t, and of u = tanh(sqrt(2/pi) (t + 0.044715
/// t^3)).
using Polynomial = std::map<std::pair<int, int>, double>;

/// x + factor * y.
Polynomial add(Polynomial x, const Polynomial &y, double factor);

/// Nothing if there are higher powers than matter here.
std::optional<Polynomial> multiply(const Polynomial &x, const Polynomial &y);

/// Whether coefficients are equal but for how a type rounds constants.
bool areClose(const Polynomial &x, const Polynomial &expected, Type type);

/// sqrt(2/pi) (t + 0.044715 t^3), and t/2 (1 + u).
const Polynomial &getGeluArgument();
const Polynomial &getGelu();

} // namespace mlir::vga::product

#endif // VGA_LIB_CONVERSION_VGATONVVM_PRODUCT_POLYNOMIAL_H
