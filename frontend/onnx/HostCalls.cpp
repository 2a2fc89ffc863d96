//===- HostCalls.cpp ------------------------------------------------------===//
//
// See HostCalls.h.
//
//===----------------------------------------------------------------------===//

#include "frontend/onnx/HostCalls.h"

#include "frontend/onnx/Importer.h"

using namespace mlir;
using namespace lz;
using namespace lz::onnximport;
using llvm::ArrayRef;
using llvm::StringRef;

Operation *onnximport::callHost(Node &n, StringRef name, ValueRange operands,
                                ArrayRef<Type> results,
                                ArrayRef<NamedAttribute> attrs,
                                StringRef count) {
  std::string symbol = count.empty() ? "" : n.defineSymbol(count);
  llvm::SmallVector<StringRef> defines;
  if (!count.empty())
    defines.push_back(symbol);
  return n.infer(HostOp::create(n.builder, n.loc, TypeRange(results), name,
                                operands, n.builder.getDictionaryAttr(attrs),
                                defines));
}

void HostAttrs::add(StringRef name, Attribute value) {
  attrs.push_back(n.builder.getNamedAttr(name, value));
}

void HostAttrs::add(StringRef name, int64_t value) {
  add(name, Attribute(n.builder.getI64IntegerAttr(value)));
}

void HostAttrs::add(StringRef name, double value) {
  add(name, Attribute(n.builder.getF64FloatAttr(value)));
}

void HostAttrs::add(StringRef name, StringRef value) {
  add(name, Attribute(n.builder.getStringAttr(value)));
}

void HostAttrs::add(StringRef name, const std::vector<std::string> &values) {
  llvm::SmallVector<StringRef> refs(values.begin(), values.end());
  add(name, Attribute(n.builder.getStrArrayAttr(refs)));
}

void HostAttrs::add(StringRef name, ArrayRef<int64_t> values) {
  add(name, Attribute(n.builder.getDenseI64ArrayAttr(values)));
}

void HostAttrs::add(StringRef name, ArrayRef<double> values) {
  add(name, Attribute(n.builder.getDenseF64ArrayAttr(values)));
}

void HostAttrs::copy(StringRef name) {
  const ::onnx::AttributeProto *attribute = n.find(name);
  if (!attribute)
    return;
  switch (attribute->type()) {
  case ::onnx::AttributeProto::INT:
    return add(name, n.attrInt(name, 0));
  case ::onnx::AttributeProto::FLOAT:
    return add(name, n.attrFloat(name, 0));
  case ::onnx::AttributeProto::STRING:
    return add(name, StringRef(n.attrString(name, "")));
  case ::onnx::AttributeProto::INTS:
    return add(name, ArrayRef<int64_t>(n.attrInts(name)));
  case ::onnx::AttributeProto::FLOATS:
    return add(name, ArrayRef<double>(n.attrFloats(name)));
  case ::onnx::AttributeProto::STRINGS:
    return add(name, n.attrStrings(name));
  default:
    n.error() << "attribute '" << name
              << "' has the wrong type, expected numbers or strings";
  }
}

Type onnximport::stringType(Node &n) {
  return StringType::get(n.builder.getContext());
}

Value onnximport::stringConstant(Node &n, std::vector<std::string> strings,
                                 std::vector<int64_t> dims) {
  TensorData tensor;
  tensor.element = findElementInfo("string");
  tensor.dims = std::move(dims);
  tensor.strings = std::move(strings);
  return n.importer.makeConstant(tensor, n.name(), n).value;
}
