//===- Recurrent.h - What the files of recurrent layers share ---*- C++ -*-===//
//
// Internal.
//
//===----------------------------------------------------------------------===//

#ifndef LAZULI_FRONTEND_ONNX_RECURRENT_H
#define LAZULI_FRONTEND_ONNX_RECURRENT_H

#include "frontend/onnx/Node.h"

namespace lz::onnximport {

enum class CellKind { Lstm, Gru, Rnn };

/// An activation by ONNX's name in lower case, with its parameters.
struct Activation {
  std::string name;
  double alpha = 0, beta = 0;
};

/// What holds for all directions of a node.
struct RecurrentLayer {
  CellKind cell = CellKind::Lstm;
  int64_t numGates = 4;
  int64_t numDirections = 1;
  bool isReverse = false; ///< of the only direction
  bool batchFirst = false;
  bool linearBeforeReset = false;
  bool couplesInputForget = false;
  double clip = 0; ///< 0: none
  mlir::Value lengths; ///< of each sequence; null where all are full
  DimExpr steps, batch, hidden;
};

/// One direction: its weights in ONNX's order of gates, null where absent.
struct RecurrentDirection {
  mlir::Value weights, recurrence, inputBias, hiddenBias, peepholes;
  mlir::Value hidden, cell;
  llvm::SmallVector<Activation> activations;
  bool isReverse = false;
};

/// y as (steps, batch, hidden), or (batch, steps, hidden) with batchFirst; the
/// last states (batch, hidden). `cell` is null but for an LSTM.
struct RecurrentResult {
  mlir::Value y, hidden, cell;
};

/// Composes the layer step by step; for what lz.recurrent does not have.
RecurrentResult composeRecurrent(Node &n, const RecurrentLayer &layer,
                                 const RecurrentDirection &direction,
                                 mlir::Value x);

/// Part `index` of `count` equal ones along `axis`.
mlir::Value partOf(Node &n, mlir::Value x, int64_t axis, int64_t index,
                   int64_t count);

/// f(x); an error for a function that ONNX does not list.
mlir::Value activate(Node &n, const Activation &activation, mlir::Value x);

} // namespace lz::onnximport

#endif // LAZULI_FRONTEND_ONNX_RECURRENT_H
