//===- Indexing.cpp - Picking elements by position ------------------------===//
//
// Slices, gathers, triangles, reversed sequences. Scatters are in Scatters.cpp.
//
//===----------------------------------------------------------------------===//

#include "frontend/onnx/Indices.h"
#include "frontend/onnx/Registry.h"

using namespace mlir;
using namespace lz;
using namespace lz::onnximport;
using llvm::ArrayRef;
using llvm::StringRef;
using lz::DimExpr;

//===----------------------------------------------------------------------===//
// Slice
//===----------------------------------------------------------------------===//

namespace {
struct Slices {
  Ints axes, steps;
  Dims starts, ends;
};
} // namespace

/// Bounds that a run computes: counted from the front and within the axis,
/// shifted by one where a step backwards ends before element 0.
static Dims computeBounds(Node &n, size_t operand, const Slices &slices,
                          StringRef what, bool isEnd) {
  Value given = n.cast(n.in(operand), n.i64());
  Dims bounds;
  for (auto [i, axis] : llvm::enumerate(slices.axes)) {
    Value size = n.dimScalar(n.dim(n.in(0), axis));
    Value bound = n.select(given, 0, i);
    Value isNegative = n.compare<LtOp>(bound, n.intScalar(0));
    bound = n.select(isNegative, n.add(bound, size), bound);
    bool backwards = slices.steps[i] < 0;
    int64_t shift = backwards && isEnd ? 1 : 0;
    Value low = n.intScalar(-shift);
    Value high = backwards ? n.sub(size, 1.0) : size;
    bound = n.min(n.max(bound, low), high);
    std::string name = what.str() + std::to_string(i);
    bounds.push_back(defineDim(n, n.add(bound, n.intScalar(shift)), name) -
                     shift);
  }
  return bounds;
}

static Dims readBounds(Node &n, size_t operand, const Slices &slices,
                       StringRef what, bool isEnd) {
  if (n.hasAttr(what)) {
    Ints bounds = n.attrInts(what);
    return Dims(bounds.begin(), bounds.end());
  }
  if (auto known = n.tryDims(operand))
    return *known;
  return n.failed ? Dims() : computeBounds(n, operand, slices, what, isEnd);
}

/// How many starts there are, which must be known: at most one per axis.
static int64_t countStarts(Node &n, int64_t rank) {
  if (n.hasAttr("starts"))
    return n.attrInts("starts").size();
  std::optional<int64_t> count = n.constantDim(n.in(1), 0);
  if (!count && !n.failed)
    n.error() << "needs to know how many starts there are";
  if (count > rank && !n.failed)
    n.error() << "has " << *count << " starts, expected at most one for each of the "
              << "input's " << rank << " axes";
  return n.failed ? 0 : *count;
}

static Slices readSlices(Node &n) {
  Slices slices;
  int64_t rank = n.rank(n.in(0)), count = countStarts(n, rank);
  if (n.failed)
    return {};
  slices.axes = n.axes(n.attrOrInput("axes", 3).value_or(countTo(count)), rank);
  slices.steps = n.has(4) ? n.needInts(4, "steps") : Ints(count, 1);
  if (!n.failed && (int64_t(slices.axes.size()) != count ||
                    int64_t(slices.steps.size()) != count))
    n.error() << "has " << count << " starts, " << slices.axes.size()
              << " axes and " << slices.steps.size()
              << " steps, expected as many of each";
  if (n.failed)
    return {};
  slices.starts = readBounds(n, 1, slices, "starts", false);
  slices.ends = readBounds(n, 2, slices, "ends", true);
  if (!n.failed && (int64_t(slices.starts.size()) != count ||
                    int64_t(slices.ends.size()) != count))
    n.error() << "has " << slices.starts.size() << " starts and "
              << slices.ends.size() << " ends, expected as many of each";
  return slices;
}

static void importSlice(Node &n) {
  if (!n.hasAttr("starts") && !n.has(2)) {
    n.error() << "has no starts and ends";
    return;
  }
  Slices slices = readSlices(n);
  if (n.failed)
    return;
  Value y = moved(n, n.in(0), [&](Value x) {
    for (auto [i, axis] : llvm::enumerate(slices.axes))
      x = n.slice(x, axis, slices.starts[i], slices.ends[i], slices.steps[i]);
    return x;
  });
  n.set(0, y, n.logical(0));
}

//===----------------------------------------------------------------------===//
// Gather
//===----------------------------------------------------------------------===//

static void importGather(Node &n) {
  int64_t axis = n.attrInt("axis", 0);
  n.set(0, moved(n, n.in(0), [&](Value x) { return n.gather(x, n.in(1), axis); }),
        n.logical(0));
}

static void importGatherElements(Node &n) {
  int64_t axis = n.attrInt("axis", 0);
  Value y = moved(n, n.in(0), [&](Value x) {
    return n.gatherElements(x, n.in(1), axis);
  });
  n.set(0, y, n.logical(0));
}

/// Adds where each entry of the batch begins.
static Value offsetByBatch(Node &n, Value linear, ArrayRef<DimExpr> batch,
                           const DimExpr &stride) {
  Dims dims(n.dims(linear));
  for (size_t axis = 0; axis < batch.size(); ++axis) {
    DimExpr step = product(batch.drop_front(axis + 1)) * stride;
    Value number = n.iota(dims, axis, n.i64());
    linear = n.add(linear, n.mul(number, n.dimScalar(step)));
  }
  return linear;
}

