//===- TreeModels.cpp - Tree ensembles as files hold them -----------------===//
//
// TreeEnsemble has nodes and leaves in two lists; the older operators have one,
// whose nodes are numbered within their trees.
//
//===----------------------------------------------------------------------===//

#include "frontend/onnx/Trees.h"

#include "llvm/ADT/DenseMap.h"
#include "llvm/ADT/StringSwitch.h"

#include <cmath>
#include <map>

using namespace mlir;
using namespace lz;
using namespace lz::onnximport;
using llvm::ArrayRef;
using llvm::SmallVector;
using llvm::StringRef;
using lz::DimExpr;

/// An error unless a list has `count` elements; may it be empty?
static void checkCount(Node &n, StringRef name, size_t found, size_t count,
                       bool optional = false) {
  if (n.failed || found == count || (optional && found == 0))
    return;
  n.error() << "attribute '" << name << "' has " << int64_t(found)
            << " elements, expected " << int64_t(count);
}

/// The list of that name, checked.
static Ints readList(Node &n, StringRef name, size_t count,
                     bool optional = false) {
  Ints list = n.attrInts(name);
  checkCount(n, name, list.size(), count, optional);
  if (list.empty())
    list.resize(count);
  return list;
}

//===----------------------------------------------------------------------===//
// TreeEnsemble
//===----------------------------------------------------------------------===//

namespace {

/// Reads nodes, then turns those that ask for members of a set into rows of
/// nodes that ask for one each.
class EnsembleReader {
public:
  EnsembleReader(Node &n, Forest &forest) : n(n), forest(forest) {}

  void read() {
    SmallVector<double> splits = attrNumbers(n, "", "nodes_splits");
    SmallVector<double> modes = attrNumbers(n, "", "nodes_modes");
    size_t count = splits.size();
    checkCount(n, "nodes_modes", modes.size(), count);
    Ints features = readList(n, "nodes_featureids", count);
    Ints missing = readList(n, "nodes_missing_value_tracks_true", count, true);
    Ints trueIds = readList(n, "nodes_truenodeids", count);
    Ints falseIds = readList(n, "nodes_falsenodeids", count);
    Ints trueLeafs = readList(n, "nodes_trueleafs", count);
    Ints falseLeafs = readList(n, "nodes_falseleafs", count);
    if (n.failed)
      return;
    numInner = count;
    numLeaves = n.attrInts("leaf_targetids").size();
    for (size_t i = 0; i < count; ++i) {
      TreeNode node;
      node.branch = readBranch(modes[i]);
      node.missingIsTrue = missing[i] != 0;
      node.feature = features[i];
      node.threshold = splits[i];
      node.ifTrue = position(trueIds[i], trueLeafs[i]);
      node.ifFalse = position(falseIds[i], falseLeafs[i]);
      forest.nodes.push_back(node);
    }
    for (int64_t i = 0; i < numLeaves; ++i) {
      forest.nodes.push_back(forest.makeLeaf());
      forest.nodes.back().ifTrue = forest.nodes.back().ifFalse = numInner + i;
    }
    forest.roots = n.attrInts("tree_roots");
    expandMembers();
  }

private:
  Branch readBranch(double mode) {
    if (mode >= 0 && mode <= double(Branch::Member))
      return Branch(int(mode));
    n.error() << "has a node of mode " << mode << ", expected 0 to 6";
    return Branch::Eq;
  }

  /// Leaves come after the nodes.
  int64_t position(int64_t id, int64_t isLeaf) {
    if (id < 0 || id >= (isLeaf ? numLeaves : numInner)) {
      n.error() << "has a branch to " << (isLeaf ? "leaf " : "node ") << id
                << " of " << (isLeaf ? numLeaves : numInner);
      return 0;
    }
    return isLeaf ? numInner + id : id;
  }

  /// The sets stand in the nodes' order, each before a NaN.
  void expandMembers() {
    SmallVector<double> members = attrNumbers(n, "", "membership_values");
    size_t next = 0;
    for (int64_t i = 0; i < numInner && !n.failed; ++i) {
      if (forest.nodes[i].branch != Branch::Member)
        continue;
      SmallVector<double> set;
      while (next < members.size() && !std::isnan(members[next]))
        set.push_back(members[next++]);
      if (next++ >= members.size())
        n.error() << "has fewer sets in 'membership_values' than nodes that "
                     "ask for members";
      else
        expandNode(i, set);
    }
  }

  void expandNode(int64_t at, ArrayRef<double> set) {
    forest.nodes[at].branch = Branch::Eq;
    forest.nodes[at].threshold =
        set.empty() ? std::nan("") : set.front(); // equal to nothing
    for (double member : set.drop_front(set.empty() ? 0 : 1)) {
      TreeNode node = forest.nodes[at];
      node.threshold = member;
      int64_t added = forest.nodes.size();
      forest.nodes[at].ifFalse = added;
      forest.nodes.push_back(node);
      at = added;
    }
  }

