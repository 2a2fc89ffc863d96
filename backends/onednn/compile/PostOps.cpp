//===- PostOps.cpp - Elementwise operations as post-ops of a primitive ----===//
//
// The formulas of oneDNN's algorithms are in its documentation under "Eltwise"
// and "Binary"; only those that compute exactly what the op says stand here.
//
//===----------------------------------------------------------------------===//

#include "backends/onednn/compile/PostOps.h"

#include "ir/LzOps.h"

#include "llvm/ADT/TypeSwitch.h"

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
  StringRef algorithm = getBinaryAlgorithm(op);
  if (algorithm.empty() || op->getNumOperands() != 2)
    return nullptr;
  bool commutes = isa<AddOp, MulOp>(op);
  unsigned running = op->getOperand(0) == previous ? 0 : 1;
  if ((running == 1 && !commutes) || op->getOperand(0) == op->getOperand(1))
    return nullptr;
  operand = op->getOperand(1 - running);
  auto post = std::make_unique<fmt::PostOpT>();
  post->kind = fmt::PostOpKind_Binary;
  post->algorithm = algorithm.str();
  return post;
}
