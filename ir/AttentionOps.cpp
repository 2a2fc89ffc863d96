//===- AttentionOps.cpp - attention --------------------------------------===//
//
// Verifiers, shape inference and folds of the family in AttentionOps.td.
//
//===----------------------------------------------------------------------===//

#include "ir/AsmUtils.h"
#include "ir/InferUtils.h"
#include "ir/LzOps.h"

using namespace mlir;
using namespace lz;

#define GET_OP_CLASSES
#include "ir/AttentionOps.cpp.inc"

void LzDialect::registerAttentionOps() {
  addOperations<
#define GET_OP_LIST
#include "ir/AttentionOps.cpp.inc"
      >();
}

static LogicalResult checkDTypes(Infer &infer, AttentionOp op) {
  Value query = op.getQuery();
  if (failed(infer.requireDType(query, "the query", DTypes::Float)) ||
      failed(infer.requireSameDType(query, "the query", op.getKey(), "the key")) ||
      failed(infer.requireSameDType(query, "the query", op.getValue(), "the value")))
    return failure();
  Value mask = op.getMask();
  if (!mask || infer.elementType(mask).isInteger(1))
    return success();
  return infer.requireSameDType(query, "the query", mask,
                                "the mask (if not i1)");
}

/// The mask broadcasts to [..., L, S] and adds no axis or dimension to it.
static LogicalResult checkMask(Infer &infer, AttentionOp op,
                               ArrayRef<DimExpr> scores) {
  if (!op.getMask())
    return success();
  ArrayRef<DimExpr> mask = infer.shape(op.getMask());
  if (mask.size() > scores.size())
    return infer.error() << "the mask has shape " << shapeText(mask)
                         << ", expected one that broadcasts to "
                         << shapeText(scores);
  for (auto [i, dim] : llvm::enumerate(llvm::reverse(mask))) {
    const DimExpr &score = scores[scores.size() - 1 - i];
    if (infer.isOne(dim) || dim == score)
      continue;
    if ((infer.isNotOne(dim) || infer.isOptimistic()) &&
        failed(infer.requireEqual(dim, score,
                                  "the mask " + shapeText(mask) +
                                      " and the scores " + shapeText(scores))))
      return failure();
  }
  return success();
}

LogicalResult AttentionOp::inferShape(ShapeContext &context) {
  Infer infer(*this, context);
  Type elementType = infer.elementType(getQuery());
  if (failed(checkDTypes(infer, *this)))
    return failure();
  if (!infer.allRanked())
    return infer.setUnranked(getDst(), elementType);
  if (failed(infer.requireMinRank(getQuery(), "the query", 2)) ||
      failed(infer.requireMinRank(getKey(), "the key", 2)) ||
      failed(infer.requireMinRank(getValue(), "the value", 2)))
    return failure();
  ArrayRef<DimExpr> query = infer.shape(getQuery()), key = infer.shape(getKey()),
                    value = infer.shape(getValue());
  const DimExpr &length = query[query.size() - 2], &keys = key[key.size() - 2];
  if (failed(infer.requireEqual(query.back(), key.back(),
                                "the last axes of query and key")) ||
      failed(infer.requireEqual(keys, value[value.size() - 2],
                                "the lengths of key and value")))
    return failure();
  FailureOr<std::optional<Dims>> batch = infer.broadcast(
      {query.drop_back(2), key.drop_back(2), value.drop_back(2)});
  if (failed(batch))
    return failure();
  if (!*batch)
    return infer.setUnranked(getDst(), elementType);
  Dims scores(**batch), shape(**batch);
  scores.append({length, keys});
  shape.append({length, value.back()});
  if (failed(checkMask(infer, *this, scores)))
    return failure();
  return infer.set(getDst(), ArrayRef<DimExpr>(shape), elementType);
}
