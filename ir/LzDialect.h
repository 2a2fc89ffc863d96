//===- LzDialect.h - the lz dialect, its types and attributes ---*- C++ -*-===//
//
// What every user of the IR needs: the dialect, TensorType, dimension and init
// attributes, enums. The ops stand in ir/LzOps.h.
//
//===----------------------------------------------------------------------===//

#ifndef LAZULI_IR_LZDIALECT_H
#define LAZULI_IR_LZDIALECT_H

#include "ir/dim/DimExpr.h"

#include "mlir/IR/BuiltinAttributes.h"
#include "mlir/IR/BuiltinTypes.h"
#include "mlir/IR/Dialect.h"
#include "mlir/IR/OpDefinition.h"
#include "llvm/ADT/Hashing.h"
#include "llvm/ADT/SmallVector.h"

namespace lz {

/// An owned list of dimensions: the parameter of types and attributes. A
/// DimExpr owns memory, which the context's allocator would not free.
class DimList {
public:
  DimList() = default;
  explicit DimList(llvm::ArrayRef<DimExpr> dims)
      : dims(dims.begin(), dims.end()) {}
  explicit DimList(llvm::ArrayRef<int64_t> numbers)
      : dims(numbers.begin(), numbers.end()) {}

  operator llvm::ArrayRef<DimExpr>() const { return dims; }
  bool operator==(const DimList &other) const { return dims == other.dims; }

private:
  llvm::SmallVector<DimExpr, 0> dims;
};

inline llvm::hash_code hash_value(const DimList &list) {
  llvm::hash_code hash(0);
  for (const DimExpr &dim : llvm::ArrayRef<DimExpr>(list))
    hash = llvm::hash_combine(hash, dim.hash());
  return hash;
}

/// A double compared by its bits, as a parameter of attributes must be.
class Real {
public:
  Real(double value = 0) : value(value) {}
  operator double() const { return value; }
  uint64_t bits() const { return llvm::bit_cast<uint64_t>(value); }
  bool operator==(const Real &other) const { return bits() == other.bits(); }

private:
  double value;
};

inline llvm::hash_code hash_value(const Real &real) {
  return llvm::hash_value(real.bits());
}

/// Trait of ops that broadcast their operands element by element.
template <typename ConcreteType>
class LzElementwise
    : public mlir::OpTrait::TraitBase<ConcreteType, LzElementwise> {};

/// Trait of ops whose result holds the first operand's elements in order.
template <typename ConcreteType>
class LzView : public mlir::OpTrait::TraitBase<ConcreteType, LzView> {};

} // namespace lz

#include "ir/LzEnums.h.inc"

#include "ir/LzDialect.h.inc"

#define GET_TYPEDEF_CLASSES
#include "ir/LzTypes.h.inc"

#define GET_ATTRDEF_CLASSES
#include "ir/LzAttrs.h.inc"

namespace lz {

/// The type of an lz tensor value.
inline TensorType tensorType(mlir::Value value) {
  return llvm::cast<TensorType>(value.getType());
}

/// True for tensors of strings.
inline bool isStrings(mlir::Type type) {
  auto tensor = llvm::dyn_cast<TensorType>(type);
  return tensor && llvm::isa<StringType>(tensor.getElementType());
}

/// The type with every tensor in it of unknown rank.
mlir::Type cloneUnranked(mlir::Type type);
/// True if both are the same but for shapes.
bool haveSameKind(mlir::Type a, mlir::Type b);

/// In a sequence's element type: the dimension differs between elements.
inline DimExpr unknownDim() { return DimExpr::symbol("?"); }
inline bool isUnknownDim(const DimExpr &dim) { return dim == unknownDim(); }

/// A tensor of unknown rank with the element type of `value`: the result type
/// that frontends give to ops before shape inference.
inline TensorType unrankedLike(mlir::Value value) {
  return tensorType(value).cloneUnranked();
}

} // namespace lz

#endif // LAZULI_IR_LZDIALECT_H
