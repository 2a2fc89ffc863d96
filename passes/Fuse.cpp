// The pass lz-fuse: groups ops into lz.fused regions, each of which is one
// primitive of a library or one generated kernel.
//
// Groups grow backwards from the one value they produce: an op joins when all
// its users are members. So a group has one result, no cycle can arise, and
// nothing is computed twice but what costs nothing.

#include "ir/KernelOps.h"
#include "passes/FuseGroup.h"
#include "passes/FuseRules.h"
#include "passes/Globals.h"
#include "passes/Passes.h"

#include "llvm/ADT/DenseMap.h"
#include "llvm/ADT/DenseSet.h"
#include "llvm/ADT/SetVector.h"

using namespace mlir;
using llvm::SmallVector;

namespace lz {

using fuse::Group;

#define GEN_PASS_DEF_FUSEPASS
#include "passes/Passes.h.inc"

namespace {

/// A larger kernel takes disproportionately long to compile and to load, and its
/// values no longer fit into registers: what is saved between two such is little.
constexpr unsigned kMaxMembers = 64, kMaxInputs = 32;

class Fuser {
public:
  Fuser(Block &body, const PassServices &services)
      : body(body), oracle(services.denseOracle), refusesTogether(services.refusesTogether) {}

  void run();

private:
  void groupPrimitives();
  void groupKernels();
  void growPostOps(Group &group);
  void growElementwise(Group &group);
  void growRoot(Group &group);
  void growProlog(Group &group);
  void addRearrangedOperands(Group &group);
  void growProduct(Group &group);
  void growDepthwise(Group &group);
  void growRowWriter(Group &group);
  void addElementwiseProducers(Group &group, TensorType shape);
  bool mayJoin(const Group &group, Operation *op) const;
  bool hasRoomFor(const Group &group, Operation *op) const;
  std::string getReason(Operation *root) const;

