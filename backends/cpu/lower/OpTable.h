//===- OpTable.h - which function lowers which op ---------------*- C++ -*-===//
//
// One entry per op of the lz dialect, filled by one `populate` function per
// family.
//
//===----------------------------------------------------------------------===//

#ifndef LAZULI_BACKENDS_CPU_LOWER_OPTABLE_H
#define LAZULI_BACKENDS_CPU_LOWER_OPTABLE_H

#include "backends/cpu/lower/Lowering.h"

#include "llvm/ADT/StringMap.h"

namespace lz::cpu {

class OpTable {
public:
  using Function = mlir::LogicalResult (*)(Lowering &, mlir::Operation *);

  /// The table of all ops, built once.
  static const OpTable &get();

  void add(llvm::StringRef name, Function function) { functions[name] = function; }

  /// `table.add<lz::SoftmaxOp, lowerSoftmax>()`.
  template <typename OpT, mlir::LogicalResult (*function)(Lowering &, OpT)>
  void add() {
    add(OpT::getOperationName(), [](Lowering &lowering, mlir::Operation *op) {
      return function(lowering, llvm::cast<OpT>(op));
    });
  }

  Function find(llvm::StringRef name) const { return functions.lookup(name); }
  const llvm::StringMap<Function> &all() const { return functions; }

private:
  llvm::StringMap<Function> functions;
};

void populateElementwise(OpTable &table);
void populateReduce(OpTable &table);
void populateNormalize(OpTable &table);
void populateMatmul(OpTable &table);
void populateAttention(OpTable &table);
void populateConvolution(OpTable &table);
void populatePooling(OpTable &table);
void populateShape(OpTable &table);
void populateConcat(OpTable &table);
void populateIndex(OpTable &table);
void populateRecurrent(OpTable &table);
void populateRandom(OpTable &table);
void populateDepthwise(OpTable &table);
void populateConvPanels(OpTable &table);
void populateWinograd(OpTable &table);

} // namespace lz::cpu

#endif // LAZULI_BACKENDS_CPU_LOWER_OPTABLE_H
