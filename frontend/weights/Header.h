//===- Header.h - The JSON header of a safetensors file -------------------===//
//
// Parses the header without building a JSON document: only the one structure
// the format allows is accepted, so neither nesting nor size can exhaust memory.
//
//===----------------------------------------------------------------------===//

#ifndef LAZULI_FRONTEND_WEIGHTS_HEADER_H
#define LAZULI_FRONTEND_WEIGHTS_HEADER_H

#include "frontend/weights/DType.h"
#include "runtime/base/Status.h"

#include <map>
#include <string>
#include <string_view>
#include <vector>

namespace lz::weights {

/// One tensor's entry; begin and end count from the end of the header.
struct HeaderEntry {
  std::string name;
  DType dtype = DType::f32;
  std::vector<int64_t> shape;
  uint64_t begin = 0;
  uint64_t end = 0;
};

struct Header {
  std::vector<HeaderEntry> entries;
  std::map<std::string, std::string> metadata;
};

/// The name of an element type in the file ("F32", "BOOL", ...).
const char *getFileName(DType dtype);

/// Parses the JSON text. Checks structure, types, duplicate names and fields;
/// offsets are checked by checkLayout.
rt::StatusOr<Header> parseHeader(std::string_view text);

/// Checks that the entries cover exactly [0, dataSize) without overlap or gap
/// and that each one's bytes are those of its shape; sorts them by offset.
rt::Status checkLayout(Header &header, uint64_t dataSize);

} // namespace lz::weights

#endif // LAZULI_FRONTEND_WEIGHTS_HEADER_H
