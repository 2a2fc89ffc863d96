//===- WinogradBlocks.h - how a Winograd convolution is cut -----*- C++ -*-===//
//
// A unit of the kernel's grid computes a block of tiles for some output channels. More
// tiles use each transformed weight more often, more channels each transformed patch;
// fewer of both keep them in the caches and give every thread work.
//
//===----------------------------------------------------------------------===//

#ifndef LAZULI_BACKENDS_CPU_LOWER_WINOGRADBLOCKS_H
#define LAZULI_BACKENDS_CPU_LOWER_WINOGRADBLOCKS_H

#include <cstdint>
#include <optional>

namespace lz::cpu::winograd {

/// What is known of a convolution; a size of 0 is not.
struct Extents {
  int64_t images, rows, columns; ///< of the result
  int64_t channels;              ///< of the source
  int64_t outBlocks;             ///< vectors of output channels
};

struct Blocks {
  int64_t tileRows, tileColumns; ///< of one unit
  int64_t outBlocks;             ///< of one unit, a multiple of `panel`
  int64_t panel;                 ///< vectors of output channels per product
  int64_t depth;                 ///< channels of the source per product
  int64_t tiles() const { return tileRows * tileColumns; }
};

/// The blocks that are estimated to take the least time, on average over 1 to 16
/// threads, of those whose transformed patches stay in the caches.
Blocks chooseBlocks(const Extents &extents, int64_t lanes);

/// Estimated cycles of one thread with these blocks, with the best of any size, and of a
/// library's direct convolution.
double estimateCycles(const Blocks &blocks, const Extents &extents, int64_t lanes);
double estimateLeastCycles(const Extents &extents, int64_t lanes);
double estimateDirectCycles(const Extents &extents);

} // namespace lz::cpu::winograd

#endif // LAZULI_BACKENDS_CPU_LOWER_WINOGRADBLOCKS_H
