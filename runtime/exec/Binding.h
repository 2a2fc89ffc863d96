//===- Binding.h - From input dimensions to the values of symbols
//-----------===//
//
// The first step of a plan: every symbol gets its value from the dimension that
// binds it, then ranges, divisors, the other dimensions and guards are checked.
//
//===----------------------------------------------------------------------===//

#ifndef LAZULI_RUNTIME_EXEC_BINDING_H
#define LAZULI_RUNTIME_EXEC_BINDING_H

#include "runtime/exec/Model.h"

#include <cstdint>
#include <vector>

namespace lz::rt {

/// The values of all symbols of the program for inputs of the given dimensions,
/// one list per input of the entry with that input's rank. Symbols that this
/// entry does not need are 0. Fails with InvalidArgument and a text that names
/// the input, the dimension, what was found and what was expected.
StatusOr<std::vector<int64_t>>
bindSymbols(const fmt::Program &program, const EntryInfo &entry,
            const std::vector<std::vector<int64_t>> &dims);

/// What `symbol` was expected to be, if `found` is not it; else "".
std::string describeMismatch(const fmt::Symbol &symbol, int64_t found);

/// InvalidArgument with the guard's message, unless its sides are equal.
Status checkGuard(const fmt::Program &program, const fmt::Guard &guard,
                  const std::vector<int64_t> &symbols);

} // namespace lz::rt

#endif // LAZULI_RUNTIME_EXEC_BINDING_H
