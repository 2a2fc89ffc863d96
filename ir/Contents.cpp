//===- Contents.cpp - elements of small tensors ---------------------------===//
//
// Elementwise arithmetic on dimension expressions, so that Shape -> Gather ->
// Mul -> Concat -> Reshape stays exact, also by way of floats.
//
//===----------------------------------------------------------------------===//

#include "ir/Contents.h"
#include "ir/InferUtils.h"
#include "ir/LzOps.h"

#include "mlir/IR/BuiltinAttributes.h"
#include "mlir/IR/DialectResourceBlobManager.h"

#include <cmath>

using namespace mlir;
using namespace lz;

bool lz::mayHaveContents(lz::TensorType type) {
  std::optional<int64_t> count = type.getNumElements();
  Type element = type.getElementType();
  return count && *count <= kMaxContents &&
         (isa<IntegerType>(element) || isKnowableFloat(element));
}

void lz::forwardContents(Infer &infer) {
  Value result = infer.op->getResult(0);
  if (!mayHaveContents(infer.type(result)))
    return;
  if (auto contents = infer.context.getContents(infer.op->getOperand(0)))
    infer.context.setContents(result, *contents);
}

namespace {

/// Computes one element, or says that it cannot be told exactly.
class ElementRule {
public:
  ElementRule(Infer &infer, Operation *op)
      : infer(infer), op(op),
        isReal(isa<FloatType>(infer.elementType(op->getOperand(0)))) {}

  std::optional<DimExpr> apply(ArrayRef<DimExpr> x) {
    std::optional<DimExpr> result = x.size() == 1   ? unary(x[0])
                                    : x.size() == 2 ? binary(x[0], x[1])
                                                    : select(x);
    if (!result || result->isOverflow())
      return std::nullopt;
    return infer.simplify(*result);
  }

private:
  std::optional<DimExpr> unary(const DimExpr &x) {
    if (isa<lz::NegOp>(op))
      return -x;
    if (isa<lz::CastOp>(op))
      return castContent(infer, x, infer.elementType(op->getOperand(0)),
                         infer.elementType(op->getResult(0)));
    if (isa<lz::FloorOp, lz::CeilOp>(op))
      return (isa<lz::FloorOp>(op) ? DimExpr::floorDiv(x, unit())
                                   : DimExpr::ceilDiv(x, unit())) *
             unit();
    if (isa<lz::LogicalNotOp>(op))
      return DimExpr(1) - x;
    if (isa<lz::AbsOp>(op) && infer.provenLessEqual(0, x))
      return x;
    return std::nullopt;
  }

  std::optional<DimExpr> binary(const DimExpr &a, const DimExpr &b) {
    if (isa<lz::AddOp>(op))
      return a + b;
    if (isa<lz::SubOp>(op))
      return a - b;
    if (isa<lz::MulOp>(op))
      return divideExactly(a * b, unit());
    if (isReal && isa<lz::DivOp>(op))
      return divideExactly(a * unit(), b);
    if (isReal && isa<lz::FloorDivOp>(op))
      return b.getConstant() == 0 ? std::nullopt
                                  : std::optional(DimExpr::floorDiv(a, b) * unit());
    bool isBool = infer.elementType(op->getOperand(0)).isInteger(1);
    if (isBool && isa<lz::AndOp, lz::OrOp>(op))
      return isa<lz::AndOp>(op) ? a * b : DimExpr::max(a, b);
    if (isa<lz::MaxOp>(op))
      return DimExpr::max(a, b);
    if (isa<lz::MinOp>(op))
      return DimExpr::min(a, b);
    if (isa<lz::DivOp, lz::FloorDivOp, lz::ModOp, lz::FmodOp>(op))
      return divide(a, b);
    return compare(a, b);
  }

  DimExpr unit() const { return isReal ? kRealUnit : 1; }

  /// Nothing if the quotient is no expression without a rest.
  std::optional<DimExpr> divideExactly(const DimExpr &a, const DimExpr &b) {
    if (b == DimExpr(1))
      return a;
    if (b.getConstant() == 0)
      return std::nullopt;
    DimExpr quotient = infer.simplify(DimExpr::floorDiv(a, b));
    return infer.simplify(quotient * b) == infer.simplify(a)
               ? std::optional(quotient)
               : std::nullopt;
  }

