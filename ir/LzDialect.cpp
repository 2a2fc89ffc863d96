//===- LzDialect.cpp - the lz dialect -------------------------------------===//
//
// Puts the dialect together from its types, attributes, families of ops and
// bytecode.
//
//===----------------------------------------------------------------------===//

#include "ir/Diagnostics.h"
#include "ir/KernelOps.h"
#include "ir/LzDialect.h"
#include "ir/LzOps.h"

using namespace mlir;
using namespace lz;

#include "ir/InferShape.cpp.inc"
#include "ir/LzDialect.cpp.inc"
#include "ir/LzEnums.cpp.inc"

void LzDialect::initialize() {
  registerTypes();
  registerAttributes();
  registerBytecode();
  registerModuleOps();
  registerUnaryOps();
  registerMathOps();
  registerBinaryOps();
  registerReduceOps();
  registerNormalizationOps();
  registerMatmulOps();
  registerConvolutionOps();
  registerPoolingOps();
  registerShapeOps();
  registerIndexingOps();
  registerRecurrentOps();
  registerAttentionOps();
  registerRandomOps();
  registerFusedOps();
  registerHostOps();
  registerControlOps();
  // Few files know these.
  addOperations<
#define GET_OP_LIST
#include "ir/KernelOps.cpp.inc"
      >();
}

Operation *LzDialect::materializeConstant(OpBuilder &builder, Attribute value,
                                          Type type, Location loc) {
  auto elements = dyn_cast<ElementsAttr>(value);
  if (!elements || !isa<lz::TensorType>(type))
    return nullptr;
  return lz::ConstantOp::create(builder, loc, type, elements);
}

lz::TensorType ShapeContext::getGlobalType(Operation *from, StringRef name) {
  if (ParameterOp parameter = lookupParameter(from, name))
    return parameter.getTensorType();
  if (StateOp state = lookupState(from, name))
    return state.getTensorType();
  return {};
}

//===----------------------------------------------------------------------===//
// The context of shape inference
//===----------------------------------------------------------------------===//

Type ShapeContext::getValueType(Value value) {
  return isa<lz::TensorType>(value.getType()) ? Type(getType(value))
                                              : value.getType();
}

void ShapeContext::setValueType(Value result, Type type) {
  if (auto tensor = dyn_cast<lz::TensorType>(type))
    setType(result, tensor);
}

std::optional<DimExpr> ShapeContext::define(Operation *, StringRef, bool) {
  return std::nullopt;
}

std::optional<DimExpr> ShapeContext::findDefined(Operation *, StringRef) {
  return std::nullopt;
}

bool ShapeContext::isKnownInsideOnly(Operation *, const DimExpr &) {
  return false;
}

/// Only these move values without a kernel.
static bool takesEveryKind(Operation *op) {
  return isa<HostOp, IfOp, LoopOp, ReturnOp, YieldOp>(op) ||
         op->hasTrait<lz::LzView>();
}

LogicalResult lz::inferOp(Operation *op, ShapeContext &context) {
  auto inferable = dyn_cast<InferShapeOpInterface>(op);
  if (!inferable)
    return success();
  bool strings = llvm::any_of(op->getOperandTypes(), isStrings) ||
                 llvm::any_of(op->getResultTypes(), isStrings);
  if (strings && !takesEveryKind(op))
    return emitUserError(op) << "found strings, expected numbers: only host "
                                "operations, views and control flow take strings";
  return inferable.inferShape(context);
}

LogicalResult lz::inferBlock(Block &block, ShapeContext &context) {
  for (Operation &op : block) {
    if (failed(inferOp(&op, context)))
      return failure();
    if (context.mustRestart())
      break;
  }
  return success();
}
