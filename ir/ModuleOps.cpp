//===- ModuleOps.cpp - symbols, parameters, states, functions ------------===//
//
// Verifiers, shape inference and folds of the family in ModuleOps.td.
//
//===----------------------------------------------------------------------===//

#include "ir/AsmUtils.h"
#include "ir/Contents.h"
#include "ir/InferUtils.h"
#include "ir/LzOps.h"

#include "llvm/ADT/DenseSet.h"
#include "llvm/ADT/TypeSwitch.h"

using namespace mlir;
using namespace lz;

#define GET_OP_CLASSES
#include "ir/ModuleOps.cpp.inc"

void LzDialect::registerModuleOps() {
  addOperations<
#define GET_OP_LIST
#include "ir/ModuleOps.cpp.inc"
      >();
}

//===----------------------------------------------------------------------===//
// Names
//===----------------------------------------------------------------------===//

/// The op of kind `OpT` and that name directly in the module around `from`.
/// Strings are interned, so this compares pointers.
template <typename OpT>
static OpT lookup(Operation *from, StringAttr name) {
  auto module = dyn_cast<ModuleOp>(from);
  if (!module)
    module = from->getParentOfType<ModuleOp>();
  if (!module)
    return {};
  for (OpT op : module.getOps<OpT>())
    if (op.getNameAttr() == name)
      return op;
  return {};
}

ParameterOp lz::lookupParameter(Operation *from, StringRef name) {
  return lookup<ParameterOp>(from, StringAttr::get(from->getContext(), name));
}

StateOp lz::lookupState(Operation *from, StringRef name) {
  return lookup<StateOp>(from, StringAttr::get(from->getContext(), name));
}

SymbolOp lz::lookupSymbol(Operation *from, StringRef name) {
  return lookup<SymbolOp>(from, StringAttr::get(from->getContext(), name));
}

/// Whether no op of these kinds stands before `op` in its block. All ops that ask
/// together walk the block once: each goes back to its predecessor only.
template <typename... OpTs> static bool isFirst(Operation *op) {
  while ((op = op->getPrevNode()))
    if (isa<OpTs...>(op))
      return false;
  return true;
}

static StringAttr nameOf(Operation *op) {
  return TypeSwitch<Operation *, StringAttr>(op)
      .Case<SymbolOp, ParameterOp, StateOp>([](auto op) { return op.getNameAttr(); });
}

/// The name of each declaration of these kinds is given, and given once. The
/// first one checks all of the block, so that a module of many takes no longer.
template <typename... OpTs>
static LogicalResult verifyNames(Operation *first) {
  if (!isFirst<OpTs...>(first))
    return success();
  llvm::DenseSet<StringAttr> taken;
  for (Operation &op : *first->getBlock()) {
    if (!isa<OpTs...>(op))
      continue;
    StringAttr name = nameOf(&op);
    if (name.empty())
      return op.emitOpError() << "has an empty name";
    if (!taken.insert(name).second)
      return op.emitOpError() << "declares " << name << " a second time";
  }
  return success();
}

/// What reads and writes parameters and states names one of the module. The
/// first such op checks all of its block.
static LogicalResult verifyUses(Operation *first) {
  if (!isFirst<GetParameterOp, ReadOp, WriteOp>(first))
    return success();
  llvm::DenseSet<StringAttr> parameters, states;
  auto module = first->getParentOfType<ModuleOp>();
  for (Operation &op : module ? *module.getBody() : *first->getBlock()) {
    if (isa<ParameterOp>(op))
      parameters.insert(nameOf(&op));
    else if (isa<StateOp>(op))
      states.insert(nameOf(&op));
  }
  auto verify = [](Operation *op, StringAttr name, auto &known, StringRef kind) {
    if (known.contains(name))
      return success();
    return LogicalResult(op->emitOpError() << "names no " << kind
                                           << " of the module: " << name);
  };
  for (Operation &op : *first->getBlock()) {
    LogicalResult result = success();
    if (auto get = dyn_cast<GetParameterOp>(op))
      result = verify(get, get.getNameAttr(), parameters, "parameter");
    else if (auto read = dyn_cast<ReadOp>(op))
      result = verify(read, read.getNameAttr(), states, "state");
    else if (auto write = dyn_cast<WriteOp>(op))
      result = verify(write, write.getNameAttr(), states, "state");
    if (failed(result))
      return failure();
  }
  return success();
}

