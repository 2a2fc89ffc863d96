//===- Losses.cpp - Losses --------------------------------------------===//
//
// Negative log likelihood, alone and behind a softmax.
//
//===----------------------------------------------------------------------===//

#include "frontend/onnx/Registry.h"

using namespace mlir;
using namespace lz;
using namespace lz::onnximport;

/// What each target counts: its class's weight, 0 where it is to be ignored;
/// null where all count alike.
static Value countOf(Node &n, Value logProbabilities, Value classes,
                     Value isIgnored) {
  Value count;
  if (n.has(2))
    count = n.gather(n.in(2), classes, 0);
  if (!isIgnored)
    return count;
  if (!count)
    count = n.scalarLike(1, logProbabilities);
  return n.select(isIgnored, n.scalarLike(0, count), count);
}

/// The loss of log probabilities (N, C, ...) and targets (N, ...).
static Value likelihoodLoss(Node &n, Value logProbabilities, Value targets) {
  std::string reduction = n.attrString("reduction", "mean");
  if (reduction != "none" && reduction != "sum" && reduction != "mean") {
    n.error() << "has reduction '" << reduction
              << "', expected none, sum or mean";
    return targets;
  }
  Value isIgnored, classes = targets;
  if (n.hasAttr("ignore_index")) {
    Value ignored =
        n.intScalar(n.attrInt("ignore_index", 0), n.elementType(targets));
    isIgnored = n.compare<EqOp>(targets, ignored);
    classes = n.select(isIgnored, n.scalarLike(0, targets), targets);
  }
  Value picked =
      n.gatherElements(logProbabilities, n.unsqueeze(classes, {1}), 1);
  Value loss = n.neg(n.squeeze(picked, {1}));
  Value count = countOf(n, logProbabilities, classes, isIgnored);
  if (count)
    loss = n.mul(loss, count);
  if (isIgnored) // what is ignored may be infinite: times 0 that is NaN
    loss = n.select(isIgnored, n.scalarLike(0, loss), loss);
  if (reduction == "none")
    return loss;
  if (reduction == "mean" && !count)
    return n.reduce(ReduceKind::Mean, loss, {}, false);
  Value sum = n.reduce(ReduceKind::Sum, loss, {}, false);
  if (reduction == "sum")
    return sum;
  return n.div(sum, n.reduce(ReduceKind::Sum, count, {}, false));
}

static void importNegativeLogLikelihoodLoss(Node &n) {
  n.set(0, likelihoodLoss(n, n.in(0), n.in(1)));
}

static void importSoftmaxCrossEntropyLoss(Node &n) {
  Value logProbabilities = n.softmax(n.in(0), 1, /*log=*/true);
  n.set(0, likelihoodLoss(n, logProbabilities, n.in(1)));
  if (n.wants(1))
    n.set(1, logProbabilities);
}

static const OpRow rows[] = {
    {"NegativeLogLikelihoodLoss", importNegativeLogLikelihoodLoss, 2, 3},
    {"SoftmaxCrossEntropyLoss", importSoftmaxCrossEntropyLoss, 2, 3},
};

OpRows lz::onnximport::lossOps() { return rows; }
