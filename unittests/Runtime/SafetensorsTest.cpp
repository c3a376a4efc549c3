//===- SafetensorsTest.cpp - Reading .safetensors files
//-----------------------===//
//
// Part of the vga project, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "vga/Runtime/Safetensors.h"
#include "TestUtils.h"

using namespace mlir;
using namespace mlir::vga;

/// A file with this header and so many bytes of data.
static std::string makeFile(StringRef header, size_t dataSize) {
  std::string file;
  for (int i = 0; i < 8; ++i)
    file += static_cast<char>(static_cast<uint64_t>(header.size()) >> (8 * i));
  file += header;
  for (size_t i = 0; i < dataSize; ++i)
    file += static_cast<char>(i);
  return file;
}

static llvm::Expected<SafetensorsFile> parse(StringRef contents) {
  return SafetensorsFile::parse(
      llvm::MemoryBuffer::getMemBufferCopy(contents, "w.safetensors"));
}

static std::string getParseError(StringRef header, size_t dataSize) {
  return getMessage(parse(makeFile(header, dataSize)));
}

static constexpr StringLiteral kGood(
    R"({"__metadata__": {"format": "pt"},
        "b": {"dtype": "BF16", "shape": [3], "data_offsets": [16, 22]},
        "a": {"dtype": "F32", "shape": [2, 2], "data_offsets": [0, 16]},
        "empty": {"dtype": "F32", "shape": [0, 2], "data_offsets": [16, 16]},
        "one": {"dtype": "I64", "shape": [], "data_offsets": [22, 30]}}  )");

TEST(Safetensors, FindsTensorsByName) {
  auto file = parse(makeFile(kGood, 30));
  ASSERT_TRUE(static_cast<bool>(file)) << toString(file.takeError());
  EXPECT_EQ(file->size(), 4u);
  EXPECT_EQ(file->getPath(), "w.safetensors");
  const SafetensorsFile::Entry *entry = file->lookup("b");
  ASSERT_NE(entry, nullptr);
  EXPECT_EQ(entry->describe(), "tensor<3xbf16>");
  EXPECT_EQ(entry->data, "\x10\x11\x12\x13\x14\x15");
  EXPECT_EQ(file->lookup("one")->describe(), "tensor<i64>");
  EXPECT_EQ(file->lookup("empty")->data, "");
  EXPECT_EQ(file->lookup("__metadata__"), nullptr);
  EXPECT_EQ(file->lookup("c"), nullptr);
}

TEST(Safetensors, KnowsTypesThatItCannotLoad) {
  auto file = parse(makeFile(
      R"({"f8": {"dtype": "F8_E4M3", "shape": [2], "data_offsets": [0, 2]}})",
      2));
  ASSERT_TRUE(static_cast<bool>(file)) << toString(file.takeError());
  EXPECT_EQ(file->lookup("f8")->getKind(), std::nullopt);
  EXPECT_EQ(file->lookup("f8")->describe(), "tensor<2xF8_E4M3>");
}

TEST(Safetensors, RefusesBadHeaders) {
  EXPECT_EQ(getMessage(parse("1234567")),
            "not a safetensors file: shorter than 8 bytes");
  EXPECT_EQ(getMessage(parse(StringRef("\3\0\0\0\0\0\0\0{}", 10))),
            "the header length 3 is beyond the end of the file");
  EXPECT_EQ(
      getMessage(parse(StringRef("\xff\xff\xff\xff\xff\xff\xff\xff{}", 10))),
      "the header length 18446744073709551615 is beyond the end of the file");
  EXPECT_EQ(getParseError("[]", 0), "the header is not a JSON object");
  EXPECT_EQ(getParseError("{", 0),
            "bad header: invalid JSON: [1:1, byte=1]: Expected object key");
  EXPECT_EQ(getParseError(std::string(1000000, '['), 0),
            "bad header: the JSON is nested too deeply");
  EXPECT_EQ(getParseError(R"({"a": 1})", 0),
            "tensor 'a': its description is not an object");
  EXPECT_EQ(getParseError(R"({"a": {}})", 0), "tensor 'a': it has no dtype");
  EXPECT_EQ(getParseError(R"({"a": {"dtype": "F33", "shape": [],
                                   "data_offsets": [0, 4]}})",
                          4),
            "tensor 'a': unknown dtype 'F33'");
  EXPECT_EQ(getParseError(R"({"\n": {"dtype": "F32", "shape": [-1],
                                    "data_offsets": [0, 4]}})",
                          4),
            "tensor '\\0A': its shape is not a list of sizes");
  EXPECT_EQ(getParseError(R"({"a": {"dtype": "F32", "shape": [1],
                                   "data_offsets": [0]}})",
                          4),
            "tensor 'a': its data_offsets are not two offsets");
}

TEST(Safetensors, RefusesNamesThatAreThereTwice) {
  EXPECT_EQ(getParseError(R"({
      "a": {"dtype": "I8", "shape": [1], "data_offsets": [0, 1]},
      "\u0061": {"dtype": "I8", "shape": [1], "data_offsets": [0, 1]}})",
                          1),
            "bad header: 'a' is there twice");
}

TEST(Safetensors, RefusesOffsetsThatDoNotFit) {
  EXPECT_EQ(getParseError(R"({"a": {"dtype": "F32", "shape": [1],
                                   "data_offsets": [0, 8]}})",
                          4),
            "tensor 'a': its data_offsets [0, 8] are not within the 4 bytes "
            "of data");
  EXPECT_EQ(getParseError(R"({"a": {"dtype": "F32", "shape": [1],
                                   "data_offsets": [4, 0]}})",
                          4),
            "tensor 'a': its data_offsets [4, 0] are not within the 4 bytes "
            "of data");
  EXPECT_EQ(getParseError(R"({"a": {"dtype": "F32", "shape": [3],
                                   "data_offsets": [0, 8]}})",
                          8),
            "tensor 'a': its data_offsets span 8 bytes, tensor<3xf32> takes "
            "12");
  EXPECT_EQ(getParseError(R"({"a": {"dtype": "F32",
                                   "shape": [4611686018427387904, 4],
                                   "data_offsets": [0, 0]}})",
                          0),
            "tensor 'a': its data_offsets span 0 bytes, "
            "tensor<4611686018427387904x4xf32> takes more");
}

TEST(Safetensors, RefusesOverlapsAndHoles) {
  EXPECT_EQ(getParseError(R"({
      "a": {"dtype": "I8", "shape": [4], "data_offsets": [0, 4]},
      "b": {"dtype": "I8", "shape": [4], "data_offsets": [3, 7]}})",
                          7),
            "the tensors 'a' and 'b' overlap");
  EXPECT_EQ(getParseError(R"({
      "a": {"dtype": "I8", "shape": [4], "data_offsets": [0, 4]},
      "b": {"dtype": "I8", "shape": [4], "data_offsets": [5, 9]}})",
                          9),
            "no tensor covers the data at offset 4");
  EXPECT_EQ(getParseError("{}", 1), "no tensor covers the data at offset 0");
}

TEST(Safetensors, SurvivesDamage) {
  parseDamaged(makeFile(kGood, 30), [](std::string contents) {
    auto file = parse(contents);
    if (!file)
      EXPECT_EQ(toString(file.takeError()).find('\n'), std::string::npos);
  });
}

TEST(Safetensors, ErrorsNameTheFile) {
  EXPECT_EQ(getMessage(SafetensorsFile::open("no/such")),
            "'no/such': No such file or directory");
}
