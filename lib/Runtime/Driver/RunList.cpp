//===- RunList.cpp - Lists of functions to run ----------------------------===//
//
// Part of the vga project, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "RunList.h"

#include "vga/Runtime/InputFile.h"
#include "vga/Runtime/TextUtils.h"
#include "llvm/Support/Path.h"

using namespace mlir;
using namespace mlir::vga;
using llvm::createStringError;
using llvm::Error;

/// Reads a list of paths, relative to `folder`.
static Error parsePaths(const llvm::json::Value &value, StringRef key,
                        StringRef folder, std::vector<std::string> &paths) {
  const llvm::json::Array *array = value.getAsArray();
  if (!array)
    return createStringError("\"" + key + "\" is not a list");
  for (const llvm::json::Value &element : *array) {
    std::optional<StringRef> path = element.getAsString();
    if (!path)
      return createStringError("\"" + key +
                               "\" has an entry that is not a "
                               "string");
    SmallString<128> full;
    if (!llvm::sys::path::is_absolute(*path))
      full = folder;
    llvm::sys::path::append(full, *path);
    paths.push_back(std::string(full));
  }
  return Error::success();
}

static Error parseRequest(const llvm::json::Value &value, StringRef folder,
                          RunRequest &request) {
  const llvm::json::Object *object = value.getAsObject();
  if (!object)
    return createStringError("not an object");
  for (const auto &[name, member] : *object) {
    StringRef key = name;
    if (key == "entry") {
      std::optional<StringRef> entry = member.getAsString();
      if (!entry)
        return createStringError("\"entry\" is not a string");
      request.entry = entry->str();
    } else if (key == "inputs" || key == "outputs") {
      if (Error error =
              parsePaths(member, key, folder,
                         key == "inputs" ? request.inputs : request.outputs))
        return error;
    } else if (key == "continues") {
      std::optional<bool> continues = member.getAsBoolean();
      if (!continues)
        return createStringError("\"continues\" is not true or false");
      request.continues = *continues;
    } else {
      return createStringError("unknown key " + quote(key));
    }
  }
  return request.entry ? Error::success()
                       : createStringError("there is no \"entry\"");
}

llvm::Expected<std::vector<RunRequest>> vga::readRunList(StringRef path) {
  auto buffer = readInputFile(path);
  if (!buffer)
    return buffer.takeError();
  auto requests =
      parseRunList((*buffer)->getBuffer(), llvm::sys::path::parent_path(path));
  if (!requests)
    return llvm::createFileError(path, requests.takeError());
  return requests;
}

llvm::Expected<std::vector<RunRequest>> vga::parseRunList(StringRef text,
                                                          StringRef folder) {
  // [{"inputs": ["a.npy"]}] is as deep as a list gets.
  auto value = parseJSON(text, /*maxDepth=*/3);
  if (!value)
    return value.takeError();
  const llvm::json::Array *array = value->getAsArray();
  if (!array)
    return createStringError("not a JSON list");

  std::vector<RunRequest> requests;
  for (const llvm::json::Value &element : *array) {
    RunRequest request;
    if (Error error = parseRequest(element, folder, request))
      return createStringError("run " + Twine(requests.size()) + ": " +
                               toString(std::move(error)));
    requests.push_back(std::move(request));
  }
  return requests;
}
