//===- OnnxMutator.cpp ----------------------------------------------------===//
//
// See OnnxMutator.h.
//
//===----------------------------------------------------------------------===//

#include "tests/fuzz/OnnxMutator.h"

#include <algorithm>
#include <iterator>

using namespace lz::fuzz;
namespace proto = ::onnx;

extern "C" size_t LLVMFuzzerMutate(uint8_t *data, size_t size, size_t maxSize);

Bank Mutator::bank;

/// Numbers at which something changes: small ones, those beside powers of two,
/// the greatest and the least.
int64_t Mutator::number() {
  switch (below(4)) {
  case 0:
    return oneIn(8) ? INT64_MAX : INT64_MIN;
  case 1:
    return (int64_t(1) << below(63)) - int64_t(below(2));
  default:
    return int64_t(below(13)) - 4;
  }
}

void Mutator::changeText(std::string &text) {
  size_t size = text.size();
  text.resize(size + 16);
  text.resize(LLVMFuzzerMutate(reinterpret_cast<uint8_t *>(text.data()), size,
                               size + 16));
}

template <typename Field> void Mutator::changeNumbers(Field &field) {
  switch (below(4)) {
  case 0:
    field.Add(number());
    break;
  case 1:
    if (!field.empty())
      field.RemoveLast();
    break;
  case 2:
    if (!field.empty())
      field.Set(below(field.size()), number());
    break;
  default:
    if (!field.empty())
      field.Set(below(field.size()), field.Get(below(field.size())));
  }
}

void Mutator::changeOrder() {
  auto *list = pick(parts.lists);
  if (!list || list->empty())
    return;
  int at = below(list->size());
  switch (below(4)) {
  case 0:
    list->SwapElements(at, below(list->size()));
    break;
  case 1: {
    proto::NodeProto copy = list->Get(at);
    *list->Add() = copy;
    break;
  }
  case 2:
    list->DeleteSubrange(at, 1);
    break;
  default: // a node of another model in front of one of this
    if (bank.nodes.empty())
      return;
    *list->Add() = bank.nodes[below(bank.nodes.size())];
    for (std::string &name : *list->Mutable(list->size() - 1)->mutable_input())
      name = pickName();
    list->SwapElements(at, list->size() - 1);
  }
}

void Mutator::changeNode() {
  proto::NodeProto *node = pick(parts.nodes);
  if (!node)
    return;
  if (oneIn(8))
    return changeText(*node->mutable_op_type());
  if (oneIn(8))
    return node->set_domain(oneIn(2) ? "com.microsoft" : "ai.onnx.ml");
  if (bank.nodes.empty())
    return;
  const proto::NodeProto &other = bank.nodes[below(bank.nodes.size())];
  node->set_op_type(other.op_type());
  node->set_domain(other.domain());
  if (oneIn(2))
    *node->mutable_attribute() = other.attribute();
}

void Mutator::changeEdge() {
  proto::NodeProto *node = pick(parts.nodes);
  if (!node)
    return;
  auto &side = *(oneIn(4) ? node->mutable_output() : node->mutable_input());
  if (side.empty() || oneIn(6)) {
    *side.Add() = oneIn(4) ? std::string("new") : pickName();
    return;
  }
  int at = below(side.size());
  switch (below(5)) {
  case 0:
    side.RemoveLast();
    break;
  case 1:
    side.Mutable(at)->clear();
    break;
  case 2:
    side.SwapElements(at, below(side.size()));
    break;
  default:
    *side.Mutable(at) = pickName();
  }
}

void Mutator::changeAttribute() {
  proto::NodeProto *node = pick(parts.nodes);
  if (node && oneIn(3)) {
    auto &list = *node->mutable_attribute();
    if (!list.empty() && oneIn(2))
      list.DeleteSubrange(below(list.size()), 1);
    else if (!bank.attributes.empty())
      *list.Add() = bank.attributes[below(bank.attributes.size())];
    return;
  }
  proto::AttributeProto *attribute = pick(parts.attributes);
  if (!attribute)
    return;
  if (oneIn(8))
    attribute->set_type(
        static_cast<proto::AttributeProto::AttributeType>(below(15)));
  else if (oneIn(16))
    attribute->set_ref_attr_name(attribute->name());
  else if (oneIn(16) && !bank.attributes.empty())
    attribute->set_name(bank.attributes[below(bank.attributes.size())].name());
  else
    changeAttributeValue(*attribute);
}

void Mutator::changeAttributeValue(proto::AttributeProto &attribute) {
  using Attribute = proto::AttributeProto;
  static const float kFloats[] = {0,
                                  -0.0f,
                                  1,
                                  -1,
                                  0.5,
                                  1e30,
                                  -1e30,
                                  1e-30,
                                  __builtin_inff(),
                                  __builtin_nanf("")};
  switch (attribute.type()) {
  case Attribute::INT:
    return attribute.set_i(oneIn(3) ? attribute.i() ^ 1 : number());
  case Attribute::INTS:
    return changeNumbers(*attribute.mutable_ints());
  case Attribute::FLOAT:
    return attribute.set_f(kFloats[below(std::size(kFloats))]);
  case Attribute::FLOATS:
    return changeNumbers(*attribute.mutable_floats());
  case Attribute::STRING:
    return changeText(*attribute.mutable_s());
  case Attribute::STRINGS:
    if (attribute.strings_size() == 0 || oneIn(3))
      return attribute.add_strings(oneIn(2) ? "" : "linear");
    if (oneIn(3))
      return attribute.mutable_strings()->RemoveLast();
    return changeText(
        *attribute.mutable_strings(below(attribute.strings_size())));
  default:
    return changeTensor();
  }
}

