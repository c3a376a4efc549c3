//===- HostTensor.cpp - Dense arrays in host memory -----------------------===//
//
// Part of the vga project, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "vga/Runtime/HostTensor.h"

#include "mlir/IR/BuiltinTypeInterfaces.h"
#include "llvm/ADT/bit.h"
#include "llvm/Support/Alignment.h"
#include "llvm/Support/Format.h"
#include "llvm/Support/MathExtras.h"
#include "llvm/Support/raw_ostream.h"
#include <algorithm>

using namespace mlir;
using namespace mlir::vga;

//===----------------------------------------------------------------------===//
// Element types
//===----------------------------------------------------------------------===//

unsigned vga::getByteSize(ElementKind kind) {
  switch (kind) {
  case ElementKind::Bool:
  case ElementKind::I8:
    return 1;
  case ElementKind::I16:
  case ElementKind::F16:
  case ElementKind::BF16:
    return 2;
  case ElementKind::I32:
  case ElementKind::F32:
    return 4;
  case ElementKind::I64:
  case ElementKind::F64:
    return 8;
  }
  llvm_unreachable("unknown element kind");
}

StringRef vga::getName(ElementKind kind) {
  switch (kind) {
  case ElementKind::Bool:
    return "i1";
  case ElementKind::I8:
    return "i8";
  case ElementKind::I16:
    return "i16";
  case ElementKind::I32:
    return "i32";
  case ElementKind::I64:
    return "i64";
  case ElementKind::F16:
    return "f16";
  case ElementKind::BF16:
    return "bf16";
  case ElementKind::F32:
    return "f32";
  case ElementKind::F64:
    return "f64";
  }
  llvm_unreachable("unknown element kind");
}

std::string vga::describeTensor(ElementKind kind, ArrayRef<int64_t> shape) {
  std::string text = "tensor<";
  for (int64_t size : shape)
    text += (ShapedType::isDynamic(size) ? "?" : std::to_string(size)) + "x";
  return text + getName(kind).str() + ">";
}

std::optional<int64_t> vga::getDenseByteSize(ElementKind kind,
                                             ArrayRef<int64_t> shape) {
  int64_t bytes = getByteSize(kind);
  bool empty = false;
  for (int64_t size : shape) {
    empty |= size == 0;
    if (size != 0 && llvm::MulOverflow(bytes, size, bytes))
      return std::nullopt;
  }
  return empty ? 0 : bytes;
}

float vga::widenF16(uint16_t bits) {
  // With exponent and mantissa moved into place only the exponent's bias is
  // wrong, by 112; the product is exact, subnormal numbers included.
  uint32_t magnitude = static_cast<uint32_t>(bits & 0x7fff) << 13;
  float value = (bits & 0x7c00) == 0x7c00
                    ? llvm::bit_cast<float>(magnitude | 0x7f800000)
                    : llvm::bit_cast<float>(magnitude) * 0x1p112f;
  uint32_t sign = static_cast<uint32_t>(bits & 0x8000) << 16;
  return llvm::bit_cast<float>(llvm::bit_cast<uint32_t>(value) | sign);
}

float vga::widenBF16(uint16_t bits) {
  return llvm::bit_cast<float>(static_cast<uint32_t>(bits) << 16);
}

//===----------------------------------------------------------------------===//
// HostTensor
//===----------------------------------------------------------------------===//

llvm::Expected<HostTensor> HostTensor::create(ElementKind kind,
                                              ArrayRef<int64_t> shape) {
  std::optional<int64_t> bytes = getDenseByteSize(kind, shape);
  void *allocation = nullptr;
  if (bytes && *bytes <= INT64_MAX - static_cast<int64_t>(kAlignment))
    // One byte at least, so that data is never null.
    allocation = std::aligned_alloc(
        kAlignment, llvm::alignTo(std::max<int64_t>(*bytes, 1), kAlignment));
  if (!allocation)
    return llvm::createStringError("no memory for " +
                                   describeTensor(kind, shape));
  return HostTensor(kind, shape, allocation, allocation);
}

HostTensor HostTensor::adopt(ElementKind kind, ArrayRef<int64_t> shape,
                             void *allocation, void *data) {
  return HostTensor(kind, shape, allocation, data);
}

int64_t HostTensor::getNumElements() const {
  int64_t elements = 1;
  for (int64_t size : shape) {
    if (size == 0)
      return 0;
    elements *= size;
  }
  return elements;
}

namespace {
/// Prints nested lists, with at most `2 * kEdge` entries of an axis once the
/// whole tensor is longer than `kWhole`.
struct ElementPrinter {
  static constexpr int64_t kWhole = 256;
  static constexpr int64_t kEdge = 3;

  const HostTensor &tensor;
  raw_ostream &os;

  void printElement(int64_t index) {
    switch (tensor.getKind()) {
    case ElementKind::Bool:
      os << (tensor.getData()[index] ? "true" : "false");
      return;
    case ElementKind::I8:
      os << static_cast<int>(tensor.getValues<int8_t>()[index]);
      return;
    case ElementKind::I16:
      os << tensor.getValues<int16_t>()[index];
      return;
    case ElementKind::I32:
      os << tensor.getValues<int32_t>()[index];
      return;
    case ElementKind::I64:
      os << tensor.getValues<int64_t>()[index];
      return;
    case ElementKind::F16:
      os << llvm::format("%.4g", widenF16(tensor.getValues<uint16_t>()[index]));
      return;
    case ElementKind::BF16:
      os << llvm::format("%.4g",
                         widenBF16(tensor.getValues<uint16_t>()[index]));
      return;
    case ElementKind::F32:
      os << llvm::format("%.7g", tensor.getValues<float>()[index]);
      return;
    case ElementKind::F64:
      os << llvm::format("%.9g", tensor.getValues<double>()[index]);
      return;
    }
  }

  /// Prints the part of the tensor below `axis` whose first element is at
  /// `index` in units of that part's size.
  void print(int64_t axis, int64_t index) {
    if (axis == tensor.getRank())
      return printElement(index);
    int64_t size = tensor.getShape()[axis];
    bool cut = tensor.getNumElements() > kWhole && size > 2 * kEdge;
    os << '[';
    for (int64_t i = 0; i < size; ++i) {
      if (i != 0)
        os << ", ";
      if (cut && i == kEdge) {
        os << "..., ";
        i = size - kEdge;
      }
      print(axis + 1, index * size + i);
    }
    os << ']';
  }
};
} // namespace

void HostTensor::print(raw_ostream &os) const {
  // There can be any number of rows without elements.
  if (getNumElements() == 0) {
    os << "[]";
    return;
  }
  ElementPrinter{*this, os}.print(/*axis=*/0, /*index=*/0);
}
