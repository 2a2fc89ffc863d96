//===- VectorNest.cpp - choose the vector loops of a reduction ------------===//
//
// Vectors along a parallel dimension need no horizontal sums, so they come first.
//
//===----------------------------------------------------------------------===//

#include "backends/cpu/codegen/VectorNest.h"
#include "backends/cpu/codegen/NestBase.h"

using namespace mlir;

namespace lz::cpu {

LogicalResult lowerToVectorNest(RewriterBase &rewriter, linalg::LinalgOp op,
                                const CpuTarget &target) {
  auto generic = dyn_cast<linalg::GenericOp>(op.getOperation());
  if (!generic || !generic.hasPureBufferSemantics())
    return failure();
  if (generic.getNumReductionLoops() == 0)
    return lowerMapNest(rewriter, generic, target);
  if (succeeded(lowerOuterNest(rewriter, generic, target)))
    return success();
  return lowerDotNest(rewriter, generic, target);
}

} // namespace lz::cpu
