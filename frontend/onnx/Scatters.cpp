//===- Scatters.cpp - Placing elements by position ------------------------===//
//
// Scatters element by element, by tuples of indices, into a cache.
//
//===----------------------------------------------------------------------===//

#include "frontend/onnx/Indices.h"
#include "frontend/onnx/Registry.h"
#include "ir/Diagnostics.h"

using namespace mlir;
using namespace lz;
using namespace lz::onnximport;
using llvm::ArrayRef;
using lz::DimExpr;

static ScatterReduction readReduction(Node &n) {
  std::string name = n.attrString("reduction", "none");
  if (auto kind = symbolizeScatterReduction(name))
    return *kind;
  n.error() << "has reduction '" << name
            << "', expected none, add, mul, max or min";
  return ScatterReduction::None;
}

/// Strings are placed by the positions they have in all of both operands.
static Value scatter(Node &n, Value x, Value indices, Value updates,
                     int64_t axis, ScatterReduction reduction) {
  if (n.failed || !n.isString(x))
    return n.scatterElements(x, indices, updates, axis, reduction);
  DimExpr count = product(n.dims(x)), added = product(n.dims(updates));
  Value positions = n.scatterElements(
      positionsOf(n, x), indices,
      n.add(positionsOf(n, updates), n.dimScalar(count)), axis, reduction);
  Value both = concatStrings(
      n, {n.reshape(x, {count}), n.reshape(updates, {added})}, 0);
  return pickStrings(n, both, positions);
}

static void importScatterElements(Node &n) {
  ScatterReduction reduction = readReduction(n);
  n.set(0, scatter(n, n.in(0), n.in(1), n.in(2), n.attrInt("axis", 0),
                   reduction),
        n.logical(0));
}

/// An error unless there is one update for each tuple of indices: of the shape
/// of the axes that these leave.
static void checkUpdates(Node &n, Value indices, ArrayRef<DimExpr> rest) {
  ArrayRef<DimExpr> given = n.dims(n.in(2));
  Dims expected(n.dims(indices).drop_back());
  expected.append(rest.begin(), rest.end());
  auto differ = [&](size_t i) {
    return n.shapes.facts().equal(given[i], expected[i]) == DimFacts::Truth::False;
  };
  bool fits = given.size() == expected.size() &&
              llvm::none_of(llvm::seq(given.size()), differ);
  if (!n.failed && !fits)
    n.error() << "has updates of shape " << shapeText(given) << ", expected "
              << shapeText(expected);
}

/// Rows of the operand, flattened to a matrix.
static void importScatterNd(Node &n) {
  ScatterReduction reduction = readReduction(n);
  ArrayRef<DimExpr> dims = n.dims(n.in(0));
  Value indices = n.cast(n.in(1), n.i64());
  int64_t depth = indexDepth(n, indices, dims.size());
  if (n.failed)
    return;
  checkUpdates(n, indices, dims.drop_front(depth));
  if (n.failed)
    return;
  DimExpr count = product(n.dims(indices).drop_back());
  DimExpr rows = product(dims.take_front(depth));
  DimExpr columns = product(dims.drop_front(depth));
  Value linear = linearIndices(n, indices, dims.take_front(depth));
  Value positions = n.expand(n.reshape(linear, {count, DimExpr(1)}),
                             {count, columns});
  Value result = scatter(n, n.reshape(n.in(0), {rows, columns}), positions,
                         n.reshape(n.in(2), {count, columns}), 0, reduction);
  n.set(0, n.reshape(result, dims), n.logical(0));
}

/// Each entry of the batch writes its update at an index of its own.
static void importTensorScatter(Node &n) {
  Value cache = n.in(0), update = n.in(1);
  int64_t rank = n.rank(cache);
  int64_t axis = n.axis(n.attrInt("axis", -2), rank);
  std::string mode = n.attrString("mode", "linear");
  if (mode != "linear" && mode != "circular")
    n.error() << "has mode '" << mode << "', expected linear or circular";
  if (n.failed)
    return;
  Value indices = along(n, n.range(n.dim(update, axis), n.i64()), axis, rank);
  if (n.has(2))
    indices = n.add(indices, along(n, n.cast(n.in(2), n.i64()), 0, rank));
  if (mode == "circular")
    indices = n.binary<ModOp>(indices, n.dimScalar(n.dim(cache, axis)));
  Dims dims(n.dims(update));
  n.set(0, scatter(n, cache, n.expand(indices, dims), update, axis,
                   ScatterReduction::None),
        n.logical(0));
}

//===----------------------------------------------------------------------===//
// The table
//===----------------------------------------------------------------------===//

static const OpRow rows[] = {
    {"Scatter", importScatterElements, 3, 3},
    {"ScatterElements", importScatterElements, 3, 3},
    {"ScatterND", importScatterNd, 3, 3},
    {"TensorScatter", importTensorScatter, 2, 3},
};

OpRows lz::onnximport::scatterOps() { return rows; }
