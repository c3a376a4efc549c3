//===- NpyTest.cpp - Reading and writing .npy files
//---------------------------===//
//
// Part of the vga project, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "vga/Runtime/Npy.h"
#include "TestUtils.h"
#include "llvm/Support/FileSystem.h"
#include "llvm/Support/FileUtilities.h"
#include "llvm/Support/raw_ostream.h"

using namespace mlir;
using namespace mlir::vga;

/// A file of this version, header and data.
static std::string makeFile(StringRef header, StringRef data,
                            char version = 1) {
  std::string file = "\x93NUMPY";
  file += version;
  file += '\0';
  for (int i = 0; i < (version == 1 ? 2 : 4); ++i)
    file += static_cast<char>(header.size() >> (8 * i));
  return file + header.str() + data.str();
}

static std::string makeHeader(StringRef descr, StringRef shape,
                              StringRef fortranOrder = "False") {
  return ("{'descr': '" + descr + "', 'fortran_order': " + fortranOrder +
          ", 'shape': " + shape + ", }    \n")
      .str();
}

static std::string write(const HostTensor &tensor) {
  std::string contents;
  llvm::raw_string_ostream os(contents);
  writeNpy(tensor, os);
  return contents;
}

static std::string getParseError(StringRef contents) {
  return getMessage(parseNpy(contents));
}

TEST(Npy, WritesWhatNumpyWrites) {
  std::string file = write(makeF32({2, 3}, {1, 2, 3, 4, 5, 6}));
  EXPECT_EQ(file.size(), 128u + 24u);
  EXPECT_EQ(StringRef(file).take_front(10),
            StringRef("\x93NUMPY\1\0\x76\0", 10));
  EXPECT_EQ(StringRef(file).substr(10, 118).rtrim(),
            "{'descr': '<f4', 'fortran_order': False, 'shape': (2, 3), }");
  EXPECT_EQ(file[127], '\n');
  EXPECT_NE(write(makeF32({1}, {1})).find("'shape': (1,), }"),
            std::string::npos);
  EXPECT_NE(write(makeF32({}, {1})).find("'shape': (), }"), std::string::npos);
}

TEST(Npy, ReadsWhatItWrites) {
  const ElementKind kinds[] = {
      ElementKind::Bool, ElementKind::I8,  ElementKind::I16,
      ElementKind::I32,  ElementKind::I64, ElementKind::F16,
      ElementKind::BF16, ElementKind::F32, ElementKind::F64};
  const SmallVector<int64_t> shapes[] = {{}, {1}, {0}, {3, 2}, {2, 0, 5}};
  for (ElementKind kind : kinds)
    for (ArrayRef<int64_t> shape : shapes) {
      HostTensor tensor = llvm::cantFail(HostTensor::create(kind, shape));
      for (size_t i = 0; i < tensor.getNumBytes(); ++i)
        tensor.getData()[i] = kind == ElementKind::Bool ? i % 2 : i;
      std::string file = write(tensor);
      auto copy = parseNpy(file);
      ASSERT_TRUE(static_cast<bool>(copy)) << toString(copy.takeError());
      EXPECT_EQ(copy->describe(), tensor.describe());
      EXPECT_EQ(copy->getBytes(), tensor.getBytes());
    }
}

TEST(Npy, HeadersLongerThanVersion1Holds) {
  SmallVector<int64_t> shape(40000, 1);
  std::string file = write(makeF32(shape, {5}));
  EXPECT_EQ(file[6], 2);
  auto tensor = parseNpy(file);
  ASSERT_TRUE(static_cast<bool>(tensor)) << toString(tensor.takeError());
  EXPECT_EQ(tensor->getRank(), 40000);
  EXPECT_EQ(tensor->getValues<float>()[0], 5);
}

TEST(Npy, AcceptsOtherSpellings) {
  StringRef data("\0\0\x80\x3f", 4);
  for (char version : {1, 2, 3})
    EXPECT_EQ(getParseError(makeFile(makeHeader("<f4", "(1,)"), data, version)),
              "success");
  EXPECT_EQ(getParseError(makeFile("{\"shape\":(1,),\"fortran_order\":True,"
                                   "\"descr\":\"<f4\"}",
                                   data)),
            "success");
  // bf16, as versions of ml_dtypes spell it, and bools that are not 0 or 1.
  EXPECT_EQ(getParseError(makeFile(makeHeader("|V2", "(2,)"), data)),
            "success");
  // Integers have no sign.
  for (auto [descr, type] :
       {std::pair("|u1", "tensor<4xi8>"), std::pair("<u2", "tensor<2xi16>"),
        std::pair("<u4", "tensor<1xi32>")}) {
    std::string shape = "(" + std::string(1, type[7]) + ",)";
    auto integers = parseNpy(makeFile(makeHeader(descr, shape), data));
    ASSERT_TRUE(static_cast<bool>(integers));
    EXPECT_EQ(integers->describe(), type);
    EXPECT_EQ(integers->getBytes(), data);
  }
  auto bools = parseNpy(makeFile(makeHeader("|b1", "(4,)"), data));
  ASSERT_TRUE(static_cast<bool>(bools));
  EXPECT_EQ(bools->getBytes(), StringRef("\0\0\1\1", 4));
}

