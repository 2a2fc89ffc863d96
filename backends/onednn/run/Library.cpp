//===- Library.cpp - oneDNN as the runtime's library of primitives ----------===//
//
// The part that is always loaded: it checks the calls of an artifact without
// oneDNN, and loads liblazuli_onednn.so from beside this library when the first
// primitive is created.
//
//===----------------------------------------------------------------------===//

#include "backends/onednn/run/Plugin.h"
#include "backends/onednn/run/PluginName.h"

#include "runtime/base/Text.h"
#include "runtime/exec/Primitive.h"
#include "runtime/format/DType.h"

#include <dlfcn.h>
#include <mutex>

using namespace lz;
using namespace lz::rt;

namespace {

class OneDnnLibrary : public PrimitiveLibrary {
public:
  const char *getName() const override { return "onednn"; }
  Status check(const fmt::PrimitiveCall &call) const override;
  std::optional<uint32_t> getAccumulated(const fmt::PrimitiveCall &call) const override;
  lz::onednn::Executors create(const std::vector<PrimitiveRequest> &requests) override;

private:
  Status load();
  std::once_flag once;
  Status loadStatus;
  lz::onednn::CreateFunction createFunction = nullptr;
};

} // namespace

static OneDnnLibrary library;
[[maybe_unused]] static const bool registered = (registerPrimitiveLibrary(&library), true);

static size_t getNumFixedInputs(const fmt::PrimitiveCall &call) {
  return (call.kind() == fmt::PrimitiveKind_Lstm ? 3 : 2) + (call.has_bias() ? 1 : 0);
}

/// The sequence, the last state and the last cell; both first ones or none.
static Status checkLstm(const fmt::PrimitiveCall &call) {
  size_t states = count(call.inputs()) - getNumFixedInputs(call);
  if ((states == 0 || states == 2) && count(call.outputs()) == 3 && !count(call.post_ops()))
    return Status::success();
  return invalidArgument("an LSTM has " + std::to_string(states) + " states and " +
                         std::to_string(count(call.outputs())) +
                         " outputs, expected none or 2 and 3");
}

static Status checkPostOp(const fmt::PrimitiveCall &call, const fmt::PostOp &post) {
  if (post.kind() == fmt::PostOpKind_Eltwise) {
    if (lz::onednn::isEltwise(view(post.algorithm())))
      return Status::success();
    return unimplemented("oneDNN has no elementwise post-op '" +
                         std::string(view(post.algorithm())) + "'");
  }
  if (post.kind() != fmt::PostOpKind_Binary || !lz::onednn::isBinary(view(post.algorithm())))
    return unimplemented("oneDNN has no binary post-op '" + std::string(view(post.algorithm())) +
                         "'");
  if (post.operand() < getNumFixedInputs(call) || post.operand() >= count(call.inputs()))
    return invalidArgument("a post-op reads operand " + std::to_string(post.operand()) + " of " +
                           std::to_string(count(call.inputs())));
  return Status::success();
}

static Status checkTag(std::string_view tag) {
  if (tag.empty() || lz::onednn::isTag(tag))
    return Status::success();
  return unimplemented("this build knows no layout '" + std::string(tag) + "' of oneDNN");
}

Status OneDnnLibrary::check(const fmt::PrimitiveCall &call) const {
  switch (call.kind()) {
  case fmt::PrimitiveKind_MatMul:
  case fmt::PrimitiveKind_Convolution:
  case fmt::PrimitiveKind_Deconvolution:
  case fmt::PrimitiveKind_Lstm:
    break;
  default:
    return unimplemented(std::string("no primitive of kind ") +
                         fmt::EnumNamePrimitiveKind(call.kind()) + " in this build");
  }
  if (count(call.inputs()) < getNumFixedInputs(call))
    return invalidArgument("a primitive has too few inputs");
  LZ_RETURN_IF_ERROR(checkTag(view(call.weights_tag())));
  if (call.kind() == fmt::PrimitiveKind_Lstm)
    return checkLstm(call);
  if (count(call.outputs()) != 1)
    return invalidArgument("a primitive has not one output");
  for (const fmt::PostOp *post : items(call.post_ops()))
    LZ_RETURN_IF_ERROR(checkPostOp(call, *post));
  return Status::success();
}

/// What is added first becomes the start of the sums: oneDNN's own such post-op is faster
/// than one that reads another operand, by 17 % where a convolution has few channels.
std::optional<uint32_t> OneDnnLibrary::getAccumulated(const fmt::PrimitiveCall &call) const {
  if (call.kind() != fmt::PrimitiveKind_MatMul && call.kind() != fmt::PrimitiveKind_Convolution)
    return std::nullopt;
  if (count(call.post_ops()) == 0)
    return std::nullopt;
  const fmt::PostOp &first = *call.post_ops()->Get(0);
  if (first.kind() != fmt::PostOpKind_Binary || view(first.algorithm()) != "add")
    return std::nullopt;
  return first.operand();
}

/// The folder that holds the library this code is part of, with a slash.
static std::string getOwnFolder() {
  Dl_info info;
  if (!dladdr(reinterpret_cast<void *>(&getOwnFolder), &info) || !info.dli_fname)
    return "";
  std::string path = info.dli_fname;
  size_t slash = path.rfind('/');
  return slash == std::string::npos ? "" : path.substr(0, slash + 1);
}

Status OneDnnLibrary::load() {
  std::string path = getOwnFolder() + "liblazuli_onednn.so";
  void *handle = dlopen(path.c_str(), RTLD_NOW | RTLD_LOCAL);
  if (!handle) {
    path = "liblazuli_onednn.so";
    handle = dlopen(path.c_str(), RTLD_NOW | RTLD_LOCAL);
  }
  if (!handle)
    return failedPrecondition(std::string("this model needs oneDNN, which can not be loaded: ") +
                              dlerror());
  createFunction =
      reinterpret_cast<lz::onednn::CreateFunction>(dlsym(handle, LAZULI_ONEDNN_CREATE_NAME));
  if (!createFunction)
    return failedPrecondition("this model needs oneDNN, but " + rt::quote(path) +
                              " is of another build than the runtime");
  return Status::success();
}

lz::onednn::Executors OneDnnLibrary::create(const std::vector<PrimitiveRequest> &requests) {
  std::call_once(once, [&] { loadStatus = load(); });
  lz::onednn::Executors executors;
  Status status = loadStatus;
  if (status.isOk() && !createFunction(requests, executors)) {
    executors.clear();
    status = resourceExhausted("no memory to make primitives");
  }
  while (executors.size() < requests.size())
    executors.emplace_back(status);
  return executors;
}
