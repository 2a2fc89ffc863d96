// The pass lz-infer-shapes: see ShapeInference.h for how it works.

#include "passes/Passes.h"
#include "passes/ShapeInference.h"

namespace lz {

#define GEN_PASS_DEF_INFERSHAPESPASS
#include "passes/Passes.h.inc"

mlir::LogicalResult inferShapes(mlir::ModuleOp module) {
  ShapeInference inference(module);
  if (failed(inference.run()))
    return mlir::failure();
  inference.writeBack();
  return mlir::success();
}

namespace {
struct InferShapesPass : impl::InferShapesPassBase<InferShapesPass> {
  void runOnOperation() override {
    if (failed(inferShapes(getOperation())))
      signalPassFailure();
  }
};
} // namespace

} // namespace lz
