// The order of the passes: read it as a table of contents.

#include "passes/Passes.h"

#include "mlir/Pass/PassManager.h"
#include "mlir/Pass/PassRegistry.h"
#include "mlir/Transforms/Passes.h"

using namespace mlir;

namespace lz {

void buildMaterializePipeline(OpPassManager &manager,
                              const PipelineOptions &options,
                              const PassServices &services) {
  BindExamplesPassOptions bind;
  bind.examples = options.examples;
  bind.dynamic = options.dynamicDims;
  manager.addPass(createBindExamplesPass(bind));

  BindWeightsPassOptions weights;
  weights.strict = options.strictWeights;
  weights.convert = options.convertWeights;
  manager.addPass(createBindWeightsPass(weights, services));

  manager.addPass(createInferShapesPass());

  MaterializePassOptions materialize;
  materialize.seed = options.seed;
  materialize.randomWeights = options.randomWeights;
  materialize.strict = options.strictWeights;
  materialize.convert = options.convertWeights;
  manager.addPass(createMaterializePass(materialize, services));
}

void buildOptimizePipeline(OpPassManager &manager,
                           const PipelineOptions &options,
                           const PassServices &services) {
  manager.addPass(createCanonicalizePass());
  manager.addPass(createCSEPass());
  // So that masks and exponents that are computed are numbers.
  manager.addPass(createConstEvalPass({}, services));
  manager.addPass(createRecognizePass());
  // lz-quantize belongs here.
  // Before constants are evaluated: those that move to another layout are some.
  manager.addPass(createLayoutPass({}, services));
  WinogradPassOptions winograd;
  winograd.never = !options.winograd;
  manager.addPass(createWinogradPass(winograd, services));
  manager.addPass(createRecurrentStepsPass(services));
  manager.addPass(createPanelsPass({}, services));
  manager.addPass(createDepthwisePass({}, services));
  manager.addPass(createPointwisePass({}, services));
  manager.addPass(createConvPanelsPass({}, services));
  manager.addPass(createMoveViewsPass());
  // Layers that share weights share what was made of them.
  manager.addPass(createCSEPass());
  manager.addPass(createConstEvalPass({}, services));
  manager.addPass(createFusePass(services));
  // lz-plan-memory belongs here; until then the runtime plans when it binds.
}

void buildDefaultPipeline(OpPassManager &manager,
                          const PipelineOptions &options,
                          const PassServices &services) {
  buildMaterializePipeline(manager, options, services);
  buildOptimizePipeline(manager, options, services);
}

namespace {
/// What `--lz-default-pipeline=...` takes in lazuli-opt.
struct DefaultPipelineOptions
    : PassPipelineOptions<DefaultPipelineOptions> {
  Option<std::string> examples{*this, "examples", llvm::cl::init(""),
                               llvm::cl::desc("see lz-bind-examples")};
  Option<std::string> dynamic{*this, "dynamic", llvm::cl::init(""),
                              llvm::cl::desc("see lz-bind-examples")};
  Option<bool> randomWeights{*this, "random-weights", llvm::cl::init(true),
                             llvm::cl::desc("see lz-materialize")};
  Option<uint64_t> seed{*this, "seed", llvm::cl::init(0),
                        llvm::cl::desc("see lz-materialize")};
};
} // namespace

void registerPasses(const PassServices &services) {
  registerPass([] { return createBindExamplesPass(); });
  registerPass([=] { return createBindWeightsPass({}, services); });
  registerPass([] { return createInferShapesPass(); });
  registerPass([=] { return createMaterializePass({}, services); });
  registerPass([] { return createCanonicalizePass(); });
  registerPass([=] { return createConstEvalPass({}, services); });
  registerPass([] { return createRecognizePass(); });
  registerPass([=] { return createLayoutPass({}, services); });
  registerPass([=] { return createWinogradPass({}, services); });
  registerPass([=] { return createRecurrentStepsPass(services); });
  registerPass([=] { return createPanelsPass({}, services); });
  registerPass([=] { return createDepthwisePass({}, services); });
  registerPass([=] { return createPointwisePass({}, services); });
  registerPass([=] { return createConvPanelsPass({}, services); });
  registerPass([] { return createMoveViewsPass(); });
  registerPass([=] { return createFusePass(services); });
  PassPipelineRegistration<DefaultPipelineOptions>(
      "lz-default-pipeline",
      "from a traced module to fused regions: all passes in their order",
      [=](OpPassManager &manager, const DefaultPipelineOptions &given) {
        PipelineOptions options;
        options.examples = given.examples;
        options.dynamicDims = given.dynamic;
        options.randomWeights = given.randomWeights;
        options.seed = given.seed;
        buildDefaultPipeline(manager, options, services);
      });
}

} // namespace lz