  /// Truncating and flooring agree on non-negative operands.
  std::optional<DimExpr> divide(const DimExpr &a, const DimExpr &b) {
    if (b.getConstant() == 0)
      return std::nullopt;
    bool floors = isa<lz::FloorDivOp, lz::ModOp>(op);
    if (!floors && !(infer.provenLessEqual(0, a) && infer.provenLessEqual(1, b)))
      return std::nullopt;
    return isa<lz::DivOp, lz::FloorDivOp>(op) ? DimExpr::floorDiv(a, b)
                                              : DimExpr::mod(a, b);
  }

  std::optional<DimExpr> compare(const DimExpr &a, const DimExpr &b) {
    using Truth = DimFacts::Truth;
    DimFacts &facts = infer.context.facts();
    auto known = [](Truth truth, bool negate) -> std::optional<DimExpr> {
      if (truth == Truth::Unknown)
        return std::nullopt;
      return DimExpr((truth == Truth::True) != negate);
    };
    if (isa<lz::EqOp, lz::NeOp>(op))
      return known(facts.equal(a, b), isa<lz::NeOp>(op));
    if (isa<lz::LeOp, lz::GtOp>(op))
      return known(facts.lessEqual(a, b), isa<lz::GtOp>(op));
    if (isa<lz::GeOp, lz::LtOp>(op))
      return known(facts.lessEqual(b, a), isa<lz::LtOp>(op));
    return std::nullopt;
  }

  std::optional<DimExpr> select(ArrayRef<DimExpr> x) {
    std::optional<int64_t> condition = x[0].getConstant();
    if (!condition || !isa<lz::SelectOp>(op))
      return std::nullopt;
    return *condition ? x[1] : x[2];
  }

  Infer &infer;
  Operation *op;
  bool isReal;
};

} // namespace


void lz::inferElementwiseContents(Infer &infer) {
  Operation *op = infer.op;
  lz::TensorType type = infer.type(op->getResult(0));
  if (!mayHaveContents(type))
    return;
  SmallVector<SmallVector<DimExpr>> operands;
  for (Value value : op->getOperands()) {
    auto contents = infer.context.getContents(value);
    int64_t size = contents ? contents->size() : 0;
    // Broadcast along all axes or none: no others are worth it.
    if (size == 0 || (size != 1 && size != *type.getNumElements()))
      return;
    operands.push_back(*contents);
  }
  ElementRule rule(infer, op);
  SmallVector<DimExpr> result;
  for (int64_t i = 0, count = *type.getNumElements(); i < count; ++i) {
    auto elements = llvm::map_to_vector(operands, [&](ArrayRef<DimExpr> all) {
      return all[all.size() == 1 ? 0 : i];
    });
    std::optional<DimExpr> element = rule.apply(elements);
    if (!element)
      return;
    result.push_back(*element);
  }
  infer.context.setContents(op->getResult(0), result);
}

//===----------------------------------------------------------------------===//
// Constants and conversions
//===----------------------------------------------------------------------===//

std::optional<DimExpr> lz::contentOfReal(double value) {
  double scaled = value * kRealUnit;
  // Leaves room for products.
  bool fits = std::abs(scaled) < double(int64_t(1) << 50);
  return fits && scaled == std::floor(scaled)
             ? std::optional(DimExpr(int64_t(scaled)))
             : std::nullopt;
}

static std::optional<DimExpr> contentOfInteger(const APInt &element,
                                               Type type) {
  bool isUnsigned = type.isInteger(1) || type.isUnsignedInteger();
  if (isUnsigned && element.getActiveBits() > 63)
    return std::nullopt;
  return DimExpr(isUnsigned ? int64_t(element.getZExtValue())
                            : element.getSExtValue());
}

