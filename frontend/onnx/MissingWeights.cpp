//===- MissingWeights.cpp - Weights that were left out --------------------===//
//
// Files without their weights: a name that nothing gives becomes a parameter
// without a value, its type from the file of weights, from what the file
// declares, or from the node that reads it. Sizes that none of them says are
// lazy.
//
//===----------------------------------------------------------------------===//

#include "frontend/onnx/Importer.h"

using namespace mlir;
using namespace lz;
using namespace lz::onnximport;
using llvm::SmallVector;
using llvm::StringRef;
using lz::DimExpr;
namespace proto = ::onnx;

const OnnxWeight *Importer::findWeight(StringRef name) const {
  for (const OnnxWeight &weight : options.weights)
    if (weight.name == name)
      return &weight;
  return nullptr;
}

/// A size of the parameter `name` that only inference or a weight can tell.
DimExpr Importer::lazyDim(StringRef name, int64_t axis) {
  std::string symbol = (name + "." + llvm::Twine(axis)).str();
  for (int i = 1; symbols.count(symbol); ++i)
    symbol = (name + "." + llvm::Twine(axis) + "." + llvm::Twine(i)).str();
  OpBuilder::InsertionGuard guard(builder);
  builder.setInsertionPointToStart(module->getBody());
  symbols[symbol] = SymbolOp::create(
      builder, locate(name), symbol, SymbolKind::Lazy, 1, INT64_MAX, 1,
      builder.getStringAttr("'" + name.str() + "'"),
      builder.getStringAttr("axis " + std::to_string(axis)));
  return DimExpr::symbol(symbol);
}

/// Declares a parameter without a value; null where the name is taken. A value
/// must be given or asked for (random weights): it is never filled by itself.
OnnxValue Importer::makeParameter(StringRef name, lz::TensorType type) {
  if (!parameterNames.insert(name).second)
    return {};
  OpBuilder::InsertionGuard guard(builder);
  builder.setInsertionPoint(function);
  Attribute init;
  if (type.getRank() >= 2)
    init = KaimingUniformInitAttr::get(context, Real(2.23606797749979));
  else // positive, as variances and scales are
    init = UniformInitAttr::get(context, Real(0.5), Real(1.5));
  ParameterOp::create(builder, locate(name), name, type, init);
  shapes.addGlobal(name, type);
  builder.setInsertionPointToStart(&function.getBody().front());
  Emit emit = makeEmit(name);
  return {emit.result(GetParameterOp::create(builder, emit.loc, type, name)),
          nullptr};
}

//===----------------------------------------------------------------------===//
// What the file says of them
//===----------------------------------------------------------------------===//

/// The type in `info` where it is a tensor that a parameter may be; else null.
/// What it leaves open comes from `weight` where there is one.
lz::TensorType Importer::declaredType(const proto::ValueInfoProto &info,
                                      const OnnxWeight *weight) {
  const proto::TypeProto_Tensor &tensor = info.type().tensor_type();
  const ElementInfo *element = findElementInfo(tensor.elem_type());
  if (!info.type().has_tensor_type() || !tensor.has_shape() || !element ||
      element->isLogical || element->bits == 0)
    return {};
  bool hasSizes =
      weight && int(weight->dims.size()) == tensor.shape().dim_size();
  SmallVector<DimExpr> dims;
  for (const auto &dim : tensor.shape().dim()) {
    if (dim.has_dim_value() && dim.dim_value() >= 0)
      dims.push_back(dim.dim_value());
    else
      dims.push_back(hasSizes ? DimExpr(weight->dims[dims.size()])
                              : lazyDim(info.name(), dims.size()));
  }
  return lz::TensorType::get(context, dims,
                             makeEmit(info.name()).storageType(*element));
}

/// The weight's type, but for what the file itself says: whoever binds the
/// weights then says where they differ.
lz::TensorType Importer::givenType(const OnnxWeight &weight,
                                   const proto::ValueInfoProto *declared) {
  if (lz::TensorType type =
          declared ? declaredType(*declared, &weight) : lz::TensorType())
    return type;
  return lz::TensorType::getStatic(context, weight.dims, weight.elementType);
}

static const proto::ValueInfoProto *findInfo(const proto::GraphProto &graph,
                                             StringRef name) {
  for (const auto *infos : {&graph.value_info(), &graph.output()})
    for (const proto::ValueInfoProto &info : *infos)
      if (info.name() == name)
        return &info;
  return nullptr;
}

