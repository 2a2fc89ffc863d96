// The passes over the lz dialect, as functions and as MLIR passes, and the
// pipelines made of them. What a pass must ask the world stands in PassServices
// and is injected by tools.

#ifndef LAZULI_PASSES_PASSES_H
#define LAZULI_PASSES_PASSES_H

#include "ir/DenseOracle.h"
#include "ir/Evaluator.h"
#include "passes/Weights.h"

#include "mlir/Pass/Pass.h"

#include <functional>
#include <memory>

namespace lz {

class ConvOp;

/// What passes ask the world, all optional and borrowed: it must live as long
/// as the passes that were made with it.
struct PassServices {
  /// Values of parameters and states.
  const WeightSource *weights = nullptr;
  /// Runs constant subgraphs; without it they stay in the graph.
  Evaluator *evaluator = nullptr;
  /// Takes dense ops; without it all become generated kernels.
  const DenseOracle *denseOracle = nullptr;
  /// Splits what the generated kernels want as several ops, before regions are
  /// formed; leaves what the oracle takes. Without it nothing is split.
  std::function<void(mlir::Operation *root, const DenseOracle *oracle)> decompose;
  /// Why generated kernels should not compute an lz.conv by Winograd's algorithm with
  /// `lanes` output channels side by side, in words for users; nullopt where they should.
  /// Without it none is.
  std::function<std::optional<std::string>(ConvOp, int64_t lanes)> refusesWinograd;
  /// Why generated kernels should not compute an lz.linear or an lz.matmul by constant
  /// weights put into panels; nullopt where they should. Without it none is.
  std::function<std::optional<std::string>(mlir::Operation *)> refusesPanels;
  /// The same of an lz.conv of each channel by itself, and with weights in panels.
  std::function<std::optional<std::string>(ConvOp)> refusesDepthwise, refusesConvPanels;
  /// The same of an lz.conv or lz.conv_transpose as a product of matrices.
  std::function<std::optional<std::string>(mlir::Operation *)> refusesPointwise;
  /// Why a generated kernel of an lz.conv_depthwise and a product of rows, of which `first` makes
  /// what `second` reads, should not be one: it would go from row to row, so that what is
  /// between is never whole in memory. Nullopt where it should. Without it none is.
  std::function<std::optional<std::string>(mlir::Operation *first, mlir::Operation *second)>
      refusesTogether;
};

#define GEN_PASS_DECL
#include "passes/Passes.h.inc"

std::unique_ptr<mlir::Pass>
createBindWeightsPass(BindWeightsPassOptions options,
                      const PassServices &services);
std::unique_ptr<mlir::Pass>
createMaterializePass(MaterializePassOptions options,
                      const PassServices &services);
std::unique_ptr<mlir::Pass>
createConstEvalPass(ConstEvalPassOptions options, const PassServices &services);
std::unique_ptr<mlir::Pass> createLayoutPass(LayoutPassOptions options,
                                             const PassServices &services);
std::unique_ptr<mlir::Pass> createWinogradPass(WinogradPassOptions options,
                                               const PassServices &services);
std::unique_ptr<mlir::Pass> createPanelsPass(PanelsPassOptions options,
                                             const PassServices &services);
std::unique_ptr<mlir::Pass> createRecurrentStepsPass(const PassServices &services);
std::unique_ptr<mlir::Pass> createConvPanelsPass(ConvPanelsPassOptions options,
                                                 const PassServices &services);
std::unique_ptr<mlir::Pass> createDepthwisePass(DepthwisePassOptions options,
                                                const PassServices &services);
std::unique_ptr<mlir::Pass> createPointwisePass(PointwisePassOptions options,
                                                const PassServices &services);
std::unique_ptr<mlir::Pass> createFusePass(const PassServices &services);

/// Infers every shape in `module`, solves its lazy symbols and writes both
/// back: types in place, solutions as `lz.solution` and `lz.origin` on the
/// symbols, checks left to the run time as lz.guard. On failure a diagnostic in
/// the words of the model was emitted and the module is as it was.
mlir::LogicalResult inferShapes(mlir::ModuleOp module);

struct MaterializeOptions {
  /// Key of the generator that initializes parameters.
  uint64_t seed = 0;
  /// Initialize parameters without a value; otherwise those are errors when a
  /// weight source is given.
  bool randomWeights = true;
  WeightOptions weights;
};

/// Puts the solutions of all lazy symbols in their places and gives every
/// parameter and state its value. Expects inferShapes() before. On failure the
/// module is as it was.
mlir::LogicalResult materialize(mlir::ModuleOp module,
                                const MaterializeOptions &options,
                                const WeightSource *weights);

/// Makes the passes known by name to mlir-opt like drivers.
void registerPasses(const PassServices &services = {});

/// What the default pipeline is told; empty strings mean none.
struct PipelineOptions {
  std::string examples;
  std::string dynamicDims;
  bool strictWeights = true;
  bool convertWeights = false;
  /// Convolutions may be computed by Winograd's algorithm, which rounds otherwise
  /// than their definition does.
  bool winograd = true;
  bool randomWeights = true;
  uint64_t seed = 0;
};

/// From a traced module to one whose parameters are concrete.
void buildMaterializePipeline(mlir::OpPassManager &manager,
                              const PipelineOptions &options,
                              const PassServices &services);

/// From a concrete module to one in which every computing op stands in an
/// lz.fused region.
void buildOptimizePipeline(mlir::OpPassManager &manager,
                           const PipelineOptions &options,
                           const PassServices &services);

/// Both, in order: `lz-default-pipeline`.
void buildDefaultPipeline(mlir::OpPassManager &manager,
                          const PipelineOptions &options,
                          const PassServices &services);

} // namespace lz

#endif // LAZULI_PASSES_PASSES_H
