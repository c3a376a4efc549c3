//===- TargetTest.cpp - What GPUs have, and which code they run -----------===//
//
// Part of the vga project, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "vga/GPU/Target.h"
#include "gtest/gtest.h"

using namespace mlir::vga;

TEST(Target, HopperAloneHasWarpgroups) {
  EXPECT_TRUE(Target::lookup("sm_90a")->hasWarpgroups());
  for (const char *chip : {"sm_80", "sm_86", "sm_89", "sm_90"})
    EXPECT_FALSE(Target::lookup(chip)->hasWarpgroups()) << chip;
  // The generation after has features of its own, and not these.
  Target blackwell{"sm_100a", "+ptx86", 100, 148, 232448, 64 << 20};
  EXPECT_TRUE(blackwell.isSpecific());
  EXPECT_FALSE(blackwell.hasWarpgroups());
}

TEST(Target, CodeOfOneGenerationRunsThereOnly) {
  EXPECT_TRUE(Target::lookup("sm_90a")->runsOn(90));
  EXPECT_FALSE(Target::lookup("sm_90a")->runsOn(100));
  EXPECT_TRUE(Target::lookup("sm_90")->runsOn(100));
  EXPECT_FALSE(Target::lookup("sm_90")->runsOn(89));
  Target blackwell{"sm_100a", "+ptx86", 100, 148, 232448, 64 << 20};
  EXPECT_FALSE(blackwell.runsOn(90));
  EXPECT_TRUE(blackwell.runsOn(100));
}

TEST(Target, UnknownChipsAreNone) {
  EXPECT_FALSE(Target::lookup("sm_70").has_value());
  EXPECT_FALSE(Target::lookup("sm_100a").has_value());
}
