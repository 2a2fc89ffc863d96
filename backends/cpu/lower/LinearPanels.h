//===- LinearPanels.h - lz.linear with weights in panels --------*- C++ -*-===//
//
// The product of a layer whose weights were put in the order in which they are read, and
// where that is as fast as a library.
//
//===----------------------------------------------------------------------===//

#ifndef LAZULI_BACKENDS_CPU_LOWER_LINEARPANELS_H
#define LAZULI_BACKENDS_CPU_LOWER_LINEARPANELS_H

#include "backends/cpu/lower/Lowering.h"

#include <optional>
#include <string>

namespace lz::cpu {

/// Of the vectors with which panels were measured.
inline constexpr int64_t kPanelLanes = 16;

/// Rows of a block, of as many as there are: blocks as equal as can be.
int64_t chooseRows(const DimExpr &numRows);

/// Why the lz.linear or lz.matmul should not get its weights in panels, on processors with
/// such vectors; nullopt where it should.
std::optional<std::string> refusesPanels(mlir::Operation *op);

/// An element of the matrix whose columns the panels hold, in the body of a loop.
mlir::Value loadPanels(Lowering &l, Scalars &s, const Tensor &panels, mlir::Value column,
                       mlir::Value term);

/// The product alone, without the bias. The weights have rank 3.
Tensor linearPanels(Lowering &l, LinearOp op);

} // namespace lz::cpu

#endif // LAZULI_BACKENDS_CPU_LOWER_LINEARPANELS_H
