// See AttentionMasks.h. Tables are compared element by element; masks of dynamic
// lengths are made of counters, comparisons and triangles, which are followed.

#include "passes/AttentionMasks.h"

#include "passes/Recognize.h"

#include <cmath>

using namespace mlir;
using llvm::SmallVector;

namespace lz {

//===----------------------------------------------------------------------===//
// Tables
//===----------------------------------------------------------------------===//

/// Whether `test` holds for each element of a known table and whether its place is
/// on or below the diagonal.
static bool holdsForTable(Value value, const KnownNumbers &numbers,
                          llvm::function_ref<bool(double, bool)> test) {
  TensorType type = tensorType(value);
  auto shape = type.getStaticShape();
  if (!shape || shape->size() < 2)
    return false;
  int64_t columns = shape->back(), rows = (*shape)[shape->size() - 2];
  if (columns == 0 || rows == 0)
    return false;
  return numbers.all(value, [&](int64_t position, double element) {
    int64_t column = position % columns, row = position / columns % rows;
    return test(element, column <= row);
  });
}

//===----------------------------------------------------------------------===//
// Counters
//===----------------------------------------------------------------------===//

namespace {

/// row * i + column * j + offset for the position (i, j) along the last two axes.
struct Ramp {
  double row = 0, column = 0, offset = 0;
};

} // namespace

static std::optional<Ramp> rampOf(Value value, const KnownNumbers &numbers);

/// A view that drops or adds axes of 1 moves what is counted to other axes.
static std::optional<Ramp> rampOfView(Operation *op,
                                      const KnownNumbers &numbers) {
  TensorType src = tensorType(op->getOperand(0)), dst = tensorType(op->getResult(0));
  auto ramp = rampOf(op->getOperand(0), numbers);
  if (!ramp)
    return ramp;
  /// The dimensions that are not 1, and how far from the end they stand.
  auto places = [](TensorType type) {
    SmallVector<std::pair<DimExpr, int64_t>> found;
    for (auto [i, dim] : llvm::enumerate(llvm::reverse(type.getShape())))
      if (dim != DimExpr(1))
        found.emplace_back(dim, i);
    return found;
  };
  auto from = places(src), to = places(dst);
  if (from.size() != to.size())
    return std::nullopt;
  Ramp moved{0, 0, ramp->offset};
  for (auto [a, b] : llvm::zip_equal(from, to)) {
    double slope = a.second == 0 ? ramp->column : a.second == 1 ? ramp->row : 0;
    if (a.first != b.first || (slope != 0 && b.second > 1))
      return std::nullopt;
    if (b.second <= 1)
      (b.second == 0 ? moved.column : moved.row) = slope;
  }
  return moved;
}

static std::optional<Ramp> rampOfSum(Operation *op, double sign,
                                     const KnownNumbers &numbers) {
  auto lhs = rampOf(op->getOperand(0), numbers),
       rhs = rampOf(op->getOperand(1), numbers);
  if (!lhs || !rhs)
    return std::nullopt;
  return Ramp{lhs->row + sign * rhs->row, lhs->column + sign * rhs->column,
              lhs->offset + sign * rhs->offset};
}

/// Whether sums and differences of positions come out right: unsigned differences and
/// small integers wrap, small floats round.
static bool holdsPositions(Type type) {
  if (auto integer = dyn_cast<IntegerType>(type))
    return !integer.isUnsigned() && integer.getWidth() >= 32;
  return type.isF32() || type.isF64();
}

static std::optional<Ramp> rampOf(Value value, const KnownNumbers &numbers) {
  TensorType type = tensorType(value);
  Operation *op = value.getDefiningOp();
  if (!op || !type.hasRank() || !holdsPositions(type.getElementType()))
    return std::nullopt;
  if (std::optional<double> number = numbers.splat(value))
    return Ramp{0, 0, *number};
  if (auto counter = dyn_cast<IotaOp>(op)) {
    int64_t axis = counter.getAxis();
    int64_t fromEnd = axis < 0 ? -axis - 1 : type.getRank() - 1 - axis;
    if (type.getDim(type.getRank() - 1 - fromEnd) == DimExpr(1))
      return Ramp{};
    if (fromEnd > 1)
      return std::nullopt;
    return fromEnd == 0 ? Ramp{0, 1, 0} : Ramp{1, 0, 0};
  }
  if (isa<AddOp, SubOp>(op))
    return rampOfSum(op, isa<AddOp>(op) ? 1 : -1, numbers);
  if (isa<CastOp, ExpandOp>(op))
    return rampOf(op->getOperand(0), numbers);
  return op->hasTrait<LzView>() ? rampOfView(op, numbers) : std::nullopt;
}

//===----------------------------------------------------------------------===//
// Triangles
//===----------------------------------------------------------------------===//

namespace {

/// Which half of the last two axes a boolean value is true in.
enum class Half { Unknown, Lower, AboveLower };

} // namespace

static Half opposite(Half half) {
  if (half == Half::Unknown)
    return half;
  return half == Half::Lower ? Half::AboveLower : Half::Lower;
}

/// j - i <= 0 and j - i < 1 are the lower half.
static Half halfOfComparison(Operation *op, const KnownNumbers &numbers) {
  auto difference = rampOfSum(op, -1, numbers);
  if (!difference)
    return Half::Unknown;
  // As column - row + offset, with the comparison turned if it was the negative.
  bool isTurned = difference->column == -1 && difference->row == 1;
  if (!isTurned && (difference->column != 1 || difference->row != -1))
    return Half::Unknown;
  double offset = isTurned ? -difference->offset : difference->offset;
  bool isLess = isa<LeOp, LtOp>(op) != isTurned, isStrict = isa<LtOp, GtOp>(op);
  // column - row <= most, or else >= least.
  double bound = -offset + (isStrict ? (isLess ? -1 : 1) : 0);
  if (isLess)
    return bound == 0 ? Half::Lower : Half::Unknown;
  return bound == 1 ? Half::AboveLower : Half::Unknown;
}

/// The half of a triangle of `inner` that is kept, if the diagonal goes to the
/// lower one.
static Half halfOfTriangle(TriangularOp op) {
  if (op.getUpper())
    return op.getDiagonal() == 1 ? Half::AboveLower : Half::Unknown;
  return op.getDiagonal() == 0 ? Half::Lower : Half::Unknown;
}

static bool isNonzeroTriangle(Value value, Half half,
                              const KnownNumbers &numbers) {
  auto triangle = value.getDefiningOp<TriangularOp>();
  std::optional<double> number =
      triangle ? numbers.splat(triangle.getSrc()) : std::nullopt;
  return number && *number != 0 && halfOfTriangle(triangle) == half;
}

/// A view or repetition that leaves the last two axes alone.
static bool keepsMatrices(Operation *op) {
  if (!op->hasTrait<LzView>() && !isa<ExpandOp>(op))
    return false;
  return haveSameMatrices(op->getOperand(0), op->getResult(0));
}

/// What `value` is the first rows and columns of: those of a triangle are one.
static Value skipTopLeft(Value value) {
  auto slice = value.getDefiningOp<SliceOp>();
  while (slice && slice.getStep() == 1 &&
         slice.getBegin().getValue() == DimExpr(0)) {
    value = slice.getSrc();
    slice = value.getDefiningOp<SliceOp>();
  }
  return value;
}

static Half halfOf(Value condition, const KnownNumbers &numbers) {
  Operation *op = condition.getDefiningOp();
  if (!op)
    return Half::Unknown;
  bool isBitwise = isa<BitwiseNotOp>(op) &&
                   tensorType(condition).getElementType().isInteger(1);
  if (isBitwise || isa<LogicalNotOp>(op))
    return opposite(halfOf(op->getOperand(0), numbers));
  if (isa<LeOp, LtOp, GeOp, GtOp>(op))
    return halfOfComparison(op, numbers);
  if (isa<EqOp, NeOp>(op) && numbers.is(op->getOperand(1), 0) &&
      haveSameMatrices(op->getOperand(0), condition)) {
    for (Half half : {Half::Lower, Half::AboveLower})
      if (isNonzeroTriangle(op->getOperand(0), half, numbers))
        return isa<NeOp>(op) ? half : opposite(half);
    return Half::Unknown;
  }
  for (Half half : {Half::Lower, Half::AboveLower})
    if (isNonzeroTriangle(condition, half, numbers))
      return half;
  if (isa<CastOp>(op) && tensorType(condition).getElementType().isInteger(1))
    return halfOf(op->getOperand(0), numbers);
  return keepsMatrices(op) ? halfOf(op->getOperand(0), numbers) : Half::Unknown;
}

bool isCausalCondition(Value condition, const KnownNumbers &numbers) {
  condition = skipTopLeft(condition);
  return halfOf(condition, numbers) == Half::Lower ||
         holdsForTable(condition, numbers, [](double element, bool isKept) {
           return (element != 0) == isKept;
         });
}

bool isAboveCausalCondition(Value condition, const KnownNumbers &numbers) {
  condition = skipTopLeft(condition);
  return halfOf(condition, numbers) == Half::AboveLower ||
         holdsForTable(condition, numbers, [](double element, bool isBelow) {
           return (element == 0) == isBelow;
         });
}

//===----------------------------------------------------------------------===//
// Summands
//===----------------------------------------------------------------------===//

/// Whether `value` is 0 where kept, elsewhere what `isMask` accepts.
static bool isSummand(Value value, const KnownNumbers &numbers,
                      llvm::function_ref<bool(double)> isMask) {
  value = skipTopLeft(value);
  if (holdsForTable(value, numbers, [&](double element, bool isKept) {
        return isKept ? element == 0 : isMask(element);
      }))
    return true;
  Operation *op = value.getDefiningOp();
  if (!op)
    return false;
  auto isMaskNumber = [&](Value v) {
    std::optional<double> number = numbers.splat(v);
    return number && isMask(*number);
  };
  if (auto select = dyn_cast<SelectOp>(op)) {
    if (!haveSameMatrices(select.getCondition(), value))
      return false;
    if (isCausalCondition(select.getCondition(), numbers))
      return numbers.is(select.getLhs(), 0) && isMaskNumber(select.getRhs());
    return isAboveCausalCondition(select.getCondition(), numbers) &&
           isMaskNumber(select.getLhs()) && numbers.is(select.getRhs(), 0);
  }
  if (auto triangle = dyn_cast<TriangularOp>(op))
    return halfOfTriangle(triangle) == Half::AboveLower &&
           isMaskNumber(triangle.getSrc());
  return keepsMatrices(op) && isSummand(op->getOperand(0), numbers, isMask);
}

bool isMaskedScore(double score, Type element) {
  bool isWide = element.isF32() || element.isBF16();
  return score == -INFINITY || (isWide && score <= -1e30);
}

bool isCausalSummand(Value mask, double factor, Type element,
                     const KnownNumbers &numbers) {
  return isSummand(mask, numbers, [&](double number) {
    return isMaskedScore(number * factor, element);
  });
}

bool isInfiniteSummand(Value mask, const KnownNumbers &numbers) {
  return isSummand(mask, numbers,
                   [](double number) { return number == -INFINITY; });
}

} // namespace lz
