//===- Model.h - A model's messages and what they refer to ------*- C++ -*-===//
//
// Internal. Owns the parsed file for as long as anything borrows from it.
//
//===----------------------------------------------------------------------===//

#ifndef LAZULI_FRONTEND_ONNX_MODEL_H
#define LAZULI_FRONTEND_ONNX_MODEL_H

#include "frontend/onnx/data/TensorData.h"

#include "llvm/ADT/StringMap.h"
#include "llvm/ADT/StringRef.h"

namespace lz::onnximport {

/// Versions of operator sets by domain; "ai.onnx" is "".
using OpsetVersions = llvm::StringMap<int64_t>;

class Model {
public:
  /// Maps and parses the file at `path`.
  static rt::StatusOr<std::shared_ptr<Model>> open(const std::string &path);
  /// Parses bytes; there is no folder for external data.
  static rt::StatusOr<std::shared_ptr<Model>>
  parse(const void *data, size_t size, const std::string &name);

  const ::onnx::ModelProto &getProto() const { return *proto; }
  const std::string &getName() const { return name; }
  ExternalFiles &getFiles() { return files; }
  const OpsetVersions &getOpsets() const { return opsets; }

  /// The model-local function of that name, or null.
  const ::onnx::FunctionProto *findFunction(llvm::StringRef domain,
                                            llvm::StringRef name,
                                            llvm::StringRef overload) const;

  /// What keeps the messages' memory alive.
  std::shared_ptr<const void> getOwner() const { return proto; }

private:
  Model(std::string name, std::string folder)
      : name(std::move(name)), files(std::move(folder)) {}
  rt::Status parseBytes(const void *data, size_t size);
  rt::Status index();

  std::string name;
  ExternalFiles files;
  std::shared_ptr<::onnx::ModelProto> proto;
  OpsetVersions opsets;
  llvm::StringMap<const ::onnx::FunctionProto *> functions;
};

/// "" for the default domain's both names.
llvm::StringRef normalizeDomain(llvm::StringRef domain);

/// Versions in a list of imports; fails on one that is newer than we read, and on
/// two of one operator set.
template <typename Imports>
rt::Status readOpsets(const Imports &imports, OpsetVersions &versions);

rt::Status checkOpset(llvm::StringRef domain, int64_t version);

template <typename Imports>
rt::Status readOpsets(const Imports &imports, OpsetVersions &versions) {
  for (const auto &entry : imports) {
    llvm::StringRef domain = normalizeDomain(entry.domain());
    LZ_RETURN_IF_ERROR(checkOpset(domain, entry.version()));
    auto [known, isNew] = versions.try_emplace(domain, entry.version());
    if (!isNew && known->second != entry.version())
      return rt::invalidArgument("imports the versions " +
                                 std::to_string(known->second) + " and " +
                                 std::to_string(entry.version()) +
                                 " of the operator set '" +
                                 (domain.empty() ? "ai.onnx" : domain.str()) +
                                 "', expected one of them");
  }
  return rt::Status::success();
}

} // namespace lz::onnximport

#endif // LAZULI_FRONTEND_ONNX_MODEL_H
