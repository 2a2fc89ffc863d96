//===- ControlOps.cpp - branches ------------------------------------------===//
//
// What lz.if and lz.loop share, and lz.if; lz.loop is in LoopOps.cpp.
//
//===----------------------------------------------------------------------===//

#include "ir/AsmUtils.h"
#include "ir/RegionTypes.h"

using namespace mlir;
using namespace lz;

#define GET_OP_CLASSES
#include "ir/ControlOps.cpp.inc"

void LzDialect::registerControlOps() {
  addOperations<
#define GET_OP_LIST
#include "ir/ControlOps.cpp.inc"
      >();
}

//===----------------------------------------------------------------------===//
// Symbols that ops define
//===----------------------------------------------------------------------===//

static SmallVector<StringRef> toStrings(ArrayAttr list) {
  SmallVector<StringRef> strings;
  for (Attribute entry : list)
    strings.push_back(cast<StringAttr>(entry).getValue());
  return strings;
}

static ArrayAttr append(ArrayAttr list, StringRef symbol) {
  SmallVector<Attribute> entries(list.getValue());
  entries.push_back(StringAttr::get(list.getContext(), symbol));
  return ArrayAttr::get(list.getContext(), entries);
}

SmallVector<StringRef> lz::getDefinedSymbols(Operation *op) {
  if (auto host = dyn_cast<HostOp>(op))
    return toStrings(host.getDefines());
  if (auto branch = dyn_cast<IfOp>(op))
    return toStrings(branch.getDefines());
  if (auto loop = dyn_cast<LoopOp>(op))
    return toStrings(loop.getDefines());
  return {};
}

SmallVector<StringRef> lz::getIterationSymbols(Operation *op) {
  auto loop = dyn_cast<LoopOp>(op);
  return loop ? toStrings(loop.getIterates()) : SmallVector<StringRef>();
}

void lz::addDefinedSymbol(Operation *op, StringRef symbol) {
  if (auto host = dyn_cast<HostOp>(op))
    host.setDefinesAttr(append(host.getDefines(), symbol));
  else if (auto branch = dyn_cast<IfOp>(op))
    branch.setDefinesAttr(append(branch.getDefines(), symbol));
  else if (auto loop = dyn_cast<LoopOp>(op))
    loop.setDefinesAttr(append(loop.getDefines(), symbol));
}

void lz::addIterationSymbol(Operation *op, StringRef symbol) {
  auto loop = cast<LoopOp>(op);
  loop.setIteratesAttr(append(loop.getIterates(), symbol));
}

//===----------------------------------------------------------------------===//
// Types
//===----------------------------------------------------------------------===//

LogicalResult lz::requireScalar(Infer &infer, Value value, StringRef what,
                                Type elementType) {
  if (!value)
    return success();
  lz::TensorType type = infer.type(value);
  std::optional<int64_t> count = type.getNumElements();
  if (type.getElementType() == elementType && (!count || *count == 1))
    return success();
  return infer.error() << what << " is " << typeText(type)
                       << ", expected one element of " << elementType;
}

std::optional<int64_t> lz::getKnownScalar(Infer &infer, Value value) {
  if (!value)
    return std::nullopt;
  auto contents = infer.context.getContents(value);
  if (!contents || contents->size() != 1)
    return std::nullopt;
  return contents->front().getConstant();
}

FailureOr<Type> lz::joinElements(Infer &infer, Type a, Type b) {
  if (auto optional = dyn_cast<OptionalType>(a)) {
    FailureOr<Type> element = joinElements(
        infer, optional.getElementType(), cast<OptionalType>(b).getElementType());
    return failed(element) ? element : FailureOr<Type>(OptionalType::get(a.getContext(), *element));
  }
  if (auto sequence = dyn_cast<SequenceType>(a)) {
    FailureOr<Type> element = joinElements(
        infer, sequence.getElementType(), cast<SequenceType>(b).getElementType());
    return failed(element) ? element : FailureOr<Type>(SequenceType::get(a.getContext(), *element));
  }
  auto first = cast<lz::TensorType>(a), second = cast<lz::TensorType>(b);
  if (!first.hasRank() || !second.hasRank())
    return Type(first.hasRank() ? first : second);
  if (first.getRank() != second.getRank())
    return Type(first.cloneUnranked());
  Dims dims = infer.resolve(first.getShape());
  for (auto [dim, other] : llvm::zip(dims, infer.resolve(second.getShape())))
    if (dim != other)
      dim = unknownDim();
  return Type(first.cloneWithShape(dims));
}

Type lz::hideInside(Infer &infer, Type type) {
  if (auto sequence = dyn_cast<SequenceType>(type))
    return SequenceType::get(type.getContext(),
                             hideInside(infer, sequence.getElementType()));
  if (auto optional = dyn_cast<OptionalType>(type))
    return OptionalType::get(type.getContext(),
                             hideInside(infer, optional.getElementType()));
  auto tensor = cast<lz::TensorType>(type);
  if (!tensor.hasRank())
    return type;
  Dims dims = infer.resolve(tensor.getShape());
  for (DimExpr &dim : dims)
    if (infer.context.isKnownInsideOnly(infer.op, dim))
      dim = unknownDim();
  return tensor.cloneWithShape(dims);
}

