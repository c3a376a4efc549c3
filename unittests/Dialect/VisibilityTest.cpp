//===- VisibilityTest.cpp - Which keys a query sees ----------------------===//
//
// Part of the vga project, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "vga/Dialect/VGA/IR/Semantics.h"
#include "gtest/gtest.h"

using namespace mlir::vga;
using Range = std::pair<int64_t, int64_t>;

static std::optional<int64_t> none;

TEST(Visibility, WithoutBoundsEveryKeyIsVisible) {
  Band band(none, none);
  EXPECT_TRUE(band.isFull());
  EXPECT_EQ(band.visibleKeys(0, 0, 7), Range(0, 7));
  EXPECT_TRUE(band.coversAll(0, 5, 7));
}

TEST(Visibility, CausalEndsAtTheQuery) {
  Band causal(none, 0);
  EXPECT_EQ(causal.visibleKeys(0, 0, 4), Range(0, 1));
  EXPECT_EQ(causal.visibleKeys(3, 0, 4), Range(0, 4));
  EXPECT_FALSE(causal.coversAll(0, 4, 4));
}

TEST(Visibility, BottomRightLetsTheLastQuerySeeEverything) {
  int64_t offset = *getBandOffset(Alignment::bottom_right, 2, 5);
  EXPECT_EQ(offset, 3);
  Band causal(none, 0);
  EXPECT_EQ(causal.visibleKeys(0, offset, 5), Range(0, 4));
  EXPECT_EQ(causal.visibleKeys(1, offset, 5), Range(0, 5));
  EXPECT_TRUE(
      causal.coversAll(*getBandOffset(Alignment::bottom_right, 1, 9), 1, 9));
}

TEST(Visibility, TopLeftAnchorsAtTheFirstKey) {
  EXPECT_EQ(getBandOffset(Alignment::top_left, 2, 5), 0);
  EXPECT_EQ(getBandOffset(Alignment::length, 2, 5), std::nullopt);
}

TEST(Visibility, MoreQueriesThanKeysLeaveTheFirstWithoutAny) {
  int64_t offset = *getBandOffset(Alignment::bottom_right, 5, 2);
  Band causal(none, 0);
  EXPECT_EQ(causal.visibleKeys(0, offset, 2), Range(0, 0));
  EXPECT_EQ(causal.visibleKeys(2, offset, 2), Range(0, 0));
  EXPECT_EQ(causal.visibleKeys(3, offset, 2), Range(0, 1));
  EXPECT_EQ(causal.visibleKeys(4, offset, 2), Range(0, 2));
}

TEST(Visibility, WindowsAreInclusiveOnBothSides) {
  Band window(-2, 1);
  EXPECT_EQ(window.visibleKeys(5, 0, 10), Range(3, 7));
  EXPECT_EQ(window.visibleKeys(0, 0, 10), Range(0, 2));
  EXPECT_EQ(window.visibleKeys(9, 0, 10), Range(7, 10));
  EXPECT_FALSE(window.coversAll(0, 10, 10));
  EXPECT_TRUE(Band(-9, 9).coversAll(0, 10, 10));
}

TEST(Visibility, RangesPastTheKeysAreEmpty) {
  Band window(-1, none);
  EXPECT_EQ(window.visibleKeys(9, 0, 4), Range(4, 4));
  Band future(3, none);
  EXPECT_EQ(future.visibleKeys(0, 0, 2), Range(2, 2));
}

TEST(Axes, FollowTheLayout) {
  for (auto [layout, b, h, s] : {std::tuple(Layout::bhsd, 0u, 1u, 2u),
                                 std::tuple(Layout::bshd, 0u, 2u, 1u),
                                 std::tuple(Layout::sbhd, 1u, 2u, 0u)}) {
    AxisOrder axes(layout);
    EXPECT_EQ(axes.batch, b);
    EXPECT_EQ(axes.head, h);
    EXPECT_EQ(axes.sequence, s);
  }
  EXPECT_EQ(AxisOrder(Layout::sbhd).arrange(1, 2, 3, 4),
            (llvm::SmallVector<int>{3, 1, 2, 4}));
}
