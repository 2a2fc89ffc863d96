//===- LazySolutions.cpp - What lazy fields turned out to be --------------===//
//
// The process-wide table of solved lazy fields, and the solving of one shape.
//
//===----------------------------------------------------------------------===//

#include "frontend/nn/LazySolutions.h"

#include <mutex>

namespace lz::nn::detail {

namespace {

struct Registry {
  std::mutex mutex;
  int64_t next = 0;
  LazyValues solved;
};

Registry &getRegistry() {
  static Registry registry;
  return registry;
}

/// The candidates for the symbol's number when `shape` has the given value:
/// shapes are monotonic in their symbol, so that doubling and halving finds it.
std::optional<int64_t> searchSymbol(const DimExpr &shape, const std::string &symbol,
                                    int64_t value) {
  constexpr int64_t kLargest = int64_t(1) << 40;
  int64_t low = 0, high = kLargest;
  while (low < high) {
    int64_t middle = low + (high - low) / 2;
    std::optional<int64_t> result = shape.evaluate({{symbol, middle}});
    // An overflow means that the number is too large.
    if (result && *result < value)
      low = middle + 1;
    else
      high = middle;
  }
  if (shape.evaluate({{symbol, low}}) != value)
    return std::nullopt;
  return low;
}

} // namespace

Dim makeLazySymbol() {
  Registry &registry = getRegistry();
  std::lock_guard<std::mutex> lock(registry.mutex);
  return Dim::symbol("%lazy" + std::to_string(registry.next++));
}

void addLazySolutions(const LazyValues &values) {
  Registry &registry = getRegistry();
  std::lock_guard<std::mutex> lock(registry.mutex);
  registry.solved.insert(values.begin(), values.end());
}

std::optional<int64_t> findLazySolution(const std::string &symbol) {
  Registry &registry = getRegistry();
  std::lock_guard<std::mutex> lock(registry.mutex);
  auto it = registry.solved.find(symbol);
  if (it == registry.solved.end())
    return std::nullopt;
  return it->second;
}

bool solveLazy(const DimExpr &shape, int64_t value, LazyValues &values) {
  std::set<std::string> symbols;
  shape.collectSymbols(symbols);
  if (symbols.empty())
    return shape == DimExpr(value);
  if (symbols.size() > 1)
    return false;
  const std::string &symbol = *symbols.begin();
  auto known = values.find(symbol);
  if (known != values.end())
    return shape.evaluate({{symbol, known->second}}) == value;
  std::optional<int64_t> solution = searchSymbol(shape, symbol, value);
  if (solution)
    values.emplace(symbol, *solution);
  return solution.has_value();
}

} // namespace lz::nn::detail

namespace lz::nn {

Dim Dim::resolved() const {
  std::set<std::string> symbols;
  expression.collectSymbols(symbols);
  std::map<std::string, DimExpr> values;
  for (const std::string &symbol : symbols)
    if (std::optional<int64_t> value = detail::findLazySolution(symbol))
      values.emplace(symbol, *value);
  return values.empty() ? *this : Dim(expression.substitute(values));
}

} // namespace lz::nn
