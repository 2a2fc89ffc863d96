//===- OnnxParts.cpp ------------------------------------------------------===//
//
// See OnnxParts.h.
//
//===----------------------------------------------------------------------===//

#include "tests/fuzz/OnnxParts.h"

using namespace lz::fuzz;
namespace proto = ::onnx;

Parts::Parts(proto::ModelProto &model) {
  add(*model.mutable_graph());
  for (proto::FunctionProto &function : *model.mutable_functions()) {
    add(*function.mutable_node());
    for (proto::AttributeProto &attribute : *function.mutable_attribute_proto())
      add(attribute);
  }
  if (names.empty())
    names.push_back("x");
}

void Parts::add(proto::GraphProto &graph) {
  graphs.push_back(&graph);
  for (proto::ValueInfoProto &info : *graph.mutable_input())
    add(info);
  for (proto::ValueInfoProto &info : *graph.mutable_output())
    add(info);
  for (proto::ValueInfoProto &info : *graph.mutable_value_info())
    add(info);
  for (proto::TensorProto &tensor : *graph.mutable_initializer()) {
    tensors.push_back(&tensor);
    names.push_back(tensor.name());
  }
  for (proto::SparseTensorProto &tensor : *graph.mutable_sparse_initializer())
    add(tensor);
  add(*graph.mutable_node());
}

void Parts::add(google::protobuf::RepeatedPtrField<proto::NodeProto> &list) {
  lists.push_back(&list);
  for (proto::NodeProto &node : list) {
    nodes.push_back(&node);
    names.insert(names.end(), node.output().begin(), node.output().end());
    for (proto::AttributeProto &attribute : *node.mutable_attribute())
      add(attribute);
  }
}

void Parts::add(proto::AttributeProto &attribute) {
  attributes.push_back(&attribute);
  if (attribute.has_t())
    tensors.push_back(attribute.mutable_t());
  if (attribute.has_sparse_tensor())
    add(*attribute.mutable_sparse_tensor());
  if (attribute.has_tp())
    add(*attribute.mutable_tp());
  if (attribute.has_g())
    add(*attribute.mutable_g());
}

void Parts::add(proto::SparseTensorProto &tensor) {
  sparse.push_back(&tensor);
  tensors.push_back(tensor.mutable_values());
  tensors.push_back(tensor.mutable_indices());
}

void Parts::add(proto::ValueInfoProto &info) {
  names.push_back(info.name());
  if (info.has_type())
    add(*info.mutable_type());
}

void Parts::add(proto::TypeProto &type) {
  types.push_back(&type);
  if (type.has_tensor_type())
    tensorTypes.push_back(type.mutable_tensor_type());
  if (type.has_sequence_type() && type.sequence_type().has_elem_type())
    add(*type.mutable_sequence_type()->mutable_elem_type());
  if (type.has_optional_type() && type.optional_type().has_elem_type())
    add(*type.mutable_optional_type()->mutable_elem_type());
}
