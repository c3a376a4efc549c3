//===- Safetensors.cpp - Reading .safetensors files -----------------------===//
//
// Part of the vga project, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "vga/Runtime/Safetensors.h"

#include "vga/Runtime/InputFile.h"
#include "vga/Runtime/TextUtils.h"
#include "llvm/ADT/StringSwitch.h"
#include "llvm/Support/Endian.h"
#include "llvm/Support/MathExtras.h"

using namespace mlir;
using namespace mlir::vga;
using llvm::createStringError;
using llvm::Error;
using llvm::Expected;

/// The size of an element of each type that the format has; the types that
/// tensors in memory do not have may be in a file whose user skips them.
static std::optional<unsigned> getElementBits(StringRef dtype) {
  return llvm::StringSwitch<std::optional<unsigned>>(dtype)
      .Case("F4", 4)
      .Cases({"F6_E2M3", "F6_E3M2"}, 6)
      .Cases({"BOOL", "U8", "I8", "F8_E5M2", "F8_E4M3", "F8_E8M0"}, 8)
      .Cases({"I16", "U16", "F16", "BF16"}, 16)
      .Cases({"I32", "U32", "F32"}, 32)
      .Cases({"I64", "U64", "F64", "C64"}, 64)
      .Default(std::nullopt);
}

std::optional<ElementKind> SafetensorsFile::Entry::getKind() const {
  return llvm::StringSwitch<std::optional<ElementKind>>(dtype)
      .Case("BOOL", ElementKind::Bool)
      // Integers of the compiler have no sign: what they mean is up to it.
      .Cases({"I8", "U8"}, ElementKind::I8)
      .Cases({"I16", "U16"}, ElementKind::I16)
      .Cases({"I32", "U32"}, ElementKind::I32)
      .Cases({"I64", "U64"}, ElementKind::I64)
      .Case("F16", ElementKind::F16)
      .Case("BF16", ElementKind::BF16)
      .Case("F32", ElementKind::F32)
      .Case("F64", ElementKind::F64)
      .Default(std::nullopt);
}

std::string SafetensorsFile::Entry::describe() const {
  if (std::optional<ElementKind> kind = getKind())
    return describeTensor(*kind, shape);
  std::string text = "tensor<";
  for (int64_t size : shape)
    text += std::to_string(size) + "x";
  return text + dtype + ">";
}

//===----------------------------------------------------------------------===//
// Header
//===----------------------------------------------------------------------===//

/// Reads a list of integers that must not be negative.
static bool parseSizes(const llvm::json::Value *value,
                       SmallVectorImpl<int64_t> &sizes) {
  const llvm::json::Array *array = value ? value->getAsArray() : nullptr;
  if (!array)
    return false;
  for (const llvm::json::Value &element : *array) {
    std::optional<int64_t> size = element.getAsInteger();
    if (!size || *size < 0)
      return false;
    sizes.push_back(*size);
  }
  return true;
}

/// The size of a tensor in bytes, or nothing if it overflows or ends within a
/// byte.
static std::optional<uint64_t> getByteSize(unsigned elementBits,
                                           ArrayRef<int64_t> shape) {
  // The strides of an empty tensor must not overflow either.
  int64_t bits = elementBits;
  bool empty = false;
  for (int64_t size : shape) {
    empty |= size == 0;
    if (size != 0 && llvm::MulOverflow(bits, size, bits))
      return std::nullopt;
  }
  if (empty)
    return 0;
  if (bits % 8 != 0)
    return std::nullopt;
  return bits / 8;
}

