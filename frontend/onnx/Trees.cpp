//===- Trees.cpp ----------------------------------------------------------===//
//
// See Trees.h. All rows walk all trees at once, level by level: positions are
// gathered from tables of the nodes.
//
//===----------------------------------------------------------------------===//

#include "frontend/onnx/Trees.h"

#include <limits>

using namespace mlir;
using namespace lz;
using namespace lz::onnximport;
using llvm::ArrayRef;
using lz::DimExpr;

/// Levels that are unrolled; trees are not deeper but for hostile files.
static constexpr int64_t kMaxDepth = 1024;
/// Weights in a table of all leaves and targets.
static constexpr int64_t kMaxWeights = int64_t(1) << 28;

//===----------------------------------------------------------------------===//
// Checks
//===----------------------------------------------------------------------===//

/// Positions within the list, features within the row.
static bool checkNodes(Node &n, const Forest &forest, Value x) {
  int64_t count = forest.nodes.size();
  auto isNode = [&](int64_t at) { return at >= 0 && at < count; };
  std::optional<int64_t> features = n.constantDim(x, 1);
  for (const TreeNode &node : forest.nodes) {
    if (!isNode(node.ifTrue) || !isNode(node.ifFalse))
      n.error() << "has a branch to a node that does not exist";
    else if (node.feature < 0 || (features && node.feature >= *features))
      n.error() << "compares feature " << node.feature << " of "
                << (features ? *features : 0);
    if (n.failed)
      return false;
  }
  if (forest.roots.empty() || !llvm::all_of(forest.roots, isNode))
    n.error() << "has no roots, or one that is no node";
  return !n.failed;
}

/// The branches on the longest way from a root to a leaf, level by level: a
/// level that never ends is no tree.
static int64_t findDepth(Node &n, const Forest &forest) {
  llvm::DenseSet<int64_t> level(forest.roots.begin(), forest.roots.end());
  for (int64_t depth = 0; depth <= kMaxDepth; ++depth) {
    llvm::DenseSet<int64_t> next;
    for (int64_t at : level) {
      const TreeNode &node = forest.nodes[at];
      if (node.isLeaf)
        continue;
      next.insert(node.ifTrue);
      next.insert(node.ifFalse);
    }
    if (next.empty())
      return depth;
    level = std::move(next);
  }
  n.error() << "has nodes that lead in a circle, or trees of more than "
            << kMaxDepth << " levels";
  return 0;
}

//===----------------------------------------------------------------------===//
// The walk
//===----------------------------------------------------------------------===//

namespace {

class Walk {
public:
  Walk(Node &n, const Forest &forest, Value x) : n(n), forest(forest), x(x) {
    features = positions([](const TreeNode &node) { return node.feature; });
    ifTrue = positions([](const TreeNode &node) { return node.ifTrue; });
    ifFalse = positions([](const TreeNode &node) { return node.ifFalse; });
    llvm::SmallVector<double> numbers;
    for (const TreeNode &node : forest.nodes) {
      numbers.push_back(node.threshold);
      if (node.isLeaf)
        continue;
      used |= 1u << unsigned(node.branch);
      hasMissing |= node.missingIsTrue;
    }
    thresholds = table(n, numbers, n.elementType(x), {int64_t(numbers.size())});
    if ((used & (used - 1)) != 0)
      branches = positions(
          [](const TreeNode &node) { return int64_t(node.branch); });
    if (hasMissing)
      missing = positions(
          [](const TreeNode &node) { return int64_t(node.missingIsTrue); });
  }

  /// The rows of weights of all leaves that are reached, [rows, trees].
  Value run(int64_t depth) {
    Dims dims{n.dim(x, 0), DimExpr(int64_t(forest.roots.size()))};
    Value at = n.expand(n.unsqueeze(table(n, forest.roots), {0}), dims);
    for (int64_t level = 0; level < depth; ++level)
      at = step(at);
    return n.gather(
        positions([](const TreeNode &node) { return node.row; }), at, 0);
  }

private:
  template <typename Read> Value positions(Read read) {
    Ints column;
    for (const TreeNode &node : forest.nodes)
      column.push_back(read(node));
    return table(n, column);
  }

