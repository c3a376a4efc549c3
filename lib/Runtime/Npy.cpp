//===- Npy.cpp - Reading and writing .npy files ---------------------------===//
//
// Part of the vga project, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "vga/Runtime/Npy.h"

#include "vga/Runtime/InputFile.h"
#include "vga/Runtime/TextUtils.h"
#include "llvm/ADT/StringExtras.h"
#include "llvm/ADT/StringSwitch.h"
#include "llvm/Support/Endian.h"
#include "llvm/Support/MathExtras.h"
#include "llvm/Support/SwapByteOrder.h"
#include "llvm/Support/raw_ostream.h"
#include <cstring>

using namespace mlir;
using namespace mlir::vga;
using llvm::createStringError;
using llvm::Error;
using llvm::Expected;

static_assert(llvm::sys::IsLittleEndianHost,
              "array data is copied as it lies in the file");

static constexpr StringLiteral kMagic("\x93NUMPY");

//===----------------------------------------------------------------------===//
// Header
//===----------------------------------------------------------------------===//

namespace {
struct NpyHeader {
  StringRef descr;
  bool fortranOrder = false;
  SmallVector<int64_t> shape;
};

/// Parses the header, a Python literal such as
///   {'descr': '<f4', 'fortran_order': False, 'shape': (2, 3), }
class NpyHeaderParser {
public:
  explicit NpyHeaderParser(StringRef text) : rest(text) {}

  Expected<NpyHeader> parse() {
    NpyHeader header;
    SmallVector<StringRef, 3> seen;
    if (!consume('{'))
      return malformed("'{'");
    while (!consume('}')) {
      StringRef key;
      if (!parseString(key))
        return malformed("a key");
      if (llvm::is_contained(seen, key))
        return createStringError("the header has " + quote(key) + " twice");
      seen.push_back(key);
      if (!consume(':'))
        return malformed("':'");
      if (Error error = parseValue(key, header))
        return std::move(error);
      if (!consume(',') && !rest.starts_with("}"))
        return malformed("',' or '}'");
    }
    if (!rest.trim(" \n").empty())
      return malformed("nothing after '}'");
    for (StringRef key : {"descr", "fortran_order", "shape"})
      if (!llvm::is_contained(seen, key))
        return createStringError("the header has no " + quote(key));
    return header;
  }

private:
  Error parseValue(StringRef key, NpyHeader &header) {
    if (key == "descr") {
      if (!parseString(header.descr))
        return createStringError("structured arrays are not supported");
      return Error::success();
    }
    if (key == "fortran_order") {
      header.fortranOrder = rest.starts_with("True");
      if (!rest.consume_front("True") && !rest.consume_front("False"))
        return malformed("True or False");
      return Error::success();
    }
    if (key == "shape")
      return parseShape(header.shape);
    return createStringError("unknown key " + quote(key) + " in the header");
  }

  Error parseShape(SmallVectorImpl<int64_t> &shape) {
    if (!consume('('))
      return malformed("'('");
    while (!consume(')')) {
      skipSpace();
      StringRef digits = rest.take_while(llvm::isDigit);
      int64_t size;
      if (digits.empty())
        return malformed("a size");
      if (digits.getAsInteger(10, size))
        return createStringError("the size " + digits + " is too large");
      rest = rest.drop_front(digits.size());
      shape.push_back(size);
      if (!consume(',') && !rest.starts_with(")"))
        return malformed("',' or ')'");
    }
    return Error::success();
  }

  bool parseString(StringRef &value) {
    skipSpace();
    if (rest.empty() || (rest.front() != '\'' && rest.front() != '"'))
      return false;
    size_t end = rest.find(rest.front(), 1);
    if (end == StringRef::npos)
      return false;
    value = rest.slice(1, end);
    rest = rest.drop_front(end + 1);
    skipSpace();
    return true;
  }

  /// Consumes the character, and white space before and after it.
  bool consume(char c) {
    skipSpace();
    if (rest.empty() || rest.front() != c)
      return false;
    rest = rest.drop_front();
    skipSpace();
    return true;
  }

  void skipSpace() { rest = rest.ltrim(" \n"); }

  Error malformed(StringRef expected) {
    return createStringError("malformed header: expected " + expected + " at " +
                             quote(rest.take_front(16)));
  }

  StringRef rest;
};
} // namespace

/// The element type of a numpy type string such as `<f4`.
static Expected<ElementKind> getKind(StringRef descr) {
  if (descr.starts_with(">") && descr != ">V2")
    return createStringError("big-endian data (" + quote(descr) +
                             ") is not supported");
  // The byte order means nothing to single bytes and to void types.
  std::optional<ElementKind> kind =
      llvm::StringSwitch<std::optional<ElementKind>>(descr)
          .Cases({"|b1", "<b1"}, ElementKind::Bool)
          // Integers of the compiler have no sign: what they mean is up to it.
          .Cases({"|i1", "<i1", "|u1", "<u1"}, ElementKind::I8)
          .Cases({"<i2", "<u2"}, ElementKind::I16)
          .Cases({"<i4", "<u4"}, ElementKind::I32)
          .Cases({"<i8", "<u8"}, ElementKind::I64)
          .Case("<f2", ElementKind::F16)
          .Cases({"<V2", "|V2"}, ElementKind::BF16)
          .Case("<f4", ElementKind::F32)
          .Case("<f8", ElementKind::F64)
          .Default(std::nullopt);
  if (!kind)
    return createStringError(
        "unsupported data type " + quote(descr) +
        " (bool, integers of 8 to 64 bits, float16, bfloat16, float32 and "
        "float64 are)");
  return *kind;
}

