//===- Node.h - One node under import ---------------------------*- C++ -*-===//
//
// Internal. What an operator's importer sees of its node: operands, attributes
// with their defaults, constants, and where results go. Errors are sticky: a
// getter that fails reports once and returns something harmless.
//
//===----------------------------------------------------------------------===//

#ifndef LAZULI_FRONTEND_ONNX_NODE_H
#define LAZULI_FRONTEND_ONNX_NODE_H

#include "frontend/onnx/Emit.h"
#include "frontend/onnx/Model.h"

namespace lz::onnximport {

class Importer;

/// A value of the model: the lz value, and the ONNX type its elements have if
/// that is one that Lazuli only stores.
struct OnnxValue {
  mlir::Value value;
  const ElementInfo *logical = nullptr; ///< null: the value's own type

  explicit operator bool() const { return static_cast<bool>(value); }
};

class Node : public Emit {
public:
  Node(Importer &importer, const ::onnx::NodeProto &proto, int64_t version,
       Emit emit);

  const ::onnx::NodeProto &proto;
  /// Of the node's operator set, as the model imports it.
  const int64_t version;
  Importer &importer;

  llvm::StringRef op() const { return proto.op_type(); }
  /// The user's name: the node's, or one made of the operator and its output.
  const std::string &name() const { return nodeName; }

  //===--------------------------------------------------------------------===//
  // Operands and results
  //===--------------------------------------------------------------------===//

  size_t numInputs() const { return inputs.size(); }
  size_t numOutputs() const { return outputs.size(); }
  bool has(size_t i) const { return i < inputs.size() && inputs[i].value; }
  /// Operand `i`; an error where the node leaves it out.
  mlir::Value in(size_t i);
  const OnnxValue &input(size_t i) const { return inputs[i]; }
  /// The stored ONNX type of operand `i` where kernels do not know it.
  const ElementInfo *logical(size_t i) const {
    return i < inputs.size() ? inputs[i].logical : nullptr;
  }
  /// Whether output `i` is named, so that somebody may read it.
  bool wants(size_t i) const {
    return i < size_t(proto.output_size()) && !proto.output(i).empty();
  }
  void set(size_t i, mlir::Value value, const ElementInfo *logical = nullptr);

  //===--------------------------------------------------------------------===//
  // Attributes
  //===--------------------------------------------------------------------===//

  bool hasAttr(llvm::StringRef name) const { return find(name) != nullptr; }
  int64_t attrInt(llvm::StringRef name, int64_t otherwise);
  double attrFloat(llvm::StringRef name, double otherwise);
  std::string attrString(llvm::StringRef name, llvm::StringRef otherwise);
  /// Empty where the attribute is absent.
  Ints attrInts(llvm::StringRef name);
  llvm::SmallVector<double> attrFloats(llvm::StringRef name);
  std::vector<std::string> attrStrings(llvm::StringRef name);
  /// Null where the attribute is absent.
  const ::onnx::GraphProto *attrGraph(llvm::StringRef name);
  std::optional<TensorData> attrTensor(llvm::StringRef name);
  const ::onnx::AttributeProto *find(llvm::StringRef name) const;

  //===--------------------------------------------------------------------===//
  // Operands whose elements must be known while compiling
  //===--------------------------------------------------------------------===//

  /// The elements of the integer (or boolean) operand `i` as expressions of
  /// dimensions, if they can be told. An input of the model that has an example
  /// is bound to the example's elements, which a run then checks.
  std::optional<Dims> tryDims(size_t i);
  /// The same as numbers.
  std::optional<Ints> tryInts(size_t i);
  /// The elements of a float or integer operand as numbers.
  std::optional<llvm::SmallVector<double>> tryFloats(size_t i);
  /// The same, or an error that says what `what` ("axes") must be.
  Dims needDims(size_t i, llvm::StringRef what);
  Ints needInts(size_t i, llvm::StringRef what);
  llvm::SmallVector<double> needFloats(size_t i, llvm::StringRef what);
  /// Ints from attribute `name` or else from operand `i` (newer versions of
  /// many operators); nullopt where neither is there.
  std::optional<Ints> attrOrInput(llvm::StringRef name, size_t i);

  //===--------------------------------------------------------------------===//
  // Symbols, subgraphs, host operations
  //===--------------------------------------------------------------------===//

  /// A new symbol that the operation being built defines: its name is unique
  /// and ends with `what`.
  std::string defineSymbol(llvm::StringRef what);
  /// Imports `graph` at the builder's place; its inputs are `arguments`.
  /// Returns its outputs, or nullopt after an error.
  std::optional<llvm::SmallVector<OnnxValue>>
  importSubgraph(const ::onnx::GraphProto &graph,
                 llvm::ArrayRef<OnnxValue> arguments);
  /// A number that no other caller in this module has got.
  int64_t uniqueNumber();

  /// Fails as a feature that Lazuli does not have.
  void unsupported(const llvm::Twine &what) {
    error() << what << " is not supported";
  }

  // Filled by the importer.
  llvm::SmallVector<OnnxValue, 4> inputs;
  llvm::SmallVector<OnnxValue, 2> outputs;

private:
  std::string nodeName;
};

} // namespace lz::onnximport

#endif // LAZULI_FRONTEND_ONNX_NODE_H
