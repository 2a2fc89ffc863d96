//===- LoopOps.cpp - lz.loop -----------------------------------------------===//
//
// A carried value is first taken to keep its shape. Where an iteration yields
// another dimension, the context makes a symbol for it and starts anew.
//
//===----------------------------------------------------------------------===//

#include "ir/RegionTypes.h"

using namespace mlir;
using namespace lz;

void LoopOp::build(OpBuilder &builder, OperationState &state, TypeRange outputs,
                   Value tripCount, Value condition, ValueRange inits,
                   ArrayRef<StringRef> defines, ArrayRef<StringRef> iterates) {
  auto &properties = state.getOrAddProperties<Properties>();
  properties.operandSegmentSizes = {tripCount ? 1 : 0, condition ? 1 : 0,
                                    int32_t(inits.size())};
  properties.defines = builder.getStrArrayAttr(defines);
  properties.iterates = builder.getStrArrayAttr(iterates);
  if (tripCount)
    state.addOperands(tripCount);
  if (condition)
    state.addOperands(condition);
  state.addOperands(inits);
  state.addTypes(outputs);
  Block *block = new Block();
  state.addRegion()->push_back(block);
  block->addArgument(lz::TensorType::getStatic(builder.getContext(), {},
                                               builder.getI64Type()),
                     state.location);
  for (Value init : inits)
    block->addArgument(isa<lz::TensorType>(init.getType())
                           ? cloneUnranked(init.getType())
                           : init.getType(),
                       init.getLoc());
}

YieldOp LoopOp::getYield() {
  return cast<YieldOp>(getBodyBlock().getTerminator());
}

void LoopOp::getEffects(
    SmallVectorImpl<SideEffects::EffectInstance<MemoryEffects::Effect>>
        &effects) {
  if (!getDefines().empty())
    effects.emplace_back(MemoryEffects::Write::get(), CheckResource::get());
}

//===----------------------------------------------------------------------===//
// Verification
//===----------------------------------------------------------------------===//

static LogicalResult verifyCounts(LoopOp op, YieldOp end) {
  unsigned carried = op.getNumCarried();
  if (op.getNumResults() < carried)
    return op.emitOpError() << "has " << op.getNumResults()
                            << " results, expected at least " << carried
                            << " as it has carried values";
  if (op.getBody().getNumArguments() != carried + 1)
    return op.emitOpError() << "has " << op.getBody().getNumArguments()
                            << " region arguments, expected " << carried + 1
                            << ": the iteration and the carried values";
  if (!end || end.getNumOperands() != op.getNumResults() + 1)
    return op.emitOpError() << "yields " << (end ? end.getNumOperands() : 0)
                            << " values, expected " << op.getNumResults() + 1
                            << ": the condition and one per result";
  return success();
}

LogicalResult LoopOp::verify() {
  auto end = dyn_cast<YieldOp>(getBodyBlock().getTerminator());
  if (failed(verifyCounts(*this, end)))
    return failure();
  auto condition = dyn_cast<lz::TensorType>(end.getOperand(0).getType());
  if (!condition || !condition.getElementType().isInteger(1))
    return emitOpError() << "yields the condition "
                         << end.getOperand(0).getType()
                         << ", expected an lz tensor of i1";
  auto iteration = dyn_cast<lz::TensorType>(getIteration().getType());
  if (!iteration || !iteration.getElementType().isInteger(64))
    return emitOpError() << "has the iteration " << getIteration().getType()
                         << ", expected an i64";
  for (unsigned i = 0; i < getNumResults(); ++i) {
    Type kind = cloneUnranked(getResult(i).getType());
    bool same = haveSameKind(end.getOperand(i + 1).getType(), kind);
    if (i < getNumCarried())
      same &= haveSameKind(getInits()[i].getType(), kind) &&
              haveSameKind(getCarried(i).getType(), kind);
    else if (!isa<lz::TensorType>(kind))
      return emitOpError() << "has the scan output " << kind
                           << ", expected an lz tensor";
    if (!same)
      return emitOpError() << "has result " << i << " of " << kind
                           << ", expected the same of what begins, is carried "
                              "and is yielded";
  }
  return success();
}

//===----------------------------------------------------------------------===//
// Inference
//===----------------------------------------------------------------------===//