//===----------------------------------------------------------------------===//
// Symbols
//===----------------------------------------------------------------------===//

LogicalResult SymbolOp::verify() {
  int64_t min = getMin(), max = getMax(), divisor = getDivisor();
  if (min < 0 || max < min)
    return emitOpError() << "has the range " << min << " to " << max
                         << ", expected 0 <= min <= max";
  if (divisor < 1 || max / divisor * divisor < min)
    return emitOpError() << "has the divisor " << divisor
                         << ", expected a positive one with a multiple in "
                         << min << " to " << max;
  return success();
}

LogicalResult SymbolOp::verifySymbolUses(SymbolTableCollection &) {
  return verifyNames<SymbolOp>(*this);
}

//===----------------------------------------------------------------------===//
// Parameters and states
//===----------------------------------------------------------------------===//

static LogicalResult verifyGlobal(Operation *op, lz::TensorType type,
                                  std::optional<ElementsAttr> value) {
  if (!type.hasRank())
    return op->emitOpError() << "has unknown rank, expected a known one";
  if (!value)
    return success();
  ShapedType found = value->getShapedType();
  if (found.getElementType() != type.getElementType())
    return op->emitOpError() << "has element type " << type.getElementType()
                             << " and a value of " << found.getElementType()
                             << ", expected the same";
  bool fits = int64_t(found.getShape().size()) == type.getRank();
  for (int64_t i = 0; fits && i < type.getRank(); ++i) {
    std::optional<int64_t> dim = type.getDim(i).getConstant();
    fits = !dim || *dim == found.getDimSize(i);
  }
  if (fits)
    return success();
  auto valueType = lz::TensorType::getStatic(op->getContext(), found.getShape(),
                                             found.getElementType());
  return op->emitOpError() << "has shape " << shapeText(type.getShape())
                           << " and a value of shape "
                           << shapeText(valueType.getShape());
}

LogicalResult ParameterOp::verify() {
  return verifyGlobal(*this, getTensorType(), getValue());
}

LogicalResult StateOp::verify() {
  return verifyGlobal(*this, getTensorType(), getValue());
}

LogicalResult ParameterOp::verifySymbolUses(SymbolTableCollection &) {
  return verifyNames<ParameterOp, StateOp>(*this);
}

LogicalResult StateOp::verifySymbolUses(SymbolTableCollection &) {
  return verifyNames<ParameterOp, StateOp>(*this);
}

LogicalResult GetParameterOp::verifySymbolUses(SymbolTableCollection &) {
  return verifyUses(*this);
}

LogicalResult ReadOp::verifySymbolUses(SymbolTableCollection &) {
  return verifyUses(*this);
}

LogicalResult WriteOp::verifySymbolUses(SymbolTableCollection &) {
  return verifyUses(*this);
}

static LogicalResult inferGlobal(Operation *op, StringRef name,
                                 ShapeContext &context) {
  lz::TensorType type = context.getGlobalType(op, name);
  if (!type)
    return emitUserError(op) << "no parameter or state is named '" << name
                             << "'";
  Infer infer(op, context);
  return infer.set(op->getResult(0), type.getShape(), type.getElementType());
}

/// The elements of a small parameter that has its value already are known.
LogicalResult GetParameterOp::inferShape(ShapeContext &context) {
  if (failed(inferGlobal(*this, getName(), context)))
    return failure();
  lz::TensorType type = context.getType(getDst());
  // Of floats, scales are of interest, and not every small bias.
  bool isSmall = !isa<FloatType>(type.getElementType()) ||
                 type.getNumElements().value_or(kMaxContents) <= 8;
  if (!mayHaveContents(type) || !isSmall || context.getContents(getDst()))
    return success();
  ParameterOp parameter = lookupParameter(*this, getName());
  if (!parameter || !parameter.getValue())
    return success();
  if (auto contents = contentsOfElements(*parameter.getValue()))
    context.setContents(getDst(), *contents);
  return success();
}

LogicalResult ReadOp::inferShape(ShapeContext &context) {
  return inferGlobal(*this, getName(), context);
}

