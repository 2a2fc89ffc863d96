//===- Node.cpp -----------------------------------------------------------===//
//
// See Node.h.
//
//===----------------------------------------------------------------------===//

#include "frontend/onnx/Node.h"

#include "frontend/onnx/Importer.h"
#include "ir/Contents.h"

using namespace mlir;
using namespace lz;
using namespace lz::onnximport;
using llvm::ArrayRef;
using llvm::SmallVector;
using llvm::StringRef;
using lz::DimExpr;
namespace proto = ::onnx;

static std::string nameOf(const proto::NodeProto &proto) {
  if (!proto.name().empty())
    return proto.name();
  for (const std::string &output : proto.output())
    if (!output.empty())
      return output;
  return proto.op_type();
}

Node::Node(Importer &importer, const proto::NodeProto &proto, int64_t version,
           Emit emit)
    : Emit(emit), proto(proto), version(version), importer(importer),
      nodeName(nameOf(proto)) {
  subject = (op().empty() ? "node" : op().str()) + " '" +
            nodeName + "'";
  outputs.resize(proto.output_size());
}

Value Node::in(size_t i) {
  if (has(i))
    return inputs[i].value;
  error() << "has no input " << static_cast<int64_t>(i)
          << ", which its other inputs and attributes ask for";
  return floats({0}, f32(), Ints(8, 1)); // of more axes than are asked for
}

void Node::set(size_t i, Value value, const ElementInfo *logical) {
  if (i >= outputs.size())
    outputs.resize(i + 1);
  outputs[i] = {value, logical};
}

//===----------------------------------------------------------------------===//
// Attributes
//===----------------------------------------------------------------------===//

/// In a function's body an attribute may stand for one of the call's.
const proto::AttributeProto *Node::find(StringRef name) const {
  for (const proto::AttributeProto &attribute : proto.attribute()) {
    if (attribute.name() != name)
      continue;
    if (attribute.ref_attr_name().empty())
      return &attribute;
    for (Scope *scope = importer.getScope(); scope; scope = scope->parent)
      if (scope->isFunction)
        return scope->attributes.lookup(attribute.ref_attr_name());
    return nullptr;
  }
  return nullptr;
}

/// The attribute if it has that type; an error if it has another.
static const proto::AttributeProto *
findTyped(Node &node, StringRef name, proto::AttributeProto::AttributeType type,
          const char *expected) {
  const proto::AttributeProto *attribute = node.find(name);
  if (!attribute || attribute->type() == type)
    return attribute;
  // Files older than IR version 2 do not say the type.
  if (!attribute->has_type())
    return attribute;
  node.error() << "attribute '" << name << "' has the wrong type, expected "
               << expected;
  return nullptr;
}

int64_t Node::attrInt(StringRef name, int64_t otherwise) {
  auto *attribute =
      findTyped(*this, name, proto::AttributeProto::INT, "an integer");
  return attribute ? attribute->i() : otherwise;
}

double Node::attrFloat(StringRef name, double otherwise) {
  auto *attribute =
      findTyped(*this, name, proto::AttributeProto::FLOAT, "a float");
  return attribute ? attribute->f() : otherwise;
}

std::string Node::attrString(StringRef name, StringRef otherwise) {
  auto *attribute =
      findTyped(*this, name, proto::AttributeProto::STRING, "a string");
  return attribute ? attribute->s() : otherwise.str();
}

Ints Node::attrInts(StringRef name) {
  auto *attribute =
      findTyped(*this, name, proto::AttributeProto::INTS, "integers");
  return attribute ? Ints(attribute->ints().begin(), attribute->ints().end())
                   : Ints();
}

SmallVector<double> Node::attrFloats(StringRef name) {
  auto *attribute =
      findTyped(*this, name, proto::AttributeProto::FLOATS, "floats");
  return attribute ? SmallVector<double>(attribute->floats().begin(),
                                         attribute->floats().end())
                   : SmallVector<double>();
}

std::vector<std::string> Node::attrStrings(StringRef name) {
  auto *attribute =
      findTyped(*this, name, proto::AttributeProto::STRINGS, "strings");
  return attribute ? std::vector<std::string>(attribute->strings().begin(),
                                              attribute->strings().end())
                   : std::vector<std::string>();
}

const proto::GraphProto *Node::attrGraph(StringRef name) {
  auto *attribute =
      findTyped(*this, name, proto::AttributeProto::GRAPH, "a graph");
  return attribute ? &attribute->g() : nullptr;
}

std::optional<TensorData> Node::attrTensor(StringRef name) {
  const proto::AttributeProto *attribute = find(name);
  if (!attribute)
    return std::nullopt;
  Model &model = importer.getModel();
  bool isSparse = attribute->type() == proto::AttributeProto::SPARSE_TENSOR;
  rt::StatusOr<TensorData> tensor =
      isSparse ? readSparseTensor(attribute->sparse_tensor(), model.getFiles())
               : readTensor(attribute->t(), model.getFiles(), model.getOwner());
  if (tensor.isOk())
    return std::move(*tensor);
  error() << "attribute '" << name
          << "' is no valid tensor: " << tensor.getStatus().getMessage();
  return std::nullopt;
}