namespace {

class LoopRule {
public:
  LoopRule(LoopOp op, ShapeContext &context)
      : op(op), context(context), infer(op, context) {}

  LogicalResult run();

private:
  std::string axisName(unsigned i, size_t axis) {
    return ("carried" + Twine(i) + ".axis" + Twine(axis)).str();
  }
  LogicalResult checkOperands();
  std::optional<DimExpr> findIterationDim(unsigned i, size_t axis);
  FailureOr<Type> carriedType(unsigned i);
  LogicalResult inferBody();
  FailureOr<bool> widen(unsigned i);
  FailureOr<bool> widenAll();
  LogicalResult setCarriedResult(unsigned i);
  std::optional<DimExpr> countIterations();
  LogicalResult setScanResult(unsigned i);

  LoopOp op;
  ShapeContext &context;
  Infer infer;
};

} // namespace

LogicalResult LoopRule::checkOperands() {
  Type i64 = IntegerType::get(op.getContext(), 64);
  Type boolean = IntegerType::get(op.getContext(), 1);
  return success(succeeded(requireScalar(infer, op.getTripCount(),
                                         "the trip count", i64)) &&
                 succeeded(requireScalar(infer, op.getCondition(),
                                         "the condition", boolean)));
}

/// The symbol of a dimension that changes between iterations.
std::optional<DimExpr> LoopRule::findIterationDim(unsigned i, size_t axis) {
  auto given = dyn_cast<lz::TensorType>(op.getCarried(i).getType());
  if (given && given.hasRank() && axis < size_t(given.getRank())) {
    std::optional<std::string> name = given.getDim(axis).getSymbol();
    if (name && llvm::is_contained(getIterationSymbols(op), *name))
      return given.getDim(axis);
  }
  return context.findDefined(op, axisName(i, axis));
}

/// What an iteration gets: the init's dimensions, but for those that change.
FailureOr<Type> LoopRule::carriedType(unsigned i) {
  Type init = context.getValueType(op.getInits()[i]);
  auto tensor = dyn_cast<lz::TensorType>(init);
  if (!tensor)
    return joinElements(
        infer, init,
        hideInside(infer,
                   context.getValueType(op.getYield().getOperand(i + 1))));
  if (!tensor.hasRank())
    return init;
  Dims dims = infer.resolve(tensor.getShape());
  for (size_t axis = 0; axis < dims.size(); ++axis)
    if (auto symbol = findIterationDim(i, axis))
      dims[axis] = *symbol;
  return Type(tensor.cloneWithShape(dims));
}

/// Errors count only if no carried dimension turns out to change: then the
/// region was inferred under a wrong assumption.
LogicalResult LoopRule::inferBody() {
  std::vector<Diagnostic> held;
  LogicalResult result = failure();
  {
    ScopedDiagnosticHandler hold(op.getContext(), [&](Diagnostic &diagnostic) {
      held.push_back(std::move(diagnostic));
      return success();
    });
    result = inferBlock(op.getBodyBlock(), context);
    if (context.mustRestart())
      return success();
    FailureOr<bool> widened = widenAll();
    if (succeeded(widened) && *widened)
      return success();
    if (failed(widened))
      result = failure();
  }
  for (Diagnostic &diagnostic : held)
    op.getContext()->getDiagEngine().emit(std::move(diagnostic));
  return result;
}

FailureOr<bool> LoopRule::widenAll() {
  bool any = false;
  for (unsigned i = 0; i < op.getNumCarried(); ++i) {
    FailureOr<bool> widened = widen(i);
    if (failed(widened))
      return failure();
    any |= *widened;
  }
  return any;
}

