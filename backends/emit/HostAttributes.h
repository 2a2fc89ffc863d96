//===- HostAttributes.h - Attributes for the runtime ------------*- C++ -*-===//
//
// The dictionary of an lz.host as the FlexBuffer map that the runtime reads.
//
//===----------------------------------------------------------------------===//

#ifndef LAZULI_BACKENDS_EMIT_HOSTATTRIBUTES_H
#define LAZULI_BACKENDS_EMIT_HOSTATTRIBUTES_H

#include "mlir/IR/BuiltinAttributes.h"

#include <cstdint>
#include <vector>

namespace lz {

/// A map from names to integers, floats (doubles), booleans, strings and untyped
/// vectors of these; empty where there are no attributes.
std::vector<uint8_t> encodeHostAttributes(mlir::DictionaryAttr attributes);

} // namespace lz

#endif // LAZULI_BACKENDS_EMIT_HOSTATTRIBUTES_H
