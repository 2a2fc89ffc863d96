//===- Reductions.cpp - Reductions and running sums -----------------------===//
//
// Reductions by kind, positions of extremes, running sums and products.
//
//===----------------------------------------------------------------------===//

#include "frontend/onnx/Moves.h"
#include "frontend/onnx/Registry.h"

#include <limits>

using namespace mlir;
using namespace lz;
using namespace lz::onnximport;
using llvm::ArrayRef;
using lz::DimExpr;

//===----------------------------------------------------------------------===//
// One reduction
//===----------------------------------------------------------------------===//

namespace {
/// What an operator of this family asks for.
struct Reduction {
  Ints axes;          ///< empty: all
  bool keepDims;
  bool isNone = false; ///< no axis at all: elements are reduced to themselves
};
} // namespace

/// Axes are an attribute before version 18 (of ReduceSum 13), then an operand.
static Reduction readReduction(Node &n) {
  Reduction reduction;
  if (auto axes = n.attrOrInput("axes", 1))
    reduction.axes = *axes;
  reduction.keepDims = n.attrInt("keepdims", 1);
  reduction.isNone =
      reduction.axes.empty() && n.attrInt("noop_with_empty_axes", 0);
  // Of a scalar there is nothing to reduce.
  if (n.hasRank(n.in(0)) && n.rank(n.in(0)) == 0)
    reduction.isNone = true;
  return reduction;
}

/// The greatest or least value of a type as a scalar, for reductions of nothing.
/// Of integers in their own width: doubles do not hold those of 64 bits.
static Value extreme(Node &n, Type type, bool greatest) {
  if (!type.isInteger()) {
    double infinity = std::numeric_limits<double>::infinity();
    return n.scalar(greatest ? infinity : -infinity, type);
  }
  unsigned width = type.getIntOrFloatBitWidth();
  bool isUnsigned = width == 1 || type.isUnsignedInteger();
  llvm::APInt value =
      isUnsigned ? greatest ? llvm::APInt::getMaxValue(width)
                            : llvm::APInt::getMinValue(width)
      : greatest ? llvm::APInt::getSignedMaxValue(width)
                 : llvm::APInt::getSignedMinValue(width);
  return n.constant(DenseElementsAttr::get(RankedTensorType::get({}, type), value));
}

/// Whether an axis that is reduced has no elements.
static bool reducesNothing(Node &n, Value x, const Reduction &reduction) {
  ArrayRef<DimExpr> dims = n.dims(x);
  Ints axes = n.axes(reduction.axes, dims.size());
  for (size_t i = 0; i < dims.size(); ++i)
    if (dims[i].getConstant() == 0 &&
        (axes.empty() || llvm::is_contained(axes, int64_t(i))))
      return true;
  return false;
}

static Value fillReduced(Node &n, Value x, const Reduction &reduction,
                         Value value) {
  Ints axes = n.axes(reduction.axes, n.rank(x));
  Dims dims;
  for (auto [i, dim] : llvm::enumerate(n.dims(x))) {
    if (!axes.empty() && !llvm::is_contained(axes, int64_t(i)))
      dims.push_back(dim);
    else if (reduction.keepDims)
      dims.push_back(1);
  }
  return n.expand(value, dims);
}

static Value reduce(Node &n, ReduceKind kind, Value x,
                    const Reduction &reduction) {
  if (reduction.isNone || n.failed)
    return x;
  bool isExtreme = kind == ReduceKind::Max || kind == ReduceKind::Min;
  if (isExtreme && n.hasRank(x) && reducesNothing(n, x, reduction))
    return fillReduced(n, x, reduction,
                       extreme(n, n.elementType(x), kind == ReduceKind::Min));
  if (isExtreme && n.isBool(x))
    kind = kind == ReduceKind::Max ? ReduceKind::Any : ReduceKind::All;
  return n.reduce(kind, x, reduction.axes, reduction.keepDims);
}

/// The type in which what is squared or exponentiated is added up: integers
/// would lose the fraction, floats of 16 bits overflow.
static Value widen(Node &n, Value x) {
  Type type = n.elementType(x);
  if (!llvm::isa<FloatType>(type))
    return n.cast(x, n.builder.getF64Type());
  return type.getIntOrFloatBitWidth() < 32 ? n.cast(x, n.f32()) : x;
}

//===----------------------------------------------------------------------===//
// The kinds
//===----------------------------------------------------------------------===//

template <ReduceKind kind> static void importReduce(Node &n) {
  n.set(0, reduce(n, kind, n.in(0), readReduction(n)));
}

static void importReduceMean(Node &n) {
  Value x = n.isFloat(n.in(0)) ? n.in(0) : widen(n, n.in(0));
  Value mean = reduce(n, ReduceKind::Mean, x, readReduction(n));
  n.set(0, n.castLike(mean, n.in(0)));
}

static Value absolute(Node &n, Value x) {
  return n.isUnsigned(x) ? x : n.unary<AbsOp>(x);
}

static void importReduceL1(Node &n) {
  n.set(0, reduce(n, ReduceKind::Sum, absolute(n, n.in(0)), readReduction(n)));
}

static void importReduceL2(Node &n) {
  Value x = widen(n, n.in(0));
  Value sum = reduce(n, ReduceKind::Sum, n.square(x), readReduction(n));
  n.set(0, n.castLike(n.sqrt(sum), n.in(0)));
}

