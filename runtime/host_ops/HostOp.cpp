//===- HostOp.cpp ---------------------------------------------------------===//
//
// See HostOp.h.
//
//===----------------------------------------------------------------------===//

#include "runtime/host_ops/HostOp.h"

#include "runtime/base/Text.h"
#include "runtime/host_ops/Builtin.h"

#include <map>
#include <mutex>

using namespace lz;
using namespace lz::rt;

namespace {
struct Registry {
  std::mutex mutex;
  std::map<std::string_view, HostOp *> ops;
};
} // namespace

/// Made with all operations of the runtime's own on first use: other files'
/// initializers may register at any time, and none of ours is a static object
/// that a linker could leave out.
static Registry &getRegistry() {
  static Registry *registry = [] {
    auto *made = new Registry;
    for (HostOp *op : getBuiltinHostOps())
      made->ops[op->getName()] = op;
    return made;
  }();
  return *registry;
}

void rt::registerHostOp(HostOp *op) {
  std::lock_guard<std::mutex> lock(getRegistry().mutex);
  getRegistry().ops[op->getName()] = op;
}

HostOp *rt::findHostOp(std::string_view name) {
  std::lock_guard<std::mutex> lock(getRegistry().mutex);
  auto found = getRegistry().ops.find(name);
  return found == getRegistry().ops.end() ? nullptr : found->second;
}

StatusOr<std::unique_ptr<HostExecutor>> HostOp::create(const HostRequest &) {
  return internalError(
      concat("host operation ", quote(getName()), " has no place in a plan"));
}

StatusOr<std::unique_ptr<const HostFunction>>
HostOp::load(const fmt::HostCall &, const fmt::Program &) const {
  return internalError(
      concat("host operation ", quote(getName()), " runs in plans only"));
}

StatusOr<void *> HostRun::allocate(size_t index, std::vector<int64_t> dims) {
  HostValue &output = outputs[index];
  LZ_ASSIGN_OR_RETURN(output,
                      makeTensor(output.dtype, std::move(dims), memory));
  return static_cast<void *>(output.buffer->getData());
}
