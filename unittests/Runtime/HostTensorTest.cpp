//===- HostTensorTest.cpp - Arrays, their sizes and their text
//----------------===//
//
// Part of the vga project, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "TestUtils.h"
#include "mlir/IR/BuiltinTypeInterfaces.h"
#include "llvm/Support/raw_ostream.h"
#include <cmath>

using namespace mlir;
using namespace mlir::vga;

static std::string print(const HostTensor &tensor) {
  std::string text;
  llvm::raw_string_ostream os(text);
  tensor.print(os);
  return text;
}

TEST(HostTensor, DescribesTypes) {
  EXPECT_EQ(describeTensor(ElementKind::F32, {2, ShapedType::kDynamic}),
            "tensor<2x?xf32>");
  EXPECT_EQ(describeTensor(ElementKind::Bool, {}), "tensor<i1>");
}

TEST(HostTensor, SizesDoNotOverflow) {
  EXPECT_EQ(getDenseByteSize(ElementKind::F64, {3, 5}), 120);
  EXPECT_EQ(getDenseByteSize(ElementKind::F16, {}), 2);
  EXPECT_EQ(getDenseByteSize(ElementKind::F32, {INT64_MAX, 0}), std::nullopt);
  EXPECT_EQ(getDenseByteSize(ElementKind::I8, {INT64_MAX, 0}), 0);
  EXPECT_EQ(getDenseByteSize(ElementKind::I8, {1ll << 32, 1ll << 32}),
            std::nullopt);
  EXPECT_EQ(getDenseByteSize(ElementKind::I8, {0, 1ll << 32, 1ll << 32}),
            std::nullopt);
}

TEST(HostTensor, AllocationsAreAlignedAndCanFail) {
  HostTensor tensor =
      llvm::cantFail(HostTensor::create(ElementKind::F32, {3, 7}));
  EXPECT_EQ(reinterpret_cast<uintptr_t>(tensor.getData()) %
                HostTensor::kAlignment,
            0u);
  EXPECT_EQ(tensor.getNumElements(), 21);
  EXPECT_EQ(tensor.getNumBytes(), 84u);

  auto empty = HostTensor::create(ElementKind::F32, {3, 0});
  ASSERT_TRUE(static_cast<bool>(empty));
  EXPECT_NE(empty->getData(), nullptr);
  EXPECT_EQ(empty->getNumElements(), 0);

  auto huge = HostTensor::create(ElementKind::I8, {INT64_MAX});
  EXPECT_FALSE(static_cast<bool>(huge));
  llvm::consumeError(huge.takeError());
}

TEST(HostTensor, WidensF16) {
  EXPECT_EQ(widenF16(0x0000), 0.0f);
  EXPECT_TRUE(std::signbit(widenF16(0x8000)));
  EXPECT_EQ(widenF16(0x3c00), 1.0f);
  EXPECT_EQ(widenF16(0xc000), -2.0f);
  EXPECT_EQ(widenF16(0x7bff), 65504.0f);
  EXPECT_EQ(widenF16(0x0001), 0x1p-24f);
  EXPECT_EQ(widenF16(0x03ff), 1023 * 0x1p-24f);
  EXPECT_EQ(widenF16(0x0400), 0x1p-14f);
  EXPECT_EQ(widenF16(0x7c00), INFINITY);
  EXPECT_EQ(widenF16(0xfc00), -INFINITY);
  EXPECT_TRUE(std::isnan(widenF16(0x7e00)));
}

TEST(HostTensor, WidensBF16) {
  EXPECT_EQ(widenBF16(0x3f80), 1.0f);
  EXPECT_EQ(widenBF16(0xff80), -INFINITY);
  EXPECT_EQ(widenBF16(0x0001), 0x1p-133f);
}

TEST(HostTensor, Prints) {
  EXPECT_EQ(print(makeF32({2, 2}, {1, 2.5, -3, 0.1f})),
            "[[1, 2.5], [-3, 0.1]]");
  EXPECT_EQ(print(makeF32({}, {7})), "7");
  EXPECT_EQ(print(makeF32({2, 0}, {})), "[]");
  // 10^9 empty rows of rows.
  EXPECT_EQ(print(makeF32({1000, 1000, 1000, 0, 5}, {})), "[]");
  EXPECT_EQ(print(makeTensor<uint8_t>(ElementKind::Bool, {2}, {1, 0})),
            "[true, false]");
  EXPECT_EQ(print(makeTensor<int8_t>(ElementKind::I8, {2}, {-1, 65})),
            "[-1, 65]");
  EXPECT_EQ(print(makeTensor<uint16_t>(ElementKind::F16, {1}, {0x3e00})),
            "[1.5]");
  EXPECT_EQ(print(makeTensor<uint16_t>(ElementKind::BF16, {1}, {0x3fc0})),
            "[1.5]");
  SmallVector<float> many(600);
  for (auto [index, value] : llvm::enumerate(many))
    value = index;
  EXPECT_EQ(print(makeF32({600}, many)), "[0, 1, 2, ..., 597, 598, 599]");
}
