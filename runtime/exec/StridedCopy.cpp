//===- StridedCopy.cpp ----------------------------------------------------===//
//
// See StridedCopy.h.
//
//===----------------------------------------------------------------------===//

#include "runtime/exec/StridedCopy.h"

#include <algorithm>
#include <cstring>

using namespace lz;

bool rt::isDense(const int64_t *dims, const int64_t *strides, size_t rank) {
  if (std::find(dims, dims + rank, 0) != dims + rank)
    return true;
  int64_t expected = 1;
  for (size_t i = rank; i-- > 0;) {
    if (dims[i] != 1 && strides[i] != expected)
      return false;
    expected *= dims[i];
  }
  return true;
}

void rt::getDenseStrides(const int64_t *dims, size_t rank, int64_t *strides) {
  int64_t stride = 1;
  for (size_t i = rank; i-- > 0;) {
    strides[i] = stride;
    stride *= dims[i] > 0 ? dims[i] : 1;
  }
}

template <typename T>
static void copyRow(const T *src, int64_t srcStride, T *dst, int64_t dstStride,
                    int64_t size) {
  if (srcStride == 1 && dstStride == 1) {
    std::memcpy(dst, src, static_cast<size_t>(size) * sizeof(T));
    return;
  }
  // Byte-wise, because a user's elements need not be aligned.
  for (int64_t i = 0; i < size; ++i)
    std::memcpy(dst + i * dstStride, src + i * srcStride, sizeof(T));
}

template <typename T>
static void copyDims(const T *src, const int64_t *srcStrides, T *dst,
                     const int64_t *dstStrides, const int64_t *dims,
                     size_t rank) {
  if (rank == 0)
    return copyRow(src, 1, dst, 1, 1);
  if (rank == 1)
    return copyRow(src, srcStrides[0], dst, dstStrides[0], dims[0]);
  for (int64_t i = 0; i < dims[0]; ++i)
    copyDims(src + i * srcStrides[0], srcStrides + 1, dst + i * dstStrides[0],
             dstStrides + 1, dims + 1, rank - 1);
}

namespace {
/// An element without alignment.
template <int numBytes> struct Element {
  uint8_t bytes[numBytes];
};
} // namespace

template <int numBytes>
static void copyElements(const void *src, const int64_t *srcStrides, void *dst,
                         const int64_t *dstStrides, const int64_t *dims,
                         size_t rank) {
  using T = Element<numBytes>;
  copyDims(static_cast<const T *>(src), srcStrides, static_cast<T *>(dst),
           dstStrides, dims, rank);
}

void rt::copyStrided(const void *src, const int64_t *srcStrides, void *dst,
                     const int64_t *dstStrides, const int64_t *dims,
                     size_t rank, int elementBytes) {
  for (size_t i = 0; i < rank; ++i)
    if (dims[i] <= 0)
      return;
  switch (elementBytes) {
  case 1:
    return copyElements<1>(src, srcStrides, dst, dstStrides, dims, rank);
  case 2:
    return copyElements<2>(src, srcStrides, dst, dstStrides, dims, rank);
  case 4:
    return copyElements<4>(src, srcStrides, dst, dstStrides, dims, rank);
  default:
    return copyElements<8>(src, srcStrides, dst, dstStrides, dims, rank);
  }
}
