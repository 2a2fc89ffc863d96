//===- LzAttrs.cpp - attributes of the lz dialect -------------------------===//
//
// Registers the generated attribute classes.
//
//===----------------------------------------------------------------------===//

#include "ir/AsmUtils.h"
#include "ir/LzDialect.h"

#include "mlir/IR/Builders.h"
#include "mlir/IR/DialectImplementation.h"
#include "llvm/ADT/TypeSwitch.h"

using namespace mlir;
using namespace lz;

#define GET_ATTRDEF_CLASSES
#include "ir/LzAttrs.cpp.inc"

void LzDialect::registerAttributes() {
  addAttributes<
#define GET_ATTRDEF_LIST
#include "ir/LzAttrs.cpp.inc"
      >();
}
