//===- HostRules.cpp - shape rules of operations on tensors and containers -===//
//
// What data decides is a symbol that the operation defines. The rules of
// strings are in HostStringRules.cpp.
//
//===----------------------------------------------------------------------===//

#include "ir/HostRules.h"

#include "ir/RegionTypes.h"

using namespace mlir;
using namespace lz;

//===----------------------------------------------------------------------===//
// What rules share
//===----------------------------------------------------------------------===//

std::optional<DimExpr> HostRule::symbol(unsigned slot, StringRef what) {
  SmallVector<StringRef> symbols = getDefinedSymbols(host);
  if (slot < symbols.size())
    return DimExpr::symbol(symbols[slot].str());
  return context.define(host, what);
}

LogicalResult HostRule::setKnown(Value result,
                                 ArrayRef<std::optional<DimExpr>> shape,
                                 Type elementType) {
  Dims dims;
  for (const std::optional<DimExpr> &dim : shape) {
    if (!dim)
      return setUnranked(result, elementType);
    dims.push_back(*dim);
  }
  return set(result, ArrayRef<DimExpr>(dims), elementType);
}

LogicalResult HostRule::setElement(Value result, Type type) {
  auto tensor = dyn_cast<lz::TensorType>(type);
  if (!tensor) {
    context.setValueType(result, type);
    return success();
  }
  // Of a type that the op was given, inference knows all already.
  if (!tensor.hasRank())
    return success();
  SmallVector<std::optional<DimExpr>> dims;
  unsigned slot = 0;
  for (auto [axis, dim] : llvm::enumerate(tensor.getShape())) {
    if (!isUnknownDim(dim)) {
      dims.push_back(dim);
      continue;
    }
    dims.push_back(symbol(slot++, ("axis" + Twine(axis)).str()));
  }
  return setKnown(result, dims, tensor.getElementType());
}

Type HostRule::givenElementType(unsigned i) {
  auto tensor = dyn_cast<lz::TensorType>(out(i).getType());
  return tensor ? tensor.getElementType() : Type();
}

/// An error unless operand `i` is a tensor.
static LogicalResult requireTensor(HostRule &rule, unsigned i) {
  if (isa<lz::TensorType>(rule.in(i).getType()))
    return success();
  return rule.error() << "'" << rule.host.getName() << "' got "
                      << rule.in(i).getType() << " as operand " << i
                      << ", expected a tensor";
}

/// The sequence type of operand 0, null after an error.
static SequenceType requireSequence(HostRule &rule) {
  auto type = dyn_cast<SequenceType>(rule.context.getValueType(rule.in(0)));
  if (!type)
    rule.error() << "'" << rule.host.getName() << "' got "
                 << rule.in(0).getType() << ", expected a sequence";
  return type;
}

LogicalResult lz::inferNoResults(HostRule &rule) {
  return requireTensor(rule, 0);
}

//===----------------------------------------------------------------------===//
// Data decides the shape
//===----------------------------------------------------------------------===//

LogicalResult lz::inferDefine(HostRule &rule) {
  if (failed(requireTensor(rule, 0)))
    return failure();
  lz::TensorType type = rule.type(rule.in(0));
  std::optional<int64_t> count = type.getNumElements();
  int64_t expected = getDefinedSymbols(rule.host).size();
  if (!type.getElementType().isInteger(64) || (count && *count != expected))
    return rule.error() << "'define' got " << typeText(type) << ", expected "
                        << expected << " elements of i64";
  return success();
}

LogicalResult lz::inferNonzero(HostRule &rule) {
  if (failed(requireTensor(rule, 0)))
    return failure();
  if (!rule.allRanked())
    return rule.setUnranked(rule.out(0), rule.i64());
  return rule.setKnown(rule.out(0),
                       {DimExpr(rule.rank(rule.in(0))), rule.symbol(0, "n")},
                       rule.i64());
}

LogicalResult lz::inferUnique(HostRule &rule) {
  if (failed(requireTensor(rule, 0)))
    return failure();
  lz::TensorType src = rule.type(rule.in(0));
  std::optional<DimExpr> n = rule.symbol(0, "n");
  std::optional<DimExpr> inverse;
  SmallVector<std::optional<DimExpr>> shape = {n};
  if (!src.hasRank()) {
    shape = {std::nullopt};
  } else if (rule.host.getHostAttr("axis")) {
    FailureOr<int64_t> axis =
        rule.axis(rule.host.getHostInt("axis", 0), src.getRank());
    if (failed(axis))
      return failure();
    shape.assign(src.getShape().begin(), src.getShape().end());
    inverse = src.getDim(*axis);
    shape[*axis] = n;
  } else {
    inverse = src.getNumElementsExpr();
  }
  return success(
      succeeded(rule.setKnown(rule.out(0), shape, src.getElementType())) &&
      succeeded(rule.setKnown(rule.out(1), {n}, rule.i64())) &&
      succeeded(rule.setKnown(rule.out(2), {inverse}, rule.i64())) &&
      succeeded(rule.setKnown(rule.out(3), {n}, rule.i64())));
}

