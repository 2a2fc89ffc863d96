//===- RecurrentOps.cpp - recurrent layers -------------------------------===//
//
// Verifiers, shape inference and folds of the family in RecurrentOps.td and RecurrentStepsOps.td.
//
//===----------------------------------------------------------------------===//

#include "ir/AsmUtils.h"
#include "ir/InferUtils.h"
#include "ir/RecurrentSteps.h"

using namespace mlir;
using namespace lz;

#define GET_OP_CLASSES
#include "ir/RecurrentOps.cpp.inc"
#define GET_OP_CLASSES
#include "ir/RecurrentStepsOps.cpp.inc"

void LzDialect::registerRecurrentOps() {
  addOperations<
#define GET_OP_LIST
#include "ir/RecurrentOps.cpp.inc"
      >();
  addOperations<
#define GET_OP_LIST
#include "ir/RecurrentStepsOps.cpp.inc"
      >();
}

static int64_t countGates(RecurrentMode mode) {
  switch (mode) {
  case RecurrentMode::Lstm:
    return 4;
  case RecurrentMode::Gru:
    return 3;
  case RecurrentMode::RnnTanh:
  case RecurrentMode::RnnRelu:
    return 1;
  }
  llvm_unreachable("all modes are listed");
}

int64_t RecurrentOp::getNumGates() { return countGates(getMode()); }

int64_t RecurrentStepsOp::getNumGates() { return countGates(getMode()); }

template <typename OpT> static LogicalResult verifyCell(OpT op) {
  bool isLstm = op.getMode() == RecurrentMode::Lstm;
  if (isLstm != bool(op.getCN()))
    return op.emitOpError() << "has " << op->getNumResults() << " results, expected "
                            << (isLstm ? 3 : 2) << " with "
                            << stringifyRecurrentMode(op.getMode());
  if (op.getC0() && !isLstm)
    return op.emitOpError() << "has a cell state c0, expected none with "
                            << stringifyRecurrentMode(op.getMode());
  return success();
}

LogicalResult RecurrentOp::verify() { return verifyCell(*this); }

LogicalResult RecurrentStepsOp::verify() { return verifyCell(*this); }

/// All operands have the float element type of the input.
static LogicalResult checkDTypes(Infer &infer, RecurrentOp op) {
  std::pair<Value, StringRef> others[] = {
      {op.getWIh(), "weight_ih"}, {op.getWHh(), "weight_hh"},
      {op.getBIh(), "bias_ih"},   {op.getBHh(), "bias_hh"},
      {op.getH0(), "h0"},         {op.getC0(), "c0"}};
  if (failed(infer.requireDType(op.getSrc(), "the input", DTypes::Float)))
    return failure();
  for (auto [value, what] : others)
    if (failed(infer.requireSameDType(op.getSrc(), "the input", value, what)))
      return failure();
  return success();
}

/// weight_ih (G * H, I), weight_hh (G * H, H), biases (G * H).
static LogicalResult checkWeights(Infer &infer, RecurrentOp op,
                                  const DimExpr &inputSize) {
  if (failed(infer.requireRank(op.getWIh(), "weight_ih", 2)) ||
      failed(infer.requireRank(op.getWHh(), "weight_hh", 2)))
    return failure();
  DimExpr hidden = infer.shape(op.getWHh())[1];
  DimExpr gates = hidden * DimExpr(op.getNumGates());
  if (failed(infer.requireEqual(inputSize, infer.shape(op.getWIh())[1],
                                "the last axis of the input " +
                                    shapeText(infer.shape(op.getSrc())) +
                                    " and input_size")) ||
      failed(infer.requireEqual(infer.shape(op.getWHh())[0], gates,
                                "axis 0 of weight_hh and the gates")) ||
      failed(infer.requireEqual(infer.shape(op.getWIh())[0], gates,
                                "axis 0 of weight_ih and the gates")))
    return failure();
  for (auto [bias, what] : {std::pair<Value, StringRef>(op.getBIh(), "bias_ih"),
                            std::pair<Value, StringRef>(op.getBHh(), "bias_hh")}) {
    if (!bias)
      continue;
    if (failed(infer.requireRank(bias, what, 1)) ||
        failed(infer.requireEqual(infer.shape(bias)[0], gates,
                                  "the size of " + what + " and the gates")))
      return failure();
  }
  return success();
}