//===----------------------------------------------------------------------===//
// What the node that reads them says
//===----------------------------------------------------------------------===//

/// The rank of operand `operand` where the operator decides it; -1 elsewhere.
static int64_t weightRank(Node &node, int operand) {
  StringRef op = node.op();
  bool hasData = node.has(0) &&
                 llvm::isa<lz::TensorType>(node.in(0).getType()) &&
                 node.hasRank(node.in(0));
  if (operand == 0 || !normalizeDomain(node.proto.domain()).empty() || !hasData)
    return -1;
  bool isWeight = operand == 1;
  if (op == "Conv" || op == "ConvTranspose")
    return isWeight ? node.rank(node.in(0)) : 1;
  if (op == "Gemm")
    return isWeight ? 2 : 1;
  if (op == "MatMul")
    return 2;
  if (op == "LSTM" || op == "GRU" || op == "RNN")
    return operand <= 2 ? 3 : operand == 3 ? 2 : -1;
  if (op == "LayerNormalization" || op == "RMSNormalization")
    return node.attrInt("axis", -1) == -1 ? 1 : -1;
  bool isNorm = op == "BatchNormalization" || op == "InstanceNormalization" ||
                op == "GroupNormalization";
  return isNorm ? 1 : -1;
}

/// The number of features that the declared type of the node's output has: the
/// only hint of a file at the sizes that weights alone know.
static std::optional<int64_t> declaredFeatures(Node &node,
                                               const proto::GraphProto &graph) {
  const proto::ValueInfoProto *info =
      node.wants(0) ? findInfo(graph, node.proto.output(0)) : nullptr;
  if (!info || !info->type().tensor_type().has_shape())
    return std::nullopt;
  const auto &dims = info->type().tensor_type().shape().dim();
  bool isConv = node.op().starts_with("Conv");
  int axis = isConv ? 1 : dims.size() - 1;
  if (axis < 0 || axis >= dims.size() || !dims[axis].has_dim_value() ||
      dims[axis].dim_value() <= 0)
    return std::nullopt;
  return dims[axis].dim_value();
}

/// The size of a weight's axis that follows from the node's attributes or from
/// its output's declared type.
static std::optional<int64_t> weightDim(Node &node, int64_t axis,
                                        const proto::GraphProto &graph) {
  StringRef op = node.op();
  if (op.starts_with("Conv") && axis >= 2) {
    Ints kernel = node.attrInts("kernel_shape");
    bool isGiven = axis - 2 < int64_t(kernel.size()) && kernel[axis - 2] > 0;
    return isGiven ? std::optional<int64_t>(kernel[axis - 2]) : std::nullopt;
  }
  bool isFeatures =
      (op == "Conv" && axis == 0) || (op == "MatMul" && axis == 1) ||
      (op == "Gemm" && axis == (node.attrInt("transB", 0) ? 0 : 1));
  return isFeatures ? declaredFeatures(node, graph) : std::nullopt;
}

lz::TensorType Importer::missingWeightType(Node &node, int operand) {
  const std::string &name = node.proto.input(operand);
  const proto::GraphProto &graph = model->getProto().graph();
  const proto::ValueInfoProto *info = findInfo(graph, name);
  if (const OnnxWeight *weight = findWeight(name))
    return givenType(*weight, info);
  if (lz::TensorType type =
          info ? declaredType(*info, nullptr) : lz::TensorType())
    return type;
  int64_t rank = weightRank(node, operand);
  if (rank < 0 || node.failed)
    return {};
  SmallVector<DimExpr> dims;
  for (int64_t axis = 0; axis < rank; ++axis) {
    auto known = operand == 1 ? weightDim(node, axis, graph) : std::nullopt;
    dims.push_back(known ? DimExpr(*known) : lazyDim(name, axis));
  }
  return lz::TensorType::get(context, dims, node.elementType(node.in(0)));
}

/// The operand as a parameter, if it can be a weight that was left out; else
/// null.
OnnxValue Importer::makeMissingWeight(Node &node, int operand) {
  const std::string &name = node.proto.input(operand);
  for (Scope *at = scope; at; at = at->parent)
    if (at->isFunction) // its names are no file's weights
      return {};
  if (producedNames.count(name))
    return {};
  lz::TensorType type = missingWeightType(node, operand);
  if (!type)
    return {};
  OnnxValue value = makeParameter(name, type);
  if (value)
    root.values[name] = value;
  return value;
}
