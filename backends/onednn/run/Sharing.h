//===- Sharing.h - What the sessions of a process share of oneDNN -----------===//
//
// Definitions by what they were made from, and weights that oneDNN wants in
// another layout than the artifact has. Both live as long as some executor uses
// them. Any thread may call.
//
//===----------------------------------------------------------------------===//

#ifndef LAZULI_BACKENDS_ONEDNN_RUN_SHARING_H
#define LAZULI_BACKENDS_ONEDNN_RUN_SHARING_H

#include "backends/onednn/run/Definition.h"
#include "runtime/base/Buffer.h"

namespace lz::onednn {

/// A definition, or why there is none.
struct SharedDefinition {
  std::shared_ptr<const Definition> definition;
  rt::Status status;
};

/// Those of `requests`, in their order. Of equal ones one is made; different ones are
/// made in parallel, by the threads of the arena this runs in.
std::vector<SharedDefinition>
shareDefinitions(const std::vector<rt::PrimitiveRequest> &requests);

/// The weights at `data` in the layout that is wanted. `data` is a constant's, and is
/// known by its address while somebody holds the result. Throws dnnl::error.
std::shared_ptr<const rt::Buffer> shareReordered(const void *data,
                                                 const Definition::WeightLayouts &layouts);

} // namespace lz::onednn

#endif // LAZULI_BACKENDS_ONEDNN_RUN_SHARING_H