  Node &n;
  Forest &forest;
  int64_t numInner = 0, numLeaves = 0;
};

} // namespace

static StringRef transformName(Node &n) {
  constexpr const char *names[] = {"NONE", "SOFTMAX", "LOGISTIC",
                                   "SOFTMAX_ZERO", "PROBIT"};
  int64_t number = n.attrInt("post_transform", 0);
  return number >= 0 && number < 5 ? names[number] : "unknown";
}

static void importTreeEnsemble(Node &n) {
  Value x = asRows(n, n.in(0));
  if (!n.failed && !n.isFloat(x))
    n.error() << "has features of " << n.elementType(x) << ", expected floats";
  Forest forest;
  forest.numTargets = n.attrInt("n_targets", 1);
  int64_t aggregate = n.attrInt("aggregate_function", 1);
  if (aggregate < 0 || aggregate > 3)
    n.error() << "has aggregate_function " << aggregate << ", expected 0 to 3";
  forest.aggregate = Aggregate(aggregate);
  if (n.failed)
    return;
  EnsembleReader(n, forest).read();
  Ints targets = n.attrInts("leaf_targetids");
  SmallVector<double> numbers = attrNumbers(n, "", "leaf_weights");
  checkCount(n, "leaf_weights", numbers.size(), targets.size());
  if (n.failed)
    return;
  SmallVector<LeafWeight> weights;
  for (size_t i = 0; i < targets.size(); ++i)
    weights.push_back({int64_t(i), targets[i], numbers[i]});
  Value y = walkForest(n, forest, weights, x);
  n.set(0, postTransform(n, y, transformName(n)));
}

//===----------------------------------------------------------------------===//
// TreeEnsembleRegressor, TreeEnsembleClassifier
//===----------------------------------------------------------------------===//

namespace {

/// Nodes by the number of their tree and their own.
using NodePlaces = std::map<std::pair<int64_t, int64_t>, int64_t>;

class OldReader {
public:
  OldReader(Node &n, Forest &forest) : n(n), forest(forest) {}

  void read() {
    Ints trees = n.attrInts("nodes_treeids");
    size_t count = trees.size();
    Ints ids = readList(n, "nodes_nodeids", count);
    Ints features = readList(n, "nodes_featureids", count);
    Ints missing = readList(n, "nodes_missing_value_tracks_true", count, true);
    Ints trueIds = readList(n, "nodes_truenodeids", count);
    Ints falseIds = readList(n, "nodes_falsenodeids", count);
    std::vector<std::string> modes = n.attrStrings("nodes_modes");
    SmallVector<double> values =
        attrNumbers(n, "nodes_values", "nodes_values_as_tensor");
    checkCount(n, "nodes_modes", modes.size(), count);
    checkCount(n, "nodes_values", values.size(), count);
    if (n.failed)
      return;
    for (size_t i = 0; i < count; ++i)
      places.try_emplace({trees[i], ids[i]}, i);
    std::map<int64_t, int64_t> roots; // a tree's first node
    for (size_t i = 0; i < count; ++i) {
      roots.try_emplace(trees[i], i);
      TreeNode node = modes[i] == "LEAF" ? forest.makeLeaf() : TreeNode();
      node.missingIsTrue = missing[i] != 0;
      node.threshold = node.isLeaf ? 0 : values[i];
      node.feature = node.isLeaf ? 0 : features[i];
      node.branch = node.isLeaf ? Branch::Leq : readBranch(modes[i]);
      node.ifTrue = node.isLeaf ? i : find(trees[i], trueIds[i]).value_or(0);
      node.ifFalse = node.isLeaf ? i : find(trees[i], falseIds[i]).value_or(0);
      forest.nodes.push_back(node);
    }
    for (auto [tree, root] : roots)
      forest.roots.push_back(root);
  }

  /// The weights of leaves: four lists whose names begin with `what`.
  SmallVector<LeafWeight> readWeights(const std::string &what) {
    Ints trees = n.attrInts(what + "_treeids");
    Ints ids = readList(n, what + "_nodeids", trees.size());
    Ints targets = readList(n, what + "_ids", trees.size());
    SmallVector<double> numbers =
        attrNumbers(n, what + "_weights", what + "_weights_as_tensor");
    checkCount(n, what + "_weights", numbers.size(), trees.size());
    SmallVector<LeafWeight> weights;
    for (size_t i = 0; i < trees.size() && !n.failed; ++i) {
      std::optional<int64_t> at = find(trees[i], ids[i]);
      if (!at)
        break;
      const TreeNode &leaf = forest.nodes[*at];
      if (leaf.isLeaf) // weights of other nodes are never reached
        weights.push_back({leaf.row, targets[i], numbers[i]});
    }
    return weights;
  }

private:
  /// The node's index; nullopt after an error.
  std::optional<int64_t> find(int64_t tree, int64_t id) {
    auto found = places.find({tree, id});
    if (found != places.end())
      return found->second;
    n.error() << "names node " << id << " of tree " << tree
              << ", which does not exist";
    return std::nullopt;
  }

