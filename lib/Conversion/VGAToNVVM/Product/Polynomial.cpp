//===- Polynomial.cpp - Arithmetic as its coefficients --------------------===//
//===//
//
// Part of the vga project, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "Polynomial.h"

#include "mlir/IR/BuiltinTypes.h"
#include <cmath>

using namespace mlir;
using namespace mlir::vga;
using namespace mlir::vga::product;

Polynomial product::add(Polynomial x, const Polynomial &y, double factor) {
  for (auto [powers, coefficient] : y)
    x[powers] += factor * coefficient;
  return x;
}

std::optional<Polynomial> product::multiply(const Polynomial &x,
                                            const Polynomial &y) {
  constexpr int kMostPower = 3;
  Polynomial product;
  for (auto [left, a] : x)
    for (auto [right, b] : y) {
      std::pair powers(left.first + right.first, left.second + right.second);
      if (powers.first > kMostPower || powers.second > 1)
        return std::nullopt;
      product[powers] += a * b;
    }
  return product;
}

bool product::areClose(const Polynomial &x, const Polynomial &expected,
                       Type type) {
  double tolerance = type.isBF16() ? 1.0 / 128 : type.isF16() ? 1e-3 : 1e-5;
  return llvm::all_of(add(x, expected, -1), [&](auto &term) {
    auto it = expected.find(term.first);
    double size = it == expected.end() ? 0 : std::abs(it->second);
    return std::abs(term.second) <= tolerance * size;
  });
}

const Polynomial &product::getGeluArgument() {
  static const double root = std::sqrt(2 / std::acos(-1.0));
  static const Polynomial argument = {{{1, 0}, root},
                                      {{3, 0}, root * 0.044715}};
  return argument;
}

const Polynomial &product::getGelu() {
  static const Polynomial gelu = {{{1, 0}, 0.5}, {{1, 1}, 0.5}};
  return gelu;
}