  Block &body;
  const DenseOracle *oracle;
  const decltype(PassServices::refusesTogether) &refusesTogether;
  llvm::DenseMap<Operation *, unsigned> owner;
  llvm::DenseMap<Operation *, std::string> refusals;
  std::vector<Group> groups;
};

} // namespace

void Fuser::run() {
  if (oracle)
    groupPrimitives();
  groupKernels();
  for (Group &group : groups)
    makeRegion(body, group);
  // Cheap producers were copied to where they are used.
  for (Operation &op : llvm::make_early_inc_range(llvm::reverse(body)))
    if (isOpTriviallyDead(&op))
      op.erase();
}

//===----------------------------------------------------------------------===//
// Groups
//===----------------------------------------------------------------------===//

void Fuser::groupPrimitives() {
  for (Operation &op : body) {
    // Of what says itself why it is a generated kernel nobody is asked.
    if (!isDense(&op) || owner.count(&op) || op.hasAttr("lz.why"))
      continue;
    if (auto refusal = oracle->refuses(&op)) {
      refusals[&op] = *refusal;
      continue;
    }
    Group group;
    group.backend = oracle->backend().str();
    group.root = group.output = &op;
    group.members.insert(&op);
    growPostOps(group);
    for (Operation *member : group.members)
      owner[member] = groups.size();
    groups.push_back(std::move(group));
  }
}

/// Appends the only user of the last result while the library takes it.
void Fuser::growPostOps(Group &group) {
  TensorType shape = tensorType(group.root->getResult(0));
  SmallVector<Operation *> chain;
  while (true) {
    Value last = group.output->getResult(0);
    if (group.output->getNumResults() != 1 || !hasOneUser(last))
      return;
    Operation *next = *last.user_begin();
    if (next->getBlock() != &body || !isElementwise(next) || owner.count(next) ||
        !haveSameShape(tensorType(next->getResult(0)), shape) ||
        crossesWrite(next, group.output) || oracle->refusesPostOp(group.root, chain, next))
      return;
    chain.push_back(next);
    group.members.insert(next);
    group.output = next;
  }
}

/// From the last op to the first, so that producers find their users grouped.
void Fuser::groupKernels() {
  for (Operation &op : llvm::reverse(body)) {
    if (!isComputing(&op) || owner.count(&op) || isCheapToRepeat(&op))
      continue;
    Group group;
    group.backend = "cpu";
    group.output = &op;
    group.members.insert(&op);
    if (!isElementwise(&op))
      group.root = &op;
    growElementwise(group);
    growRoot(group);
    growRowWriter(group);
    growProlog(group);
    growProduct(group);
    growDepthwise(group);
    if (group.root)
      group.refusal = getReason(group.root);
    for (Operation *member : group.members)
      owner[member] = groups.size();
    groups.push_back(std::move(group));
  }
  // What is cheap to repeat but leaves the function needs a kernel too.
  for (Operation &op : body) {
    bool leaves = llvm::any_of(op.getUsers(), [&](Operation *user) {
      auto it = owner.find(user);
      return it == owner.end() ? !isCheapToRepeat(user)
                               : groups[it->second].backend != "cpu";
    });
    if (!isComputing(&op) || owner.count(&op) || !leaves)
      continue;
    Group group;
    group.backend = "cpu";
    group.output = group.root = &op;
    group.members.insert(&op);
    owner[&op] = groups.size();
    groups.push_back(std::move(group));
  }
}

/// Why `root` is the root of a generated kernel, where somebody said.
std::string Fuser::getReason(Operation *root) const {
  if (auto why = root->getAttrOfType<StringAttr>("lz.why"))
    return why.str();
  return refusals.lookup(root);
}

/// Whether `op` may become a member: all who use it are, and reading a state
/// later than now, where the region will stand, gives the same.
bool Fuser::mayJoin(const Group &group, Operation *op) const {
  if (!op || op->getBlock() != &body || owner.count(op) ||
      group.members.contains(op) || !isComputing(op) ||
      op->getNumResults() != 1)
    return false;
  auto isMember = [&](Operation *user) { return group.members.contains(user); };
  return llvm::all_of(op->getUsers(), isMember) && hasRoomFor(group, op) &&
         !crossesWrite(op, group.output);
}

/// Whether the group stays small enough. One that is born with many inputs may
/// still take in what adds none.
bool Fuser::hasRoomFor(const Group &group, Operation *op) const {
  if (group.members.size() >= kMaxMembers)
    return false;
  llvm::SmallDenseSet<Value, 32> before, after;
  for (Operation *member : group.members)
    for (Value operand : member->getOperands())
      if (!group.members.contains(operand.getDefiningOp()))
        before.insert(operand);
  for (Value operand : before)
    if (operand.getDefiningOp() != op)
      after.insert(operand);
  after.insert_range(op->getOperands());
  return after.size() <= std::max(kMaxInputs, before.size());
}

/// Adds elementwise producers of the given shape until none is left. A member
/// that joins may be the last missing user of a producer seen before.
void Fuser::addElementwiseProducers(Group &group, TensorType shape) {
  auto mayProduce = [&](Operation *op) {
    if (!mayJoin(group, op) || !isElementwise(op))
      return false;
    TensorType type = tensorType(op->getResult(0));
    return haveSameShape(type, shape) || isOneElement(type);
  };
  for (bool grown = true; grown;) {
    grown = false;
    for (size_t i = 0; i < group.members.size(); ++i)
      for (Value operand : group.members[i]->getOperands())
        if (mayProduce(operand.getDefiningOp()))
          grown |= group.members.insert(operand.getDefiningOp());
  }
}

void Fuser::growElementwise(Group &group) {
  if (!group.root)
    addElementwiseProducers(group, tensorType(group.output->getResult(0)));
}

/// Takes in the heaviest op that feeds the elementwise members and writes the
/// same shape: they are then computed on its results while those are at hand.
void Fuser::growRoot(Group &group) {
  if (group.root)
    return;
  TensorType shape = tensorType(group.output->getResult(0));
  Operation *best = nullptr;
  for (Operation *member : group.members)
    for (Value operand : member->getOperands()) {
      Operation *producer = operand.getDefiningOp();
      if (!mayJoin(group, producer) || !acceptsEpilog(producer) ||
          !haveSameShape(tensorType(producer->getResult(0)), shape))
        continue;
      if (!best || rankAsRoot(producer) > rankAsRoot(best))
        best = producer;
    }
  if (!best)
    return;
  group.members.insert(best);
  group.root = best;
}

/// Transposes and slices before an op that reads rows wherever they lie.
void Fuser::addRearrangedOperands(Group &group) {
  SmallVector<Value> worklist(group.root->getOperands());
  while (!worklist.empty()) {
    Operation *producer = worklist.pop_back_val().getDefiningOp();
    if (!mayJoin(group, producer) || !keepsRows(producer))
      continue;
    group.members.insert(producer);
    llvm::append_range(worklist, producer->getOperands());
  }
}

/// A depthwise convolution whose rows the root multiplies, unless it computes its own source.
void Fuser::growDepthwise(Group &group) {
  if (!isProductOfRows(group.root))
    return;
  auto depthwise = cast<MatmulOp>(group.root).getLhs().getDefiningOp<ConvDepthwiseOp>();
  if (!refusesTogether || !mayJoin(group, depthwise) ||
      refusesTogether(depthwise, group.root))
    return;
  Group alone;
  alone.root = alone.output = depthwise;
  alone.members.insert(depthwise);
  growProduct(alone);
  if (alone.members.size() == 1)
    group.members.insert(depthwise);
}

/// A product of which the root reads rows, and the elementwise ops between: the kernel computes
/// rows when it reads them.
void Fuser::growProduct(Group &group) {
  auto depthwise = dyn_cast_or_null<ConvDepthwiseOp>(group.root);
  if (!depthwise || !refusesTogether)
    return;
  TensorType shape = tensorType(depthwise.getSrc());
  Group grown = group;
  addElementwiseProducers(grown, shape);
  llvm::SetVector<Operation *> products;
  for (Operation *member : grown.members)
    for (Value operand : member->getOperands())
      if (isProductOfRows(operand.getDefiningOp()) &&
          haveSameShape(tensorType(operand), shape))
        products.insert(operand.getDefiningOp());
  if (products.size() != 1 || !mayJoin(grown, products[0]) ||
      refusesTogether(products[0], depthwise))
    return;
  grown.members.insert(products[0]);
  group = std::move(grown);
}

/// Elementwise ops before a reduction or normalization, on the shape it reads.
void Fuser::growProlog(Group &group) {
  if (group.root && readsRowsAnywhere(group.root))
    addRearrangedOperands(group);
  if (group.root && group.root->getNumOperands() > 0)
    if (Operation *source = group.root->getOperand(0).getDefiningOp();
        readsChannelsApart(group.root, source) && mayJoin(group, source))
      group.members.insert(source);
  if (!group.root || !acceptsProlog(group.root))
    return;
  addElementwiseProducers(group, tensorType(group.root->getOperand(0)));
}

/// What reads rows wherever they lie writes them so, too: in the order of a transpose
/// that follows.
void Fuser::growRowWriter(Group &group) {
  auto last = dyn_cast_or_null<TransposeOp>(group.root);
  if (!last || !keepsRows(last))
    return;
  Operation *producer = last.getSrc().getDefiningOp();
  if (!mayJoin(group, producer) || !readsRowsAnywhere(producer))
    return;
  group.members.insert(producer);
  group.root = producer;
}

namespace {
struct FusePass : impl::FusePassBase<FusePass> {
  FusePass() = default;
  explicit FusePass(const PassServices &services) : services(services) {}

  void runOnOperation() override {
    if (services.decompose)
      services.decompose(getOperation(), services.denseOracle);
    for (FuncOp function : definedFunctions(getOperation())) {
      prepareRegions(function);
      // Kernels are formed within a block: what runs there, runs together.
      SmallVector<Block *> blocks;
      function.walk([&](Block *block) { blocks.push_back(block); });
      for (Block *block : blocks)
        if (isa<FuncOp, IfOp, LoopOp>(block->getParentOp()))
          Fuser(*block, services).run();
    }
  }

  PassServices services;
};
} // namespace

std::unique_ptr<Pass> createFusePass(const PassServices &services) {
  return std::make_unique<FusePass>(services);
}

} // namespace lz
