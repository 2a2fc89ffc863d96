//===- HostRules.h - shape rules of host operations -------------*- C++ -*-===//
//
// The rule of each entry in the table of HostOps.cpp. Private to ir/.
//
//===----------------------------------------------------------------------===//

#ifndef LAZULI_IR_HOSTRULES_H
#define LAZULI_IR_HOSTRULES_H

#include "ir/InferUtils.h"
#include "ir/LzOps.h"

namespace lz {

/// One host operation's inference.
class HostRule : public Infer {
public:
  HostRule(HostOp host, ShapeContext &context)
      : Infer(host, context), host(host) {}

  mlir::Value in(unsigned i) { return host.getInputs()[i]; }
  mlir::Value out(unsigned i) { return host.getOutputs()[i]; }
  bool has(unsigned i) { return i < host.getInputs().size(); }

  /// The defined symbol at position `slot` of `defines`; one that the context
  /// makes for `what` where the list ends before.
  std::optional<DimExpr> symbol(unsigned slot, llvm::StringRef what);
  /// Sets a shape with missing dimensions: unranked if one is missing.
  mlir::LogicalResult setKnown(mlir::Value result,
                               llvm::ArrayRef<std::optional<DimExpr>> shape,
                               mlir::Type elementType);
  /// Sets an element taken out of a container: "?" becomes defined symbols in
  /// order; of unknown rank, the type that the op was given.
  mlir::LogicalResult setElement(mlir::Value result, mlir::Type type);
  /// The element type that the op's own result type names.
  mlir::Type givenElementType(unsigned i);
  mlir::Type i64() { return mlir::IntegerType::get(op->getContext(), 64); }
  mlir::Type boolean() { return mlir::IntegerType::get(op->getContext(), 1); }
  mlir::Type string() { return StringType::get(op->getContext()); }

  HostOp host;
};

using HostRuleFn = mlir::LogicalResult(HostRule &rule);

HostRuleFn inferNoResults, inferDefine, inferNonzero, inferUnique,
    inferNonMaxSuppression, inferTopK, inferDeterminant, inferSequenceEmpty,
    inferSequenceConstruct, inferSequenceAt, inferSequenceInsert,
    inferSequenceErase, inferSequenceLength, inferConcatFromSequence,
    inferSplitToSequence, inferOptional, inferOptionalHasElement,
    inferOptionalGetElement, inferStringConstant, inferStringEqual,
    inferStringConcat, inferStringSplit, inferStringNormalizer,
    inferRegexFullMatch, inferTfidfVectorizer, inferConversion,
    inferSelectElements, inferImageDecoder;

} // namespace lz

#endif // LAZULI_IR_HOSTRULES_H
