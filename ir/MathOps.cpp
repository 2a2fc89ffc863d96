//===- MathOps.cpp - elementary and special functions --------------------===//
//
// Verifiers, shape inference and folds of the family in MathOps.td.
//
//===----------------------------------------------------------------------===//

#include "ir/AsmUtils.h"
#include "ir/InferUtils.h"
#include "ir/LzOps.h"

using namespace mlir;
using namespace lz;

#define GET_OP_CLASSES
#include "ir/MathOps.cpp.inc"

void LzDialect::registerMathOps() {
  addOperations<
#define GET_OP_LIST
#include "ir/MathOps.cpp.inc"
      >();
}
