//===- RunHere.cpp - Programs that the compiler runs ----------------------===//
//
// See RunHere.h.
//
//===----------------------------------------------------------------------===//

#include "tools/driver/RunHere.h"

#include "backends/cpu/lower/Decompose.h"
#include "backends/emit/Emit.h"
#include "passes/Passes.h"

#include "mlir/Pass/PassManager.h"

using namespace mlir;
using namespace lz;

LogicalResult lz::checkStatus(lz_status status, ModuleOp program, const char *what) {
  return status == LZ_OK ? success() : program.emitError(what) << lz_error_message();
}

FailureOr<ModelPtr> lz::compileAndLoad(ModuleOp program, const DenseOracle *oracle,
                                       KernelCache *cache) {
  PassManager manager(program.getContext());
  PassServices services;
  services.decompose = cpu::decomposeForCpu;
  services.denseOracle = oracle;
  buildOptimizePipeline(manager, PipelineOptions(), services);
  if (failed(manager.run(program)))
    return failure();
  EmitOptions options;
  options.cpu.cache = cache;
  FailureOr<std::unique_ptr<Artifact>> artifact = emitArtifact(program, options);
  if (failed(artifact))
    return failure();
  auto bytes = rt::serializeArtifact((*artifact)->program, (*artifact)->segments);
  if (!bytes.isOk())
    return program.emitError(bytes.getStatus().getMessage()), failure();
  lz_model *model = nullptr;
  if (failed(checkStatus(lz_model_load_memory(bytes->data(), bytes->size(), nullptr, &model),
                         program)))
    return failure();
  return ModelPtr(model);
}

FailureOr<SessionPtr> lz::startSession(lz_model *model, ModuleOp program, int threads) {
  lz_session_options options{};
  options.struct_size = sizeof(options);
  options.threads = threads;
  lz_session *session = nullptr;
  if (failed(checkStatus(lz_session_create(model, &options, &session), program)))
    return failure();
  return SessionPtr(session);
}
