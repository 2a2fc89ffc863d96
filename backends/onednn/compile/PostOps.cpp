//===- PostOps.cpp - Elementwise operations as post-ops of a primitive ----===//
//
// The formulas of oneDNN's algorithms are in its documentation under "Eltwise"
// and "Binary"; only those that compute exactly what the op says stand here (of a
// NaN, relu and clip make the bound).
//
//===----------------------------------------------------------------------===//

#include "backends/onednn/compile/PostOps.h"

#include "ir/LzOps.h"
#include "passes/KnownNumbers.h"

#include "llvm/ADT/TypeSwitch.h"

#include <limits>

using namespace mlir;
using namespace lz;

static std::unique_ptr<fmt::PostOpT> makeEltwise(StringRef algorithm, double alpha = 0,
                                                 double beta = 0) {
  auto post = std::make_unique<fmt::PostOpT>();
  post->kind = fmt::PostOpKind_Eltwise;
  post->algorithm = algorithm.str();
  post->alpha = alpha;
  post->beta = beta;
  return post;
}

static std::unique_ptr<fmt::PostOpT> translateEltwise(Operation *op) {
  using Result = std::unique_ptr<fmt::PostOpT>;
  return llvm::TypeSwitch<Operation *, Result>(op)
      .Case([](ReluOp) { return makeEltwise("relu"); })
      .Case([](LeakyReluOp o) { return makeEltwise("relu", o.getAlpha().convertToDouble()); })
      .Case([](EluOp o) { return makeEltwise("elu", o.getAlpha().convertToDouble()); })
      .Case([](TanhOp) { return makeEltwise("tanh"); })
      .Case([](SigmoidOp) { return makeEltwise("logistic"); })
      .Case([](SiluOp) { return makeEltwise("swish", 1.0); })
      .Case([](GeluOp o) { return makeEltwise(o.getTanh() ? "gelu_tanh" : "gelu_erf"); })
      .Case([](HardSwishOp) { return makeEltwise("hardswish", 1.0 / 6, 0.5); })
      .Case([](HardSigmoidOp) { return makeEltwise("hardsigmoid", 1.0 / 6, 0.5); })
      .Case([](MishOp) { return makeEltwise("mish"); })
      .Case([](AbsOp) { return makeEltwise("abs"); })
      .Case([](ExpOp) { return makeEltwise("exp"); })
      .Case([](SqrtOp) { return makeEltwise("sqrt"); })
      .Default([](Operation *) { return Result(); });
}

/// The number that `value` is in all its elements, inside a region or before.
static std::optional<double> getConstantNumber(Value value) {
  if (auto argument = dyn_cast<BlockArgument>(value))
    if (auto fused = dyn_cast<FusedOp>(argument.getOwner()->getParentOp()))
      value = fused.getInputs()[argument.getArgNumber()];
  return isa<FloatType>(tensorType(value).getElementType()) ? splatNumber(value)
                                                            : std::nullopt;
}

/// A bound that is a constant needs no operand.
static std::unique_ptr<fmt::PostOpT> translateBound(Operation *op, Value bound) {
  constexpr double none = std::numeric_limits<double>::infinity();
  std::optional<double> number = getConstantNumber(bound);
  if (!number || !isa<MaxOp, MinOp>(op))
    return nullptr;
  return isa<MaxOp>(op) ? makeEltwise("clip", *number, none)
                        : makeEltwise("clip", -none, *number);
}

static StringRef getBinaryAlgorithm(Operation *op) {
  return llvm::TypeSwitch<Operation *, StringRef>(op)
      .Case([](AddOp) { return "add"; })
      .Case([](SubOp) { return "sub"; })
      .Case([](MulOp) { return "mul"; })
      .Case([](DivOp) { return "div"; })
      .Default([](Operation *) { return ""; });
}

std::unique_ptr<fmt::PostOpT> onednn::translatePostOp(Operation *op, Value previous,
                                                      Value &operand) {
  if (op->getNumOperands() == 1)
    return translateEltwise(op);
  if (op->getNumOperands() != 2)
    return nullptr;
  unsigned running = op->getOperand(0) == previous ? 0 : 1;
  if (auto clip = translateBound(op, op->getOperand(1 - running)))
    return clip;
  StringRef algorithm = getBinaryAlgorithm(op);
  bool commutes = isa<AddOp, MulOp>(op);
  if (algorithm.empty() || (running == 1 && !commutes) || op->getOperand(0) == op->getOperand(1))
    return nullptr;
  operand = op->getOperand(1 - running);
  auto post = std::make_unique<fmt::PostOpT>();
  post->kind = fmt::PostOpKind_Binary;
  post->algorithm = algorithm.str();
  return post;
}
