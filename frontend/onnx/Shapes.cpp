//===- Shapes.cpp ---------------------------------------------------------===//
//
// See Shapes.h.
//
//===----------------------------------------------------------------------===//

#include "frontend/onnx/Shapes.h"

#include "ir/Diagnostics.h"

using namespace mlir;
using namespace lz;
using namespace lz::onnximport;

LogicalResult Shapes::infer(Operation *op) {
  if (auto inferable = llvm::dyn_cast<InferShapeOpInterface>(op))
    return inferable.inferShape(*this);
  return success();
}

lz::TensorType Shapes::getType(Value value) {
  return llvm::dyn_cast<lz::TensorType>(value.getType());
}

void Shapes::setType(Value result, lz::TensorType type) {
  lz::TensorType known = getType(result);
  // A rank once known stays known.
  if (known && known.hasRank() && !type.hasRank() &&
      known.getElementType() == type.getElementType())
    return;
  result.setType(type);
}

std::optional<llvm::SmallVector<DimExpr>> Shapes::getContents(Value value) {
  auto it = contents.find(value);
  if (it == contents.end())
    return std::nullopt;
  return it->second;
}

LogicalResult Shapes::requireEqual(Operation *op, const DimExpr &a,
                                   const DimExpr &b, const llvm::Twine &what) {
  if (a == b || dimFacts.equal(a, b) != DimFacts::Truth::False)
    return success();
  return emitUserError(op) << what << " must agree, found " << a.str()
                           << " and " << b.str();
}
