//===- OnnxMutator.h - Changes an ONNX model as a model ---------*- C++ -*-===//
//
// Bytes changed at random rarely still parse. This changes a few of a model's
// nodes, edges, attributes, types and tensors, so that most inputs come far
// into the importer. What other models of the corpus hold is transplanted.
//
//===----------------------------------------------------------------------===//

#ifndef LAZULI_TESTS_FUZZ_ONNXMUTATOR_H
#define LAZULI_TESTS_FUZZ_ONNXMUTATOR_H

#include "tests/fuzz/OnnxParts.h"

#include <random>

namespace lz::fuzz {

/// A few nodes and attributes of models seen before.
struct Bank {
  static constexpr size_t kSize = 512;
  std::vector<::onnx::NodeProto> nodes;
  std::vector<::onnx::AttributeProto> attributes;
};

class Mutator {
public:
  Mutator(::onnx::ModelProto &model, unsigned seed)
      : model(model), parts(model), random(seed) {}

  /// One change somewhere; the parts are to be collected anew after it.
  void change();
  /// Puts nodes of `other` into a graph of this model, with what they read.
  void splice(const ::onnx::GraphProto &other);
  /// Keeps some of the model's parts in the bank.
  void deposit();

private:
  size_t below(size_t count) { return count ? random() % count : 0; }
  bool oneIn(unsigned n) { return random() % n == 0; }
  template <typename T> T *pick(std::vector<T *> &from) {
    return from.empty() ? nullptr : from[below(from.size())];
  }
  const std::string &pickName() {
    return parts.names[below(parts.names.size())];
  }
  int64_t number();
  void changeText(std::string &text);
  template <typename Field> void changeNumbers(Field &field);

  void changeOrder();
  void changeNode();
  void changeEdge();
  void changeAttribute();
  void changeAttributeValue(::onnx::AttributeProto &attribute);
  void changeType();
  void changeShape();
  void changeTensor();
  void changeTensorData(::onnx::TensorProto &tensor);
  void changeGraph();
  void changeModel();

  ::onnx::ModelProto &model;
  Parts parts;
  std::minstd_rand random;
  static Bank bank;
};

} // namespace lz::fuzz

#endif // LAZULI_TESTS_FUZZ_ONNXMUTATOR_H