  Value step(Value at) {
    Value found = n.gatherElements(x, n.gather(features, at, 0), 1);
    Value threshold = n.gather(thresholds, at, 0);
    Value isTrue = compare(at, found, threshold);
    if (hasMissing) {
      Value takes = n.compare<NeOp>(n.gather(missing, at, 0), n.intScalar(0));
      Value isMissing = n.logicalAnd(n.test<IsNanOp>(found), takes);
      isTrue = n.binary<OrOp>(isTrue, isMissing);
    }
    return n.select(isTrue, n.gather(ifTrue, at, 0), n.gather(ifFalse, at, 0));
  }

  /// All kinds of comparison that occur; each node picks its own.
  Value compare(Value at, Value a, Value b) {
    Value branch = branches ? n.gather(branches, at, 0) : Value();
    Value result;
    for (unsigned kind = 0; kind <= unsigned(Branch::Neq); ++kind) {
      if ((used & (1u << kind)) == 0)
        continue;
      Value holds = compareBy(Branch(kind), a, b);
      result = result ? n.select(n.compare<EqOp>(branch, n.intScalar(kind)),
                                 holds, result)
                      : holds;
    }
    return result;
  }

  Value compareBy(Branch branch, Value a, Value b) {
    switch (branch) {
    case Branch::Leq:
      return n.compare<LeOp>(a, b);
    case Branch::Lt:
      return n.compare<LtOp>(a, b);
    case Branch::Gte:
      return n.compare<GeOp>(a, b);
    case Branch::Gt:
      return n.compare<GtOp>(a, b);
    case Branch::Neq:
      return n.compare<NeOp>(a, b);
    case Branch::Eq:
    case Branch::Member: // a row of nodes that compare for equality
      break;
    }
    return n.compare<EqOp>(a, b);
  }

  Node &n;
  const Forest &forest;
  Value x;
  unsigned used = 0; ///< a bit per kind of comparison
  bool hasMissing = false;
  Value features, thresholds, ifTrue, ifFalse, branches, missing;
};

} // namespace

//===----------------------------------------------------------------------===//
// Weights
//===----------------------------------------------------------------------===//

/// The extreme of the type, which stands for a target that no leaf weighs.
static double neutral(Aggregate aggregate, Type type) {
  if (aggregate != Aggregate::Min && aggregate != Aggregate::Max)
    return 0;
  double greatest =
      llvm::APFloat::getLargest(
          llvm::cast<FloatType>(type).getFloatSemantics())
          .convertToDouble();
  return aggregate == Aggregate::Min ? greatest : -greatest;
}

/// [leaves, targets]
static Value makeWeights(Node &n, const Forest &forest,
                         ArrayRef<LeafWeight> weights, Type type) {
  if (forest.numTargets < 1 ||
      forest.numLeaves > kMaxWeights / std::max<int64_t>(forest.numTargets, 1)) {
    n.error() << "has " << forest.numLeaves << " leaves and "
              << forest.numTargets << " targets, expected fewer than "
              << kMaxWeights << " weights";
    return {};
  }
  llvm::SmallVector<double> values(forest.numLeaves * forest.numTargets,
                                   neutral(forest.aggregate, type));
  for (const LeafWeight &weight : weights) {
    if (weight.target < 0 || weight.target >= forest.numTargets) {
      n.error() << "weighs target " << weight.target << " of "
                << forest.numTargets;
      return {};
    }
    double &value = values[weight.leaf * forest.numTargets + weight.target];
    if (forest.aggregate == Aggregate::Min)
      value = std::min(value, weight.weight);
    else if (forest.aggregate == Aggregate::Max)
      value = std::max(value, weight.weight);
    else
      value += weight.weight;
  }
  return table(n, values, type, {forest.numLeaves, forest.numTargets});
}

Value onnximport::walkForest(Node &n, const Forest &forest,
                             ArrayRef<LeafWeight> weights, Value x) {
  if (n.failed || !checkNodes(n, forest, x))
    return x;
  int64_t depth = findDepth(n, forest);
  if (n.failed)
    return x;
  Value perLeaf = makeWeights(n, forest, weights, n.elementType(x));
  if (n.failed)
    return x;
  Value leaves = Walk(n, forest, x).run(depth);
  Value all = n.gather(perLeaf, leaves, 0); // [rows, trees, targets]
  switch (forest.aggregate) {
  case Aggregate::Min:
    return n.reduce(ReduceKind::Min, all, {1}, false);
  case Aggregate::Max:
    return n.reduce(ReduceKind::Max, all, {1}, false);
  case Aggregate::Average:
    return n.reduce(ReduceKind::Mean, all, {1}, false);
  case Aggregate::Sum:
    break;
  }
  return n.reduce(ReduceKind::Sum, all, {1}, false);
}