LogicalResult lz::inferNonMaxSuppression(HostRule &rule) {
  for (unsigned i = 0; i < 5; ++i)
    if (failed(requireTensor(rule, i)))
      return failure();
  if (!rule.type(rule.in(0)).hasRank() || !rule.type(rule.in(1)).hasRank())
    return rule.setUnranked(rule.out(0), rule.i64());
  if (failed(rule.requireRank(rule.in(0), "the tensor of boxes", 3)) ||
      failed(rule.requireRank(rule.in(1), "the tensor of scores", 3)))
    return failure();
  return rule.setKnown(rule.out(0), {rule.symbol(0, "n"), DimExpr(3)},
                       rule.i64());
}

/// k is the dimension that the op's own type gives the axis, or the attribute `k`:
/// a number or the name of a symbol.
static std::optional<DimExpr> findTopK(HostRule &rule, int64_t axis) {
  auto given = cast<lz::TensorType>(rule.out(0).getType());
  if (given.hasRank() && axis < given.getRank())
    return given.getDim(axis);
  Attribute k = rule.host.getHostAttr("k");
  if (auto symbol = dyn_cast_or_null<StringAttr>(k))
    return rule.simplify(DimExpr::symbol(symbol.str()));
  if (k)
    return DimExpr(rule.host.getHostInt("k", 0));
  return std::nullopt;
}

LogicalResult lz::inferTopK(HostRule &rule) {
  if (failed(requireTensor(rule, 0)))
    return failure();
  lz::TensorType src = rule.type(rule.in(0));
  if (!src.hasRank())
    return success(
        succeeded(rule.setUnranked(rule.out(0), src.getElementType())) &&
        succeeded(rule.setUnranked(rule.out(1), rule.i64())));
  FailureOr<int64_t> axis =
      rule.axis(rule.host.getHostInt("axis", -1), src.getRank());
  if (failed(axis))
    return failure();
  std::optional<DimExpr> k = findTopK(rule, *axis);
  if (k && rule.provenGreater(*k, src.getDim(*axis)))
    return rule.error() << "k = " << k->str() << " is greater than axis "
                        << *axis << " of " << shapeText(src.getShape());
  SmallVector<std::optional<DimExpr>> shape(src.getShape().begin(),
                                            src.getShape().end());
  shape[*axis] = k;
  return success(
      succeeded(rule.setKnown(rule.out(0), shape, src.getElementType())) &&
      succeeded(rule.setKnown(rule.out(1), shape, rule.i64())));
}

LogicalResult lz::inferDeterminant(HostRule &rule) {
  if (failed(requireTensor(rule, 0)) ||
      failed(rule.requireDType(rule.in(0), "the input", DTypes::Float)))
    return failure();
  lz::TensorType src = rule.type(rule.in(0));
  if (!src.hasRank())
    return rule.setUnranked(rule.out(0), src.getElementType());
  if (failed(rule.requireMinRank(rule.in(0), "the input", 2)))
    return failure();
  int64_t rank = src.getRank();
  if (failed(rule.requireEqual(src.getDim(rank - 2), src.getDim(rank - 1),
                               "the rows and columns of a square matrix")))
    return failure();
  return rule.set(rule.out(0), src.getShape().drop_back(2),
                  src.getElementType());
}

LogicalResult lz::inferImageDecoder(HostRule &rule) {
  auto format =
      dyn_cast_or_null<StringAttr>(rule.host.getHostAttr("pixel_format"));
  int64_t channels = format && format.getValue() == "Grayscale" ? 1 : 3;
  return rule.setKnown(
      rule.out(0),
      {rule.symbol(0, "height"), rule.symbol(1, "width"), DimExpr(channels)},
      IntegerType::get(rule.op->getContext(), 8, IntegerType::Unsigned));
}

//===----------------------------------------------------------------------===//
// Sequences
//===----------------------------------------------------------------------===//

LogicalResult lz::inferSequenceEmpty(HostRule &) { return success(); }

LogicalResult lz::inferSequenceConstruct(HostRule &rule) {
  FailureOr<Type> element = rule.context.getValueType(rule.in(0));
  for (unsigned i = 0; i < rule.host.getInputs().size(); ++i) {
    if (failed(requireTensor(rule, i)) ||
        failed(rule.requireSameDType(rule.in(0), "operand 0", rule.in(i),
                                     "another operand")))
      return failure();
    // Elements of several ranks: no further one makes it known.
    bool isMixed = i > 0 && !cast<lz::TensorType>(*element).hasRank() &&
                   rule.type(rule.in(0)).hasRank();
    if (isMixed)
      continue;
    element = joinElements(rule, *element, rule.type(rule.in(i)));
    if (failed(element))
      return failure();
  }
  rule.context.setValueType(rule.out(0),
                            SequenceType::get(rule.op->getContext(), *element));
  return success();
}

