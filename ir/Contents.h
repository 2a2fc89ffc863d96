//===- Contents.h - elements that shape inference knows ---------*- C++ -*-===//
//
// Conversions and index arithmetic on the contents of small tensors; see
// InferUtils.h for the rest. Private to ir/.
//
//===----------------------------------------------------------------------===//

#ifndef LAZULI_IR_CONTENTS_H
#define LAZULI_IR_CONTENTS_H

#include "ir/InferUtils.h"

namespace lz {

/// Contents of f32 and f64 tensors are multiples of 1 / kRealUnit: an element x
/// is held as x * kRealUnit. So sizes can be scaled by 0.5 or 1.25 and rounded,
/// as Resize does. Sizes are taken to be exact in f32, that is below 2^24.
constexpr int64_t kRealUnit = 1 << 16;

/// True for the float types whose elements may be known.
inline bool isKnowableFloat(mlir::Type type) {
  return type.isF32() || type.isF64();
}

/// The element as contents hold it; nullopt if it is no multiple of the unit.
std::optional<DimExpr> contentOfReal(double value);
/// The elements of a constant, if they may be known and can be.
std::optional<llvm::SmallVector<DimExpr>>
contentsOfElements(mlir::ElementsAttr value);
/// What an element becomes when it is cast.
std::optional<DimExpr> castContent(Infer &infer, const DimExpr &element,
                                   mlir::Type from, mlir::Type to);

/// Tells the contents of the op's result where all are copies of elements of
/// `src`: `position` gives for the coordinates of a result's element those of
/// the source's. Nothing if shapes or contents are not known.
void copyContents(
    Infer &infer, mlir::Value src,
    llvm::function_ref<void(llvm::MutableArrayRef<int64_t>)> position);

} // namespace lz

#endif // LAZULI_IR_CONTENTS_H
