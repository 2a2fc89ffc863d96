// The pass lz-layout: convolutions that a library computes channels-last take
// their images so, and the transposes that this needs go down the graph until they
// meet their inverse, or an op that knows no order of axes but its own.

#include "ir/Values.h"

#include "passes/Concretize.h"
#include "passes/Globals.h"
#include "passes/Passes.h"
#include "passes/PermuteRules.h"
#include "passes/Views.h"

#include "mlir/IR/Dominance.h"
#include "mlir/Transforms/CSE.h"
#include "mlir/Transforms/GreedyPatternRewriteDriver.h"

using namespace mlir;
using llvm::ArrayRef;
using llvm::SmallVector;

namespace lz {

#define GEN_PASS_DEF_LAYOUTPASS
#include "passes/Passes.h.inc"

//===----------------------------------------------------------------------===//
// Values in another order
//===----------------------------------------------------------------------===//

/// The source of a transpose by `perm`, else null.
static Value getTransposed(Value value, ArrayRef<int64_t> perm) {
  auto op = value.getDefiningOp<TransposeOp>();
  return op && op.getPerm() == perm ? op.getSrc() : Value();
}

/// The dimensions of an operand that broadcasts to `rank` axes.
static SmallVector<DimExpr> alignedDims(TensorType type, int64_t rank) {
  SmallVector<DimExpr> dims(rank - type.getRank(), DimExpr(1));
  llvm::append_range(dims, type.getShape());
  return dims;
}

/// Whether `perm` leaves all axes in order that have elements to move.
static bool movesOnlyUnits(ArrayRef<DimExpr> dims, ArrayRef<int64_t> perm) {
  int64_t last = -1;
  for (int64_t axis : perm) {
    if (dims[axis] == DimExpr(1))
      continue;
    if (axis < last)
      return false;
    last = axis;
  }
  return true;
}

/// Whether `value`, which broadcasts to what `perm` transposes, can be had in the
/// order before that for nothing: it was transposed itself, has nothing to move,
/// or is known when compiling.
static bool isFreeToUntranspose(Value value, ArrayRef<int64_t> perm) {
  if (getTransposed(value, perm) || isConstantValue(value))
    return true;
  auto dims = alignedDims(tensorType(value), perm.size());
  return movesOnlyUnits(dims, invert(perm));
}

/// That value; axes of 1 in front are left out again, as broadcasting may.
static Value untranspose(PatternRewriter &rewriter, Value value,
                         ArrayRef<int64_t> perm) {
  if (Value src = getTransposed(value, perm))
    return src;
  TensorType type = tensorType(value);
  if (type.getNumElements() == 1)
    return value;
  bool isBroadcast = type.getRank() < static_cast<int64_t>(perm.size());
  Value aligned = reshaped(rewriter, value, alignedDims(type, perm.size()));
  Value result = transposed(rewriter, aligned, invert(perm));
  if (!isBroadcast)
    return result;
  auto dims = tensorType(result).getShape();
  return reshaped(rewriter, result, dims.drop_while([](const DimExpr &dim) {
    return dim == DimExpr(1);
  }));
}

//===----------------------------------------------------------------------===//
// Patterns
//===----------------------------------------------------------------------===//

/// How far the inverse of a transpose is looked for.
constexpr int kMaxLookahead = 4;

/// Whether a user of `value`, perhaps after a few ops that a transpose passes,
/// undoes `perm`.
static bool reachesInverse(Value value, ArrayRef<int64_t> perm, int depth) {
  return llvm::any_of(value.getUsers(), [&](Operation *user) {
    if (auto transposed = dyn_cast<TransposeOp>(user))
      return transposed.getPerm() == ArrayRef<int64_t>(invert(perm));
    if (depth == 0 || !user->hasTrait<LzElementwise>() ||
        tensorType(user->getResult(0)) != value.getType())
      return false;
    return reachesInverse(user->getResult(0), perm, depth - 1);
  });
}

namespace {

/// transpose(...) -> op -> ... becomes op -> transpose(...).
struct SinkTranspose : RewritePattern {
  explicit SinkTranspose(MLIRContext *context)
      : RewritePattern(MatchAnyOpTypeTag(), /*benefit=*/1, context) {}

