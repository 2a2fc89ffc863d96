//===- DotNest.cpp - contractions that are contiguous along the reduction -===//
//
// For x[m, k] times w[n, k]: vectors run along k, each of a block of m by n outputs has an
// accumulator of its own, and at the end the accumulators of a row are added up
// together by a tree of shuffles, log2(lanes) levels for all of them.
//
//===----------------------------------------------------------------------===//

#include "backends/cpu/codegen/NestBase.h"
#include "backends/cpu/codegen/Stages.h"

#include "mlir/Dialect/Affine/IR/AffineOps.h"
#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Arith/Utils/Utils.h"
#include "mlir/Dialect/MemRef/IR/MemRef.h"
#include "mlir/Dialect/Vector/IR/VectorOps.h"

using namespace mlir;

namespace lz::cpu {
namespace {

class DotNest : public NestBase {
public:
  using NestBase::NestBase;
  LogicalResult run();

private:
  bool wide() const { return target.vectorBytes == 64; }
  bool chooseDims();
  void loopOver(ArrayRef<unsigned> dims);
  void block(int64_t rows, int64_t columns);
  Values reduce(ArrayRef<unsigned> dims, int64_t rows, int64_t columns, ValueRange sums);
  Values alongK(int64_t rows, int64_t columns, ValueRange sums);
  Values step(int64_t rows, int64_t columns, ValueRange sums, Value mask);
  Value load(OpOperand &operand, int64_t offset, std::optional<unsigned> dim, Value mask);
  Value addTogether(Value a, Value b);
  Value halves(Value a, Value b, int64_t groups);
  Value sumOfEach(ArrayRef<Value> sums);
  void store(Value sums, int64_t row, int64_t columns);

