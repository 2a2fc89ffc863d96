//===- Trees.h - Ensembles of decision trees --------------------*- C++ -*-===//
//
// Internal. All forms of trees that ONNX knows as one: nodes in one list, of
// which leaves lead to themselves, so that a walk of as many steps as the
// deepest tree has ends at each row's leaves.
//
//===----------------------------------------------------------------------===//

#ifndef LAZULI_FRONTEND_ONNX_TREES_H
#define LAZULI_FRONTEND_ONNX_TREES_H

#include "frontend/onnx/MachineLearning.h"

namespace lz::onnximport {

/// How a node compares its feature with its threshold.
enum class Branch : uint8_t { Leq, Lt, Gte, Gt, Eq, Neq, Member };

/// How the trees' weights become one.
enum class Aggregate : uint8_t { Average, Sum, Min, Max };

struct TreeNode {
  Branch branch = Branch::Leq;
  bool isLeaf = false;
  bool missingIsTrue = false; ///< NaN takes the true branch
  int64_t feature = 0;
  double threshold = 0;
  int64_t ifTrue = 0, ifFalse = 0; ///< positions in the list
  int64_t row = 0;                 ///< of a leaf: of its weights
};

struct Forest {
  std::vector<TreeNode> nodes;
  Ints roots;
  int64_t numTargets = 0, numLeaves = 0;
  Aggregate aggregate = Aggregate::Sum;

  /// A new leaf.
  TreeNode makeLeaf() {
    TreeNode leaf;
    leaf.isLeaf = true;
    leaf.row = numLeaves++;
    return leaf;
  }
};

/// What a leaf gives a target.
struct LeafWeight {
  int64_t leaf = 0, target = 0;
  double weight = 0;
};

/// The forest's [rows, targets] for the features `x`, aggregated. Fails where
/// the nodes are no trees.
mlir::Value walkForest(Node &n, const Forest &forest,
                       llvm::ArrayRef<LeafWeight> weights, mlir::Value x);

} // namespace lz::onnximport

#endif // LAZULI_FRONTEND_ONNX_TREES_H
