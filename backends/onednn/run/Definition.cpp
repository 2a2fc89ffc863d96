//===- Definition.cpp - What equal calls of oneDNN share --------------------===//
//
// See Definition.h.
//
//===----------------------------------------------------------------------===//

#include "backends/onednn/run/Definition.h"

#include <tbb/task_arena.h>

using namespace lz;
using namespace lz::onednn;

const dnnl::engine &onednn::getEngine() {
  static const dnnl::engine engine(dnnl::engine::kind::cpu, 0);
  return engine;
}

rt::Status onednn::enterOneDnn(std::string_view name, const std::function<void()> &body) {
  try {
    tbb::this_task_arena::isolate(body);
    return rt::Status::success();
  } catch (const dnnl::error &error) {
    return rt::failedPrecondition("oneDNN refuses '" + std::string(name) +
                                  "': " + error.what());
  } catch (const std::exception &error) {
    return rt::resourceExhausted("'" + std::string(name) + "': " + error.what());
  }
}

void Definition::bindWeights(int arg, unsigned buffer, const WeightLayouts &layouts) {
  if (layouts.given == layouts.wanted)
    bind(arg, buffer, layouts.wanted);
  else
    weights.push_back({arg, buffer, layouts});
}

void Definition::bindPostOps(const PostOps &postOps) {
  for (const PostOps::Operand &operand : postOps.operands)
    bind(DNNL_ARG_ATTR_MULTIPLE_POST_OP(operand.position) | DNNL_ARG_SRC_1, operand.input,
         operand.desc);
}

void Definition::finish(dnnl::primitive made, const dnnl::memory::desc &scratchpadDesc) {
  primitive = std::move(made);
  scratchpad = scratchpadDesc;
}

std::shared_ptr<const Definition> onednn::makeDefinition(const rt::PrimitiveRequest &request) {
  if (request.call->kind() == fmt::PrimitiveKind_MatMul)
    return makeMatMul(request);
  if (request.call->kind() == fmt::PrimitiveKind_Lstm)
    return makeLstm(request);
  return makeConvolution(request);
}