/// Reads the description of one tensor, whose data are part of `data`.
static Error parseEntry(const llvm::json::Value &value, StringRef data,
                        SafetensorsFile::Entry &entry) {
  const llvm::json::Object *object = value.getAsObject();
  if (!object)
    return createStringError("its description is not an object");
  std::optional<StringRef> dtype = object->getString("dtype");
  if (!dtype)
    return createStringError("it has no dtype");
  std::optional<unsigned> elementBits = getElementBits(*dtype);
  if (!elementBits)
    return createStringError("unknown dtype " + quote(*dtype));
  entry.dtype = dtype->str();
  if (!parseSizes(object->get("shape"), entry.shape))
    return createStringError("its shape is not a list of sizes");
  SmallVector<int64_t, 2> offsets;
  if (!parseSizes(object->get("data_offsets"), offsets) || offsets.size() != 2)
    return createStringError("its data_offsets are not two offsets");

  uint64_t begin = offsets[0], end = offsets[1];
  if (begin > end || end > data.size())
    return createStringError("its data_offsets [" + Twine(begin) + ", " +
                             Twine(end) + "] are not within the " +
                             Twine(data.size()) + " bytes of data");
  entry.data = data.slice(begin, end);
  std::optional<uint64_t> bytes = ::getByteSize(*elementBits, entry.shape);
  if (bytes != end - begin)
    return createStringError("its data_offsets span " + Twine(end - begin) +
                             " bytes, " + entry.describe() + " takes " +
                             (bytes ? std::to_string(*bytes) : "more"));
  return Error::success();
}

/// Checks that the tensors cover the data without overlap or hole.
static Error checkCoverage(const llvm::StringMap<SafetensorsFile::Entry> &map,
                           StringRef data) {
  SmallVector<const llvm::StringMapEntry<SafetensorsFile::Entry> *> order;
  for (const auto &entry : map)
    order.push_back(&entry);
  llvm::sort(order, [](const auto *lhs, const auto *rhs) {
    StringRef a = lhs->getValue().data, b = rhs->getValue().data;
    return std::make_pair(a.begin(), a.end()) <
           std::make_pair(b.begin(), b.end());
  });
  const char *covered = data.begin();
  StringRef previous;
  for (const auto *entry : order) {
    StringRef bytes = entry->getValue().data;
    if (bytes.begin() < covered)
      return createStringError("the tensors " + quote(previous) + " and " +
                               quote(entry->getKey()) + " overlap");
    if (bytes.begin() > covered)
      break;
    covered = bytes.end();
    previous = entry->getKey();
  }
  if (covered != data.end())
    return createStringError("no tensor covers the data at offset " +
                             Twine(covered - data.begin()));
  return Error::success();
}

Error SafetensorsFile::parseHeader() {
  StringRef contents = buffer->getBuffer();
  if (contents.size() < sizeof(uint64_t))
    return createStringError("not a safetensors file: shorter than 8 bytes");
  uint64_t length = llvm::support::endian::read64le(contents.data());
  contents = contents.drop_front(sizeof(uint64_t));
  if (length > contents.size())
    return createStringError("the header length " + Twine(length) +
                             " is beyond the end of the file");
  StringRef text = contents.take_front(length);
  StringRef data = contents.drop_front(length);
  // {"name": {"shape": [1]}} is as deep as a header gets.
  auto header = parseJSON(text, /*maxDepth=*/3);
  if (!header)
    return createStringError("bad header: " + toString(header.takeError()));
  const llvm::json::Object *object = header->getAsObject();
  if (!object)
    return createStringError("the header is not a JSON object");

  for (const auto &[name, value] : *object) {
    if (StringRef(name) == "__metadata__")
      continue;
    if (Error error = parseEntry(value, data, entries[StringRef(name)]))
      return createStringError("tensor " + quote(name) + ": " +
                               toString(std::move(error)));
  }
  return checkCoverage(entries, data);
}

//===----------------------------------------------------------------------===//
// SafetensorsFile
//===----------------------------------------------------------------------===//

Expected<SafetensorsFile>
SafetensorsFile::parse(std::unique_ptr<llvm::MemoryBuffer> buffer) {
  SafetensorsFile file;
  file.buffer = std::move(buffer);
  if (Error error = file.parseHeader())
    return std::move(error);
  return file;
}

Expected<SafetensorsFile> SafetensorsFile::open(StringRef path) {
  auto buffer = readInputFile(path);
  if (!buffer)
    return buffer.takeError();
  Expected<SafetensorsFile> file = parse(std::move(*buffer));
  if (!file)
    return llvm::createFileError(path, file.takeError());
  return file;
}

const SafetensorsFile::Entry *SafetensorsFile::lookup(StringRef name) const {
  auto it = entries.find(name);
  return it == entries.end() ? nullptr : &it->second;
}