void Mutator::changeType() {
  proto::TypeProto *type = pick(parts.types);
  if (!type)
    return;
  proto::TypeProto inner = *type;
  switch (below(6)) {
  case 0:
    *type->mutable_sequence_type()->mutable_elem_type() = inner;
    break;
  case 1:
    *type->mutable_optional_type()->mutable_elem_type() = inner;
    break;
  case 2:
    type->Clear();
    break;
  default:
    if (type->has_tensor_type())
      type->mutable_tensor_type()->set_elem_type(below(28));
  }
}

void Mutator::changeShape() {
  proto::TypeProto_Tensor *type = pick(parts.tensorTypes);
  if (!type)
    return;
  if (oneIn(12))
    return type->clear_shape();
  auto &dims = *type->mutable_shape()->mutable_dim();
  if (dims.empty() || oneIn(5)) {
    dims.Add()->set_dim_value(number());
    return;
  }
  int at = below(dims.size());
  switch (below(5)) {
  case 0:
    dims.DeleteSubrange(at, 1);
    break;
  case 1:
    dims.Mutable(at)->Clear();
    break;
  case 2:
    dims.Mutable(at)->set_dim_param(oneIn(2) ? "n" : "batch");
    break;
  default:
    dims.Mutable(at)->set_dim_value(number());
  }
}

void Mutator::changeTensor() {
  if (proto::SparseTensorProto *sparse = pick(parts.sparse); sparse && oneIn(3))
    return changeNumbers(*sparse->mutable_dims());
  proto::TensorProto *tensor = pick(parts.tensors);
  if (!tensor)
    return;
  switch (below(8)) {
  case 0:
    return tensor->set_data_type(below(28));
  case 1:
    return changeNumbers(*tensor->mutable_dims());
  case 2: // a file, or the name of one
    tensor->set_data_location(proto::TensorProto::EXTERNAL);
    tensor->add_external_data()->set_key("location");
    return;
  default:
    return changeTensorData(*tensor);
  }
}

void Mutator::changeTensorData(proto::TensorProto &tensor) {
  if (tensor.has_raw_data() && !tensor.raw_data().empty()) {
    std::string &bytes = *tensor.mutable_raw_data();
    int64_t value = number();
    size_t width = tensor.data_type() == proto::TensorProto::INT64 ? 8 : 4;
    if (bytes.size() < width || oneIn(4))
      return changeText(bytes);
    std::copy_n(reinterpret_cast<const char *>(&value), width,
                bytes.begin() + below(bytes.size() / width) * width);
  } else if (tensor.int64_data_size() || oneIn(3)) {
    changeNumbers(*tensor.mutable_int64_data());
  } else if (tensor.int32_data_size()) {
    changeNumbers(*tensor.mutable_int32_data());
  } else {
    changeNumbers(*tensor.mutable_float_data());
  }
}

void Mutator::changeGraph() {
  proto::GraphProto *graph = pick(parts.graphs);
  if (graph->initializer_size() && oneIn(2)) {
    int at = below(graph->initializer_size());
    if (oneIn(2)) // weights that were left out
      graph->mutable_initializer()->DeleteSubrange(at, 1);
    else
      graph->mutable_initializer(at)->set_name(pickName());
  } else if (graph->input_size() && oneIn(2)) {
    int at = below(graph->input_size());
    if (oneIn(2))
      graph->mutable_input()->DeleteSubrange(at, 1);
    else
      graph->mutable_input(at)->set_name(pickName());
  } else if (graph->output_size() && oneIn(2)) {
    graph->mutable_output(below(graph->output_size()))->set_name(pickName());
  } else {
    *graph->add_output()->mutable_name() = pickName();
  }
}

void Mutator::changeModel() {
  if (model.opset_import_size() && !oneIn(8))
    model.mutable_opset_import(below(model.opset_import_size()))
        ->set_version(oneIn(8) ? number() : 1 + below(28));
  else
    model.add_opset_import()->set_domain(oneIn(2) ? "com.microsoft"
                                                  : "ai.onnx.ml");
}

void Mutator::change() {
  static void (Mutator::*const kChanges[])() = {
      &Mutator::changeOrder,     &Mutator::changeNode,
      &Mutator::changeEdge,      &Mutator::changeEdge,
      &Mutator::changeShape,     &Mutator::changeAttribute,
      &Mutator::changeAttribute, &Mutator::changeType,
      &Mutator::changeShape,     &Mutator::changeTensor,
      &Mutator::changeGraph,     &Mutator::changeModel};
  (this->*kChanges[below(std::size(kChanges))])();
}

void Mutator::splice(const proto::GraphProto &other) {
  proto::GraphProto *graph = pick(parts.graphs);
  for (const proto::NodeProto &node : other.node()) {
    proto::NodeProto &copy = *graph->add_node();
    copy = node;
    for (std::string &name : *copy.mutable_input())
      if (oneIn(3))
        name = pickName();
  }
  for (const proto::TensorProto &tensor : other.initializer())
    *graph->add_initializer() = tensor;
  for (const proto::ValueInfoProto &input : other.input())
    if (oneIn(2))
      *graph->add_input() = input;
  for (const proto::ValueInfoProto &output : other.output())
    *graph->add_output() = output;
}

void Mutator::deposit() {
  auto keep = [&](auto &into, auto &from) {
    auto *part = pick(from);
    if (!part || part->ByteSizeLong() > 2048)
      return;
    if (into.size() < Bank::kSize)
      into.push_back(*part);
    else
      into[below(into.size())] = *part;
  };
  keep(bank.nodes, parts.nodes);
  keep(bank.attributes, parts.attributes);
}