LogicalResult lz::inferSequenceAt(HostRule &rule) {
  SequenceType sequence = requireSequence(rule);
  return sequence ? rule.setElement(rule.out(0), sequence.getElementType())
                  : failure();
}

LogicalResult lz::inferSequenceInsert(HostRule &rule) {
  SequenceType sequence = requireSequence(rule);
  if (!sequence || failed(requireTensor(rule, 1)))
    return failure();
  Type added = rule.context.getValueType(rule.in(1));
  if (!haveSameKind(sequence.getElementType(), added))
    return rule.error() << "'sequence_insert' puts " << added << " into "
                        << sequence << ", expected the same element type";
  FailureOr<Type> element =
      joinElements(rule, sequence.getElementType(), added);
  if (failed(element))
    return failure();
  rule.context.setValueType(rule.out(0),
                            SequenceType::get(rule.op->getContext(), *element));
  return success();
}

LogicalResult lz::inferSequenceErase(HostRule &rule) {
  SequenceType sequence = requireSequence(rule);
  if (sequence)
    rule.context.setValueType(rule.out(0), sequence);
  return success(bool(sequence));
}

LogicalResult lz::inferSequenceLength(HostRule &rule) {
  if (!requireSequence(rule))
    return failure();
  return rule.set(rule.out(0), ArrayRef<DimExpr>(), rule.i64());
}

LogicalResult lz::inferConcatFromSequence(HostRule &rule) {
  SequenceType sequence = requireSequence(rule);
  if (!sequence)
    return failure();
  auto element = cast<lz::TensorType>(sequence.getElementType());
  if (!element.hasRank())
    return success();
  bool newAxis = rule.host.getHostBool("new_axis", false);
  FailureOr<int64_t> axis = rule.axis(rule.host.getHostInt("axis", 0),
                                      element.getRank() + (newAxis ? 1 : 0));
  if (failed(axis))
    return failure();
  // What the elements agree on stays, but for the joined axis.
  Dims dims(element.getShape());
  if (newAxis)
    dims.insert(dims.begin() + *axis, unknownDim());
  else
    dims[*axis] = unknownDim();
  return rule.setElement(rule.out(0), element.cloneWithShape(dims));
}

/// The size of all pieces, if one can be told.
static std::optional<DimExpr> findPieceSize(HostRule &rule,
                                            const DimExpr &size) {
  if (!rule.has(1))
    return DimExpr(1);
  auto pieces = rule.context.getContents(rule.in(1));
  if (!pieces || pieces->empty())
    return std::nullopt;
  if (rule.type(rule.in(1)).getRank() > 0)
    return llvm::all_equal(*pieces) ? std::optional(pieces->front())
                                    : std::nullopt;
  std::optional<int64_t> piece = pieces->front().getConstant();
  bool exact = piece && *piece > 0 &&
               rule.context.facts().divides(*piece, size) ==
                   DimFacts::Truth::True;
  return exact ? std::optional(pieces->front()) : std::nullopt;
}

LogicalResult lz::inferSplitToSequence(HostRule &rule) {
  if (failed(requireTensor(rule, 0)))
    return failure();
  lz::TensorType src = rule.type(rule.in(0));
  if (!src.hasRank())
    return success();
  FailureOr<int64_t> axis =
      rule.axis(rule.host.getHostInt("axis", 0), src.getRank());
  if (failed(axis))
    return failure();
  Dims dims(src.getShape());
  if (!rule.has(1) && !rule.host.getHostBool("keepdims", true))
    dims.erase(dims.begin() + *axis);
  else
    dims[*axis] =
        findPieceSize(rule, src.getDim(*axis)).value_or(unknownDim());
  rule.context.setValueType(
      rule.out(0),
      SequenceType::get(rule.op->getContext(), src.cloneWithShape(dims)));
  return success();
}

//===----------------------------------------------------------------------===//
// Optionals
//===----------------------------------------------------------------------===//

LogicalResult lz::inferOptional(HostRule &rule) {
  if (rule.has(0))
    rule.context.setValueType(
        rule.out(0), OptionalType::get(rule.op->getContext(),
                                       rule.context.getValueType(rule.in(0))));
  return success();
}

LogicalResult lz::inferOptionalHasElement(HostRule &rule) {
  return rule.set(rule.out(0), ArrayRef<DimExpr>(), rule.boolean());
}

/// What is no optional is its own element.
LogicalResult lz::inferOptionalGetElement(HostRule &rule) {
  Type type = rule.context.getValueType(rule.in(0));
  auto optional = dyn_cast<OptionalType>(type);
  return rule.setElement(rule.out(0),
                         optional ? optional.getElementType() : type);
}
