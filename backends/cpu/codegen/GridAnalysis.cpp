//===- GridAnalysis.cpp - which dimensions of the outputs split the work --===//
//
// A tile of the outputs is followed backwards through the indexing maps. A producer whose
// part does not shrink with the tile would be recomputed per tile; where it costs something
// the dimension is refused.
//
//===----------------------------------------------------------------------===//

#include "backends/cpu/codegen/GridAnalysis.h"

#include "backends/cpu/Grain.h"

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Linalg/IR/Linalg.h"
#include "mlir/Dialect/Math/IR/Math.h"
#include "mlir/Dialect/Tensor/IR/Tensor.h"
#include "mlir/IR/Matchers.h"

using namespace mlir;

namespace lz::cpu {
namespace {

/// Extents of dynamic dimensions are not known; this stands for them in cost estimates.
constexpr int64_t kAssumedExtent = 256;

using DimSet = llvm::SmallBitVector;

DimSet loopsOf(AffineExpr expr, unsigned numLoops) {
  DimSet set(numLoops);
  expr.walk([&](AffineExpr e) {
    if (auto dim = dyn_cast<AffineDimExpr>(e))
      set.set(dim.getPosition());
  });
  return set;
}

/// The loops of `op` that move with the dimensions `driven` of its result `index`.
DimSet drivenLoops(linalg::LinalgOp op, unsigned index, const DimSet &driven) {
  DimSet loops(op.getNumLoops());
  AffineMap map = op.getIndexingMapMatchingResult(op->getResult(index));
  for (unsigned j : driven.set_bits())
    loops |= loopsOf(map.getResult(j), op.getNumLoops());
  return loops;
}

DimSet drivenDims(AffineMap map, const DimSet &loops) {
  DimSet dims(map.getNumResults());
  for (unsigned j = 0; j < map.getNumResults(); ++j)
    if (loopsOf(map.getResult(j), map.getNumDims()).anyCommon(loops))
      dims.set(j);
  return dims;
}

/// True if computing the value takes work: anything but arguments, fills and views of them.
bool isCostly(Value value) {
  Operation *def = value.getDefiningOp();
  if (auto generic = dyn_cast_or_null<linalg::GenericOp>(def))
    if (generic.getNumDpsInputs() == 0 && llvm::hasSingleElement(*generic.getBody()))
      return false;
  if (!def || isa<tensor::EmptyOp, linalg::FillOp, arith::ConstantOp>(def))
    return false;
  if (isa<tensor::ExpandShapeOp, tensor::CollapseShapeOp, tensor::CastOp,
          tensor::ExtractSliceOp>(def))
    return isCostly(def->getOperand(0));
  return true;
}

class Analysis {
public:
  explicit Analysis(ArrayRef<Root> roots) : roots(roots) {}

  /// May the roots be split along these result dimensions?
  bool mayTile(const DimSet &dims) {
    return llvm::all_of(roots, [&](const Root &root) { return visit(root.value, dims); });
  }

  /// Cost of the work for one point of the candidate space: the largest volume of loops
  /// that the candidates do not move, and whether a contraction is among them.
  struct Cost {
    double perPoint = 1;  ///< loop iterations of all ops, weighted by their bodies
    int64_t temporary = 1; ///< largest number of elements of one intermediate result
    linalg::LinalgOp contraction; ///< the one nearest to the outputs, or null
    DimSet loops;                 ///< of the contraction, moved by the candidates
  };
  Cost cost(const DimSet &dims) {
    Cost total;
    total.perPoint = 0;
    for (const Root &root : roots)
      accumulate(root.value, dims, total);
    total.perPoint = std::max(total.perPoint, 1.0);
    return total;
  }

private:
  /// May the work be split where these dimensions of `value` are? Each question is
  /// answered once: a value is reached by as many ways as there are uses above it.
  bool visit(OpResult value, const DimSet &driven) {
    for (const auto &[dims, answer] : visited[value])
      if (dims == driven)
        return answer;
    bool answer = mayFollow(value, driven);
    visited[value].push_back({driven, answer});
    return answer;
  }

  bool mayFollow(OpResult value, const DimSet &driven) {
    auto op = dyn_cast<linalg::LinalgOp>(value.getOwner());
    if (!op || !op.hasPureTensorSemantics())
      return false;
    if (!op.getIndexingMapMatchingResult(value).isProjectedPermutation())
      return false;
    DimSet loops = drivenLoops(op, value.getResultNumber(), driven);
    for (OpOperand &operand : op->getOpOperands()) {
      if (!isCostly(operand.get()))
        continue;
      DimSet dims = drivenDims(op.getMatchingIndexingMap(&operand), loops);
      auto producer = dyn_cast<OpResult>(operand.get());
      if (dims.none() || !visit(producer, dims))
        return false;
    }
    return readsOnlyArguments(op);
  }

