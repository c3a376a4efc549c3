//===- WarpMatrices.h - Products of a warp on the tensor cores --*- C++ -*-===//
//
// Part of the vga project, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// What every NVIDIA GPU since compute capability 8.0 has: a warp copies from
// global to shared memory in the background, loads matrices from there, and
// multiplies them (PTX ISA: cp.async, ldmatrix, mma.m16n8k16).
//
// Lane l = 4g + t has of a product of 16 rows and 8 columns the sums of rows g
// and g + 8 and columns 2t and 2t + 1, in this order: (g, 2t), (g, 2t + 1),
// (g + 8, 2t), (g + 8, 2t + 1).
//
//===----------------------------------------------------------------------===//

#ifndef VGA_LIB_CONVERSION_VGATONVVM_WARPMATRICES_H
#define VGA_LIB_CONVERSION_VGATONVVM_WARPMATRICES_H

#include "KernelBuilder.h"

namespace mlir::vga {

constexpr int64_t kWarpThreads = 32;
/// What a lane copies at a time: kPieceElements elements of 16 bits.
constexpr int64_t kPieceBytes = 16;

/// Rows, columns and depth of a product of 16-bit elements, and of its sums
/// those of a lane, and how many of them are neighbors.
constexpr int64_t kProductRows = 16, kProductColumns = 8, kProductDepth = 16;
constexpr int64_t kProductSums = 4, kProductRun = 2;

/// Four matrices of 8 rows of 16 bytes, of which lanes 8i to 8i + 7 point to
/// the rows of matrix i. Of each, lane 4g + t gets elements 2t and 2t + 1 of
/// row g, or of column g if it is transposed.
SmallVector<Value> loadMatrices(KernelBuilder &b, Value address,
                                bool isTransposed);

/// The depth of a product of elements of a type: f32 as tf32, which is cut off
/// after 10 bits.
inline int64_t getProductDepth(Type elementType) {
  return elementType.isF32() ? kProductDepth / 2 : kProductDepth;
}

/// rows * columns + sums, in f32, of f16, bf16 or f32 elements. A register has
/// two 16-bit elements, or one of f32, and so the matrices half the depth. The
/// four registers of rows are the matrices of rows 0 to 7 and 8 to 15 at depths
/// 0 to 7, then at 8 to 15; the two of columns are those at depths 0 to 7 and 8
/// to 15.
SmallVector<Value> multiplyMatrices(KernelBuilder &b, Type elementType,
                                    ArrayRef<Value> rows,
                                    ArrayRef<Value> columns, ValueRange sums);

/// Starts a copy of 4, 8 or 16 bytes from global to shared memory; of them
/// `read`, if it is not null, are read, and the others are zeros.
void copyAsync(KernelBuilder &b, Value destination, Value source, int64_t bytes,
               Value read);

} // namespace mlir::vga

#endif // VGA_LIB_CONVERSION_VGATONVVM_WARPMATRICES_H
