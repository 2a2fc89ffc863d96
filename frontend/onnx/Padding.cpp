//===- Padding.cpp - Borders ----------------------------------------------===//
//
// What the dialect's pad does not have: borders made of the operand's elements,
// and of sizes that are expressions, as gathers axis by axis.
//
//===----------------------------------------------------------------------===//

#include "frontend/onnx/Moves.h"
#include "frontend/onnx/Registry.h"

using namespace mlir;
using namespace lz;
using namespace lz::onnximport;
using llvm::ArrayRef;
using lz::DimExpr;

namespace {
enum class Mode { Constant, Reflect, Edge, Wrap };

/// One axis of the result: `size` positions, the operand's first at `begin`
/// (which is negative where it is cropped).
struct Border {
  int64_t axis;
  DimExpr begin, size;
};
} // namespace

//===----------------------------------------------------------------------===//
// Axis by axis
//===----------------------------------------------------------------------===//

/// Back and forth between the first and the last element.
static Value reflect(Node &n, Value position, Value size) {
  Value last = n.sub(size, 1.0);
  Value inPeriod = n.binary<ModOp>(position, n.mul(last, 2.0));
  Value backwards = n.sub(n.mul(last, 2.0), inPeriod);
  return n.select(n.compare<LtOp>(inPeriod, size), inPeriod, backwards);
}

/// `fill` is a scalar, and for the mode `Constant` only.
static Value padAxis(Node &n, Value x, const Border &border, Mode mode,
                     Value fill) {
  int64_t axis = border.axis;
  Dims dims(n.dims(x));
  if (n.failed) // at an axis before this one
    return x;
  if (dims[axis].getConstant() == 0 && mode == Mode::Constant) {
    dims[axis] = border.size;
    return n.expand(fill, dims);
  }
  Value size = n.dimScalar(dims[axis]);
  Value position =
      n.sub(n.range(border.size, n.i64()), n.dimScalar(border.begin));
  Value nearest =
      n.max(n.min(position, n.sub(size, 1.0)), n.intScalar(0));
  Value index = mode == Mode::Reflect ? reflect(n, position, size)
                : mode == Mode::Wrap  ? n.binary<ModOp>(position, size)
                                      : nearest;
  Value y = n.gather(x, index, axis);
  if (mode != Mode::Constant)
    return y;
  Value isInside = n.compare<EqOp>(position, nearest);
  return n.select(along(n, isInside, axis, dims.size()), y, fill);
}

//===----------------------------------------------------------------------===//
// Pad
//===----------------------------------------------------------------------===//

static Mode readMode(Node &n) {
  std::string mode = n.attrString("mode", "constant");
  if (mode == "constant")
    return Mode::Constant;
  if (mode == "reflect")
    return Mode::Reflect;
  if (mode == "edge")
    return Mode::Edge;
  if (mode != "wrap")
    n.error() << "has mode '" << mode
              << "', expected constant, reflect, edge or wrap";
  return Mode::Wrap;
}

/// Begins of all axes, then ends: an attribute of two names before version 11.
static Dims readPads(Node &n, size_t axes) {
  Dims pads;
  llvm::StringRef name = n.hasAttr("paddings") ? "paddings" : "pads";
  if (n.hasAttr(name)) {
    Ints numbers = n.attrInts(name);
    pads.assign(numbers.begin(), numbers.end());
  } else if (n.has(1)) {
    pads = n.needDims(1, "pads");
  }
  if (!n.failed && pads.size() != 2 * axes)
    n.error() << "has " << pads.size() << " pads, expected " << 2 * axes
              << ": two per axis";
  return pads;
}

/// The dialect's own operation: numbers only.
static Value padByConstant(Node &n, Value x, ArrayRef<Border> borders,
                           double fill) {
  Ints begin(n.rank(x), 0), end(n.rank(x), 0);
  for (const Border &border : borders) {
    begin[border.axis] = *border.begin.getConstant();
    DimExpr rest = border.size - n.dim(x, border.axis) - border.begin;
    end[border.axis] = *rest.getConstant();
  }
  return n.pad(x, begin, end, fill);
}

/// Whether the borders are numbers (the axes need not be).
static bool areNumbers(Node &n, ArrayRef<Border> borders) {
  return llvm::all_of(borders, [&](const Border &border) {
    DimExpr rest = border.size - n.dim(n.in(0), border.axis);
    return border.begin.isConstant() && rest.isConstant();
  });
}

