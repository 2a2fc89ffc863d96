//===- Evaluate.cpp - Constant subgraphs, evaluated by running them -------===//
//
// See Evaluate.h. No library primitives here: generated kernels do, and so
// evaluation does not depend on what is installed.
//
//===----------------------------------------------------------------------===//

#include "tools/driver/Evaluate.h"

#include "backends/cpu/codegen/Codegen.h"
#include "backends/cpu/lower/Decompose.h"
#include "backends/emit/Emit.h"
#include "ir/LzOps.h"
#include "passes/Passes.h"
#include "ir/Values.h"

#include "mlir/Pass/PassManager.h"

#include <lazuli/lazuli.h>

using namespace mlir;
using namespace lz;

namespace {

struct ModelDeleter {
  void operator()(lz_model *model) const { lz_model_release(model); }
};
struct SessionDeleter {
  void operator()(lz_session *session) const { lz_session_destroy(session); }
};
using ModelPtr = std::unique_ptr<lz_model, ModelDeleter>;
using SessionPtr = std::unique_ptr<lz_session, SessionDeleter>;

} // namespace

static FailureOr<ModelPtr> compileAndLoad(ModuleOp program) {
  PassManager manager(program.getContext());
  PassServices services;
  services.decompose = cpu::decomposeForCpu;
  buildOptimizePipeline(manager, PipelineOptions(), services);
  if (failed(manager.run(program)))
    return failure();
  FailureOr<std::unique_ptr<Artifact>> artifact = emitArtifact(program, EmitOptions());
  if (failed(artifact))
    return failure();
  auto bytes = rt::serializeArtifact((*artifact)->program, (*artifact)->segments);
  if (!bytes.isOk())
    return program.emitError(bytes.getStatus().getMessage()), failure();
  lz_model *model = nullptr;
  if (lz_model_load_memory(bytes->data(), bytes->size(), nullptr, &model) != LZ_OK)
    return program.emitError(lz_error_message()), failure();
  return ModelPtr(model);
}

static FailureOr<SessionPtr> runOnce(lz_model *model, ModuleOp program, int threads) {
  lz_session_options options{};
  options.struct_size = sizeof(options);
  options.threads = threads;
  lz_session *session = nullptr;
  if (lz_session_create(model, &options, &session) != LZ_OK)
    return program.emitError(lz_error_message()), failure();
  SessionPtr owner(session);
  if (lz_session_run(session) != LZ_OK)
    return program.emitError("a constant subgraph failed to run: ") << lz_error_message(),
           failure();
  return owner;
}

void RuntimeEvaluator::getDependentDialects(DialectRegistry &registry) const {
  cpu::registerCodegenDialects(registry);
}

FailureOr<SmallVector<ElementsAttr>> RuntimeEvaluator::evaluate(ModuleOp program) {
  FuncOp func = *program.getOps<FuncOp>().begin();
  Operation *ret = func.getBody().front().getTerminator();
  SmallVector<lz::TensorType> types =
      llvm::map_to_vector(ret->getOperands(), [](Value value) { return lz::tensorType(value); });

  FailureOr<ModelPtr> model = compileAndLoad(program);
  if (failed(model))
    return failure();
  FailureOr<SessionPtr> session = runOnce(model->get(), program, threads);
  if (failed(session))
    return failure();
  SmallVector<ElementsAttr> results;
  for (auto [i, type] : llvm::enumerate(types)) {
    lz_tensor tensor;
    if (lz_session_get_output(session->get(), i, &tensor) != LZ_OK)
      return program.emitError(lz_error_message()), failure();
    size_t bytes = *type.getNumElements() * lz_dtype_size(tensor.dtype);
    auto valueType = RankedTensorType::get(*type.getStaticShape(), type.getElementType());
    results.push_back(makeValue(valueType, "folded." + std::to_string(i),
                                {static_cast<const char *>(tensor.data), bytes}));
  }
  return results;
}
