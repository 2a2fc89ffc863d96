//===- Registry.cpp -------------------------------------------------------===//
//
// See Registry.h.
//
//===----------------------------------------------------------------------===//

#include "frontend/onnx/Registry.h"

using namespace lz::onnximport;

using Table = llvm::StringMap<const OpRow *>;

static std::string keyOf(llvm::StringRef domain, llvm::StringRef name) {
  return (domain + "::" + name).str();
}

static Table makeTable() {
  Table table;
  for (OpRows rows : {mathOps(), constantOps(), castOps(), viewOps(), indexingOps(), paddingOps(), scatterOps(), reductionOps(), selectionOps(), convolutionOps(), poolingOps(), normalizationOps(), productOps(), recurrentOps(), quantizationOps(), lossOps(), attentionOps(), imageOps(), resizeOps(), gridSampleOps(), linearAttentionOps(), contribQuantizedOps(), contribAttentionOps(), signalOps(), randomOps(), contribOps(), trainingOps(), controlOps(), sequenceOps(), stringOps(), machineLearningOps(), labelOps(), linearModelOps(), treeOps()})
    for (const OpRow &row : rows) {
      bool isNew = table.try_emplace(keyOf(row.domain, row.name), &row).second;
      assert(isNew && "an operator has one row");
      (void)isNew;
    }
  return table;
}

static const Table &getTable() {
  static const Table table = makeTable();
  return table;
}

const OpRow *lz::onnximport::findOp(llvm::StringRef domain,
                                    llvm::StringRef name) {
  return getTable().lookup(keyOf(domain, name));
}