static void importReduceSumSquare(Node &n) {
  Value x = n.isFloat(n.in(0)) ? widen(n, n.in(0)) : n.in(0);
  Value sum = reduce(n, ReduceKind::Sum, n.square(x), readReduction(n));
  n.set(0, n.castLike(sum, n.in(0)));
}

static void importReduceLogSum(Node &n) {
  Value sum =
      reduce(n, ReduceKind::Sum, widen(n, n.in(0)), readReduction(n));
  n.set(0, n.castLike(n.log(sum), n.in(0)));
}

/// log(sum(exp(x - m))) + m, where m is the greatest element: no overflow. An
/// infinite m would make NaN of x - m, so it is not taken off.
static void importReduceLogSumExp(Node &n) {
  Value x = widen(n, n.in(0));
  Reduction reduction = readReduction(n), kept = reduction;
  if (reduction.isNone)
    return n.set(0, n.in(0));
  kept.keepDims = true;
  Value greatest = reduce(n, ReduceKind::Max, x, kept);
  Value zero = n.scalarLike(0, greatest);
  Value offset = n.select(n.test<IsInfOp>(greatest), zero, greatest);
  Value sum =
      reduce(n, ReduceKind::Sum, n.exp(n.sub(x, offset)), reduction);
  if (!reduction.keepDims) // the same elements without axes of 1
    offset = n.reshape(offset, n.dims(sum));
  n.set(0, n.castLike(n.add(n.log(sum), offset), n.in(0)));
}

//===----------------------------------------------------------------------===//
// Positions of extremes
//===----------------------------------------------------------------------===//

static Value findExtreme(Node &n, ReduceKind kind, Value x, int64_t axis,
                         bool keepDims, bool selectLast) {
  if (!selectLast)
    return n.reduce(kind, x, {axis}, keepDims);
  Value fromEnd = n.reduce(kind, n.flip(x, {axis}), {axis}, keepDims);
  return n.sub(n.dimScalar(n.dim(x, axis) - 1), fromEnd);
}

template <ReduceKind kind> static void importArg(Node &n) {
  int64_t axis = n.attrInt("axis", 0);
  if (n.hasRank(n.in(0)) && n.rank(n.in(0)) > 0)
    axis = n.axis(axis, n.rank(n.in(0)));
  if (n.failed)
    return;
  n.set(0, findExtreme(n, kind, n.in(0), axis, n.attrInt("keepdims", 1),
                       n.attrInt("select_last_index", 0)));
}

/// 1 at the first greatest element along the axis, 0 elsewhere. Before version
/// 13 along all axes from `axis` on, as one.
static void importHardmax(Node &n) {
  Value x = n.in(0);
  Dims dims(n.dims(x));
  int64_t rank = dims.size();
  int64_t axis = n.axis(n.attrInt("axis", n.version < 13 ? 1 : -1), rank);
  if (n.failed)
    return;
  if (n.version < 13) {
    x = n.reshape(x, {product(llvm::ArrayRef(dims).take_front(axis)),
                      product(llvm::ArrayRef(dims).drop_front(axis))});
    axis = 1;
  }
  Value greatest = n.reduce(ReduceKind::ArgMax, x, {axis}, true);
  Value position = n.iota(n.dims(x), axis, n.i64());
  Value hot = n.castLike(n.compare<EqOp>(position, greatest), x);
  n.set(0, n.version < 13 ? n.reshape(hot, dims) : hot);
}

//===----------------------------------------------------------------------===//
// Running sums and products
//===----------------------------------------------------------------------===//

template <CumulativeKind kind> static void importCumulative(Node &n) {
  Ints axis = n.needInts(1, "the axis");
  if (!n.failed && axis.size() != 1)
    n.error() << "has " << axis.size() << " axes, expected 1";
  if (n.failed)
    return;
  n.set(0, n.cumulative(kind, n.in(0), axis.front(), n.attrInt("exclusive", 0),
                        n.attrInt("reverse", 0)));
}

//===----------------------------------------------------------------------===//
// The table
//===----------------------------------------------------------------------===//

static const OpRow rows[] = {
    {"ReduceSum", importReduce<ReduceKind::Sum>, 1, 2},
    {"ReduceProd", importReduce<ReduceKind::Prod>, 1, 2},
    {"ReduceMax", importReduce<ReduceKind::Max>, 1, 2},
    {"ReduceMin", importReduce<ReduceKind::Min>, 1, 2},
    {"ReduceMean", importReduceMean, 1, 2},
    {"ReduceL1", importReduceL1, 1, 2},
    {"ReduceL2", importReduceL2, 1, 2},
    {"ReduceSumSquare", importReduceSumSquare, 1, 2},
    {"ReduceLogSum", importReduceLogSum, 1, 2},
    {"ReduceLogSumExp", importReduceLogSumExp, 1, 2},
    {"ArgMax", importArg<ReduceKind::ArgMax>},
    {"ArgMin", importArg<ReduceKind::ArgMin>},
    {"Hardmax", importHardmax},
    {"CumSum", importCumulative<CumulativeKind::Sum>, 2, 2},
    {"CumProd", importCumulative<CumulativeKind::Prod>, 2, 2},
};

OpRows lz::onnximport::reductionOps() { return rows; }
