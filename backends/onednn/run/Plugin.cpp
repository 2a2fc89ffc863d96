//===- Plugin.cpp - The entry of liblazuli_onednn.so ------------------------===//
//
// The boundary where oneDNN's exceptions become statuses.
//
//===----------------------------------------------------------------------===//

#include "backends/onednn/run/Plugin.h"

#include "backends/onednn/run/Executor.h"

using namespace lz;

static std::unique_ptr<rt::PrimitiveExecutor> makeExecutor(const rt::PrimitiveRequest &request) {
  if (request.call->kind() == fmt::PrimitiveKind_MatMul)
    return onednn::makeMatMul(request);
  if (request.call->kind() == fmt::PrimitiveKind_Lstm)
    return onednn::makeLstm(request);
  return onednn::makeConvolution(request);
}

extern "C" __attribute__((visibility("default"))) rt::Status
lz_onednn_create(const rt::PrimitiveRequest &request,
                 std::unique_ptr<rt::PrimitiveExecutor> &executor) {
  std::string name(request.name);
  try {
    executor = makeExecutor(request);
  } catch (const dnnl::error &error) {
    return rt::failedPrecondition("oneDNN refuses '" + name + "': " + error.what());
  } catch (const std::exception &error) {
    return rt::resourceExhausted("'" + name + "': " + error.what());
  }
  return rt::Status::success();
}