static Value padWithValue(Node &n, ArrayRef<Border> borders) {
  Value x = n.in(0);
  if (n.isString(x)) {
    n.unsupported("a constant border of strings");
    return x;
  }
  std::optional<double> number = n.attrFloat("value", 0);
  if (n.has(2)) {
    auto numbers = n.tryFloats(2);
    number = numbers && numbers->size() == 1 ? std::optional(numbers->front())
                                             : std::nullopt;
  }
  if (number && areNumbers(n, borders) && !n.isBool(x))
    return padByConstant(n, x, borders, *number);
  Value fill = n.has(2) ? n.castLike(toScalar(n, n.in(2)), x)
                        : n.scalarLike(number.value_or(0), x);
  for (const Border &border : borders)
    x = padAxis(n, x, border, Mode::Constant, fill);
  return x;
}

/// Elements that are cropped are not reflected.
static Value cropFirst(Node &n, Value x, Border &border) {
  std::optional<int64_t> begin = border.begin.getConstant();
  DimExpr rest = border.size - n.dim(x, border.axis) - border.begin;
  std::optional<int64_t> end = rest.getConstant();
  bool cropsBegin = begin && *begin < 0, cropsEnd = end && *end < 0;
  if (!cropsBegin && !cropsEnd)
    return x;
  // As an expression: the least integer has no negative.
  Value y = n.slice(x, border.axis, cropsBegin ? -border.begin : DimExpr(0),
                    cropsEnd ? *end : kToEnd);
  if (cropsBegin)
    border.begin = 0;
  return y;
}

static void importPad(Node &n) {
  int64_t rank = n.rank(n.in(0));
  Ints axes = n.has(3) ? n.axes(n.needInts(3, "axes"), rank) : countTo(rank);
  Dims pads = readPads(n, axes.size());
  Mode mode = readMode(n);
  if (n.failed)
    return;
  llvm::SmallVector<Border> borders;
  for (auto [i, axis] : llvm::enumerate(axes)) {
    DimExpr begin = pads[i], end = pads[axes.size() + i];
    if (begin.getConstant() != 0 || end.getConstant() != 0)
      borders.push_back({axis, begin, n.dim(n.in(0), axis) + begin + end});
  }
  if (mode == Mode::Constant)
    return n.set(0, borders.empty() ? n.in(0) : padWithValue(n, borders),
                 n.logical(0));
  Value y = moved(n, n.in(0), [&](Value x) {
    for (Border border : borders) {
      x = cropFirst(n, x, border);
      x = padAxis(n, x, border, mode, Value());
    }
    return x;
  });
  n.set(0, y, n.logical(0));
}

//===----------------------------------------------------------------------===//
// CenterCropPad
//===----------------------------------------------------------------------===//

static Value centerAxis(Node &n, Value x, int64_t axis, const DimExpr &target) {
  using Truth = DimFacts::Truth;
  DimFacts &facts = n.shapes.facts();
  DimExpr size = n.dim(x, axis);
  DimExpr crop = facts.simplify(DimExpr::floorDiv(size - target, 2));
  DimExpr pad = facts.simplify(DimExpr::floorDiv(target - size, 2));
  if (size == target)
    return x;
  if (facts.lessEqual(target, size) == Truth::True)
    return n.slice(x, axis, crop, crop + target);
  if (facts.lessEqual(size, target) != Truth::True)
    pad = DimExpr::max(pad, 0) - DimExpr::max(crop, 0);
  return padAxis(n, x, {axis, pad, target}, Mode::Constant, n.scalarLike(0, x));
}

static void importCenterCropPad(Node &n) {
  Value x = n.in(0);
  int64_t rank = n.rank(x);
  Ints axes = n.hasAttr("axes") ? n.axes(n.attrInts("axes"), rank)
                                : countTo(rank);
  Dims shape = n.needDims(1, "shape");
  if (!n.failed && shape.size() != axes.size())
    n.error() << "has a shape of " << shape.size() << " elements, expected "
              << axes.size() << ": one per axis";
  if (n.failed)
    return;
  for (auto [axis, target] : llvm::zip_equal(axes, shape))
    x = centerAxis(n, x, axis, target);
  n.set(0, x, n.logical(0));
}

//===----------------------------------------------------------------------===//
// The table
//===----------------------------------------------------------------------===//

static const OpRow rows[] = {
    {"Pad", importPad, 1, 4},
    {"CenterCropPad", importCenterCropPad, 2, 2},
};

OpRows lz::onnximport::paddingOps() { return rows; }
