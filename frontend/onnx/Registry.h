//===- Registry.h - Which operator is imported how --------------*- C++ -*-===//
//
// Internal. One row an operator; the rows of a family stand in its file, the
// files are listed in Registry.cpp. To add an operator, add a row and a
// function.
//
//===----------------------------------------------------------------------===//

#ifndef LAZULI_FRONTEND_ONNX_REGISTRY_H
#define LAZULI_FRONTEND_ONNX_REGISTRY_H

#include "frontend/onnx/Node.h"

namespace lz::onnximport {

/// Builds what the node computes and sets its outputs.
using Handler = void (*)(Node &node);

struct OpRow {
  const char *name;
  Handler handler;
  /// The operands that must be there.
  int minInputs = 1;
  int maxInputs = 1;
  /// "" is ai.onnx.
  const char *domain = "";
  /// Whether operands may be sequences and optionals, not only tensors.
  bool takesContainers = false;
};

constexpr int kAnyNumber = INT32_MAX;

/// The rows of one family.
using OpRows = llvm::ArrayRef<OpRow>;

/// Every row of every family.
const OpRow *findOp(llvm::StringRef domain, llvm::StringRef name);

// One function per family, in the file of that name.
OpRows mathOps();
OpRows constantOps();
OpRows castOps();
OpRows viewOps();
OpRows indexingOps();
OpRows paddingOps();
OpRows scatterOps();
OpRows reductionOps();
OpRows selectionOps();
OpRows convolutionOps();
OpRows poolingOps();
OpRows normalizationOps();
OpRows productOps();
OpRows recurrentOps();
OpRows quantizationOps();
OpRows lossOps();
OpRows attentionOps();
OpRows imageOps();
OpRows resizeOps();
OpRows gridSampleOps();
OpRows linearAttentionOps();
OpRows contribQuantizedOps();
OpRows contribAttentionOps();
OpRows signalOps();
OpRows randomOps();
OpRows contribOps();
OpRows trainingOps();
OpRows controlOps();
OpRows sequenceOps();
OpRows stringOps();
OpRows machineLearningOps();
OpRows labelOps();
OpRows linearModelOps();
OpRows treeOps();

} // namespace lz::onnximport

#endif // LAZULI_FRONTEND_ONNX_REGISTRY_H