  /// tensor.extract in a body reads a whole tensor: it must exist before the tile.
  static bool readsOnlyArguments(linalg::LinalgOp op) {
    WalkResult result = op->walk([&](Operation *inner) {
      for (Value operand : inner->getOperands())
        if (inner != op && isa<TensorType>(operand.getType()) && isCostly(operand))
          return WalkResult::interrupt();
      return WalkResult::advance();
    });
    return !result.wasInterrupted();
  }

  static int64_t assumed(int64_t extent) {
    return ShapedType::isDynamic(extent) ? kAssumedExtent : extent;
  }

  static double bodyCost(linalg::LinalgOp op) {
    double cost = 1;
    for (Operation &inner : op.getBlock()->without_terminator())
      cost += isa<math::MathDialect>(inner.getDialect()) ? 8 : 0.25;
    return cost;
  }

  void accumulate(OpResult value, const DimSet &driven, Cost &total) {
    auto op = dyn_cast<linalg::LinalgOp>(value.getOwner());
    if (!op || !seen.insert(op).second)
      return;
    DimSet loops = drivenLoops(op, value.getResultNumber(), driven);
    int64_t volume = 1;
    for (auto [i, extent] : llvm::enumerate(op.getStaticLoopRanges()))
      if (!loops.test(i))
        volume *= assumed(extent);
    total.perPoint += volume * (isContraction(op) ? 0.0625 : bodyCost(op));
    if (isContraction(op) && !total.contraction) {
      total.contraction = op;
      total.loops = loops;
    }
    int64_t elements = 1;
    for (auto [j, extent] : llvm::enumerate(cast<ShapedType>(value.getType()).getShape()))
      if (!driven.test(j))
        elements *= assumed(extent);
    bool isRoot = llvm::any_of(roots, [&](const Root &r) { return r.value == value; });
    if (!isRoot)
      total.temporary = std::max(total.temporary, elements);
    for (OpOperand &operand : op->getOpOperands())
      if (isCostly(operand.get()) && isa<OpResult>(operand.get()))
        accumulate(cast<OpResult>(operand.get()),
                   drivenDims(op.getMatchingIndexingMap(&operand), loops), total);
  }

