//===- Plugin.cpp - The entry of liblazuli_onednn.so ------------------------===//
//
// Definitions are made or found for all requests at once, then each request gets
// an executor of its own. No exception leaves.
//
//===----------------------------------------------------------------------===//

#include "backends/onednn/run/Plugin.h"

#include "backends/onednn/run/Executor.h"
#include "backends/onednn/run/PluginName.h"
#include "backends/onednn/run/Residency.h"
#include "backends/onednn/run/Sharing.h"

using namespace lz;

static rt::StatusOr<std::unique_ptr<rt::PrimitiveExecutor>>
makeExecutor(const rt::PrimitiveRequest &request, onednn::SharedDefinition shared) {
  if (!shared.definition)
    return shared.status;
  std::unique_ptr<rt::PrimitiveExecutor> made;
  rt::Status status = onednn::enterOneDnn(request.name, [&] {
    made = std::make_unique<onednn::Executor>(std::move(shared.definition), request);
  });
  if (!status.isOk())
    return status;
  return made;
}

/// Once: a process that makes primitives for ever new shapes keeps what that reads.
static void releaseGenerators() {
  [[maybe_unused]] static const size_t released =
      onednn::releaseReadOnlyPages(reinterpret_cast<const void *>(&dnnl_engine_create));
}

/// What enterOneDnn() lets pass is want of memory for its own words, or for the lists here.
extern "C" __attribute__((visibility("default"))) bool
LAZULI_ONEDNN_CREATE(const std::vector<rt::PrimitiveRequest> &requests,
                 onednn::Executors &executors) noexcept try {
  std::vector<onednn::SharedDefinition> definitions = onednn::shareDefinitions(requests);
  for (size_t i = 0; i < requests.size(); ++i)
    executors.push_back(makeExecutor(requests[i], std::move(definitions[i])));
  releaseGenerators();
  return true;
} catch (...) {
  return false;
}
