//===- BFloat16.cpp - Rounding to bf16, for compiled code -----------------===//
//
// Part of the vga project, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "BFloat16.h"

#include "llvm/ADT/APFloat.h"
#include "llvm/ADT/bit.h"

using namespace mlir;
using llvm::APFloat;

static float truncate(APFloat value) {
  bool losesInfo;
  value.convert(APFloat::BFloat(), APFloat::rmNearestTiesToEven, &losesInfo);
  auto bits = static_cast<uint32_t>(value.bitcastToAPInt().getZExtValue());
  return llvm::bit_cast<float>(bits);
}

float vga::truncateToBF16(float value) { return truncate(APFloat(value)); }
float vga::truncateToBF16(double value) { return truncate(APFloat(value)); }