Value onnximport::linearIndices(Node &n, Value indices, ArrayRef<DimExpr> dims,
                                size_t batch) {
  if (dims.size() == 1) // whoever reads or writes there checks it
    return n.select(indices, -1, 0);
  ArrayRef<DimExpr> indexed = dims.drop_front(batch);
  Value linear, inside;
  for (auto [i, size] : llvm::enumerate(indexed)) {
    Value index = wrapIndices(n, n.select(indices, -1, i), size);
    Value fits = n.logicalAnd(n.compare<GeOp>(index, n.intScalar(0)),
                              n.compare<LtOp>(index, n.dimScalar(size)));
    inside = inside ? n.logicalAnd(inside, fits) : fits;
    DimExpr stride = product(indexed.drop_front(i + 1));
    if (stride.getConstant() != 1)
      index = n.mul(index, n.dimScalar(stride));
    linear = linear ? n.add(linear, index) : index;
  }
  linear = offsetByBatch(n, linear, dims.take_front(batch), product(indexed));
  return n.select(inside, linear, n.dimScalar(product(dims)));
}

int64_t onnximport::indexDepth(Node &n, Value indices, int64_t most) {
  std::optional<int64_t> depth = n.constantDim(indices, -1);
  if (!n.failed && (!depth || *depth > most || *depth < 1))
    n.error() << "has indices of shape "
              << (depth ? "[..., " + std::to_string(*depth) + "]"
                        : std::string("that is not known"))
              << ", expected a last dimension within [1, " << most << "]";
  return depth.value_or(1);
}

static void importGatherNd(Node &n) {
  ArrayRef<DimExpr> dims = n.dims(n.in(0));
  int64_t rank = dims.size(), batch = n.attrInt("batch_dims", 0);
  if (!n.failed && (batch < 0 || batch >= rank)) {
    n.error() << "has batch_dims " << batch << ", expected one within [0, "
              << rank << ")";
    return;
  }
  Value indices = n.cast(n.in(1), n.i64());
  int64_t depth = indexDepth(n, indices, rank - batch);
  if (n.failed)
    return;
  Value linear = linearIndices(n, indices, dims.take_front(batch + depth), batch);
  Dims rows{product(dims.take_front(batch + depth))};
  rows.append(dims.begin() + batch + depth, dims.end());
  Value y = moved(n, n.in(0), [&](Value x) {
    return n.gather(n.reshape(x, rows), linear, 0);
  });
  n.set(0, y, n.logical(0));
}

//===----------------------------------------------------------------------===//
// Triangles, reversed sequences
//===----------------------------------------------------------------------===//

/// A diagonal that only a run knows.
static Value maskTriangle(Node &n, Value x, bool upper) {
  Dims dims{n.dim(x, -2), n.dim(x, -1)};
  Value row = n.iota(dims, 0, n.i64()), column = n.iota(dims, 1, n.i64());
  Value diagonal = n.add(row, toScalar(n, n.cast(n.in(1), n.i64())));
  Value keep = upper ? n.compare<GeOp>(column, diagonal)
                     : n.compare<LeOp>(column, diagonal);
  return n.select(keep, x, n.scalarLike(0, x));
}

static void importTrilu(Node &n) {
  Value x = n.in(0);
  bool upper = n.attrInt("upper", 1);
  if (n.rank(x) < 2 && !n.failed)
    n.error() << "has an input of rank " << n.rank(x) << ", expected 2 or more";
  std::optional<Ints> k = n.has(1) ? n.tryInts(1) : Ints{0};
  if (n.failed)
    return;
  if (!k || k->size() != 1)
    return n.set(0, maskTriangle(n, x, upper), n.logical(0));
  n.set(0, n.result(TriangularOp::create(n.builder, n.loc, unrankedLike(x), x,
                                         upper, k->front())),
        n.logical(0));
}

/// Position t of a sequence becomes length - 1 - t, within its length.
static void importReverseSequence(Node &n) {
  Value x = n.in(0);
  int64_t rank = n.rank(x);
  int64_t batch = n.axis(n.attrInt("batch_axis", 1), rank);
  int64_t time = n.axis(n.attrInt("time_axis", 0), rank);
  if (n.failed)
    return;
  Dims dims(n.dims(x));
  Value lengths = along(n, n.cast(n.in(1), n.i64()), batch, rank);
  Value steps = along(n, n.range(dims[time], n.i64()), time, rank);
  Value reversed = n.sub(n.sub(lengths, 1.0), steps);
  Value indices =
      n.select(n.compare<LtOp>(steps, lengths), reversed, steps);
  Value y = moved(n, x, [&](Value v) {
    return n.gatherElements(v, n.expand(indices, dims), time);
  });
  n.set(0, y, n.logical(0));
}

//===----------------------------------------------------------------------===//
// The table
//===----------------------------------------------------------------------===//

static const OpRow rows[] = {
    {"Slice", importSlice, 1, 5},
    {"Gather", importGather, 2, 2},
    {"GatherElements", importGatherElements, 2, 2},
    {"GatherND", importGatherNd, 2, 2},
    {"Trilu", importTrilu, 1, 2},
    {"ReverseSequence", importReverseSequence, 2, 2},
};

OpRows lz::onnximport::indexingOps() { return rows; }
