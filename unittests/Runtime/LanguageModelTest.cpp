//===- LanguageModelTest.cpp - Texts, and what continues them
//---------------===//
//
// Part of the vga project, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "vga/Runtime/LanguageModel.h"
#include "ModuleTest.h"

using namespace mlir;
using namespace mlir::vga;

//===----------------------------------------------------------------------===//
// Utf8Stream
//===----------------------------------------------------------------------===//

/// What comes out after each byte, between bars.
static std::string stream(StringRef bytes) {
  Utf8Stream utf8;
  std::string text;
  for (uint8_t byte : bytes.bytes())
    text += utf8.push(byte) + "|";
  return text + utf8.finish();
}

static constexpr char kBad[] = "\xEF\xBF\xBD";

TEST(Utf8Stream, CharactersComeOutWhole) {
  EXPECT_EQ(stream("ab"), "a|b|");
  EXPECT_EQ(stream("\xC3\xA9"), "|\xC3\xA9|");
  EXPECT_EQ(stream("\xE2\x82\xAC!"), "||\xE2\x82\xAC|!|");
  EXPECT_EQ(stream("\xF0\x9F\x99\x8F"), "|||\xF0\x9F\x99\x8F|");
}

TEST(Utf8Stream, OtherBytesAreReplaced) {
  std::string bad = kBad;
  EXPECT_EQ(stream("\xFF"), bad + "|");
  EXPECT_EQ(stream("\x80"
                   "a"),
            bad + "|a|");
  EXPECT_EQ(stream("\xC0\x80"), bad + "|" + bad + "|");
  // A character that another byte cuts off, or the end.
  EXPECT_EQ(stream("\xE2\x82"
                   "a"),
            "||" + bad + "a|");
  EXPECT_EQ(stream("\xE2\xC3\xA9"), "|" + bad + "|\xC3\xA9|");
  EXPECT_EQ(stream("\xF0\x9F"), "||" + bad);
  // Overlong, surrogate, beyond U+10FFFF.
  EXPECT_EQ(stream("\xE0\x80\x80"), "|" + bad + bad + "|" + bad + "|");
  EXPECT_EQ(stream("\xED\xA0\x80"), "|" + bad + bad + "|" + bad + "|");
  EXPECT_EQ(stream("\xF4\x90"), "|" + bad + bad + "|");
}

//===----------------------------------------------------------------------===//
// LanguageModel
//===----------------------------------------------------------------------===//

namespace {
class LanguageModelTest : public ModuleTest {
protected:
  /// A model with these arguments and attributes that returns `%r`.
  FailureOr<LanguageModel> getModel(StringRef arguments, StringRef attributes) {
    EXPECT_TRUE(parse(("func.func @main(" + arguments +
                       ", %r: tensor<?x256xf32> {vga.param = \"r\"}) -> "
                       "tensor<?x256xf32> " +
                       attributes + "{ return %r : tensor<?x256xf32> }")
                          .str()))
        << takeDiagnostics();
    return LanguageModel::get(getMain());
  }
};
} // namespace

TEST_F(LanguageModelTest, EncodesTheEndOfTheText) {
  auto model =
      getModel("%t: tensor<?xi64>", "attributes {vga.context = 4 : i64} ");
  ASSERT_TRUE(succeeded(model));
  EXPECT_EQ(model->context, 4);
  HostTensor tokens = llvm::cantFail(model->encode("abc\xC3\xA9"));
  EXPECT_EQ(tokens.describe(), "tensor<4xi64>");
  EXPECT_EQ(
      tokens.getValues<int64_t>(),
      (MutableArrayRef<int64_t>(SmallVector<int64_t>{'b', 'c', 0xC3, 0xA9})));

  model = getModel("%t: tensor<?xi32>", "");
  ASSERT_TRUE(succeeded(model));
  EXPECT_EQ(model->context, std::nullopt);
  EXPECT_EQ(llvm::cantFail(model->encode("abcde")).describe(), "tensor<5xi32>");
}

TEST_F(LanguageModelTest, RefusesOtherFunctions) {
  for (StringRef arguments :
       {"%t: tensor<?xi8>", "%t: tensor<8xi32>", "%t: tensor<?x?xi32>",
        "%t: tensor<?xi32>, %u: tensor<?xi32>"}) {
    EXPECT_TRUE(failed(getModel(arguments, "")));
    EXPECT_EQ(takeDiagnostics(),
              "'main' is not a byte-level language model: besides parameters "
              "it must take one tensor<?xi32> or tensor<?xi64> and return one "
              "tensor<?x256xf32>");
  }
}
