//===- Selection.cpp - What the elements themselves decide ----------------===//
//
// Sorting, distinct elements, positions of what is not zero, boxes that do not
// overlap: computed by the runtime, which then knows how many there are.
//
//===----------------------------------------------------------------------===//

#include "frontend/onnx/HostCalls.h"
#include "frontend/onnx/Moves.h"
#include "frontend/onnx/Registry.h"

#include <limits>

using namespace mlir;
using namespace lz;
using namespace lz::onnximport;
using llvm::ArrayRef;
using llvm::StringRef;
using lz::DimExpr;

//===----------------------------------------------------------------------===//
// Sorting
//===----------------------------------------------------------------------===//

/// k is an attribute before version 10.
static DimExpr readCount(Node &n) {
  if (n.hasAttr("k"))
    return n.attrInt("k", 0);
  if (!n.has(1)) {
    n.error() << "has no k";
    return 1;
  }
  Dims k = n.needDims(1, "k");
  if (!n.failed && k.size() != 1)
    n.error() << "has " << k.size() << " elements in k, expected 1";
  return k.size() == 1 ? k.front() : DimExpr(1);
}

static void importTopK(Node &n) {
  Value x = n.in(0);
  Dims dims(n.dims(x));
  int64_t axis = n.axis(n.attrInt("axis", -1), dims.size());
  DimExpr count = readCount(n);
  if (std::optional<int64_t> k = count.getConstant(); k && *k < 0)
    n.error() << "has a k of " << *k << ", expected 0 or more";
  if (n.failed)
    return;
  dims[axis] = count;
  Builder &b = n.builder;
  NamedAttribute attrs[] = {
      b.getNamedAttr("axis", b.getI64IntegerAttr(axis)),
      b.getNamedAttr("largest", b.getBoolAttr(n.attrInt("largest", 1))),
      b.getNamedAttr("sorted", b.getBoolAttr(n.attrInt("sorted", 1)))};
  lz::TensorType values = n.type(x).cloneWithShape(dims);
  Operation *op = callHost(n, "top_k", x, {values, values.cloneWith(n.i64())},
                           attrs);
  n.set(0, op->getResult(0), n.logical(0));
  n.set(1, op->getResult(1));
}

//===----------------------------------------------------------------------===//
// Distinct elements, positions
//===----------------------------------------------------------------------===//

static void importUnique(Node &n) {
  Builder &b = n.builder;
  llvm::SmallVector<NamedAttribute> attrs{
      b.getNamedAttr("sorted", b.getBoolAttr(n.attrInt("sorted", 1)))};
  if (n.hasAttr("axis"))
    attrs.push_back(b.getNamedAttr(
        "axis", b.getI64IntegerAttr(
                    n.axis(n.attrInt("axis", 0), n.rank(n.in(0))))));
  if (n.failed)
    return;
  Type index = n.unranked(n.i64());
  Operation *op =
      callHost(n, "unique", n.in(0),
               {n.type(n.in(0)).cloneUnranked(), index, index, index}, attrs,
               "count");
  n.set(0, op->getResult(0), n.logical(0));
  for (size_t i = 1; i < 4; ++i)
    n.set(i, op->getResult(i));
}

static Value nonzero(Node &n, Value x) {
  return callHost(n, "nonzero", x, {n.unranked(n.i64())}, {}, "count")
      ->getResult(0);
}

/// A scalar is a vector of one element.
static void importNonZero(Node &n) {
  Value x = n.in(0);
  if (n.hasRank(x) && n.rank(x) == 0)
    x = n.reshape(x, {DimExpr(1)});
  n.set(0, nonzero(n, x));
}

/// Without an axis: of the flattened operand.
static void importCompress(Node &n) {
  if (n.rank(n.in(1)) != 1 && !n.failed)
    n.error() << "has a condition of rank " << n.rank(n.in(1))
              << ", expected 1";
  Value indices = nonzero(n, n.in(1));
  if (n.failed)
    return;
  indices = n.reshape(indices, {n.dim(indices, 1)});
  Value y = moved(n, n.in(0), [&](Value x) {
    if (n.hasAttr("axis"))
      return n.gather(x, indices, n.attrInt("axis", 0));
    return n.gather(n.reshape(x, {product(n.dims(x))}), indices, 0);
  });
  n.set(0, y, n.logical(0));
}

//===----------------------------------------------------------------------===//
// Boxes
//===----------------------------------------------------------------------===//

static void importNonMaxSuppression(Node &n) {
  constexpr double none = -std::numeric_limits<double>::infinity();
  Value most = n.has(2) ? n.cast(toScalar(n, n.in(2)), n.i64())
                        : n.intScalar(0);
  auto threshold = [&](size_t i, double otherwise) {
    return n.has(i) ? n.cast(toScalar(n, n.in(i)), n.f32())
                    : n.scalar(otherwise, n.f32());
  };
  Value overlap = threshold(3, 0), score = threshold(4, none);
  if (n.failed)
    return;
  Builder &b = n.builder;
  NamedAttribute attrs[] = {b.getNamedAttr(
      "center_point_box", b.getI64IntegerAttr(n.attrInt("center_point_box", 0)))};
  Operation *op = callHost(
      n, "non_max_suppression",
      {n.cast(n.in(0), n.f32()), n.cast(n.in(1), n.f32()), most, overlap, score},
      {n.unranked(n.i64())}, attrs, "count");
  n.set(0, op->getResult(0));
}

//===----------------------------------------------------------------------===//
// The table
//===----------------------------------------------------------------------===//

static const OpRow rows[] = {
    {"TopK", importTopK, 1, 2},
    {"Unique", importUnique},
    {"NonZero", importNonZero},
    {"Compress", importCompress, 2, 2},
    {"NonMaxSuppression", importNonMaxSuppression, 2, 5},
};

OpRows lz::onnximport::selectionOps() { return rows; }
