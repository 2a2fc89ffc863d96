//===- RecurrentCells.cpp - what a recurrent cell computes of its gates ---===//
//
// See RecurrentCells.h; the formulas are PyTorch's.
//
//===----------------------------------------------------------------------===//

#include "backends/cpu/lower/RecurrentCells.h"

#include "mlir/Dialect/Math/IR/Math.h"

using namespace mlir;

namespace lz::cpu {

/// As exact as any other, but that a closed gate lets through the least normal number
/// instead of nothing.
static Value sigmoid(Scalars &s, Value x) {
  Value one = s.constant(x.getType(), 1);
  Value e = s.make<math::ExpOp>(s.neg(x), arith::FastMathFlags::afn);
  return s.make<arith::DivFOp>(one, s.add(one, e));
}

/// Gates i, f, g, o: the next state and cell.
static SmallVector<Value> emitLstm(Scalars &s, ValueRange gates, Value c) {
  Value kept = s.mul(sigmoid(s, gates[1]), c);
  Value added = s.mul(sigmoid(s, gates[0]), s.tanh(gates[2]));
  Value next = s.add(kept, added);
  return {s.mul(sigmoid(s, gates[3]), s.tanh(next)), next};
}

/// Gates r, z, n; that of the state is reset before it is added to the last one.
static Value emitGru(Scalars &s, ValueRange ofInput, ValueRange ofState, Value h) {
  Value reset = sigmoid(s, s.add(ofInput[0], ofState[0]));
  Value update = sigmoid(s, s.add(ofInput[1], ofState[1]));
  Value candidate = s.tanh(s.add(ofInput[2], s.mul(reset, ofState[2])));
  return s.add(candidate, s.mul(update, s.sub(h, candidate)));
}

SmallVector<Value> emitCell(Scalars &s, RecurrentMode mode, ValueRange ofInput,
                            ValueRange ofState, Value h, Value c) {
  if (mode == RecurrentMode::Gru)
    return {emitGru(s, ofInput, ofState, h)};
  SmallVector<Value> gates;
  for (auto [x, y] : llvm::zip_equal(ofInput, ofState))
    gates.push_back(s.add(x, y));
  switch (mode) {
  case RecurrentMode::Lstm:
    return emitLstm(s, gates, c);
  case RecurrentMode::RnnTanh:
    return {s.tanh(gates[0])};
  default: // RnnRelu
    return {s.max(gates[0], s.zero(gates[0].getType()), gates[0].getType())};
  }
}

} // namespace lz::cpu
