//===- Value.cpp ------------------------------------------------------------===//
//
// See Value.h.
//
//===----------------------------------------------------------------------===//

#include "tools/lazuli/io/Value.h"

#include "runtime/base/Text.h"

using namespace lz;
using namespace lz::cli;

ValueType ValueType::getElement() const {
  ValueType element = *this;
  element.kind = elementKind;
  if (elementKind == fmt::ValueKind_Sequence)
    element.elementKind =
        dtype == fmt::DType_string ? fmt::ValueKind_Strings : fmt::ValueKind_Tensor;
  element.dims.reset();
  return element;
}

std::string ValueType::describe() const {
  std::string name = logicalType.empty() ? rt::getDTypeName(dtype) : logicalType;
  std::string plural = dtype == fmt::DType_string ? "strings" : name + " tensors";
  if (kind == fmt::ValueKind_Sequence)
    return "sequence of " + plural;
  if (kind == fmt::ValueKind_Optional)
    return "optional " + getElement().describe();
  if (!dims)
    return name + " tensor";
  std::string text = name + '[';
  for (size_t i = 0; i < dims->size(); ++i)
    text += (i ? ", " : "") + ((*dims)[i] < 0 ? "?" : std::to_string((*dims)[i]));
  return text + ']';
}

Value Value::makeStrings(std::vector<int64_t> dims, std::vector<std::string> strings) {
  Value value;
  value.kind = fmt::ValueKind_Strings;
  value.dtype = fmt::DType_string;
  value.dims = std::move(dims);
  value.strings = std::move(strings);
  return value;
}

Value Value::makeContainer(ValueKind kind, DType dtype, std::vector<Value> elements) {
  Value value;
  value.kind = kind;
  value.dtype = dtype;
  value.elements = std::move(elements);
  return value;
}

std::string Value::describe() const {
  if (kind == fmt::ValueKind_Tensor)
    return array.describe();
  if (kind == fmt::ValueKind_Strings)
    return rt::concat("string", rt::formatDims(dims.data(), dims.size()));
  if (kind == fmt::ValueKind_Sequence)
    return rt::concat("sequence of ", elements.size());
  return elements.empty() ? "none" : "optional of " + elements.front().describe();
}
