//===- PoolingOps.cpp - pooling ------------------------------------------===//
//
// Verifiers, shape inference and folds of the family in PoolingOps.td.
//
//===----------------------------------------------------------------------===//

#include "ir/AsmUtils.h"
#include "ir/InferUtils.h"
#include "ir/LzOps.h"
#include "ir/WindowUtils.h"

using namespace mlir;
using namespace lz;

#define GET_OP_CLASSES
#include "ir/PoolingOps.cpp.inc"

void LzDialect::registerPoolingOps() {
  addOperations<
#define GET_OP_LIST
#include "ir/PoolingOps.cpp.inc"
      >();
}

//===----------------------------------------------------------------------===//
// Pool
//===----------------------------------------------------------------------===//

static LogicalResult verifyPads(PoolOp op, StringRef name,
                                ArrayRef<int64_t> pads) {
  if (failed(verifyWindow(op, name, pads, op.getKernel().size(), 0)))
    return failure();
  for (auto [i, pad] : llvm::enumerate(pads)) {
    int64_t extent = (op.getKernel()[i] - 1) * op.getDilations()[i] + 1;
    if (pad >= extent)
      return op.emitOpError() << "has " << pad << " in " << name
                              << ", expected less than the dilated kernel ("
                              << extent << ")";
  }
  return success();
}

LogicalResult PoolOp::verify() {
  size_t rank = getKernel().size();
  if (rank == 0)
    return emitOpError() << "has no kernel, expected one entry per spatial axis";
  if (failed(verifyWindow(*this, "kernel", getKernel(), rank, 1)) ||
      failed(verifyWindow(*this, "strides", getStrides(), rank, 1)) ||
      failed(verifyWindow(*this, "dilations", getDilations(), rank, 1)) ||
      failed(verifyPads(*this, "pads_begin", getPadsBegin())) ||
      failed(verifyPads(*this, "pads_end", getPadsEnd())))
    return failure();
  if (getDivisorOverride() < 0)
    return emitOpError() << "has divisor_override " << getDivisorOverride()
                         << ", expected 0 (none) or more";
  return success();
}

LogicalResult PoolOp::inferShape(ShapeContext &context) {
  Infer infer(*this, context);
  Type elementType = infer.elementType(getSrc());
  DTypes types = getKind() == PoolKind::Avg ? DTypes::Float : DTypes::Number;
  if (failed(infer.requireDType(getSrc(), "the input", types)))
    return failure();
  if (!infer.allRanked())
    return infer.setUnranked(getDst(), elementType);
  int64_t spatial = getSpatialRank();
  if (failed(checkImageRank(infer, getSrc(), spatial)))
    return failure();
  lz::TensorType src = infer.type(getSrc());
  int64_t spatialAxis = getSpatialAxis(src.getRank());
  Dims shape(src.getShape());
  for (int64_t i = 0; i < spatial; ++i) {
    Window window{getKernel()[i], getStrides()[i], getDilations()[i],
                  getPadsBegin()[i], getPadsEnd()[i]};
    const DimExpr &size = src.getDim(spatialAxis + i);
    if (failed(checkWindow(infer, window, size, i)))
      return failure();
    shape[spatialAxis + i] = getCeilMode() ? window.outputSizeCeil(size)
                                           : window.outputSize(size);
  }
  return infer.set(getDst(), ArrayRef<DimExpr>(shape), elementType);
}

//===----------------------------------------------------------------------===//
// Adaptive pooling
//===----------------------------------------------------------------------===//

LogicalResult AdaptiveAvgPoolOp::verify() {
  if (getOutputSize().empty())
    return emitOpError() << "has no output_size, expected one entry per "
                            "spatial axis";
  return verifyWindow(*this, "output_size", getOutputSize(),
                      getOutputSize().size(), -1);
}

LogicalResult AdaptiveAvgPoolOp::inferShape(ShapeContext &context) {
  Infer infer(*this, context);
  Type elementType = infer.elementType(getSrc());
  if (failed(infer.requireDType(getSrc(), "the input", DTypes::Float)))
    return failure();
  if (!infer.allRanked())
    return infer.setUnranked(getDst(), elementType);
  int64_t spatial = getSpatialRank();
  if (failed(checkImageRank(infer, getSrc(), spatial)))
    return failure();
  lz::TensorType src = infer.type(getSrc());
  Dims shape(src.getShape());
  int64_t spatialAxis = getSpatialAxis(src.getRank());
  for (auto [i, size] : llvm::enumerate(getOutputSize()))
    if (size >= 0)
      shape[spatialAxis + i] = size;
  return infer.set(getDst(), ArrayRef<DimExpr>(shape), elementType);
}
