//===- TextUtils.cpp - Text from files and users --------------------------===//
//
// Part of the vga project, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "vga/Runtime/TextUtils.h"

#include "llvm/ADT/StringExtras.h"
#include "llvm/ADT/StringSet.h"
#include "llvm/Support/raw_ostream.h"

using namespace mlir;
using llvm::createStringError;

std::string vga::quote(StringRef text) {
  std::string quoted;
  llvm::raw_string_ostream os(quoted);
  os << '\'';
  llvm::printEscapedString(text, os);
  os << '\'';
  return quoted;
}

llvm::Expected<llvm::json::Value> vga::parseJSON(StringRef text, int maxDepth) {
  int depth = 0;
  SmallVector<StringRef> keys;
  for (size_t i = 0; i < text.size(); ++i) {
    char c = text[i];
    if (c == '{' || c == '[') {
      if (++depth > maxDepth)
        return createStringError("the JSON is nested too deeply");
    } else if (c == '}' || c == ']') {
      --depth;
    } else if (c == '"') {
      size_t begin = i++;
      while (i < text.size() && text[i] != '"')
        i += text[i] == '\\' ? 2 : 1;
      if (depth == 1 && text.substr(i + 1).ltrim().starts_with(":"))
        keys.push_back(text.slice(begin, i + 1));
    }
  }
  auto value = llvm::json::parse(text);
  if (!value)
    return createStringError("invalid JSON: " + toString(value.takeError()));

  llvm::StringSet<> names;
  for (StringRef key : keys) {
    // Two spellings may be one name.
    std::string name =
        llvm::cantFail(llvm::json::parse(key)).getAsString()->str();
    if (!names.insert(name).second)
      return createStringError(quote(name) + " is there twice");
  }
  return value;
}
