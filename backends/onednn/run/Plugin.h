//===- Plugin.h - What the runtime and the oneDNN plugin share --------------===//
//
// The one function of liblazuli_onednn.so (PluginName.h has its name), and the names of post-ops and
// layouts that it knows, which the runtime checks without loading it.
//
//===----------------------------------------------------------------------===//

#ifndef LAZULI_BACKENDS_ONEDNN_RUN_PLUGIN_H
#define LAZULI_BACKENDS_ONEDNN_RUN_PLUGIN_H

#include "runtime/exec/Primitive.h"

#include <string_view>

namespace lz::onednn {

using Executors = std::vector<rt::StatusOr<std::unique_ptr<rt::PrimitiveExecutor>>>;
/// Appends the executors of `requests`, runs inside the arena that will execute them.
/// False where there was no memory even to say what failed.
using CreateFunction = bool (*)(const std::vector<rt::PrimitiveRequest> &requests,
                                Executors &executors) noexcept;

inline constexpr std::string_view kEltwiseNames[] = {
    "relu", "tanh", "elu",      "square", "abs",       "sqrt",        "linear",   "clip",
    "exp",  "swish", "logistic", "gelu_erf", "gelu_tanh", "hardswish", "hardsigmoid", "mish"};
inline constexpr std::string_view kBinaryNames[] = {"add", "mul", "sub", "div", "max", "min"};
/// Layouts of weights and activations, in oneDNN's letters.
inline constexpr std::string_view kTagNames[] = {
    "a",          "ab",       "ba",       "abc",      "acb",     "abcd",    "acdb",
    "abcde",      "acdeb",    "BA16a64b", "BA16a48b", "BA16a32b", "BA16a16b", "Acb16a",
    "Acdb16a",    "Acdeb16a", "Acb32a", "Acb48a", "Acb64a",   "Acdb32a",  "Acdb48a", "Acdb64a", "Acdeb64a",
    "ABcd16b16a", "aBcd16b",  "Abcd16a",  "aBdc16b",  "aBdec16b",
    "Acdb8a",     "Acdb24a",  "decbA8a",  "decbA16a", "abdEc32e",   "abdEc16e"};

template <size_t N>
constexpr bool isOneOf(std::string_view name, const std::string_view (&names)[N]) {
  for (std::string_view known : names)
    if (known == name)
      return true;
  return false;
}
inline bool isEltwise(std::string_view name) { return isOneOf(name, kEltwiseNames); }
inline bool isBinary(std::string_view name) { return isOneOf(name, kBinaryNames); }
inline bool isTag(std::string_view name) { return isOneOf(name, kTagNames); }

} // namespace lz::onednn

#endif // LAZULI_BACKENDS_ONEDNN_RUN_PLUGIN_H
