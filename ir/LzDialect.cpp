//===- LzDialect.cpp - the lz dialect -------------------------------------===//
//
// Puts the dialect together from its types, attributes, families of ops and
// bytecode.
//
//===----------------------------------------------------------------------===//

#include "ir/LzDialect.h"
#include "ir/LzOps.h"

using namespace mlir;
using namespace lz;

#include "ir/InferShape.cpp.inc"
#include "ir/LzDialect.cpp.inc"
#include "ir/LzEnums.cpp.inc"

void LzDialect::initialize() {
  registerTypes();
  registerAttributes();
  registerBytecode();
  registerModuleOps();
  registerUnaryOps();
  registerMathOps();
  registerBinaryOps();
  registerReduceOps();
  registerNormalizationOps();
  registerMatmulOps();
  registerConvolutionOps();
  registerPoolingOps();
  registerShapeOps();
  registerIndexingOps();
  registerRecurrentOps();
  registerAttentionOps();
  registerRandomOps();
  registerFusedOps();
}

Operation *LzDialect::materializeConstant(OpBuilder &builder, Attribute value,
                                          Type type, Location loc) {
  auto elements = dyn_cast<ElementsAttr>(value);
  if (!elements || !isa<lz::TensorType>(type))
    return nullptr;
  return lz::ConstantOp::create(builder, loc, type, elements);
}

lz::TensorType ShapeContext::getGlobalType(Operation *from, StringRef name) {
  if (ParameterOp parameter = lookupParameter(from, name))
    return parameter.getTensorType();
  if (StateOp state = lookupState(from, name))
    return state.getTensorType();
  return {};
}
