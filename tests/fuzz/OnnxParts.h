//===- OnnxParts.h - What of a model can be changed -------------*- C++ -*-===//
//
// Messages of the lite runtime have no reflection, so a model's parts are
// collected by hand: for the mutator, which changes one of them.
//
//===----------------------------------------------------------------------===//

#ifndef LAZULI_TESTS_FUZZ_ONNXPARTS_H
#define LAZULI_TESTS_FUZZ_ONNXPARTS_H

#include "onnx-ml.pb.h"

#include <string>
#include <vector>

namespace lz::fuzz {

/// Everything in a model that can be changed by itself.
struct Parts {
  explicit Parts(::onnx::ModelProto &model);

  std::vector<::onnx::GraphProto *> graphs;
  std::vector<google::protobuf::RepeatedPtrField<::onnx::NodeProto> *> lists;
  std::vector<::onnx::NodeProto *> nodes;
  std::vector<::onnx::AttributeProto *> attributes;
  std::vector<::onnx::TensorProto *> tensors;
  std::vector<::onnx::SparseTensorProto *> sparse;
  std::vector<::onnx::TypeProto *> types;
  std::vector<::onnx::TypeProto_Tensor *> tensorTypes;
  std::vector<std::string> names; ///< of values

private:
  void add(::onnx::GraphProto &graph);
  void add(google::protobuf::RepeatedPtrField<::onnx::NodeProto> &list);
  void add(::onnx::AttributeProto &attribute);
  void add(::onnx::SparseTensorProto &tensor);
  void add(::onnx::ValueInfoProto &info);
  void add(::onnx::TypeProto &type);
};

} // namespace lz::fuzz

#endif // LAZULI_TESTS_FUZZ_ONNXPARTS_H