LogicalResult WriteOp::inferShape(ShapeContext &context) {
  Infer infer(*this, context);
  lz::TensorType state = context.getGlobalType(*this, getName());
  if (!state)
    return infer.error() << "no state is named '" << getName() << "'";
  lz::TensorType value = infer.type(getValue());
  if (value.getElementType() != state.getElementType())
    return infer.error() << "writes " << value.getElementType()
                         << " to the state '" << getName() << "' of "
                         << state.getElementType();
  if (!value.hasRank())
    return success();
  if (value.getRank() != state.getRank())
    return infer.error() << "writes shape " << shapeText(value.getShape())
                         << " to the state '" << getName() << "' of shape "
                         << shapeText(state.getShape());
  for (auto [i, dims] :
       llvm::enumerate(llvm::zip(value.getShape(), state.getShape())))
    if (failed(infer.requireEqual(std::get<0>(dims), std::get<1>(dims),
                                  "axis " + Twine(i) + " of the state '" +
                                      getName() + "' and of what is written")))
      return failure();
  return success();
}

//===----------------------------------------------------------------------===//
// Constants
//===----------------------------------------------------------------------===//

static lz::TensorType typeOfElements(ElementsAttr value) {
  ShapedType type = value.getShapedType();
  if (!type.hasStaticShape() ||
      !lz::TensorType::isValidElementType(type.getElementType()))
    return {};
  return lz::TensorType::getStatic(value.getContext(), type.getShape(),
                                   type.getElementType());
}

LogicalResult ConstantOp::inferReturnTypes(
    MLIRContext *, std::optional<Location> loc, ConstantOp::Adaptor adaptor,
    SmallVectorImpl<Type> &types) {
  lz::TensorType type = typeOfElements(adaptor.getValue());
  if (!type)
    return emitOptionalError(loc, "constant of ",
                             adaptor.getValue().getShapedType(),
                             ", expected a static shape and one of f64, f32, "
                             "f16, bf16, i64, i32, i16, i8, ui64, ui32, ui16, "
                             "ui8, i1");
  types.push_back(type);
  return success();
}

OpFoldResult ConstantOp::fold(FoldAdaptor) { return getValue(); }

LogicalResult ConstantOp::inferShape(ShapeContext &context) {
  Infer infer(*this, context);
  lz::TensorType type = typeOfElements(getValue());
  if (failed(infer.set(getDst(), type.getShape(), type.getElementType())))
    return failure();
  if (!mayHaveContents(type))
    return success();
  if (auto contents = contentsOfElements(getValue()))
    context.setContents(getDst(), *contents);
  return success();
}

//===----------------------------------------------------------------------===//
// Checks
//===----------------------------------------------------------------------===//

LogicalResult GuardOp::inferShape(ShapeContext &) { return success(); }

LogicalResult ExpectOp::verify() {
  bool negative =
      llvm::any_of(getRanks(), [](int64_t rank) { return rank < 0; });
  if (getRanks().empty() || negative)
    return emitOpError() << "expects no rank or a negative one";
  return success();
}

/// `2D or 3D`
static std::string ranksText(ArrayRef<int64_t> ranks) {
  std::string text;
  for (auto [i, rank] : llvm::enumerate(ranks)) {
    if (i > 0)
      text += i + 1 == ranks.size() ? " or " : ", ";
    text += std::to_string(rank) + "D";
  }
  return text;
}

LogicalResult ExpectOp::inferShape(ShapeContext &context) {
  lz::TensorType type = context.getType(getSrc());
  if (!type.hasRank() || llvm::is_contained(getRanks(), type.getRank()))
    return success();
  return emitError() << "expected " << ranksText(getRanks()) << " input to "
                     << getWhat() << ", got " << type.getRank()
                     << "D input of size " << shapeText(type.getShape());
}

LogicalResult ExpectSeveralOp::inferShape(ShapeContext &context) {
  std::optional<SmallVector<DimExpr>> elements = context.getContents(getCount());
  if (!elements || elements->size() != 1)
    return success();
  DimExpr count = context.resolve(elements->front());
  if (count == DimExpr(1))
    return emitError() << getMessage() << ", found 1";
  std::optional<int64_t> least = context.facts().range(count).first;
  if (count.isConstant() || (least && *least > 1) || !context.isOptimistic())
    return success();
  // Of all counts, floordiv(2, count + 1) is odd for 1 only.
  DimExpr isOne = DimExpr::mod(DimExpr::floorDiv(2, count + 1), 2);
  return context.requireEqual(*this, isOne, 0, getMessage());
}