std::optional<DimExpr> lz::defineResultDim(Infer &infer, unsigned result,
                                           size_t axis, StringRef what) {
  auto given = dyn_cast<lz::TensorType>(infer.op->getResult(result).getType());
  if (given && given.hasRank() && axis < size_t(given.getRank())) {
    std::optional<std::string> name = given.getDim(axis).getSymbol();
    if (name && llvm::is_contained(getDefinedSymbols(infer.op), *name))
      return given.getDim(axis);
  }
  if (!what.empty())
    return infer.context.define(infer.op, what);
  return infer.context.define(
      infer.op, ("result" + Twine(result) + ".axis" + Twine(axis)).str());
}

//===----------------------------------------------------------------------===//
// If
//===----------------------------------------------------------------------===//

void IfOp::build(OpBuilder &builder, OperationState &state, TypeRange outputs,
                 Value condition, ArrayRef<StringRef> defines) {
  state.addOperands(condition);
  state.addTypes(outputs);
  state.getOrAddProperties<Properties>().defines =
      builder.getStrArrayAttr(defines);
  state.addRegion()->push_back(new Block());
  state.addRegion()->push_back(new Block());
}

YieldOp IfOp::getThenYield() {
  return cast<YieldOp>(getThenBlock().getTerminator());
}

YieldOp IfOp::getElseYield() {
  return cast<YieldOp>(getElseBlock().getTerminator());
}

/// An op whose symbols are used in types must stay, whoever reads its results.
void IfOp::getEffects(
    SmallVectorImpl<SideEffects::EffectInstance<MemoryEffects::Effect>>
        &effects) {
  if (!getDefines().empty())
    effects.emplace_back(MemoryEffects::Write::get(), CheckResource::get());
}

LogicalResult IfOp::verify() {
  for (Region &region : getOperation()->getRegions()) {
    StringRef name = &region == &getThenRegion() ? "then" : "else";
    if (region.getNumArguments() != 0)
      return emitOpError() << "has arguments in its " << name
                           << " region, expected none";
    auto end = dyn_cast<YieldOp>(region.front().getTerminator());
    if (!end || end.getNumOperands() != getNumResults())
      return emitOpError() << "yields " << (end ? end.getNumOperands() : 0)
                           << " values in its " << name << " region, expected "
                           << getNumResults() << " as it has results";
    for (auto [i, value] : llvm::enumerate(end.getOperands()))
      if (!haveSameKind(value.getType(), getResult(i).getType()))
        return emitOpError() << "yields " << value.getType() << " in its "
                             << name << " region as result " << i
                             << ", expected " << cloneUnranked(getResult(i).getType());
  }
  return success();
}

/// The type of result `i` where both regions may run. Unranked where more must
/// be known to tell.
static FailureOr<Type> joinBranches(Infer &infer, unsigned i, Type a, Type b) {
  auto first = dyn_cast<lz::TensorType>(a), second = dyn_cast<lz::TensorType>(b);
  if (!first) {
    return joinElements(infer, hideInside(infer, a), hideInside(infer, b));
  }
  if (!first.hasRank() || !second.hasRank())
    return Type(first.cloneUnranked());
  if (first.getRank() != second.getRank())
    return infer.error() << "result " << i << " has shape "
                         << shapeText(first.getShape()) << " in one branch and "
                         << shapeText(second.getShape())
                         << " in the other, expected one rank";
  Dims dims = infer.resolve(first.getShape());
  Dims others = infer.resolve(second.getShape());
  for (size_t axis = 0; axis < dims.size(); ++axis) {
    if (dims[axis] == others[axis] &&
        !infer.context.isKnownInsideOnly(infer.op, dims[axis]))
      continue;
    bool differs = dims[axis].isConstant() && others[axis].isConstant();
    auto symbol = differs || infer.isOptimistic()
                      ? defineResultDim(infer, i, axis)
                      : std::nullopt;
    if (!symbol)
      return Type(first.cloneUnranked());
    dims[axis] = *symbol;
  }
  return Type(first.cloneWithShape(dims));
}

/// The results are what the one region yields that will run.
static LogicalResult inferTaken(Infer &infer, IfOp op, bool taken) {
  if (failed(inferBlock(taken ? op.getThenBlock() : op.getElseBlock(),
                        infer.context)))
    return failure();
  YieldOp end = taken ? op.getThenYield() : op.getElseYield();
  for (auto [result, value] : llvm::zip(op.getResults(), end.getOperands())) {
    infer.context.setValueType(result, infer.context.getValueType(value));
    if (auto contents = infer.context.getContents(value))
      infer.context.setContents(result, *contents);
  }
  return success();
}

LogicalResult IfOp::inferShape(ShapeContext &context) {
  Infer infer(*this, context);
  Type boolean = IntegerType::get(getContext(), 1);
  if (failed(requireScalar(infer, getCondition(), "the condition", boolean)))
    return failure();
  if (std::optional<int64_t> known = getKnownScalar(infer, getCondition()))
    return inferTaken(infer, *this, *known != 0);
  if (failed(inferBlock(getThenBlock(), context)) ||
      failed(inferBlock(getElseBlock(), context)))
    return failure();
  if (context.mustRestart())
    return success();
  for (unsigned i = 0; i < getNumResults(); ++i) {
    Value first = getThenYield().getOperand(i);
    Value second = getElseYield().getOperand(i);
    FailureOr<Type> type = joinBranches(infer, i, context.getValueType(first),
                                        context.getValueType(second));
    if (failed(type))
      return failure();
    context.setValueType(getResult(i), *type);
    auto contents = context.getContents(first);
    if (contents && contents == context.getContents(second))
      context.setContents(getResult(i), *contents);
  }
  return success();
}
