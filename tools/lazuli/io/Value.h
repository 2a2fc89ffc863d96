//===- Value.h - What goes into a model and comes out of it -----------------===//
//
// A tensor, strings, a sequence of either, or an optional of these, in memory,
// and the types that say which of them an input takes.
//
//===----------------------------------------------------------------------===//

#ifndef LAZULI_TOOLS_LAZULI_IO_VALUE_H
#define LAZULI_TOOLS_LAZULI_IO_VALUE_H

#include "tools/lazuli/io/Array.h"

#include <optional>
#include <string>
#include <vector>

namespace lz::cli {

using fmt::ValueKind;

/// The type of an input or output.
struct ValueType {
  ValueKind kind = fmt::ValueKind_Tensor;
  /// Of a sequence's elements, of what an optional holds.
  ValueKind elementKind = fmt::ValueKind_Tensor;
  DType dtype = fmt::DType_f32; ///< of the tensors
  /// ONNX's name ("int4") of elements that `dtype` only stores; else empty.
  std::string logicalType;
  /// Of a tensor or strings, -1 where a run decides; nothing: of any rank.
  std::optional<std::vector<int64_t>> dims;

  bool isTensor() const { return kind == fmt::ValueKind_Tensor; }
  /// The type of a sequence's elements, of what an optional holds.
  ValueType getElement() const;
  /// "f32[?, 3]", "sequence of f32 tensors", "optional sequence of strings".
  std::string describe() const;
};

struct NamedType {
  std::string name;
  ValueType type;
};

class Value {
public:
  Value() = default;
  Value(Array array) : dtype(array.getDType()), array(std::move(array)) {}
  static Value makeStrings(std::vector<int64_t> dims, std::vector<std::string> strings);
  /// Of kind Sequence, or Optional with no or one element. `dtype` is that of
  /// the tensors inside, also of those that are not there.
  static Value makeContainer(ValueKind kind, DType dtype, std::vector<Value> elements);

  ValueKind getKind() const { return kind; }
  bool isTensor() const { return kind == fmt::ValueKind_Tensor; }
  DType getDType() const { return dtype; }
  /// Of kind Tensor only.
  const Array &getArray() const { return array; }
  /// Of a tensor or strings.
  const std::vector<int64_t> &getDims() const { return isTensor() ? array.getDims() : dims; }
  /// Row-major.
  const std::vector<std::string> &getStrings() const { return strings; }
  const std::vector<Value> &getElements() const { return elements; }

  /// "f32[2, 3]", "string[4]", "sequence of 2", "optional of f32[2]", "none".
  std::string describe() const;

private:
  ValueKind kind = fmt::ValueKind_Tensor;
  DType dtype = fmt::DType_f32;
  Array array;
  std::vector<int64_t> dims;
  std::vector<std::string> strings;
  std::vector<Value> elements;
};

} // namespace lz::cli

#endif // LAZULI_TOOLS_LAZULI_IO_VALUE_H
