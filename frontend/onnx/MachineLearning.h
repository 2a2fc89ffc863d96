//===- MachineLearning.h - What classical models share ----------*- C++ -*-===//
//
// Internal. Tables out of attributes, scores, labels of classes: for the
// families of ai.onnx.ml.
//
//===----------------------------------------------------------------------===//

#ifndef LAZULI_FRONTEND_ONNX_MACHINELEARNING_H
#define LAZULI_FRONTEND_ONNX_MACHINELEARNING_H

#include "frontend/onnx/Registry.h"

namespace lz::onnximport {

constexpr const char *kMlDomain = "ai.onnx.ml";

/// Numbers of an attribute, which is a list of floats or a tensor. Without
/// either: none.
llvm::SmallVector<double> attrNumbers(Node &n, llvm::StringRef list,
                                      llvm::StringRef tensor);

/// The elements of a tensor of numbers; an error for other tensors.
llvm::SmallVector<double> readNumbers(Node &n, const TensorData &tensor);

/// A constant out of many numbers.
mlir::Value table(Node &n, llvm::ArrayRef<double> values, mlir::Type type,
                  llvm::ArrayRef<int64_t> dims);
mlir::Value table(Node &n, llvm::ArrayRef<int64_t> values);

/// The element type in which a model of the operand's numbers is computed.
mlir::Type modelType(Node &n, mlir::Value x);

/// A vector of features as a row; an error unless the operand is that or rows.
mlir::Value asRows(Node &n, mlir::Value x);

/// NONE, LOGISTIC, SOFTMAX, SOFTMAX_ZERO or PROBIT of [rows, classes].
mlir::Value postTransform(Node &n, mlir::Value scores, llvm::StringRef mode);

/// The labels of classes: integers or strings, as the node's attributes say.
class ClassLabels {
public:
  ClassLabels(Node &n, llvm::StringRef integers, llvm::StringRef strings);

  int64_t size() const;
  /// Labels for positions in the list; of [rows] i64.
  mlir::Value pick(mlir::Value positions);
  /// The first label where the condition holds, elsewhere 0 or "".
  mlir::Value pickFirst(mlir::Value condition);

private:
  Node &n;
  Ints integers;
  std::vector<std::string> strings;
};

} // namespace lz::onnximport

#endif // LAZULI_FRONTEND_ONNX_MACHINELEARNING_H
