//===- Plugin.cpp - The entry of liblazuli_onednn.so ------------------------===//
//
// Definitions are made or found for all requests at once, then each request gets
// an executor of its own. No exception leaves.
//
//===----------------------------------------------------------------------===//

#include "backends/onednn/run/Plugin.h"

#include "backends/onednn/run/Executor.h"
#include "backends/onednn/run/Sharing.h"

using namespace lz;

static rt::StatusOr<std::unique_ptr<rt::PrimitiveExecutor>>
makeExecutor(const rt::PrimitiveRequest &request, onednn::SharedDefinition shared) {
  if (!shared.definition)
    return shared.status;
  std::string name(request.name);
  try {
    return std::unique_ptr<rt::PrimitiveExecutor>(
        std::make_unique<onednn::Executor>(std::move(shared.definition), request));
  } catch (const dnnl::error &error) {
    return rt::failedPrecondition("oneDNN refuses '" + name + "': " + error.what());
  } catch (const std::exception &error) {
    return rt::resourceExhausted("'" + name + "': " + error.what());
  }
}

extern "C" __attribute__((visibility("default"))) void
lz_onednn_create(const std::vector<rt::PrimitiveRequest> &requests,
                 onednn::Executors &executors) {
  std::vector<onednn::SharedDefinition> definitions = onednn::shareDefinitions(requests);
  for (size_t i = 0; i < requests.size(); ++i)
    executors.push_back(makeExecutor(requests[i], std::move(definitions[i])));
}
