//===- Evaluate.cpp - Constant subgraphs, evaluated by running them -------===//
//
// See Evaluate.h. No library primitives here: generated kernels do, and so
// evaluation does not depend on what is installed. Weights are read and written
// where they are: there may be gigabytes of them.
//
//===----------------------------------------------------------------------===//

#include "tools/driver/Evaluate.h"

#include "backends/cpu/codegen/Codegen.h"
#include "backends/emit/Constants.h"
#include "ir/LzOps.h"
#include "ir/Values.h"
#include "tools/driver/RunHere.h"

#include "mlir/IR/DialectResourceBlobManager.h"

using namespace mlir;
using namespace lz;

/// Weights are borrowed by a run, not copied into a program that holds them.
static constexpr size_t kBorrowedBytes = 1 << 16;

namespace {
/// One evaluation: a program, what it reads and what it writes.
class Evaluation {
public:
  Evaluation(ModuleOp program, int threads, KernelCache *cache)
      : program(program), func(*program.getOps<FuncOp>().begin()), threads(threads),
        cache(cache) {}

  FailureOr<SmallVector<ElementsAttr>> run();

private:
  void borrowParameters();
  LogicalResult open();
  LogicalResult bindInputs();
  LogicalResult bindOutputs();

  ModuleOp program;
  FuncOp func;
  int threads;
  KernelCache *cache;
  SmallVector<ElementsAttr> inputs;
  SmallVector<lz::TensorType> resultTypes;
  std::vector<AsmResourceBlob> outputs;
  ModelPtr model;
  SessionPtr session;
};
} // namespace

/// Large parameters become arguments.
void Evaluation::borrowParameters() {
  llvm::StringMap<ElementsAttr> large;
  for (ParameterOp parameter : program.getOps<ParameterOp>())
    if (auto value = dyn_cast_or_null<DenseResourceElementsAttr>(parameter.getValueAttr()))
      if (sizeBytes(value.getType()) >= static_cast<int64_t>(kBorrowedBytes))
        large[parameter.getName()] = value;
  for (auto get : llvm::make_early_inc_range(func.getBody().getOps<GetParameterOp>())) {
    auto it = large.find(get.getName());
    if (it == large.end() ||
        failed(func.insertArgument(func.getNumArguments(), get.getType(), {}, get.getLoc())))
      continue;
    inputs.push_back(it->second);
    get.replaceAllUsesWith(func.getArguments().back());
    get.erase();
  }
}

LogicalResult Evaluation::open() {
  FailureOr<ModelPtr> loaded = compileAndLoad(program, /*oracle=*/nullptr, cache);
  if (failed(loaded))
    return failure();
  model = std::move(*loaded);
  FailureOr<SessionPtr> started = startSession(model.get(), program, threads);
  if (failed(started))
    return failure();
  session = std::move(*started);
  return success();
}

LogicalResult Evaluation::bindInputs() {
  for (auto [i, value] : llvm::enumerate(inputs)) {
    lz_tensor_info info;
    if (failed(checkStatus(lz_model_input_info(model.get(), 0, i, &info), program)))
      return failure();
    std::vector<char> storage;
    ArrayRef<char> bytes = getRawBytes(value, storage);
    assert(storage.empty() && "a resource is not copied");
    lz_tensor tensor{const_cast<char *>(bytes.data()), info.dtype, info.rank, info.dims, nullptr};
    if (failed(checkStatus(lz_session_set_input(session.get(), i, &tensor), program)))
      return failure();
  }
  return success();
}

/// A run writes results where they stay.
LogicalResult Evaluation::bindOutputs() {
  for (auto [i, type] : llvm::enumerate(resultTypes)) {
    lz_tensor_info info;
    if (failed(checkStatus(lz_model_output_info(model.get(), 0, i, &info), program)))
      return failure();
    SmallVector<int64_t> dims = *type.getStaticShape();
    size_t bytes = *type.getNumElements() * lz_dtype_size(info.dtype);
    outputs.push_back(HeapAsmResourceBlob::allocate(bytes, /*align=*/64));
    lz_tensor tensor{outputs.back().getMutableData().data(), info.dtype, info.rank, dims.data(),
                     nullptr};
    if (failed(checkStatus(lz_session_set_output(session.get(), i, &tensor), program)))
      return failure();
  }
  return success();
}

FailureOr<SmallVector<ElementsAttr>> Evaluation::run() {
  Operation *ret = func.getBody().front().getTerminator();
  for (Value result : ret->getOperands())
    resultTypes.push_back(lz::tensorType(result));
  borrowParameters();
  if (failed(open()) || failed(bindInputs()) || failed(bindOutputs()) ||
      failed(checkStatus(lz_session_run(session.get()), program,
                         "a constant subgraph failed to run: ")))
    return failure();
  SmallVector<ElementsAttr> results;
  for (auto [i, type] : llvm::enumerate(resultTypes)) {
    auto valueType = RankedTensorType::get(*type.getStaticShape(), type.getElementType());
    results.push_back(
        makeOwnedValue(valueType, "folded." + std::to_string(i), std::move(outputs[i])));
  }
  return results;
}

void RuntimeEvaluator::getDependentDialects(DialectRegistry &registry) const {
  cpu::registerCodegenDialects(registry);
}

FailureOr<SmallVector<ElementsAttr>> RuntimeEvaluator::evaluate(ModuleOp program) {
  return Evaluation(program, threads, cache).run();
}
