//===- Scalars.h - scalar arithmetic inside lowered loops -------*- C++ -*-===//
//
// The bodies of the loops that the lowering produces are written with this
// small builder: one word per operation, the right arith or math op chosen by
// the operands' type and by whether the tensor is unsigned.
//
// Three types belong to an element of a tensor. Its *element* type is what the lz
// dialect says (i1 and ui8 included). Its *storage* type is what the tensor of
// the kernel has: i8 for i1, signless integers. Its *compute* type is what bodies
// see: f32 for f16 and bf16, i1 for i1, else the storage type.
//
//===----------------------------------------------------------------------===//

#ifndef LAZULI_BACKENDS_CPU_LOWER_SCALARS_H
#define LAZULI_BACKENDS_CPU_LOWER_SCALARS_H

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/SCF/IR/SCF.h"
#include "mlir/IR/Builders.h"

namespace lz::cpu {

mlir::Type storageType(mlir::Type element);
mlir::Type computeType(mlir::Type element);

inline bool isFloat(mlir::Type type) { return mlir::isa<mlir::FloatType>(type); }
inline bool isBool(mlir::Type type) { return type.isInteger(1); }
/// True for ui8 to ui64 and for i1, whose order is false < true.
inline bool isUnsigned(mlir::Type element) {
  return element.isUnsignedInteger() || isBool(element);
}

/// Emits scalar operations at the builder's insertion point. Operands of one
/// call have one type; `element` names the signedness where it matters.
class Scalars {
public:
  /// In the body of a loop nest, `loops` has each loop's number in linalg, or -1
  /// for a loop of one iteration, which is left out.
  Scalars(mlir::OpBuilder &b, mlir::Location loc,
          llvm::ArrayRef<int64_t> loops = {})
      : b(b), loc(loc), loops(loops) {}

  mlir::OpBuilder &b;
  mlir::Location loc;
  llvm::ArrayRef<int64_t> loops;

  template <typename Op, typename... Args>
  mlir::Value make(Args &&...args) {
    return Op::create(b, loc, std::forward<Args>(args)...)->getResult(0);
  }

  /// Constants of float, integer or index type.
  mlir::Value constant(mlir::Type type, double value);
  mlir::Value integer(mlir::Type type, int64_t value);
  mlir::Value index(int64_t value) { return integer(b.getIndexType(), value); }
  mlir::Value boolean(bool value) { return integer(b.getI1Type(), value); }
  mlir::Value zero(mlir::Type type) { return integer(type, 0); }
  /// The least and the greatest value of an element's compute type; infinities
  /// for floats.
  mlir::Value lowest(mlir::Type element);
  mlir::Value highest(mlir::Type element);

  /// From and to memory: what a body does with what it loads and stores.
  mlir::Value toCompute(mlir::Value stored, mlir::Type element);
  mlir::Value toStorage(mlir::Value computed, mlir::Type element);

  /// Converts a compute value between element types: floats to integers by
  /// truncation with saturation, NaN to 0; integers wrap; not zero is true.
  mlir::Value cast(mlir::Value value, mlir::Type from, mlir::Type to);
  mlir::Value toIndex(mlir::Value integer);
  mlir::Value fromIndex(mlir::Value index, mlir::Type computeType);

  mlir::Value add(mlir::Value x, mlir::Value y);
  mlir::Value sub(mlir::Value x, mlir::Value y);
  mlir::Value mul(mlir::Value x, mlir::Value y);
  mlir::Value neg(mlir::Value x);
  /// True division of floats, truncating of integers; a quotient by the integer
  /// zero is 0, and none traps.
  mlir::Value div(mlir::Value x, mlir::Value y, mlir::Type element);
  /// The remainder with the sign of x; 0 for the integer divisor zero.
  mlir::Value rem(mlir::Value x, mlir::Value y, mlir::Type element);
  /// NaN is propagated.
  mlir::Value max(mlir::Value x, mlir::Value y, mlir::Type element);
  mlir::Value min(mlir::Value x, mlir::Value y, mlir::Type element);
  mlir::Value bitAnd(mlir::Value x, mlir::Value y);
  mlir::Value bitOr(mlir::Value x, mlir::Value y);
  mlir::Value bitXor(mlir::Value x, mlir::Value y);
  mlir::Value logicalNot(mlir::Value x) { return bitXor(x, boolean(true)); }
  mlir::Value select(mlir::Value condition, mlir::Value x, mlir::Value y);

  enum class Order { Eq, Ne, Lt, Le, Gt, Ge };
  /// IEEE comparisons: all but Ne are false with NaN.
  mlir::Value compare(Order order, mlir::Value x, mlir::Value y,
                      mlir::Type element);
  /// Signed comparison of index values.
  mlir::Value compare(Order order, mlir::Value x, mlir::Value y);

  mlir::Value exp(mlir::Value x);
  mlir::Value log(mlir::Value x);
  mlir::Value sqrt(mlir::Value x);
  mlir::Value tanh(mlir::Value x);
  mlir::Value sigmoid(mlir::Value x);

  using Thunk = llvm::function_ref<mlir::Value(Scalars &)>;
  /// A value computed by `then` where the condition holds, else by `otherwise`;
  /// only the one chosen is evaluated.
  mlir::Value ifElse(mlir::Value condition, Thunk then, Thunk otherwise);

private:
  mlir::Value floatToInteger(mlir::Value value, mlir::Type to);
};

} // namespace lz::cpu

#endif // LAZULI_BACKENDS_CPU_LOWER_SCALARS_H