/// h0 and c0 are (N, H).
static LogicalResult checkState(Infer &infer, Value state, StringRef what,
                                const DimExpr &batch, const DimExpr &hidden) {
  if (!state)
    return success();
  if (failed(infer.requireRank(state, what, 2)))
    return failure();
  ArrayRef<DimExpr> shape = infer.shape(state);
  return success(succeeded(infer.requireEqual(
                     shape[0], batch, "axis 0 of " + what + " and the batch")) &&
                 succeeded(infer.requireEqual(
                     shape[1], hidden, "axis 1 of " + what + " and hidden_size")));
}

LogicalResult RecurrentOp::inferShape(ShapeContext &context) {
  Infer infer(*this, context);
  Type elementType = infer.elementType(getSrc());
  if (failed(checkDTypes(infer, *this)))
    return failure();
  if (!infer.allRanked()) {
    for (Value result : getResults())
      (void)infer.setUnranked(result, elementType);
    return success();
  }
  if (failed(infer.requireRank(getSrc(), "the input", 3)))
    return failure();
  Dims dst(infer.shape(getSrc()));
  if (failed(checkWeights(infer, *this, dst[2])))
    return failure();
  DimExpr batch = dst[getBatchFirst() ? 0 : 1];
  DimExpr hidden = infer.shape(getWHh())[1];
  if (failed(checkState(infer, getH0(), "h0", batch, hidden)) ||
      failed(checkState(infer, getC0(), "c0", batch, hidden)))
    return failure();
  dst[2] = hidden;
  for (Value result : getResults().drop_front())
    if (failed(infer.set(result, {batch, hidden}, elementType)))
      return failure();
  return infer.set(getDst(), ArrayRef<DimExpr>(dst), elementType);
}

//===----------------------------------------------------------------------===//
// Steps alone
//===----------------------------------------------------------------------===//

/// All operands are f32, and those there are have their ranks.
static LogicalResult checkKinds(Infer &infer, RecurrentStepsOp op) {
  std::tuple<Value, StringRef, int64_t> operands[] = {{op.getProjected(), "the projection", 4},
                                                      {op.getWHh(), "weight_hh", 3},
                                                      {op.getBHh(), "bias_hh", 2},
                                                      {op.getH0(), "h0", 2},
                                                      {op.getC0(), "c0", 2}};
  for (auto [value, what, rank] : operands) {
    if (value && (failed(infer.requireF32(value, what)) ||
                  (infer.allRanked() && failed(infer.requireRank(value, what, rank)))))
      return failure();
  }
  return success();
}

/// weight_hh (B, H, G * W) with H = B * W, as the projection and bias_hh have it.
static LogicalResult checkBlocks(Infer &infer, RecurrentStepsOp op) {
  ArrayRef<DimExpr> weights = infer.shape(op.getWHh()), src = infer.shape(op.getProjected());
  DimExpr gates = op.getNumGates();
  if (failed(infer.requireEqual(weights[0] * weights[2], weights[1] * gates,
                                "the gates of all blocks of weight_hh and of hidden_size")) ||
      failed(infer.requireEqual(src[2], weights[0],
                                "axis 2 of the projection and the blocks")) ||
      failed(infer.requireEqual(src[3], weights[2],
                                "axis 3 of the projection and a block's gates")))
    return failure();
  if (!op.getBHh())
    return success();
  ArrayRef<DimExpr> bias = infer.shape(op.getBHh());
  return success(
      succeeded(infer.requireEqual(bias[0], weights[0], "axis 0 of bias_hh and the blocks")) &&
      succeeded(
          infer.requireEqual(bias[1], weights[2], "axis 1 of bias_hh and a block's gates")));
}

LogicalResult RecurrentStepsOp::inferShape(ShapeContext &context) {
  Infer infer(*this, context);
  if (failed(checkKinds(infer, *this)))
    return failure();
  Type f32 = infer.elementType(getProjected());
  if (!infer.allRanked()) {
    for (Value result : getResults())
      (void)infer.setUnranked(result, f32);
    return success();
  }
  if (failed(checkBlocks(infer, *this)))
    return failure();
  ArrayRef<DimExpr> src = infer.shape(getProjected());
  DimExpr batch = src[getBatchFirst() ? 0 : 1], hidden = infer.shape(getWHh())[1];
  if (failed(checkState(infer, getH0(), "h0", batch, hidden)) ||
      failed(checkState(infer, getC0(), "c0", batch, hidden)))
    return failure();
  for (Value result : getResults().drop_front())
    if (failed(infer.set(result, {batch, hidden}, f32)))
      return failure();
  return infer.set(getDst(), {src[0], src[1], hidden}, f32);
}
