//===- HostOp.cpp ---------------------------------------------------------===//
//
// See HostOp.h.
//
//===----------------------------------------------------------------------===//

#include "runtime/host_ops/HostOp.h"

#include <map>
#include <mutex>

using namespace lz::rt;

namespace {
struct Registry {
  std::mutex mutex;
  std::map<std::string_view, HostOp *> ops;
};
} // namespace

// A function's static, so that other files' initializers may register at any
// time.
static Registry &getRegistry() {
  static Registry registry;
  return registry;
}

void lz::rt::registerHostOp(HostOp *op) {
  std::lock_guard<std::mutex> lock(getRegistry().mutex);
  getRegistry().ops[op->getName()] = op;
}

HostOp *lz::rt::findHostOp(std::string_view name) {
  std::lock_guard<std::mutex> lock(getRegistry().mutex);
  auto found = getRegistry().ops.find(name);
  return found == getRegistry().ops.end() ? nullptr : found->second;
}
