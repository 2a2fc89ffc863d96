//===- Primitive.cpp ------------------------------------------------------===//
//
// See Primitive.h.
//
//===----------------------------------------------------------------------===//

#include "runtime/exec/Primitive.h"

#include <atomic>

using namespace lz::rt;

// Constant-initialized, so that other files' initializers may register at any
// time.
static std::atomic<PrimitiveLibrary *> registeredLibrary{nullptr};

void lz::rt::registerPrimitiveLibrary(PrimitiveLibrary *library) {
  registeredLibrary.store(library, std::memory_order_release);
}

PrimitiveLibrary *lz::rt::getPrimitiveLibrary() {
  return registeredLibrary.load(std::memory_order_acquire);
}
