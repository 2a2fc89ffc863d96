//===- Packing.h - Blocked layouts of weights
//-------------------------------===//
//
// An explicit layout is named as oneDNN names it: letters give the order of
// the dimensions from the outermost to the innermost (upper case: the dimension
// is blocked as well), then the blocks with their sizes, from the outermost to
// the innermost. "BA16a64b" of a [k, n] matrix: blocks of 64 columns outermost,
// then blocks of 16 rows, in each block 16 rows of 64. A dimension that is not
// a multiple of its blocks is padded with zeros. The compiler packs, the
// runtime unpacks for a primitive that refuses the layout.
//
//===----------------------------------------------------------------------===//

#ifndef LAZULI_RUNTIME_FORMAT_PACKING_H
#define LAZULI_RUNTIME_FORMAT_PACKING_H

#include "runtime/base/Status.h"

#include <cstdint>
#include <string_view>
#include <vector>

namespace lz::rt {

class Packing {
public:
  /// Parses `tag` for a tensor of dimensions `dims`. Fails with InvalidArgument
  /// (a malformed tag, a tag of another rank, a size beyond 64 bits).
  static StatusOr<Packing> parse(std::string_view tag,
                                 std::vector<int64_t> dims);

  /// Dimensions rounded up to whole blocks.
  const std::vector<int64_t> &getPaddedDims() const { return paddedDims; }
  const std::vector<int64_t> &getDims() const { return dims; }
  /// Elements of the packed form, padding included.
  int64_t getNumPaddedElements() const { return numPaddedElements; }
  int64_t getNumElements() const { return numElements; }

  /// Position of an element (one index per dimension) in the packed form, in
  /// elements.
  int64_t getOffset(const int64_t *indices) const;

  /// Packs plain row-major `src` into `dst`, whose padding is set to zero. An
  /// element has `elementBytes` bytes: 1, 2, 4 or 8.
  void pack(const void *src, void *dst, int elementBytes) const;

  /// The reverse of pack().
  void unpack(const void *src, void *dst, int elementBytes) const;

private:
  /// One loop of the packed order: `extent` steps of `step` along dimension
  /// `dim`.
  struct Level {
    int dim;
    int64_t extent;
    int64_t step;
  };
  struct Walk;

  std::vector<int64_t> dims;
  std::vector<int64_t> paddedDims;
  std::vector<int64_t> plainStrides;
  std::vector<Level> levels; ///< outermost first
  int64_t numElements = 0;
  int64_t numPaddedElements = 0;
};

} // namespace lz::rt

#endif // LAZULI_RUNTIME_FORMAT_PACKING_H
