//===- StridedCopy.h - Between strided and dense memory
//---------------------===//
//
// Kernels take dense row-major tensors; a user's may have any strides.
//
//===----------------------------------------------------------------------===//

#ifndef LAZULI_RUNTIME_EXEC_STRIDEDCOPY_H
#define LAZULI_RUNTIME_EXEC_STRIDEDCOPY_H

#include <cstddef>
#include <cstdint>

namespace lz::rt {

/// Whether elements with these strides (in elements) lie as row-major order
/// wants them. Strides of dimensions of size 1 do not matter.
bool isDense(const int64_t *dims, const int64_t *strides, size_t rank);

/// Copies `rank`-dimensional elements of `elementBytes` bytes, with the given
/// strides in elements (any sign) on both sides. Dimensions are positive or the
/// copy is empty.
void copyStrided(const void *src, const int64_t *srcStrides, void *dst,
                 const int64_t *dstStrides, const int64_t *dims, size_t rank,
                 int elementBytes);

/// The strides of row-major order.
void getDenseStrides(const int64_t *dims, size_t rank, int64_t *strides);

} // namespace lz::rt

#endif // LAZULI_RUNTIME_EXEC_STRIDEDCOPY_H
