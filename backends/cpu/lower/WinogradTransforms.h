//===- WinogradTransforms.h - the algebra of F(4x4, 3x3) --------*- C++ -*-===//
//
// Four results of a kernel of three at the points 0, 1, -1, 2, -2 and infinity, along
// both axes of an image: result = A'[(G g G') * (B' d B)]A. Lavin and Gray, "Fast
// Algorithms for Convolutional Neural Networks" (2015).
//
//===----------------------------------------------------------------------===//

#ifndef LAZULI_BACKENDS_CPU_LOWER_WINOGRADTRANSFORMS_H
#define LAZULI_BACKENDS_CPU_LOWER_WINOGRADTRANSFORMS_H

#include "mlir/IR/Builders.h"
#include "llvm/ADT/SmallVector.h"

namespace lz::cpu::winograd {

inline constexpr int64_t kKernel = 3;  ///< taps along an axis
inline constexpr int64_t kTile = 4;    ///< results along an axis
inline constexpr int64_t kPatch = 6;   ///< elements of the source that they read
inline constexpr int64_t kPoints = 36; ///< products per tile and pair of channels

using Values = llvm::SmallVector<mlir::Value>;

/// One of the three transforms, along both axes of a square of `size` x `size` vectors
/// of floats in row-major order.
class Transform {
public:
  Transform(mlir::OpBuilder &b, mlir::Location loc) : b(b), loc(loc) {}

  Values patch(Values square) { return both(square, kPatch, &Transform::patchAxis); }
  Values kernel(Values square) { return both(square, kKernel, &Transform::kernelAxis); }
  Values products(Values square) { return both(square, kPatch, &Transform::productAxis); }

private:
  using Axis = Values (Transform::*)(llvm::ArrayRef<mlir::Value>);
  Values both(const Values &square, int64_t size, Axis axis);
  Values patchAxis(llvm::ArrayRef<mlir::Value> d);
  Values kernelAxis(llvm::ArrayRef<mlir::Value> g);
  Values productAxis(llvm::ArrayRef<mlir::Value> m);

  mlir::Value add(mlir::Value x, mlir::Value y);
  mlir::Value sub(mlir::Value x, mlir::Value y);
  mlir::Value scale(double factor, mlir::Value x);

  mlir::OpBuilder &b;
  mlir::Location loc;
};

} // namespace lz::cpu::winograd

#endif // LAZULI_BACKENDS_CPU_LOWER_WINOGRADTRANSFORMS_H
