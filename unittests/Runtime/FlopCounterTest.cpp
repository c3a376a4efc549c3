//===- FlopCounterTest.cpp - Counting operations
//----------------------------===//
//
// Part of the vga project, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "vga/Runtime/FlopCounter.h"
#include "ModuleTest.h"

using namespace mlir;
using namespace mlir::vga;

namespace {
class FlopCounterTest : public ModuleTest {
protected:
  std::optional<double> count(StringRef source,
                              ArrayRef<ArrayRef<int64_t>> shapes) {
    EXPECT_TRUE(parse(source)) << takeDiagnostics();
    return countFlops(getMain(), shapes);
  }
};
} // namespace

static constexpr StringLiteral kMatmul(R"mlir(
  func.func @main(%a: tensor<?x?xf32>, %b: tensor<?x8xf32>) -> tensor<?x8xf32> {
    %c0 = arith.constant 0 : index
    %m = tensor.dim %a, %c0 : tensor<?x?xf32>
    %e = tensor.empty(%m) : tensor<?x8xf32>
    %r = linalg.matmul ins(%a, %b : tensor<?x?xf32>, tensor<?x8xf32>)
                       outs(%e : tensor<?x8xf32>) -> tensor<?x8xf32>
    return %r : tensor<?x8xf32>
  })mlir");

TEST_F(FlopCounterTest, Matmul) {
  EXPECT_EQ(count(kMatmul, {{3, 5}, {5, 8}}), 2.0 * 3 * 5 * 8);
  EXPECT_EQ(count(kMatmul, {{0, 5}, {5, 8}}), 0.0);
}

TEST_F(FlopCounterTest, GenericContraction) {
  EXPECT_EQ(count(R"mlir(
    func.func @main(%a: tensor<?x4xf32>, %b: tensor<4xf32>, %c: tensor<?xf32>)
        -> tensor<?xf32> {
      %r = linalg.generic {
          indexing_maps = [affine_map<(i, k) -> (i, k)>,
                           affine_map<(i, k) -> (k)>, affine_map<(i, k) -> (i)>],
          iterator_types = ["parallel", "reduction"]}
          ins(%a, %b : tensor<?x4xf32>, tensor<4xf32>)
          outs(%c : tensor<?xf32>) {
      ^bb0(%x: f32, %y: f32, %z: f32):
        %p = arith.mulf %x, %y : f32
        %s = arith.addf %z, %p : f32
        linalg.yield %s : f32
      } -> tensor<?xf32>
      return %r : tensor<?xf32>
    })mlir",
                  {{6, 4}, {4}, {6}}),
            2.0 * 6 * 4);
}

TEST_F(FlopCounterTest, Attention) {
  // B = 2, Hq = 4, Sq = 3, Sk = 5, Dk = 8, Dv = 6.
  EXPECT_EQ(count(R"mlir(
    func.func @main(%q: tensor<?x4x?x8xf32>, %k: tensor<?x2x?x8xf32>,
                    %v: tensor<?x2x?x6xf32>) -> tensor<?x4x?x6xf32> {
      %o = vga.attention %q, %k, %v causal
          : tensor<?x4x?x8xf32>, tensor<?x2x?x8xf32>, tensor<?x2x?x6xf32>
      return %o : tensor<?x4x?x6xf32>
    })mlir",
                  {{2, 4, 3, 8}, {2, 2, 5, 8}, {2, 2, 5, 6}}),
            2.0 * 2 * 4 * 3 * 5 * (8 + 6));
}

TEST_F(FlopCounterTest, SquareCausalAttentionIsHalf) {
  // In layout bshd, through the gated operation.
  EXPECT_EQ(count(R"mlir(
    func.func @main(%q: tensor<2x?x4x8xf32>, %k: tensor<2x?x4x8xf32>,
                    %v: tensor<2x?x4x8xf32>, %w: tensor<4x8xf32>)
        -> tensor<2x?x4x8xf32> {
      %o = vga.gated_attention %q, %k, %v, %w causal layout bshd
          : tensor<2x?x4x8xf32>, tensor<2x?x4x8xf32>, tensor<2x?x4x8xf32>,
            tensor<4x8xf32>
      return %o : tensor<2x?x4x8xf32>
    })mlir",
                  {{2, 7, 4, 8}, {2, 7, 4, 8}, {2, 7, 4, 8}, {4, 8}}),
            1.0 * 2 * 4 * 7 * 7 * (8 + 8));
}

TEST_F(FlopCounterTest, PagesAreKeysOfTheirSequences) {
  EXPECT_EQ(count(R"mlir(
    func.func @main(%q: tensor<?x4x1x8xf32>, %k: tensor<?x2x16x8xf32>,
                    %t: tensor<?x?xi32>) -> tensor<?x4x1x8xf32> {
      %z = vga.attention %q, %k, %k block_table(%t : tensor<?x?xi32>)
          : tensor<?x4x1x8xf32>, tensor<?x2x16x8xf32>, tensor<?x2x16x8xf32>
      return %z : tensor<?x4x1x8xf32>
    })mlir",
                  {{3, 4, 1, 8}, {99, 2, 16, 8}, {3, 5}}),
            2.0 * 3 * 4 * 1 * (5 * 16) * (8 + 8));
}

