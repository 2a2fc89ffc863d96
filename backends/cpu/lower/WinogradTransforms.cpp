//===- WinogradTransforms.cpp - the algebra of F(4x4, 3x3) ----------------===//
//
// Sums that two results share are computed once; a factor stands where a multiply-add
// can take it in.
//
//===----------------------------------------------------------------------===//

#include "backends/cpu/lower/WinogradTransforms.h"

#include "mlir/Dialect/Arith/IR/Arith.h"

using namespace mlir;

namespace lz::cpu::winograd {

Value Transform::add(Value x, Value y) { return arith::AddFOp::create(b, loc, x, y); }

Value Transform::sub(Value x, Value y) { return arith::SubFOp::create(b, loc, x, y); }

Value Transform::scale(double factor, Value x) {
  auto type = cast<ShapedType>(x.getType());
  auto value = DenseElementsAttr::get(type, b.getFloatAttr(type.getElementType(), factor));
  return arith::MulFOp::create(b, loc, x, arith::ConstantOp::create(b, loc, value));
}

/// First along the columns, then along the rows of what that gives.
Values Transform::both(const Values &square, int64_t size, Axis axis) {
  SmallVector<Values> columns;
  for (int64_t j = 0; j < size; ++j) {
    Values column;
    for (int64_t i = 0; i < size; ++i)
      column.push_back(square[i * size + j]);
    columns.push_back((this->*axis)(column));
  }
  Values result;
  for (size_t i = 0; i < columns[0].size(); ++i) {
    Values row;
    for (const Values &column : columns)
      row.push_back(column[i]);
    llvm::append_range(result, (this->*axis)(row));
  }
  return result;
}

Values Transform::patchAxis(ArrayRef<Value> d) {
  Value even1 = sub(d[4], scale(4, d[2])), odd1 = sub(d[3], scale(4, d[1]));
  Value even2 = sub(d[4], d[2]), odd2 = scale(2, sub(d[3], d[1]));
  return {add(sub(scale(4, d[0]), scale(5, d[2])), d[4]),
          add(even1, odd1),
          sub(even1, odd1),
          add(even2, odd2),
          sub(even2, odd2),
          add(sub(scale(4, d[1]), scale(5, d[3])), d[5])};
}

Values Transform::kernelAxis(ArrayRef<Value> g) {
  Value even1 = scale(-1. / 6, add(g[0], g[2])), odd1 = scale(1. / 6, g[1]);
  Value even2 = add(scale(1. / 24, g[0]), scale(1. / 6, g[2]));
  Value odd2 = scale(1. / 12, g[1]);
  return {scale(1. / 4, g[0]), sub(even1, odd1), add(even1, odd1),
          add(even2, odd2),    sub(even2, odd2), g[2]};
}

Values Transform::productAxis(ArrayRef<Value> m) {
  Value even1 = add(m[1], m[2]), odd1 = sub(m[1], m[2]);
  Value even2 = add(m[3], m[4]), odd2 = sub(m[3], m[4]);
  return {add(m[0], add(even1, even2)), add(odd1, scale(2, odd2)),
          add(even1, scale(4, even2)), add(add(odd1, scale(8, odd2)), m[5])};
}

} // namespace lz::cpu::winograd
