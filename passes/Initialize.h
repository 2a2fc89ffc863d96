// First values of parameters and states: constants and draws from a
// counter-based generator keyed by (seed, parameter name), so that a parameter
// gets the same values in whatever order, and however many threads, they are
// drawn, and whether its shape was lazy or given.

#ifndef LAZULI_PASSES_INITIALIZE_H
#define LAZULI_PASSES_INITIALIZE_H

#include "ir/Values.h"
#include "mlir/IR/BuiltinAttributes.h"
#include "mlir/IR/Types.h"
#include "llvm/ADT/ArrayRef.h"
#include "llvm/ADT/StringRef.h"

#include <cstdint>

namespace lz {

/// The stream of random numbers that belongs to one parameter.
struct RandomStream {
  uint64_t seed = 0;
  llvm::StringRef name;
};

/// Fills `out`, dense elements of the floating-point type `type`, with uniform
/// draws from [low, high). f16 and bf16 are the f32 draws, rounded.
void fillUniform(mlir::MLIRContext *context, mlir::Type type,
                 RandomStream stream, double low, double high,
                 llvm::MutableArrayRef<char> out);

/// As above, normally distributed (Box-Muller).
void fillNormal(mlir::MLIRContext *context, mlir::Type type,
                RandomStream stream, double mean, double deviation,
                llvm::MutableArrayRef<char> out);

/// Number of inputs that feed one output of a weight of this shape, as PyTorch
/// counts them (`_calculate_fan_in_and_fan_out`): size(1) times the receptive
/// field; the number of elements below rank 2.
int64_t fanIn(llvm::ArrayRef<int64_t> shape);

/// Bound of PyTorch's kaiming_uniform_ for a leaky ReLU of slope `a`:
/// sqrt(3) * sqrt(2 / (1 + a^2)) / sqrt(fan_in); 0 where fan_in is 0.
double kaimingUniformBound(double a, int64_t fanIn);

/// Converts dense elements between floating-point types, rounding to nearest
/// even.
void convertFloats(mlir::Type from, llvm::ArrayRef<char> src, mlir::Type to,
                   llvm::MutableArrayRef<char> dst);

} // namespace lz

#endif // LAZULI_PASSES_INITIALIZE_H
