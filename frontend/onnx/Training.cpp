//===- Training.cpp - Operators of ai.onnx.preview.training ---------------===//
//
// The update rules of optimizers. Each takes a learning rate, an update count
// and any number of tensors, with their gradients and what is accumulated.
//
//===----------------------------------------------------------------------===//

#include "frontend/onnx/Registry.h"

using namespace mlir;
using namespace lz;
using namespace lz::onnximport;

namespace {

/// The operands of one optimized tensor, cast to its type where they are scalars.
struct Optimized {
  Value rate, count, x, gradient, first, second;
};

} // namespace

/// Calls `update` for each optimized tensor; operands stand in `groups` groups
/// of equally many after the learning rate and the count. `update` returns a
/// result for each group but the gradients'.
template <typename Update>
static void updateAll(Node &n, size_t groups, Update update) {
  size_t count = (n.numInputs() - 2) / groups;
  if (count == 0 || n.numInputs() != 2 + groups * count) {
    n.error() << "has " << n.numInputs() << " operands, expected 2 and "
              << groups << " for each optimized tensor";
    return;
  }
  for (size_t i = 0; i < count; ++i) {
    Optimized o;
    o.x = n.in(2 + i);
    o.rate = n.castLike(n.in(0), o.x);
    o.count = n.castLike(n.in(1), o.x);
    o.gradient = n.in(2 + count + i);
    o.first = n.in(2 + 2 * count + i);
    o.second = groups > 3 ? n.in(2 + 3 * count + i) : Value();
    Values results = update(o);
    for (size_t k = 0; k < results.size(); ++k)
      n.set(k * count + i, results[k]);
  }
}

/// The gradient with that of the regularization term.
static Value regularized(Node &n, const Optimized &o) {
  double norm = n.attrFloat("norm_coefficient", 0);
  return norm == 0 ? o.gradient : n.add(n.mul(o.x, norm), o.gradient);
}

static Value isLater(Node &n, const Optimized &o) {
  return n.compare<GtOp>(o.count, n.scalarLike(0, o.count));
}

static void importMomentum(Node &n) {
  double alpha = n.attrFloat("alpha", 0), beta = n.attrFloat("beta", 1);
  std::string mode = n.attrString("mode", "standard");
  if (mode != "standard" && mode != "nesterov")
    n.error() << "has mode '" << mode << "', expected standard or nesterov";
  updateAll(n, 3, [&](const Optimized &o) {
    Value gradient = regularized(n, o);
    // The first update takes the gradient as it is.
    Value weight = n.select(isLater(n, o), n.scalarLike(beta, o.x),
                            n.scalarLike(1, o.x));
    Value momentum = n.add(n.mul(o.first, alpha), n.mul(gradient, weight));
    Value step = mode == "standard" ? momentum
                                    : n.add(gradient, n.mul(momentum, alpha));
    return Values{n.sub(o.x, n.mul(step, o.rate)), momentum};
  });
}

static void importAdagrad(Node &n) {
  double decay = n.attrFloat("decay_factor", 0);
  double epsilon = n.attrFloat("epsilon", 1e-6);
  updateAll(n, 3, [&](const Optimized &o) {
    Value gradient = regularized(n, o);
    Value rate = n.div(o.rate, n.add(n.mul(o.count, decay), 1.0));
    Value squares = n.add(o.first, n.square(gradient));
    Value step = n.div(n.mul(gradient, rate), n.add(n.sqrt(squares), epsilon));
    return Values{n.sub(o.x, step), squares};
  });
}

/// The rate with the bias of both running means corrected, but before the first
/// update, where nothing was accumulated yet.
static Value correctedRate(Node &n, const Optimized &o, double alpha,
                           double beta) {
  auto unseen = [&](double factor) {
    Value power = n.binary<PowOp>(n.scalarLike(factor, o.x), o.count);
    return n.sub(n.scalarLike(1, o.x), power);
  };
  Value corrected = n.div(n.mul(o.rate, n.sqrt(unseen(beta))), unseen(alpha));
  return n.select(isLater(n, o), corrected, o.rate);
}

static void importAdam(Node &n) {
  double alpha = n.attrFloat("alpha", 0.9), beta = n.attrFloat("beta", 0.999);
  double epsilon = n.attrFloat("epsilon", 1e-6);
  double post = n.attrFloat("norm_coefficient_post", 0);
  updateAll(n, 4, [&](const Optimized &o) {
    Value gradient = regularized(n, o);
    Value mean = n.add(n.mul(o.first, alpha), n.mul(gradient, 1 - alpha));
    Value squares =
        n.add(n.mul(o.second, beta), n.mul(n.square(gradient), 1 - beta));
    Value step = n.div(mean, n.add(n.sqrt(squares), epsilon));
    Value x = n.sub(o.x, n.mul(step, correctedRate(n, o, alpha, beta)));
    if (post != 0)
      x = n.mul(x, 1 - post);
    return Values{x, mean, squares};
  });
}

static void importGradient(Node &n) {
  n.unsupported("differentiation");
}

static constexpr const char *kDomain = "ai.onnx.preview.training";

static const OpRow rows[] = {
    {"Momentum", importMomentum, 3, kAnyNumber, kDomain},
    {"Adagrad", importAdagrad, 3, kAnyNumber, kDomain},
    {"Adam", importAdam, 3, kAnyNumber, kDomain},
    {"Gradient", importGradient, 1, kAnyNumber, kDomain},
};

OpRows lz::onnximport::trainingOps() { return rows; }
