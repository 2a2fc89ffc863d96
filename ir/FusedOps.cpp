//===- FusedOps.cpp - fused regions --------------------------------------===//
//
// Verifiers, shape inference and folds of the family in FusedOps.td.
//
//===----------------------------------------------------------------------===//

#include "ir/AsmUtils.h"
#include "ir/InferUtils.h"
#include "ir/LzOps.h"

using namespace mlir;
using namespace lz;

#define GET_OP_CLASSES
#include "ir/FusedOps.cpp.inc"

void LzDialect::registerFusedOps() {
  addOperations<
#define GET_OP_LIST
#include "ir/FusedOps.cpp.inc"
      >();
}

void FusedOp::build(OpBuilder &builder, OperationState &state,
                    TypeRange outputs, StringRef backend, ValueRange inputs) {
  state.addOperands(inputs);
  state.addTypes(outputs);
  state.getOrAddProperties<Properties>().backend =
      builder.getStringAttr(backend);
  Region *body = state.addRegion();
  body->push_back(new Block());
  for (Value input : inputs)
    body->front().addArgument(input.getType(), input.getLoc());
}

YieldOp FusedOp::getYield() {
  return cast<YieldOp>(getBody().front().getTerminator());
}

LogicalResult FusedOp::verify() {
  Block &block = getBody().front();
  if (block.getArgumentTypes() != TypeRange(getInputs()))
    return emitOpError() << "has block arguments that do not match its inputs "
                            "in number and types";
  auto end = dyn_cast<YieldOp>(block.getTerminator());
  if (!end || end.getOperandTypes() != getResultTypes())
    return emitOpError() << "has results that do not match what its region "
                            "yields in number and types";
  for (Operation &op : block.without_terminator())
    if (!isPure(&op))
      return emitOpError() << "contains '" << op.getName()
                           << "', expected pure ops only";
  return success();
}

/// The region's ops infer their own; inputs go in, what is yielded comes out.
LogicalResult FusedOp::inferShape(ShapeContext &context) {
  Block &block = getBody().front();
  for (auto [argument, input] : llvm::zip(block.getArguments(), getInputs()))
    context.setType(argument, context.getType(input));
  if (failed(inferBlock(block, context)))
    return failure();
  for (auto [result, value] : llvm::zip(getOutputs(), getYield().getOperands()))
    context.setType(result, context.getType(value));
  return success();
}
