//===- LazySolutions.h - What lazy fields turned out to be ----------------===//
//
// Internal. A lazy field appears in shapes as a symbol with a process-wide
// unique name; once a weight file has solved it, its number is kept here, so
// that every shape that mentions it sees it.
//
//===----------------------------------------------------------------------===//

#ifndef LAZULI_FRONTEND_NN_LAZYSOLUTIONS_H
#define LAZULI_FRONTEND_NN_LAZYSOLUTIONS_H

#include "frontend/nn/Dim.h"

#include <map>
#include <string>

namespace lz::nn::detail {

/// A symbol that no other field has and no user can write.
Dim makeLazySymbol();
/// Numbers for lazy symbols, by the symbols' names.
using LazyValues = std::map<std::string, int64_t>;
/// Keeps the numbers for good.
void addLazySolutions(const LazyValues &values);
/// The number of a symbol, if it is solved.
std::optional<int64_t> findLazySolution(const std::string &symbol);

/// Solves `shape == value` for the one lazy symbol in it: products with and
/// divisions by constants. Adds the symbol's number to `values`; false if that
/// is impossible or contradicts what `values` holds.
bool solveLazy(const DimExpr &shape, int64_t value, LazyValues &values);

} // namespace lz::nn::detail

#endif // LAZULI_FRONTEND_NN_LAZYSOLUTIONS_H
