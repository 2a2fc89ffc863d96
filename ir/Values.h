// Values of parameters as attributes: small ones are kept in the attribute,
// large ones as resources, which are never uniqued, hashed or copied. And whether a
// value is one that runs do not change.

#ifndef LAZULI_IR_VALUES_H
#define LAZULI_IR_VALUES_H

#include "mlir/IR/AsmState.h"
#include "mlir/IR/BuiltinAttributes.h"
#include "mlir/IR/BuiltinTypes.h"
#include "mlir/IR/Value.h"

#include <memory>

namespace lz {

/// `bytes` (dense, row-major; bool one byte each) as a value of `type`, called
/// `name` where it becomes a resource. Borrows while `owner` lives if that is
/// not null, otherwise copies.
mlir::ElementsAttr makeValue(mlir::RankedTensorType type, llvm::StringRef name,
                             llvm::ArrayRef<char> bytes,
                             std::shared_ptr<const void> owner = nullptr);

/// A value of `type` whose bytes `fill` writes into fresh memory.
mlir::ElementsAttr
makeFilledValue(mlir::RankedTensorType type, llvm::StringRef name,
                llvm::function_ref<void(llvm::MutableArrayRef<char>)> fill);

/// A value of `type` that takes over the memory of `blob`.
mlir::ElementsAttr makeOwnedValue(mlir::RankedTensorType type, llvm::StringRef name,
                                  mlir::AsmResourceBlob blob);

/// Every element is `value`, rounded to the element type.
mlir::ElementsAttr makeSplatValue(mlir::RankedTensorType type, double value);

/// Whether `value` depends on parameters and constants alone.
bool isConstantValue(mlir::Value value);

/// Bytes of one element in memory; bool takes one.
unsigned elementBytes(mlir::Type type);

/// Bytes of all elements as they lie in memory.
int64_t sizeBytes(mlir::ShapedType type);

} // namespace lz

#endif // LAZULI_IR_VALUES_H
