//===- RegionTypes.h - types that leave a region ----------------*- C++ -*-===//
//
// How the types of several paths become one: what they agree on stays, the rest
// is a symbol that is known afterwards. Private to ir/.
//
//===----------------------------------------------------------------------===//

#ifndef LAZULI_IR_REGIONTYPES_H
#define LAZULI_IR_REGIONTYPES_H

#include "ir/InferUtils.h"
#include "ir/LzOps.h"

namespace lz {

/// An error unless `value` (null passes) is one element of the type.
mlir::LogicalResult requireScalar(Infer &infer, mlir::Value value,
                                  llvm::StringRef what, mlir::Type elementType);
/// The one element of `value` (may be null) where inference knows it.
std::optional<int64_t> getKnownScalar(Infer &infer, mlir::Value value);

/// The element type of a sequence that holds elements of both types: dimensions
/// that differ become "?"; where ranks differ, the rank is unknown; a type of
/// unknown rank adds nothing, so a run checks each element that is taken out.
mlir::FailureOr<mlir::Type> joinElements(Infer &infer, mlir::Type a,
                                         mlir::Type b);
/// `type` with "?" for the dimensions that only `op`'s inside knows.
mlir::Type hideInside(Infer &infer, mlir::Type type);

/// The symbol for axis `axis` of result `result`: what the op's type names
/// already, else one that the context makes, for `what` or for this axis alone.
std::optional<DimExpr> defineResultDim(Infer &infer, unsigned result,
                                       size_t axis, llvm::StringRef what = "");

} // namespace lz

#endif // LAZULI_IR_REGIONTYPES_H