TEST_F(FlopCounterTest, SizesFlowThroughCallsAndReshapes) {
  EXPECT_EQ(count(R"mlir(
    func.func private @project(%x: tensor<?x6xf32>, %w: tensor<6x6xf32>)
        -> tensor<?x6xf32> {
      %r = linalg.matmul ins(%x, %w : tensor<?x6xf32>, tensor<6x6xf32>)
                         outs(%x : tensor<?x6xf32>) -> tensor<?x6xf32>
      return %r : tensor<?x6xf32>
    }
    func.func @main(%x: tensor<?x6xf32>, %w: tensor<6x6xf32>)
        -> tensor<?x6xf32> {
      %c0 = arith.constant 0 : index
      %c2 = arith.constant 2 : index
      %s = tensor.dim %x, %c0 : tensor<?x6xf32>
      %a = func.call @project(%x, %w)
          : (tensor<?x6xf32>, tensor<6x6xf32>) -> tensor<?x6xf32>
      %sum = arith.addf %a, %x : tensor<?x6xf32>
      %heads = tensor.expand_shape %sum [[0], [1, 2]] output_shape [%s, 2, 3]
          : tensor<?x6xf32> into tensor<?x2x3xf32>
      %flat = tensor.collapse_shape %heads [[0], [1, 2]]
          : tensor<?x2x3xf32> into tensor<?x6xf32>
      %half = arith.divui %s, %c2 : index
      %slice = tensor.extract_slice %flat[0, 0] [%half, 6] [1, 1]
          : tensor<?x6xf32> to tensor<?x6xf32>
      %r = func.call @project(%slice, %w)
          : (tensor<?x6xf32>, tensor<6x6xf32>) -> tensor<?x6xf32>
      return %r : tensor<?x6xf32>
    })mlir",
                  {{10, 6}, {6, 6}}),
            2.0 * 10 * 6 * 6 + 2.0 * 5 * 6 * 6);
}

TEST_F(FlopCounterTest, LoopsMultiply) {
  constexpr StringLiteral source(R"mlir(
    func.func @main(%x: tensor<?x6xf32>, %w: tensor<6x6xf32>)
        -> tensor<6x6xf32> {
      %c0 = arith.constant 0 : index
      %c2 = arith.constant 2 : index
      %s = tensor.dim %x, %c0 : tensor<?x6xf32>
      %r = scf.for %i = %c0 to %s step %c2 iter_args(%y = %w)
          -> tensor<6x6xf32> {
        %z = linalg.matmul ins(%y, %w : tensor<6x6xf32>, tensor<6x6xf32>)
                           outs(%y : tensor<6x6xf32>) -> tensor<6x6xf32>
        scf.yield %z : tensor<6x6xf32>
      }
      return %r : tensor<6x6xf32>
    })mlir");
  EXPECT_EQ(count(source, {{5, 6}, {6, 6}}), 3 * 2.0 * 6 * 6 * 6);
}

TEST_F(FlopCounterTest, SaysWhenItDoesNotKnow) {
  // A branch on data.
  EXPECT_EQ(count(R"mlir(
    func.func @main(%x: tensor<6x6xf32>, %c: tensor<i1>) -> tensor<6x6xf32> {
      %b = tensor.extract %c[] : tensor<i1>
      %r = scf.if %b -> tensor<6x6xf32> {
        %z = linalg.matmul ins(%x, %x : tensor<6x6xf32>, tensor<6x6xf32>)
                           outs(%x : tensor<6x6xf32>) -> tensor<6x6xf32>
        scf.yield %z : tensor<6x6xf32>
      } else {
        scf.yield %x : tensor<6x6xf32>
      }
      return %r : tensor<6x6xf32>
    })mlir",
                  {{6, 6}, {}}),
            std::nullopt);
  // A size that is data.
  EXPECT_EQ(count(R"mlir(
    func.func @main(%x: tensor<6x6xf32>, %n: tensor<i64>) -> tensor<?x6xf32> {
      %i = tensor.extract %n[] : tensor<i64>
      %s = arith.index_cast %i : i64 to index
      %y = tensor.extract_slice %x[0, 0] [%s, 6] [1, 1]
          : tensor<6x6xf32> to tensor<?x6xf32>
      %z = linalg.matmul ins(%y, %x : tensor<?x6xf32>, tensor<6x6xf32>)
                         outs(%y : tensor<?x6xf32>) -> tensor<?x6xf32>
      return %z : tensor<?x6xf32>
    })mlir",
                  {{6, 6}, {}}),
            std::nullopt);
  // Recursion.
  EXPECT_EQ(count("func.func @main() { call @main() : () -> () return }", {}),
            std::nullopt);
}

TEST_F(FlopCounterTest, NothingToCount) {
  EXPECT_EQ(count("func.func @main() { return }", {}), 0.0);
}
