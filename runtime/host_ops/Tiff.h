//===- Tiff.h - Uncompressed TIFF images ------------------------*- C++ -*-===//
//
// Internal. The one format of ONNX's ImageDecoder without a compression of its
// own: what most writers write if nobody asks for more.
//
//===----------------------------------------------------------------------===//

#ifndef LAZULI_RUNTIME_HOST_OPS_TIFF_H
#define LAZULI_RUNTIME_HOST_OPS_TIFF_H

#include <cstddef>
#include <cstdint>
#include <vector>

namespace lz::rt {

/// Whether the bytes begin as those of a TIFF file.
bool isTiff(const uint8_t *data, size_t size);

/// The first image as rows of red, green, blue. Empty if it is damaged, or not
/// of uncompressed bytes: gray or RGB, with or without further channels.
std::vector<uint8_t> decodeTiff(const uint8_t *data, size_t size, int &width,
                                int &height);

} // namespace lz::rt

#endif // LAZULI_RUNTIME_HOST_OPS_TIFF_H
