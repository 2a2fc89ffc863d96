//===- Contents.cpp - elements of small integer tensors -------------------===//
//
// Elementwise arithmetic on dimension expressions, so that Shape -> Gather ->
// Mul -> Concat -> Reshape stays exact.
//
//===----------------------------------------------------------------------===//

#include "ir/InferUtils.h"
#include "ir/LzOps.h"

using namespace mlir;
using namespace lz;

bool lz::mayHaveContents(lz::TensorType type) {
  std::optional<int64_t> count = type.getNumElements();
  return count && *count <= kMaxContents && type.getRank() <= 1 &&
         !isa<FloatType>(type.getElementType());
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
  ElementRule(Infer &infer, Operation *op) : infer(infer), op(op) {}

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
      return x;
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
      return a * b;
    if (isa<lz::MaxOp>(op))
      return DimExpr::max(a, b);
    if (isa<lz::MinOp>(op))
      return DimExpr::min(a, b);
    if (isa<lz::DivOp, lz::FloorDivOp, lz::ModOp, lz::FmodOp>(op))
      return divide(a, b);
    return compare(a, b);
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
    if (!contents || contents->empty())
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