  Branch readBranch(StringRef mode) {
    auto branch = llvm::StringSwitch<std::optional<Branch>>(mode)
                      .Case("BRANCH_LEQ", Branch::Leq)
                      .Case("BRANCH_LT", Branch::Lt)
                      .Case("BRANCH_GTE", Branch::Gte)
                      .Case("BRANCH_GT", Branch::Gt)
                      .Case("BRANCH_EQ", Branch::Eq)
                      .Case("BRANCH_NEQ", Branch::Neq)
                      .Default(std::nullopt);
    if (!branch)
      n.error() << "has a node of mode '" << mode
                << "', expected LEAF or BRANCH_LEQ, LT, GTE, GT, EQ or NEQ";
    return branch.value_or(Branch::Leq);
  }

  Node &n;
  Forest &forest;
  NodePlaces places;
};

} // namespace

static Value addBase(Node &n, Value y, int64_t targets) {
  SmallVector<double> base =
      attrNumbers(n, "base_values", "base_values_as_tensor");
  if (base.empty() || n.failed)
    return y;
  checkCount(n, "base_values", base.size(), base.size() == 1 ? 1 : targets);
  return n.failed ? y : n.add(y, n.floats(base, n.elementType(y)));
}

static Aggregate readAggregate(Node &n) {
  std::string name = n.attrString("aggregate_function", "SUM");
  auto aggregate = llvm::StringSwitch<std::optional<Aggregate>>(name)
                       .Case("SUM", Aggregate::Sum)
                       .Case("AVERAGE", Aggregate::Average)
                       .Case("MIN", Aggregate::Min)
                       .Case("MAX", Aggregate::Max)
                       .Default(std::nullopt);
  if (!aggregate)
    n.error() << "has aggregate_function '" << name
              << "', expected SUM, AVERAGE, MIN or MAX";
  return aggregate.value_or(Aggregate::Sum);
}

static void importTreeEnsembleRegressor(Node &n) {
  Value x = asRows(n, n.cast(n.in(0), modelType(n, n.in(0))));
  Forest forest;
  forest.numTargets = n.attrInt("n_targets", 1);
  forest.aggregate = readAggregate(n);
  OldReader reader(n, forest);
  reader.read();
  SmallVector<LeafWeight> weights = reader.readWeights("target");
  Value y = addBase(n, walkForest(n, forest, weights, x), forest.numTargets);
  y = postTransform(n, y, n.attrString("post_transform", "NONE"));
  n.set(0, n.cast(y, n.f32()));
}

/// Where only one class has weights, they are the second's: the first has what
/// is left, or the opposite.
static Value completeBinary(Node &n, Value scores, int64_t weighed,
                            StringRef mode) {
  Value second = n.slice(scores, 1, weighed, weighed + 1);
  Value first = mode == "NONE" || mode == "PROBIT"
                    ? n.sub(n.scalarLike(1, second), second)
                    : n.neg(second);
  return n.concat({first, second}, 1);
}

static void importTreeEnsembleClassifier(Node &n) {
  Value x = asRows(n, n.cast(n.in(0), modelType(n, n.in(0))));
  ClassLabels labels(n, "classlabels_int64s", "classlabels_strings");
  Forest forest;
  forest.numTargets = labels.size();
  OldReader reader(n, forest);
  reader.read();
  SmallVector<LeafWeight> weights = reader.readWeights("class");
  Value scores = addBase(n, walkForest(n, forest, weights, x), labels.size());
  Ints classes = n.attrInts("class_ids");
  std::string mode = n.attrString("post_transform", "NONE");
  if (n.failed)
    return;
  bool isBinary = labels.size() <= 2 && llvm::all_equal(classes);
  if (isBinary && !classes.empty())
    scores = completeBinary(n, scores, classes.front(), mode);
  scores = postTransform(n, scores, mode);
  Value best = n.reduce(ReduceKind::ArgMax, scores, {1}, false);
  n.set(0, labels.size() == 1
               ? labels.pickFirst(n.compare<EqOp>(best, n.intScalar(1)))
               : labels.pick(best));
  n.set(1, n.cast(scores, n.f32()));
}

//===----------------------------------------------------------------------===//
// The table
//===----------------------------------------------------------------------===//

static const OpRow rows[] = {
    {"TreeEnsemble", importTreeEnsemble, 1, 1, kMlDomain},
    {"TreeEnsembleRegressor", importTreeEnsembleRegressor, 1, 1, kMlDomain},
    {"TreeEnsembleClassifier", importTreeEnsembleClassifier, 1, 1, kMlDomain},
};

OpRows lz::onnximport::treeOps() { return rows; }