  LogicalResult matchAndRewrite(Operation *op,
                                PatternRewriter &rewriter) const override;

private:
  static std::optional<Permutation> findPermutation(Operation *op);
  static bool isWorthwhile(Operation *op, ArrayRef<int64_t> perm);
};

/// Whether a convolution is to be computed channels-last.
using Wish = std::function<bool(Operation *)>;

/// A convolution that the library computes channels-last does so.
template <typename OpT> struct UseChannelsLast : OpRewritePattern<OpT> {
  UseChannelsLast(MLIRContext *context, Wish isWanted)
      : OpRewritePattern<OpT>(context), isWanted(std::move(isWanted)) {}

  LogicalResult matchAndRewrite(OpT op,
                                PatternRewriter &rewriter) const override {
    if (op.getChannelsLast() || !tensorType(op.getDst()).hasRank() ||
        !isWanted(op))
      return rewriter.notifyMatchFailure(op, "is as the library wants it");
    TensorType type = tensorType(op.getDst());
    Permutation perm = toChannelsFirst(type.getRank(), op.getSpatialRank());
    Value src = transposed(rewriter, op.getSrc(), invert(perm));
    auto copy = cast<OpT>(rewriter.clone(*op));
    rewriter.modifyOpInPlace(copy, [&] {
      copy.getSrcMutable().assign(src);
      copy.setChannelsLast(true);
      copy.getDst().setType(unpermute(type, perm));
    });
    rewriter.replaceOp(op, transposed(rewriter, copy.getDst(), perm));
    return success();
  }

  Wish isWanted;
};

} // namespace

/// The transpose to be moved past `op`, if an operand of it is one.
std::optional<Permutation> SinkTranspose::findPermutation(Operation *op) {
  int64_t count = permutesAllOperands(op) ? op->getNumOperands() : 1;
  for (Value operand : op->getOperands().take_front(count)) {
    auto source = operand.getDefiningOp<TransposeOp>();
    if (!source || !isToChannelsFirst(source.getPerm()))
      continue;
    // One that is broadcast along new axes would have to gain them first.
    if (!op->hasTrait<LzElementwise>() ||
        tensorType(op->getResult(0)).getRank() ==
            static_cast<int64_t>(source.getPerm().size()))
      return Permutation(source.getPerm());
  }
  return std::nullopt;
}

/// The other operands must be had in the other order as well. Where that costs
/// something, it saves as much if the result is wanted in that order.
bool SinkTranspose::isWorthwhile(Operation *op, ArrayRef<int64_t> perm) {
  if (!permutesAllOperands(op))
    return true;
  auto isFree = [&](Value operand) { return isFreeToUntranspose(operand, perm); };
  if (llvm::all_of(op->getOperands(), isFree))
    return true;
  // A transpose that is its own inverse would be moved to and fro.
  return ArrayRef<int64_t>(invert(perm)) != perm &&
         reachesInverse(op->getResult(0), perm, kMaxLookahead);
}

LogicalResult
SinkTranspose::matchAndRewrite(Operation *op, PatternRewriter &rewriter) const {
  if (op->getNumResults() != 1 || op->getNumOperands() == 0 ||
      op->getNumRegions() != 0)
    return failure();
  auto isRanked = [](Value value) {
    auto type = dyn_cast<TensorType>(value.getType());
    return type && type.hasRank();
  };
  if (!llvm::all_of(op->getOperands(), isRanked) ||
      !isRanked(op->getResult(0)))
    return failure();
  std::optional<Permutation> perm = findPermutation(op);
  if (!perm)
    return rewriter.notifyMatchFailure(op, "no transpose before it");
  std::optional<PermutedOp> permuted = permuteOp(op, *perm);
  if (!permuted || !isWorthwhile(op, *perm))
    return rewriter.notifyMatchFailure(op, "stops transposes");
  SmallVector<Value> operands(op->getOperands());
  int64_t count = permutesAllOperands(op) ? operands.size() : 1;
  for (Value &operand : llvm::MutableArrayRef(operands).take_front(count))
    operand = untranspose(rewriter, operand, *perm);
  TensorType type = tensorType(op->getResult(0));
  Operation *copy = rewriter.clone(*op);
  rewriter.modifyOpInPlace(copy, [&] {
    copy->setOperands(operands);
    for (NamedAttribute attribute : permuted->attributes)
      copy->setAttr(attribute.getName(), attribute.getValue());
    copy->getResult(0).setType(unpermute(type, permuted->result));
  });
  rewriter.replaceOp(op, transposed(rewriter, copy->getResult(0), permuted->result));
  return success();
}

//===----------------------------------------------------------------------===//
// The pass
//===----------------------------------------------------------------------===//

namespace {
struct LayoutPass : impl::LayoutPassBase<LayoutPass> {
  LayoutPass() = default;
  explicit LayoutPass(LayoutPassOptions options,
                      const PassServices &services = {})
      : LayoutPassBase(std::move(options)), oracle(services.denseOracle) {}

  LogicalResult initialize(MLIRContext *context) override {
    Wish isWanted = [this](Operation *op) { return wants(op); };
    RewritePatternSet all(context);
    all.add<UseChannelsLast<ConvOp>, UseChannelsLast<ConvTransposeOp>>(context,
                                                                      isWanted);
    all.add<SinkTranspose>(context);
    populateConcretizePatterns(all);
    patterns = std::move(all);
    return success();
  }

  void runOnOperation() override {
    GreedyRewriteConfig config;
    // Every step brings a transpose nearer to the end of the function.
    config.setMaxIterations(GreedyRewriteConfig::kNoLimit);
    for (FuncOp function : definedFunctions(getOperation())) {
      if (!hasWish(function))
        continue;
      if (failed(applyPatternsGreedily(function, patterns, config)))
        function.emitWarning("the layout of images did not settle");
      // What several convolutions read was transposed for each of them.
      IRRewriter rewriter(function.getContext());
      DominanceInfo dominance(function);
      eliminateCommonSubExpressions(rewriter, dominance, function);
    }
  }

private:
  bool wants(Operation *op) const {
    return always || (oracle && oracle->prefersChannelsLast(op));
  }
  /// If not, the function's transposes are left alone: other ops gain nothing
  /// from moving them.
  bool hasWish(FuncOp function) const {
    return function
        .walk([&](Operation *op) {
          return isa<ConvOp, ConvTransposeOp>(op) && wants(op)
                     ? WalkResult::interrupt()
                     : WalkResult::advance();
        })
        .wasInterrupted();
  }

  const DenseOracle *oracle = nullptr;
  FrozenRewritePatternSet patterns;
};
} // namespace

std::unique_ptr<Pass> createLayoutPass(LayoutPassOptions options,
                                       const PassServices &services) {
  return std::make_unique<LayoutPass>(std::move(options), services);
}

} // namespace lz