/// Large values are resources of bytes; their numbers are read from there.
static std::optional<SmallVector<DimExpr>>
contentsOfResource(DenseResourceElementsAttr value) {
  AsmResourceBlob *blob = value.getRawHandle().getBlob();
  if (!blob)
    return std::nullopt;
  ShapedType type = value.getType();
  unsigned bits = type.getElementType().getIntOrFloatBitWidth();
  if (bits % 8 != 0 ||
      blob->getData().size() != size_t(type.getNumElements() * bits / 8))
    return std::nullopt;
  return contentsOfElements(
      DenseElementsAttr::getFromRawBuffer(type, blob->getData()));
}

std::optional<SmallVector<DimExpr>>
lz::contentsOfElements(ElementsAttr value) {
  Type type = value.getElementType();
  if (value.getNumElements() > kMaxContents)
    return std::nullopt;
  if (auto resource = dyn_cast<DenseResourceElementsAttr>(value))
    return contentsOfResource(resource);
  SmallVector<DimExpr> contents;
  auto add = [&](std::optional<DimExpr> element) {
    if (element)
      contents.push_back(*element);
    return element.has_value();
  };
  auto integers = dyn_cast<DenseIntElementsAttr>(value);
  auto reals = dyn_cast<DenseFPElementsAttr>(value);
  bool known = false;
  if (integers)
    known = llvm::all_of(integers.getValues<APInt>(), [&](const APInt &element) {
      return add(contentOfInteger(element, type));
    });
  else if (reals && isKnowableFloat(type))
    known = llvm::all_of(reals.getValues<APFloat>(), [&](APFloat element) {
      bool loses = false;
      element.convert(APFloat::IEEEdouble(), APFloat::rmNearestTiesToEven,
                      &loses);
      return element.isFinite() && add(contentOfReal(element.convertToDouble()));
    });
  return known ? std::optional(contents) : std::nullopt;
}

std::optional<DimExpr> lz::castContent(Infer &infer, const DimExpr &element,
                                       Type from, Type to) {
  bool wasReal = isa<FloatType>(from), isReal = isa<FloatType>(to);
  if (isReal && !isKnowableFloat(to))
    return std::nullopt;
  if (wasReal && isReal)
    return element;
  if (isReal)
    return element * DimExpr(kRealUnit);
  if (to.isInteger(1)) {
    std::optional<int64_t> number = element.getConstant();
    if (number)
      return DimExpr(*number != 0);
    return infer.provenLessEqual(1, element) ? std::optional(DimExpr(1))
                                             : std::nullopt;
  }
  // A narrower type would wrap; sizes fit i32 in practice, not i16 or i8.
  if (!to.isInteger(64) && !to.isInteger(32))
    return std::nullopt;
  if (!wasReal)
    return element;
  // Truncates: towards minus infinity only what is not negative.
  if (!infer.provenLessEqual(0, element))
    return std::nullopt;
  return DimExpr::floorDiv(element, kRealUnit);
}

//===----------------------------------------------------------------------===//
// Copies
//===----------------------------------------------------------------------===//

void lz::copyContents(
    Infer &infer, Value src,
    llvm::function_ref<void(MutableArrayRef<int64_t>)> position) {
  Value result = infer.op->getResult(0);
  auto contents = infer.context.getContents(src);
  auto from = infer.type(src).getStaticShape();
  auto to = infer.type(result).getStaticShape();
  if (!contents || !from || !to || !mayHaveContents(infer.type(result)))
    return;
  SmallVector<DimExpr> copies;
  SmallVector<int64_t> index(to->size(), 0);
  for (int64_t i = 0, count = *infer.type(result).getNumElements(); i < count;
       ++i) {
    int64_t rest = i;
    for (size_t axis = to->size(); axis-- > 0;) {
      index[axis] = rest % (*to)[axis];
      rest /= (*to)[axis];
    }
    SmallVector<int64_t> where(index);
    where.resize(std::max(to->size(), from->size()), 0);
    position(where);
    int64_t flat = 0;
    for (size_t axis = 0; axis < from->size(); ++axis)
      flat = flat * (*from)[axis] + where[axis];
    if (flat < 0 || flat >= int64_t(contents->size()))
      return;
    copies.push_back((*contents)[flat]);
  }
  infer.context.setContents(result, copies);
}