/// Makes symbols for dimensions of carried value `i` that an iteration changes;
/// says whether there were any.
FailureOr<bool> LoopRule::widen(unsigned i) {
  auto init = dyn_cast<lz::TensorType>(context.getValueType(op.getInits()[i]));
  if (!init)
    return false;
  auto next = infer.type(op.getYield().getOperand(i + 1));
  if (!init.hasRank() || !next.hasRank())
    return false;
  if (init.getRank() != next.getRank())
    return infer.error() << "carried value " << i << " has shape "
                         << shapeText(init.getShape()) << " before an iteration and "
                         << shapeText(next.getShape())
                         << " after it, expected one rank";
  Dims before = infer.resolve(init.getShape());
  Dims after = infer.resolve(next.getShape());
  bool any = false;
  for (size_t axis = 0; axis < before.size(); ++axis) {
    if (before[axis] == after[axis] || findIterationDim(i, axis))
      continue;
    bool differs = before[axis].isConstant() && after[axis].isConstant();
    if (differs || infer.isOptimistic())
      any |= context.define(op, axisName(i, axis), /*perIteration=*/true)
                 .has_value();
  }
  return any;
}

LogicalResult LoopRule::setCarriedResult(unsigned i) {
  Type type = context.getValueType(op.getCarried(i));
  auto tensor = dyn_cast<lz::TensorType>(type);
  if (!tensor || !tensor.hasRank()) {
    context.setValueType(op.getResult(i), hideInside(infer, type));
    return success();
  }
  Dims dims = infer.resolve(tensor.getShape());
  lz::TensorType next = infer.type(op.getYield().getOperand(i + 1));
  for (size_t axis = 0; axis < dims.size(); ++axis) {
    if (!findIterationDim(i, axis)) {
      // Where no symbol was made, nothing is known yet.
      if (next.hasRank() && infer.simplify(next.getDim(axis)) != dims[axis])
        return infer.setUnranked(op.getResult(i), tensor.getElementType());
      continue;
    }
    auto symbol = defineResultDim(infer, i, axis);
    if (!symbol)
      return infer.setUnranked(op.getResult(i), tensor.getElementType());
    dims[axis] = *symbol;
  }
  return infer.set(op.getResult(i), ArrayRef<DimExpr>(dims),
                   tensor.getElementType());
}

/// The number of iterations where no condition can end them early.
std::optional<DimExpr> LoopRule::countIterations() {
  auto trips = op.getTripCount() ? context.getContents(op.getTripCount())
                                 : std::nullopt;
  bool begins = !op.getCondition() || getKnownScalar(infer, op.getCondition()) == 1;
  bool goesOn = getKnownScalar(infer, op.getYield().getOperand(0)) == 1;
  if (!trips || trips->size() != 1 || !begins || !goesOn)
    return std::nullopt;
  return infer.simplify(DimExpr::max(trips->front(), 0));
}

LogicalResult LoopRule::setScanResult(unsigned i) {
  lz::TensorType each = infer.type(op.getYield().getOperand(i + 1));
  if (!each.hasRank())
    return infer.setUnranked(op.getResult(i), each.getElementType());
  std::optional<DimExpr> count = countIterations();
  if (!count && infer.isOptimistic())
    count = defineResultDim(infer, i, 0, "iterations");
  if (!count)
    return infer.setUnranked(op.getResult(i), each.getElementType());
  Dims dims = {*count};
  for (const DimExpr &dim : each.getShape()) {
    bool hidden = context.isKnownInsideOnly(op, infer.simplify(dim));
    auto symbol = hidden ? defineResultDim(infer, i, dims.size())
                         : std::optional<DimExpr>(dim);
    if (!symbol)
      return infer.setUnranked(op.getResult(i), each.getElementType());
    dims.push_back(*symbol);
  }
  return infer.set(op.getResult(i), ArrayRef<DimExpr>(dims),
                   each.getElementType());
}

LogicalResult LoopRule::run() {
  if (failed(checkOperands()))
    return failure();
  Type i64 = IntegerType::get(op.getContext(), 64);
  if (failed(infer.set(op.getIteration(), ArrayRef<DimExpr>(), i64)))
    return failure();
  for (unsigned i = 0; i < op.getNumCarried(); ++i) {
    FailureOr<Type> type = carriedType(i);
    if (failed(type))
      return failure();
    context.setValueType(op.getCarried(i), *type);
  }
  if (failed(inferBody()))
    return failure();
  if (context.mustRestart())
    return success();
  for (unsigned i = 0; i < op.getNumResults(); ++i)
    if (failed(i < op.getNumCarried() ? setCarriedResult(i) : setScanResult(i)))
      return failure();
  return success();
}

LogicalResult LoopOp::inferShape(ShapeContext &context) {
  return LoopRule(*this, context).run();
}