  OpOperand *a = nullptr, *b = nullptr;
  unsigned k = 0;
  std::optional<unsigned> m, n; ///< of a alone, of b alone
  int64_t lanes = 0, maxRows = 1, maxColumns = 1;
  Type element;
  Values ivs;
  Value initial; ///< what all outputs start from, or null where that is in memory
};

bool DotNest::chooseDims() {
  if (!isContraction(op))
    return false;
  a = op.getDpsInputOperand(0), b = op.getDpsInputOperand(1);
  OpOperand &out = *op.getDpsInitOperand(0);
  if (op.isScalar(a) || op.isScalar(b))
    return false;
  element = memref(out).getElementType();
  if (!isa<FloatType>(element) ||
      !op.getMatchingIndexingMap(&out).isProjectedPermutation())
    return false;
  std::optional<unsigned> found;
  for (unsigned d = 0; d < op.getNumLoops(); ++d)
    if (isReduction(d) && ranges[d] != 1 && usesDim(*a, d) && usesDim(*b, d) &&
        isContiguous(*a, d) && isContiguous(*b, d))
      found = d;
  if (!found)
    return false;
  k = *found;
  for (unsigned d = 0; d < op.getNumLoops(); ++d) {
    if (isReduction(d) || ranges[d] == 1)
      continue;
    if (usesDim(*a, d) && !usesDim(*b, d))
      m = d;
    if (usesDim(*b, d) && !usesDim(*a, d))
      n = d;
  }
  return true;
}

LogicalResult DotNest::run() {
  if (!chooseDims())
    return failure();
  lanes = target.vectorBytes * 8 / element.getIntOrFloatBitWidth();
  if (ranges[k] >= 0 && ranges[k] * 2 <= lanes)
    return failure();
  if (m)
    maxRows = n ? (wide() ? 4 : 2) : (wide() ? 8 : 4);
  if (n)
    maxColumns = 4;
  initial = takeFill();
  rewriter.setInsertionPoint(op);
  makeExtents();
  ivs.resize(op.getNumLoops());
  SmallVector<unsigned> outer;
  for (unsigned d = 0; d < op.getNumLoops(); ++d)
    if (!isReduction(d) && (!m || d != *m) && (!n || d != *n))
      outer.push_back(d);
  loopOver(outer);
  rewriter.eraseOp(op);
  return success();
}

void DotNest::loopOver(ArrayRef<unsigned> dims) {
  if (!dims.empty()) {
    forLoop(index(0), extents[dims[0]], 1, [&](Value iv) {
      ivs[dims[0]] = iv;
      loopOver(dims.drop_front());
    });
    return;
  }
  auto columns = [&](int64_t rows) {
    if (!n)
      return block(rows, 1);
    // A single row has registers for more columns.
    int64_t most = rows == 1 ? std::min<int64_t>(lanes, wide() ? 16 : 8) : maxColumns;
    forBlocks(*n, most, [&](Value start, int64_t count) {
      ivs[*n] = start;
      block(rows, count);
    });
  };
  if (!m)
    return columns(1);
  forBlocks(*m, maxRows, [&](Value start, int64_t rows) {
    ivs[*m] = start;
    columns(rows);
  });
}

void DotNest::block(int64_t rows, int64_t columns) {
  VectorType type = VectorType::get({lanes}, element);
  Value zero = arith::ConstantOp::create(rewriter, loc, rewriter.getZeroAttr(type));
  Values sums(rows * columns, zero);
  SmallVector<unsigned> outer;
  for (unsigned d = 0; d < op.getNumLoops(); ++d)
    if (isReduction(d) && d != k)
      outer.push_back(d);
  sums = reduce(outer, rows, columns, sums);
  for (int64_t i = 0; i < rows; ++i)
    store(sumOfEach(ArrayRef(sums).slice(i * columns, columns)), i, columns);
}

NestBase::Values DotNest::reduce(ArrayRef<unsigned> dims, int64_t rows, int64_t columns,
                                 ValueRange sums) {
  if (dims.empty())
    return alongK(rows, columns, sums);
  return reduceLoop(index(0), extents[dims[0]], 1, sums, [&](Value iv, ValueRange carried) {
    ivs[dims[0]] = iv;
    return reduce(dims.drop_front(), rows, columns, carried);
  });
}

NestBase::Values DotNest::alongK(int64_t rows, int64_t columns, ValueRange sums) {
  int64_t extent = ranges[k];
  AffineExpr s = rewriter.getAffineSymbolExpr(0);
  Value full = ShapedType::isDynamic(extent)
                   ? affine::AffineApplyOp::create(
                         rewriter, loc, AffineMap::get(0, 1, s.floorDiv(lanes) * lanes),
                         extents[k])
                         .getResult()
                   : index(extent / lanes * lanes);
  Values result = reduceLoop(index(0), full, lanes, sums, [&](Value iv, ValueRange carried) {
    ivs[k] = iv;
    return step(rows, columns, carried, nullptr);
  });
  if (!ShapedType::isDynamic(extent) && extent % lanes == 0)
    return result;
  // The rest along k, zeros beyond it.
  ivs[k] = full;
  Value rest = arith::SubIOp::create(rewriter, loc, extents[k], full);
  Value mask = vector::CreateMaskOp::create(
      rewriter, loc, VectorType::get({lanes}, rewriter.getI1Type()), rest);
  return step(rows, columns, result, mask);
}

Value DotNest::load(OpOperand &operand, int64_t offset, std::optional<unsigned> dim,
                    Value mask) {
  Values at = ivs;
  if (dim)
    at[*dim] = add(at[*dim], offset);
  Values indices = indicesOf(operand, at);
  VectorType type = VectorType::get({lanes}, memref(operand).getElementType());
  Value value;
  if (mask) {
    Value zero = arith::ConstantOp::create(rewriter, loc, rewriter.getZeroAttr(type));
    value = vector::MaskedLoadOp::create(rewriter, loc, type, operand.get(), indices, mask,
                                         zero);
  } else {
    value = vector::LoadOp::create(rewriter, loc, type, operand.get(), indices);
  }
  return value;
}

/// One vector of k: the op's body with both factors loaded once for the block.
NestBase::Values DotNest::step(int64_t rows, int64_t columns, ValueRange sums, Value mask) {
  Values left, right, results;
  for (int64_t i = 0; i < rows; ++i)
    left.push_back(load(*a, i, m, mask));
  for (int64_t j = 0; j < columns; ++j)
    right.push_back(load(*b, j, n, mask));
  for (int64_t i = 0; i < rows; ++i) {
    for (int64_t j = 0; j < columns; ++j) {
      IRMapping map;
      map.map(op.getBody()->getArguments(),
              ArrayRef<Value>{left[i], right[j], sums[results.size()]});
      for (Operation &inner : op.getBody()->without_terminator()) {
        Values operands;
        for (Value operand : inner.getOperands())
          operands.push_back(map.lookupOrDefault(operand));
        OperationState state(loc, inner.getName(), operands,
                             VectorType::get({lanes}, inner.getResult(0).getType()),
                             inner.getAttrs());
        map.map(inner.getResult(0), rewriter.create(state)->getResult(0));
      }
      results.push_back(map.lookup(op.getBody()->getTerminator()->getOperand(0)));
    }
  }
  return results;
}

Value DotNest::addTogether(Value x, Value y) {
  auto flags = arith::FastMathFlags::reassoc | arith::FastMathFlags::contract |
               arith::FastMathFlags::nsz;
  return arith::AddFOp::create(rewriter, loc, x, y, flags);
}

/// x and y hold `groups` groups each (y null: x alone). Adds the upper to the lower half of
/// every group; the result's groups are x's, then y's, half as wide.
Value DotNest::halves(Value x, Value y, int64_t groups) {
  int64_t length = cast<VectorType>(x.getType()).getDimSize(0), width = length / groups;
  SmallVector<int64_t> lower, upper;
  for (int64_t g = 0; g < groups * (y ? 2 : 1); ++g) {
    for (int64_t i = 0; i < width / 2; ++i) {
      lower.push_back(g * width + i);
      upper.push_back(g * width + width / 2 + i);
    }
  }
  Value other = y ? y : x;
  return addTogether(vector::ShuffleOp::create(rewriter, loc, x, other, lower),
                     vector::ShuffleOp::create(rewriter, loc, x, other, upper));
}

/// Vector of the sums over the lanes of each; padded with zeros to a power of two.
Value DotNest::sumOfEach(ArrayRef<Value> sums) {
  Values level(sums);
  Value zero = arith::ConstantOp::create(rewriter, loc,
                                         rewriter.getZeroAttr(sums[0].getType()));
  level.resize(llvm::PowerOf2Ceil(sums.size()), zero);
  int64_t groups = 1;
  for (; level.size() > 1; groups *= 2) {
    Values next;
    for (size_t i = 0; i < level.size(); i += 2)
      next.push_back(halves(level[i], level[i + 1], groups));
    level = std::move(next);
  }
  Value result = level[0];
  while (cast<VectorType>(result.getType()).getDimSize(0) > groups)
    result = halves(result, nullptr, groups);
  return result;
}

void DotNest::store(Value sums, int64_t row, int64_t columns) {
  OpOperand &out = *op.getDpsInitOperand(0);
  auto indicesAt = [&](int64_t column) {
    Values at = ivs;
    if (m)
      at[*m] = add(at[*m], row);
    if (n)
      at[*n] = add(at[*n], column);
    return indicesOf(out, at);
  };
  auto type = cast<VectorType>(sums.getType());
  if (columns > 1 && type.getDimSize(0) == columns && n && isContiguous(out, *n)) {
    Values indices = indicesAt(0);
    Value old = initial
                    ? vector::BroadcastOp::create(rewriter, loc, type, initial).getResult()
                    : vector::LoadOp::create(rewriter, loc, type, out.get(), indices);
    vector::StoreOp::create(rewriter, loc, addTogether(old, sums), out.get(), indices);
    return;
  }
  for (int64_t j = 0; j < columns; ++j) {
    Values indices = indicesAt(j);
    Value sum = vector::ExtractOp::create(rewriter, loc, sums, j);
    Value old = initial ? initial
                        : memref::LoadOp::create(rewriter, loc, out.get(), indices).getResult();
    memref::StoreOp::create(rewriter, loc, addTogether(old, sum), out.get(), indices);
  }
}

} // namespace

LogicalResult lowerDotNest(RewriterBase &rewriter, linalg::GenericOp op,
                           const CpuTarget &target) {
  return DotNest(rewriter, op, target).run();
}

} // namespace lz::cpu
