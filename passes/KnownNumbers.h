// What parameters and constants hold, as numbers: patterns that recognize a
// formula by its constants ask here.

#ifndef LAZULI_PASSES_KNOWNNUMBERS_H
#define LAZULI_PASSES_KNOWNNUMBERS_H

#include "ir/LzOps.h"

#include "llvm/ADT/StringMap.h"

namespace lz {

class KnownNumbers {
public:
  /// Remembers the values of the parameters; borrows nothing but attributes.
  explicit KnownNumbers(mlir::ModuleOp module);

  /// The number that every element of `value` is, as splatNumber() finds it.
  std::optional<double> splat(mlir::Value value) const;
  /// Whether every element of `value` is `number`, to the precision in which its
  /// element type holds constants.
  bool is(mlir::Value value, double number) const;
  /// Whether `test` holds for all elements, by row-major position; false if they
  /// are not known. `value` is a parameter or constant, or a view of one.
  bool all(mlir::Value value,
           llvm::function_ref<bool(int64_t position, double element)> test) const;

private:
  mlir::ElementsAttr elements(mlir::Value value) const;

  llvm::StringMap<mlir::ElementsAttr> parameters;
};

/// The number that every element of `value` is, through casts (which round it),
/// views and repetitions. `elementsOf` gives what constants and parameters hold, null
/// where it is not known; without it, constants alone are.
std::optional<double>
splatNumber(mlir::Value value,
            llvm::function_ref<mlir::ElementsAttr(mlir::Value)> elementsOf);
std::optional<double> splatNumber(mlir::Value value);

/// `number` as an element of `type`: rounded, or its fraction cut off; nullopt if an
/// integer cannot hold it.
std::optional<double> numberAs(double number, mlir::Type type);

/// Whether two numbers are the same constant, written as elements of `type` or with
/// the digits that f32 holds.
bool isSameConstant(double found, double expected, mlir::Type type);

/// A value as a number times other values.
struct Product {
  double scale = 1;
  llvm::SmallVector<mlir::Value, 4> factors;

  /// Whether the factors are `count` times `value`.
  bool isPowerOf(mlir::Value value, unsigned count) const {
    return factors.size() == count && llvm::all_equal(factors) &&
           factors.front() == value;
  }
};

/// Takes multiplications, and divisions by constants, apart that serve `value`
/// alone. What has several users is a factor as it is.
Product productOf(mlir::Value value, const KnownNumbers &numbers);

} // namespace lz

#endif // LAZULI_PASSES_KNOWNNUMBERS_H