static StringRef getDescr(ElementKind kind) {
  switch (kind) {
  case ElementKind::Bool:
    return "|b1";
  case ElementKind::I8:
    return "|i1";
  case ElementKind::I16:
    return "<i2";
  case ElementKind::I32:
    return "<i4";
  case ElementKind::I64:
    return "<i8";
  case ElementKind::F16:
    return "<f2";
  case ElementKind::BF16:
    return "<V2";
  case ElementKind::F32:
    return "<f4";
  case ElementKind::F64:
    return "<f8";
  }
  llvm_unreachable("unknown element kind");
}

/// Splits a file into header text and data.
static Expected<std::pair<StringRef, StringRef>> splitNpy(StringRef contents) {
  if (!contents.consume_front(kMagic))
    return createStringError("not an .npy file");
  if (contents.size() < 2)
    return createStringError("truncated in the header");
  unsigned version = static_cast<uint8_t>(contents[0]);
  if (version < 1 || version > 3)
    return createStringError("unsupported .npy version " + Twine(version));
  contents = contents.drop_front(2);

  size_t lengthBytes = version == 1 ? 2 : 4;
  if (contents.size() < lengthBytes)
    return createStringError("truncated in the header");
  size_t length = version == 1
                      ? llvm::support::endian::read16le(contents.data())
                      : llvm::support::endian::read32le(contents.data());
  contents = contents.drop_front(lengthBytes);
  if (contents.size() < length)
    return createStringError("truncated in the header");
  return std::make_pair(contents.take_front(length),
                        contents.drop_front(length));
}

//===----------------------------------------------------------------------===//
// Files
//===----------------------------------------------------------------------===//

Expected<HostTensor> vga::parseNpy(StringRef contents) {
  auto parts = splitNpy(contents);
  if (!parts)
    return parts.takeError();
  auto [text, data] = *parts;
  Expected<NpyHeader> header = NpyHeaderParser(text).parse();
  if (!header)
    return header.takeError();
  Expected<ElementKind> kind = getKind(header->descr);
  if (!kind)
    return kind.takeError();
  if (header->fortranOrder && header->shape.size() > 1)
    return createStringError("arrays in Fortran order are not supported");

  std::string type = describeTensor(*kind, header->shape);
  std::optional<int64_t> bytes = getDenseByteSize(*kind, header->shape);
  if (!bytes)
    return createStringError("the size of " + type + " overflows");
  if (data.size() < static_cast<uint64_t>(*bytes))
    return createStringError("truncated: " + type + " takes " + Twine(*bytes) +
                             " bytes of data, the file has " +
                             Twine(data.size()));
  if (data.size() > static_cast<uint64_t>(*bytes))
    return createStringError(Twine(data.size() - *bytes) +
                             " bytes too many after the data of " + type);

  Expected<HostTensor> tensor = HostTensor::create(*kind, header->shape);
  if (!tensor)
    return tensor.takeError();
  std::memcpy(tensor->getData(), data.data(), *bytes);
  // Compiled code relies on bools being 0 or 1.
  if (*kind == ElementKind::Bool)
    for (uint8_t &value : tensor->getValues<uint8_t>())
      value = value != 0;
  return tensor;
}

Expected<HostTensor> vga::readNpy(StringRef path) {
  auto buffer = readInputFile(path);
  if (!buffer)
    return buffer.takeError();
  Expected<HostTensor> tensor = parseNpy((*buffer)->getBuffer());
  if (!tensor)
    return llvm::createFileError(path, tensor.takeError());
  return tensor;
}

void vga::writeNpy(const HostTensor &tensor, raw_ostream &os) {
  // Exactly what numpy writes.
  std::string text;
  llvm::raw_string_ostream textStream(text);
  textStream << "{'descr': '" << getDescr(tensor.getKind())
             << "', 'fortran_order': False, 'shape': (";
  llvm::interleaveComma(tensor.getShape(), textStream);
  textStream << (tensor.getRank() == 1 ? ",), }" : "), }");

  // The header is padded so that the data start at a multiple of 64; version 2
  // is for headers that version 1 cannot hold.
  auto getPadded = [&](size_t lengthBytes) {
    size_t prefix = kMagic.size() + 2 + lengthBytes;
    return llvm::alignTo(prefix + text.size() + 1, 64) - prefix;
  };
  bool isLong = getPadded(2) > UINT16_MAX;
  size_t length = getPadded(isLong ? 4 : 2);
  os << kMagic << (isLong ? '\2' : '\1') << '\0';
  char lengthBytes[4];
  llvm::support::endian::write32le(lengthBytes, length);
  os << StringRef(lengthBytes, isLong ? 4 : 2) << text;
  os.indent(length - text.size() - 1) << '\n' << tensor.getBytes();
}
