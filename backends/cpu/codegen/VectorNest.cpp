#include "backends/cpu/codegen/VectorNest.h"
using namespace mlir;
namespace lz::cpu {
LogicalResult lowerToVectorNest(RewriterBase &, linalg::LinalgOp, const CpuTarget &) { return failure(); }
}