//===----------------------------------------------------------------------===//
// Elements known while compiling
//===----------------------------------------------------------------------===//

static bool areConstant(ArrayRef<DimExpr> dims) {
  return llvm::all_of(dims, [](const DimExpr &d) { return d.isConstant(); });
}

/// What inference knows of `value`, if need be from examples.
static std::optional<Dims> findContents(Node &node, Value value) {
  if (auto known = node.contents(value))
    return known;
  return node.importer.bindByExample(value) ? node.contents(value)
                                            : std::nullopt;
}

std::optional<Dims> Node::tryDims(size_t i) {
  if (!has(i) || failed || !llvm::isa<lz::TensorType>(in(i).getType()) ||
      isFloat(in(i)) || isString(in(i)))
    return std::nullopt;
  if (auto known = findContents(*this, in(i)))
    return known;
  // Constants of more elements than inference follows.
  if (auto numbers = importer.getConstant(in(i)))
    return llvm::map_to_vector(
        *numbers, [](double v) { return DimExpr(toInteger(v)); });
  return std::nullopt;
}

std::optional<Ints> Node::tryInts(size_t i) {
  std::optional<Dims> dims = tryDims(i);
  if (!dims || !areConstant(*dims))
    return std::nullopt;
  return llvm::map_to_vector(*dims,
                             [](const DimExpr &d) { return *d.getConstant(); });
}

std::optional<SmallVector<double>> Node::tryFloats(size_t i) {
  if (!has(i) || failed)
    return std::nullopt;
  if (auto numbers = importer.getConstant(in(i)))
    return numbers;
  if (auto ints = tryInts(i))
    return SmallVector<double>(ints->begin(), ints->end());
  if (!llvm::isa<lz::TensorType>(in(i).getType()) || !isFloat(in(i)))
    return std::nullopt;
  std::optional<Dims> known = findContents(*this, in(i));
  if (!known || !areConstant(*known))
    return std::nullopt;
  return llvm::map_to_vector(*known, [](const DimExpr &scaled) {
    return double(*scaled.getConstant()) / kRealUnit;
  });
}

/// Files of older versions have attributes in the place of some operands, and
/// broken ones have neither.
static bool checkHas(Node &node, size_t i, StringRef what) {
  if (!node.failed && !node.has(i))
    node.error() << "has no input " << int64_t(i) << ", expected its " << what;
  return !node.failed;
}

Dims Node::needDims(size_t i, StringRef what) {
  if (!checkHas(*this, i, what))
    return {};
  if (auto known = tryDims(i))
    return *known;
  lz::TensorType type = this->type(in(i));
  std::optional<int64_t> count = type.getNumElements();
  if (!count || *count > 64) {
    error() << "needs to know how many elements " << what << " has, found "
            << (type.hasRank() ? "a dynamic shape" : "an unknown rank");
    return {};
  }
  Dims symbols;
  SmallVector<std::string> names;
  for (int64_t k = 0; k < *count; ++k) {
    names.push_back(defineSymbol((what + std::to_string(k)).str()));
    symbols.push_back(DimExpr::symbol(names.back()));
  }
  SmallVector<StringRef> refs(names.begin(), names.end());
  Value elements = reshape(cast(in(i), i64()), {DimExpr(*count)});
  auto attrs = builder.getDictionaryAttr({builder.getNamedAttr(
      "message", builder.getStringAttr((what + " of " + op() + " '" + nodeName +
                                        "' must not be negative")
                                           .str()))});
  infer(HostOp::create(builder, loc, TypeRange(), "define",
                       ValueRange(elements), attrs, refs));
  return symbols;
}

Ints Node::needInts(size_t i, StringRef what) {
  if (!checkHas(*this, i, what))
    return {};
  if (auto known = tryInts(i))
    return *known;
  error() << what << " must be known when the model is compiled; they are "
          << "computed from data, or come from an input without an example of "
             "its elements";
  return {};
}

SmallVector<double> Node::needFloats(size_t i, StringRef what) {
  if (!checkHas(*this, i, what))
    return {};
  if (auto known = tryFloats(i))
    return *known;
  error() << what << " must be known when the model is compiled; they are "
          << "computed from data, or come from an input without an example of "
             "its elements";
  return {};
}

std::optional<Ints> Node::attrOrInput(StringRef name, size_t i) {
  if (hasAttr(name))
    return attrInts(name);
  if (has(i))
    return needInts(i, name);
  return std::nullopt;
}

//===----------------------------------------------------------------------===//
// What the importer does for nodes
//===----------------------------------------------------------------------===//

std::string Node::defineSymbol(StringRef what) {
  return importer.defineSymbol(nodeName + "." + what.str());
}

std::optional<SmallVector<OnnxValue>>
Node::importSubgraph(const proto::GraphProto &graph,
                     ArrayRef<OnnxValue> arguments) {
  auto results = importer.importSubgraph(graph, arguments, *this);
  failed |= !results;
  return results;
}

int64_t Node::uniqueNumber() { return importer.takeNumber(); }
