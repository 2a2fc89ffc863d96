// Ops that become one lz.fused region.
#ifndef LAZULI_PASSES_FUSEGROUP_H
#define LAZULI_PASSES_FUSEGROUP_H

#include "mlir/IR/Operation.h"
#include "llvm/ADT/SetVector.h"

#include <string>

namespace lz::fuse {

struct Group {
  std::string backend;
  /// The member whose results leave the group.
  mlir::Operation *output = nullptr;
  mlir::Operation *root = nullptr;
  llvm::SmallSetVector<mlir::Operation *, 8> members;
  /// Why the root is not the library's, empty where it was not asked.
  std::string refusal;
};

/// Moves the members, which are ops of `body`, into a region in the output's place. A generated
/// kernel gets copies of what is cheap to repeat.
void makeRegion(mlir::Block &body, Group &group);

} // namespace lz::fuse

#endif // LAZULI_PASSES_FUSEGROUP_H