  ArrayRef<Root> roots;
  llvm::SmallPtrSet<Operation *, 8> seen;
  /// For each value the dimensions asked for, and what the answer was.
  llvm::DenseMap<Value, SmallVector<std::pair<DimSet, bool>, 1>> visited;
};

bool sameExtent(const GridDim &a, const GridDim &b) {
  return a.extent == b.extent && a.sizes == b.sizes;
}

/// Leading dimensions that all roots share, as far as their extents are known.
SmallVector<GridDim> commonDims(KernelFunc kernel, ArrayRef<Root> roots,
                                SmallVectorImpl<unsigned> &positions) {
  SmallVector<GridDim> dims;
  auto type = cast<RankedTensorType>(roots[0].value.getType());
  for (unsigned d = 0; d < type.getRank(); ++d) {
    std::optional<GridDim> extent = extentOf(kernel, roots[0].value, d);
    bool same = extent && llvm::all_of(roots.drop_front(), [&](const Root &root) {
      if (d >= cast<RankedTensorType>(root.value.getType()).getRank())
        return false;
      std::optional<GridDim> other = extentOf(kernel, root.value, d);
      return other && sameExtent(*extent, *other);
    });
    if (!same) {
      // A dimension of unknown extent can still be computed whole in every tile, but
      // where roots differ nothing after it corresponds.
      if (roots.size() > 1)
        break;
      continue;
    }
    dims.push_back(*extent);
    positions.push_back(d);
  }
  return dims;
}

int64_t roundTile(int64_t tile, int64_t unit) {
  return tile >= unit ? tile / unit * unit : std::max<int64_t>(tile, 1);
}

/// Splits `extent` into equal tiles of at most `limit`, multiples of `unit`.
int64_t balancedTile(int64_t extent, int64_t limit, int64_t unit) {
  if (extent <= limit)
    return extent;
  int64_t count = llvm::divideCeil(extent, limit);
  int64_t tile = llvm::divideCeil(extent, count);
  return std::max<int64_t>(std::min<int64_t>(llvm::divideCeil(tile, unit) * unit, limit), 1);
}

/// A tile of at most `limit` along the dimension; equal ones where the extent is known.
int64_t tileOf(const GridDim &dim, int64_t limit, int64_t unit) {
  limit = std::max<int64_t>(limit, 1);
  return dim.sizes.empty() ? balancedTile(dim.extent, limit, unit) : limit;
}

/// The largest tile of `limit` / 2 to `limit` without a rest, else one like the others.
int64_t evenTile(const GridDim &dim, int64_t limit) {
  if (dim.sizes.empty() && dim.extent > limit)
    for (int64_t tile = limit; tile * 2 >= limit && tile > 0; --tile)
      if (dim.extent % tile == 0)
        return tile;
  return tileOf(dim, limit, 1);
}

/// A tile of at most `limit` rows. A rest gives the loops over rows an extent that is not
/// constant, and LLVM then makes vectors of elements of different rows: long ones are taken
/// one by one rather.
int64_t rowTile(const GridDim &dim, int64_t limit) {
  constexpr int64_t fewRows = 16;
  int64_t tile = evenTile(dim, limit);
  bool hasRest = !dim.sizes.empty() || dim.extent % tile != 0;
  return hasRest && limit <= fewRows ? 1 : tile;
}

/// Elementwise work and reductions: whole inner dimensions first.
void chooseTiles(MutableArrayRef<GridChoice> choices, unsigned rank,
                 const Analysis::Cost &cost, int64_t lanes) {
  // Weighted iterations of one unit: about one microsecond, or a few.
  int64_t points = std::max<int64_t>(1, 16384 / cost.perPoint);
  // Intermediate results of a tile should stay in the first two cache levels.
  points = std::min(points, std::max<int64_t>(1, (64 << 10) / cost.temporary));
  for (GridChoice &choice : llvm::reverse(choices)) {
    bool inner = choice.dim + 1 == rank;
    int64_t limit = std::max(roundTile(points, lanes), lanes);
    choice.grid.tile = inner ? tileOf(choice.grid, limit, lanes) : rowTile(choice.grid, points);
    points = std::max<int64_t>(1, points / choice.grid.tile);
  }
}

/// Is `dim` one along which a vector of some factor is used again? Those tiles fill the
/// registers of a contraction.
bool isRowDim(ArrayRef<Root> roots, unsigned rank, unsigned dim) {
  DimSet set(rank);
  set.set(dim);
  Analysis::Cost alone = Analysis(roots).cost(set);
  linalg::LinalgOp op = alone.contraction;
  AffineMap out = op.getMatchingIndexingMap(op.getDpsInitOperand(0));
  if (out.getNumResults() == 0 || alone.loops.none())
    return false;
  DimSet vector = loopsOf(out.getResults().back(), op.getNumLoops());
  if (vector.anyCommon(alone.loops))
    return false;
  return llvm::any_of(op.getDpsInputOperands(), [&](OpOperand *operand) {
    DimSet used(op.getNumLoops());
    for (AffineExpr expr : op.getMatchingIndexingMap(operand).getResults())
      used |= loopsOf(expr, op.getNumLoops());
    return used.anyCommon(vector) && !used.anyCommon(alone.loops);
  });
}

/// Contractions: a few vectors inside, rows that share them, and with what is left of the
/// budget first more of those rows, which lie beside each other.
void chooseContractionTiles(MutableArrayRef<GridChoice> choices, ArrayRef<Root> roots,
                            unsigned rank, const Analysis::Cost &cost, int64_t lanes,
                            bool wide) {
  double points = grainFor(cost.perPoint);
  int64_t memory = std::max<int64_t>(1, (64 << 10) / cost.temporary);
  SmallVector<GridChoice *> rest;
  GridChoice *rows = nullptr;
  auto left = [&] {
    return std::max<int64_t>(std::min<double>(points, std::max<int64_t>(memory, 1)), 1);
  };
  auto take = [&](int64_t tile) { points /= tile, memory /= tile; };
  for (GridChoice &choice : llvm::reverse(choices)) {
    if (choice.dim + 1 != rank && !rows && isRowDim(roots, rank, choice.dim)) {
      rows = &choice;
      choice.grid.tile = evenTile(choice.grid, std::min<int64_t>(wide ? 24 : 12, memory));
      take(choice.grid.tile);
    } else {
      rest.push_back(&choice);
    }
  }
  for (GridChoice *choice : rest) {
    bool inner = choice->dim + 1 == rank;
    if (!inner && rows) {
      int64_t least = rows->grid.tile;
      rows->grid.tile = std::max(least, evenTile(rows->grid, left() * least));
      take(rows->grid.tile / least);
      rows = nullptr;
    }
    int64_t limit = left();
    if (inner)
      limit = std::clamp(roundTile(limit, 4 * lanes), 4 * lanes, 16 * lanes);
    choice->grid.tile = tileOf(choice->grid, limit, inner ? lanes : 1);
    take(choice->grid.tile);
  }
}

} // namespace

std::optional<GridDim> extentOf(KernelFunc kernel, Value tensor, unsigned dim) {
  auto type = cast<RankedTensorType>(tensor.getType());
  GridDim result;
  if (!type.isDynamicDim(dim)) {
    result.extent = type.getDimSize(dim);
    return result;
  }
  if (auto arg = dyn_cast<BlockArgument>(tensor)) {
    if (arg.getOwner() != &kernel.func().getBody().front())
      return std::nullopt;
    result.sizes.push_back(kernel.sizeOfDim(arg.getArgNumber(), dim));
    return result;
  }
  auto fromIndex = [&](Value index) -> std::optional<GridDim> {
    APInt constant;
    if (matchPattern(index, m_ConstantInt(&constant))) {
      result.extent = constant.getSExtValue();
      return result;
    }
    unsigned first = kernel.numInputs() + kernel.numOutputs();
    auto arg = dyn_cast<BlockArgument>(index);
    if (arg && arg.getOwner() == &kernel.func().getBody().front() &&
        arg.getArgNumber() >= first) {
      result.sizes.push_back(arg.getArgNumber() - first);
      return result;
    }
    return std::nullopt;
  };
  Operation *def = tensor.getDefiningOp();
  if (auto op = dyn_cast<DestinationStyleOpInterface>(def))
    return extentOf(kernel, op.getTiedOpOperand(cast<OpResult>(tensor))->get(), dim);
  if (auto op = dyn_cast<tensor::EmptyOp>(def))
    return fromIndex(op.getDynamicSize(dim));
  if (auto op = dyn_cast<tensor::CastOp>(def))
    return extentOf(kernel, op.getSource(), dim);
  if (auto op = dyn_cast<tensor::ExpandShapeOp>(def)) {
    OpFoldResult size = op.getMixedOutputShape()[dim];
    return isa<Value>(size) ? fromIndex(cast<Value>(size)) : std::nullopt;
  }
  if (auto op = dyn_cast<tensor::CollapseShapeOp>(def)) {
    ReassociationIndices sources = op.getReassociationIndices()[dim];
    for (int64_t src : sources) {
      std::optional<GridDim> part = extentOf(kernel, op.getSrc(), src);
      if (!part)
        return std::nullopt;
      result.extent *= part->extent;
      result.sizes.append(part->sizes);
    }
    return result;
  }
  return std::nullopt;
}

SmallVector<GridChoice> chooseGrid(KernelFunc kernel, ArrayRef<Root> roots,
                                   const CpuTarget &target, int64_t &grain) {
  SmallVector<unsigned> positions;
  SmallVector<GridDim> dims = commonDims(kernel, roots, positions);
  unsigned rank = 0;
  for (const Root &root : roots)
    rank = std::max<unsigned>(rank, cast<RankedTensorType>(root.value.getType()).getRank());
  SmallVector<GridChoice> choices;
  DimSet chosen(rank);
  for (auto [position, dim] : llvm::zip(positions, dims)) {
    DimSet set(rank);
    set.set(position);
    if ((dim.extent == 1 && dim.sizes.empty()) || !Analysis(roots).mayTile(set))
      continue;
    choices.push_back({position, dim});
    chosen.set(position);
  }
  if (choices.empty())
    return choices;
  Analysis::Cost cost = Analysis(roots).cost(chosen);
  Type element = cast<RankedTensorType>(roots[0].value.getType()).getElementType();
  int64_t bytes = std::max(1u, element.getIntOrFloatBitWidth() / 8);
  int64_t lanes = target.vectorBytes / std::max<int64_t>(bytes, 4);
  if (cost.contraction)
    chooseContractionTiles(choices, roots, rank, cost, lanes, target.vectorBytes == 64);
  else
    chooseTiles(choices, rank, cost, lanes);
  double unit = cost.perPoint;
  for (GridChoice &choice : choices)
    unit *= choice.grid.tile;
  grain = grainFor(unit);
  return choices;
}

} // namespace lz::cpu