TEST(Npy, RefusesWhatItCannotRepresent) {
  StringRef data("\0\0\x80\x3f", 4);
  EXPECT_EQ(getParseError(makeFile(makeHeader(">f4", "(1,)"), data)),
            "big-endian data ('>f4') is not supported");
  EXPECT_EQ(getParseError(makeFile(makeHeader("<f4", "(1, 1)", "True"), data)),
            "arrays in Fortran order are not supported");
  EXPECT_EQ(getParseError(makeFile(makeHeader("<c8", "(1,)"), data)),
            "unsupported data type '<c8' (bool, integers of 8 to 64 bits, "
            "float16, bfloat16, float32 and float64 are)");
  EXPECT_EQ(getParseError(makeFile("{'descr': [('a', '<f4')], "
                                   "'fortran_order': False, 'shape': (1,)}",
                                   data)),
            "structured arrays are not supported");
  EXPECT_EQ(getParseError(makeFile(makeHeader("<f4", "(1,)"), data, 9)),
            "unsupported .npy version 9");
}

TEST(Npy, RefusesHostileFiles) {
  StringRef data("\0\0\x80\x3f", 4);
  EXPECT_EQ(getParseError(""), "not an .npy file");
  EXPECT_EQ(getParseError("PK\3\4"), "not an .npy file");
  EXPECT_EQ(getParseError("\x93NUMPY"), "truncated in the header");
  EXPECT_EQ(getParseError(StringRef("\x93NUMPY\1\0\xff\xff{", 11)),
            "truncated in the header");
  EXPECT_EQ(getParseError(StringRef("\x93NUMPY\2\0\xff\xff\xff\xff{", 13)),
            "truncated in the header");
  EXPECT_EQ(getParseError(makeFile(makeHeader("<f4", "(2,)"), data)),
            "truncated: tensor<2xf32> takes 8 bytes of data, the file has 4");
  EXPECT_EQ(getParseError(makeFile(makeHeader("<f4", "()"), "12345")),
            "1 bytes too many after the data of tensor<f32>");
  EXPECT_EQ(getParseError(
                makeFile(makeHeader("<f4", "(4611686018427387904, 4)"), data)),
            "the size of tensor<4611686018427387904x4xf32> overflows");
  EXPECT_EQ(getParseError(
                makeFile(makeHeader("<f4", "(4611686018427387904, 4, 0)"), "")),
            "the size of tensor<4611686018427387904x4x0xf32> overflows");
  EXPECT_EQ(getParseError(
                makeFile(makeHeader("<f4", "(99999999999999999999,)"), data)),
            "the size 99999999999999999999 is too large");
  EXPECT_EQ(getParseError(makeFile(makeHeader("<f4", "(-1,)"), data)),
            "malformed header: expected a size at '-1,), }    \\0A'");
  EXPECT_EQ(getParseError(makeFile("", data)),
            "malformed header: expected '{' at ''");
  EXPECT_EQ(getParseError(makeFile("{}", data)), "the header has no 'descr'");
  EXPECT_EQ(getParseError(makeFile("{'descr': '<f4', 'descr': '<f4'}", data)),
            "the header has 'descr' twice");
  EXPECT_EQ(getParseError(makeFile("{'\n\x1b': 1}", data)),
            "unknown key '\\0A\\1B' in the header");
  EXPECT_EQ(getParseError(makeFile("{'descr': '<f4", data)),
            "structured arrays are not supported");
}

TEST(Npy, SurvivesDamage) {
  parseDamaged(
      write(makeF32({2, 3}, {1, 2, 3, 4, 5, 6})), [](std::string contents) {
        auto tensor = parseNpy(contents);
        if (!tensor)
          EXPECT_EQ(toString(tensor.takeError()).find('\n'), std::string::npos);
      });
}

TEST(Npy, ErrorsNameTheFile) {
  EXPECT_EQ(getMessage(readNpy("no/such.npy")),
            "'no/such.npy': No such file or directory");
  SmallString<64> path;
  int fd;
  ASSERT_FALSE(llvm::sys::fs::createTemporaryFile("vga", "npy", fd, path));
  llvm::FileRemover remove(path);
  llvm::raw_fd_ostream(fd, /*shouldClose=*/true) << "hello";
  EXPECT_EQ(getMessage(readNpy(path)),
            ("'" + path + "': not an .npy file").str());
}
