//===- Model.cpp ----------------------------------------------------------===//
//
// See Model.h.
//
//===----------------------------------------------------------------------===//

#include "frontend/onnx/Model.h"

#include "frontend/onnx/Onnx.h"

#include <filesystem>

using namespace lz;
using namespace lz::onnximport;

llvm::StringRef onnximport::normalizeDomain(llvm::StringRef domain) {
  return domain == "ai.onnx" ? "" : domain;
}

rt::Status onnximport::checkOpset(llvm::StringRef domain, int64_t version) {
  if (domain.empty() && (version < 1 || version > kNewestOnnxOpset))
    return rt::unimplemented(
        "it uses version " + std::to_string(version) +
        " of the operator set, expected 1 to " +
        std::to_string(kNewestOnnxOpset) +
        (version > 0 ? "; a newer Lazuli may read it" : ""));
  return rt::Status::success();
}

rt::StatusOr<std::shared_ptr<Model>> Model::open(const std::string &path) {
  LZ_ASSIGN_OR_RETURN(rt::MappedFile file, rt::MappedFile::open(path));
  std::filesystem::path parent = std::filesystem::path(path).parent_path();
  std::shared_ptr<Model> model(new Model(
      path, parent.empty() ? std::string(".") : parent.string()));
  LZ_RETURN_IF_ERROR(
      model->parseBytes(file.getData(), file.getSize()).withContext(path));
  return model;
}

rt::StatusOr<std::shared_ptr<Model>>
Model::parse(const void *data, size_t size, const std::string &name) {
  std::shared_ptr<Model> model(new Model(name, ""));
  LZ_RETURN_IF_ERROR(model->parseBytes(data, size).withContext(name));
  return model;
}

rt::Status Model::parseBytes(const void *data, size_t size) {
  if (size == 0)
    return rt::invalidArgument("the file is empty, expected an ONNX model");
  if (size > INT32_MAX)
    return rt::invalidArgument(
        "the file has more than 2 GB, which no ONNX message may have; weights "
        "of larger models stand in files of their own (external data)");
  proto = std::make_shared<::onnx::ModelProto>();
  if (!proto->ParsePartialFromArray(data, static_cast<int>(size)))
    return rt::dataLoss("is no ONNX model, or a damaged one: its messages "
                        "cannot be read");
  if (!proto->has_graph())
    return rt::invalidArgument("holds no graph, expected an ONNX model");
  if (proto->ir_version() < 1)
    return rt::invalidArgument("has no IR version, expected an ONNX model");
  if (proto->ir_version() > ::onnx::IR_VERSION)
    return rt::unimplemented("has the IR version " +
                             std::to_string(proto->ir_version()) +
                             ", expected 1 to " +
                             std::to_string(::onnx::IR_VERSION) +
                             "; a newer Lazuli may read it");
  return index();
}

rt::Status Model::index() {
  LZ_RETURN_IF_ERROR(readOpsets(proto->opset_import(), opsets));
  // Files older than IR version 3 import nothing and mean version 1.
  if (proto->opset_import().empty() && proto->ir_version() >= 3)
    return rt::invalidArgument("imports no operator set (opset_import), "
                               "expected at least one");
  if (proto->opset_import().empty())
    opsets[""] = 1;
  for (const ::onnx::FunctionProto &function : proto->functions()) {
    std::string key = (normalizeDomain(function.domain()) + "::" +
                       function.name() + "::" + function.overload())
                          .str();
    if (!functions.try_emplace(key, &function).second)
      return rt::invalidArgument("holds two functions '" + function.name() +
                                 "' of the operator set '" + function.domain() +
                                 "', expected one");
  }
  return rt::Status::success();
}

const ::onnx::FunctionProto *
Model::findFunction(llvm::StringRef domain, llvm::StringRef name,
                    llvm::StringRef overload) const {
  if (functions.empty())
    return nullptr;
  return functions.lookup(
      (normalizeDomain(domain) + "::" + name + "::" + overload).str());
}
