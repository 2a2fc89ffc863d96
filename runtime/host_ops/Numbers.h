//===- Numbers.h - Numbers as texts ---------------------------------------===//
//
// Between elements of tensors and strings (ONNX's Cast).
//
//===----------------------------------------------------------------------===//

#ifndef LAZULI_RUNTIME_HOST_OPS_NUMBERS_H
#define LAZULI_RUNTIME_HOST_OPS_NUMBERS_H

#include "runtime/base/Status.h"
#include "runtime/format/program_generated.h"

#include <cstdint>
#include <string>

namespace lz::rt {

/// Writes a number as element `index`; integers are cut off towards zero and to
/// the range of the dtype, f16 and bf16 are rounded to the nearest.
void writeNumber(fmt::DType dtype, void *data, int64_t index, double number);
void writeInteger(fmt::DType dtype, void *data, int64_t index, int64_t number);

/// The text of element `index` as NumPy writes it.
std::string formatElement(fmt::DType dtype, const void *data, int64_t index);

/// Reads all of `text` into element `index`: "1", "-2.5e3", "NaN", "+INF".
Status parseElement(const std::string &text, fmt::DType dtype, void *data,
                    int64_t index);

} // namespace lz::rt

#endif // LAZULI_RUNTIME_HOST_OPS_NUMBERS_H
