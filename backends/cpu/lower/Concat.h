//===- Concat.h - concatenations that are not made --------------*- C++ -*-===//
//
// An op that reads channels one after the other reads those of a concatenation where its
// sources have them.
//
//===----------------------------------------------------------------------===//

#ifndef LAZULI_BACKENDS_CPU_LOWER_CONCAT_H
#define LAZULI_BACKENDS_CPU_LOWER_CONCAT_H

#include "backends/cpu/lower/Lowering.h"

namespace lz::cpu {

/// The images whose channels `image` has one after the other, along the last axis, if it is
/// their concatenation in the same region and only the op that asks reads it; else itself.
llvm::SmallVector<mlir::Value> channelParts(mlir::Value image);

} // namespace lz::cpu

#endif // LAZULI_BACKENDS_CPU_LOWER_CONCAT_H
