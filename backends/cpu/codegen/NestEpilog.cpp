//===- NestEpilog.cpp - what follows a contraction, in registers ----------===//
//
// A bias, an activation or a residual on results of short sums costs as much as the sums when
// it reads them again from a cache.
//
//===----------------------------------------------------------------------===//

#include "backends/cpu/codegen/NestEpilog.h"

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Math/IR/Math.h"
#include "mlir/Dialect/MemRef/IR/MemRef.h"
#include "mlir/Dialect/Vector/IR/VectorOps.h"
#include "mlir/Interfaces/SideEffectInterfaces.h"

using namespace mlir;

namespace lz::cpu {

/// Each of up to 24 accumulators gets a copy of the body, in each of the nest's blocks: longer
/// bodies stay loops over what the nest leaves in the first cache.
constexpr unsigned kMostOps = 64;

/// The op of linalg that follows with nothing between that touches memory.
static linalg::GenericOp findNext(linalg::GenericOp op) {
  for (Operation *next = op->getNextNode(); next; next = next->getNextNode()) {
    if (auto generic = dyn_cast<linalg::GenericOp>(next))
      return generic;
    if (!isMemoryEffectFree(next))
      return nullptr;
  }
  return nullptr;
}

/// Is every operand one vector or one element wherever the results are a vector, and the body
/// fit for vectors?
bool NestEpilog::isElementwise() {
  if (op.getNumReductionLoops() != 0 || op.getNumDpsInits() != 1 ||
      !op.hasPureBufferSemantics())
    return false;
  OpOperand &out = *op.getDpsInitOperand(0);
  if (!op.getMatchingIndexingMap(&out).isIdentity() || !isContiguous(out, along))
    return false;
  Type element = memref(out).getElementType();
  for (OpOperand *input : op.getDpsInputOperands()) {
    if (op.isScalar(input))
      continue;
    if (!memref(*input) || memref(*input).getElementType() != element ||
        (usesDim(*input, along) && !isContiguous(*input, along)))
      return false;
    if (input->get() == sums && !op.getMatchingIndexingMap(input).isIdentity())
      return false;
  }
  unsigned numOps = 0;
  return llvm::all_of(op.getBody()->without_terminator(), [&](Operation &inner) {
    if (isa<arith::ConstantOp>(inner))
      return true;
    return isa<arith::ArithDialect, math::MathDialect>(inner.getDialect()) &&
           inner.getNumResults() == 1 && inner.getNumRegions() == 0 &&
           OpTrait::hasElementwiseMappableTraits(&inner) && ++numOps <= kMostOps;
  });
}

/// Does nobody else read the nest's results, and does the op write nothing that the nest or
/// the op itself reads later?
bool NestEpilog::isSeparate(linalg::GenericOp nest) {
  Value out = op.getDpsInits()[0];
  if (out != sums) {
    if (!isa_and_nonnull<memref::ViewOp, memref::AllocaOp>(sums.getDefiningOp()))
      return false;
    for (Operation *user : sums.getUsers())
      if (user != nest && user != op)
        return false;
  }
  auto isInOut = [&](Value input) {
    return isa<MemRefType>(input.getType()) && mayShare(input, out);
  };
  // What the op reads itself where it writes, it reads first.
  auto mayReadLater = [&](OpOperand *input) {
    bool isSame = (input->get() == sums || input->get() == out) &&
                  op.getMatchingIndexingMap(input).isIdentity();
    return !isSame && isInOut(input->get());
  };
  return llvm::none_of(nest.getDpsInputs(), isInOut) &&
         llvm::none_of(op.getDpsInputOperands(), mayReadLater);
}

std::unique_ptr<NestEpilog> NestEpilog::find(RewriterBase &rewriter, linalg::GenericOp nest,
                                             const CpuTarget &target, unsigned v) {
  linalg::GenericOp next = findNext(nest);
  OpOperand &out = *nest.getDpsInitOperand(0);
  if (!next || !llvm::is_contained(next.getDpsInputs(), out.get()))
    return nullptr;
  std::unique_ptr<NestEpilog> epilog(new NestEpilog(rewriter, next, target));
  epilog->sums = out.get();
  for (AffineExpr expr : nest.getMatchingIndexingMap(&out).getResults()) {
    unsigned loop = cast<AffineDimExpr>(expr).getPosition();
    if (loop == v)
      epilog->along = epilog->loops.size();
    epilog->loops.push_back(loop);
  }
  if (next.getNumLoops() != epilog->loops.size() || !epilog->isElementwise() ||
      !epilog->isSeparate(nest))
    return nullptr;
  return epilog;
}

Value NestEpilog::load(OpOperand &operand, ArrayRef<Value> ivs, Value mask) {
  if (op.isScalar(&operand))
    return operand.get();
  Values indices = indicesOf(operand, ivs);
  if (!usesDim(operand, along))
    return memref::LoadOp::create(rewriter, loc, operand.get(), indices);
  VectorType type = vectorOf(memref(operand).getElementType());
  if (!mask)
    return vector::LoadOp::create(rewriter, loc, type, operand.get(), indices);
  Value zero = arith::ConstantOp::create(rewriter, loc, rewriter.getZeroAttr(type));
  return vector::MaskedLoadOp::create(rewriter, loc, type, operand.get(), indices, mask, zero);
}

/// By the locality, into the first cache.
static void prefetchLine(RewriterBase &rewriter, Location loc, Value memref,
                         ValueRange indices, bool isWrite) {
  memref::PrefetchOp::create(rewriter, loc, memref, indices, isWrite,
                             /*localityHint=*/3, /*isDataCache=*/true);
}

void NestEpilog::prefetch(ArrayRef<Value> nestLoops, unsigned row) {
  Values ivs;
  unsigned across = 0;
  for (auto [dim, loop] : llvm::enumerate(loops)) {
    ivs.push_back(nestLoops[loop]);
    if (loop == row)
      across = dim;
  }
  for (OpOperand *input : op.getDpsInputOperands()) {
    // What all rows read stays in a cache.
    bool isOfRow = !op.isScalar(input) && usesDim(*input, across) && usesDim(*input, along);
    if (isOfRow && input->get() != sums)
      prefetchLine(rewriter, loc, input->get(), indicesOf(*input, ivs), /*isWrite=*/false);
  }
  OpOperand &out = *op.getDpsInitOperand(0);
  prefetchLine(rewriter, loc, out.get(), indicesOf(out, ivs), /*isWrite=*/true);
}

void NestEpilog::store(Value made, ArrayRef<Value> nestLoops, Value mask) {
  lanes = cast<VectorType>(made.getType()).getNumElements();
  Values ivs;
  for (unsigned loop : loops)
    ivs.push_back(nestLoops[loop]);
  OpOperand &out = *op.getDpsInitOperand(0);
  Values arguments;
  for (OpOperand *input : op.getDpsInputOperands())
    arguments.push_back(input->get() == sums ? made : widen(load(*input, ivs, mask)));
  // What was there before is read by few.
  bool readsOut = !op.getMatchingBlockArgument(&out).use_empty();
  if (readsOut)
    arguments.push_back(out.get() == sums ? made : load(out, ivs, mask));
  else
    arguments.push_back(made);
  Value value = evaluate(arguments)[0];
  Values indices = indicesOf(out, ivs);
  if (mask)
    vector::MaskedStoreOp::create(rewriter, loc, out.get(), indices, mask, value);
  else
    vector::StoreOp::create(rewriter, loc, value, out.get(), indices);
}

} // namespace lz::cpu
