//===- WinogradBlocks.cpp - how a Winograd convolution is cut -------------===//
//
// Estimates count cycles of vectors of f32: a multiply-add takes one, the transforms
// what they were measured to take, moving their operands included.
//
//===----------------------------------------------------------------------===//

#include "backends/cpu/lower/WinogradBlocks.h"

#include "backends/cpu/lower/WinogradTransforms.h"

#include "llvm/Support/MathExtras.h"
#include <algorithm>
#include <limits>

using llvm::divideCeil;

namespace lz::cpu::winograd {

/// Cycles of one transform of a vector of patches, kernels and products.
constexpr double kPatchCycles = 350, kKernelCycles = 220, kProductCycles = 300;

/// Rows that a product computes at a time.
constexpr int64_t kProductRows = 6;

/// Transformed patches of a unit should stay in the second cache, which the estimates do not
/// know, and scratch is memory: but so few tiles use the transformed weights too seldom.
constexpr int64_t kPatchesLimit = 768 << 10, kFewTiles = 16;

/// An image of unknown size is cut as one of this size.
constexpr int64_t kAssumedSize = 128;

/// Vectors of output channels and source channels of one product: the weights between
/// are at most 64 x 64, which stay in the second cache.
constexpr int64_t kMaxPanel = 4, kMaxDepth = 64;

/// Tiles that a block may have along the axes of an image, at most.
constexpr int64_t kTileRows[] = {1, 2, 3, 4, 5, 6, 7, 8, 10, 12, 14, 16};
constexpr int64_t kTileColumns[] = {4, 8, 16, 32, 64};

/// The same of an image of unknown size.
constexpr int64_t kFreeRows = 4, kFreeColumns = 8;

/// A narrow panel reads each patch again for every vector of weights.
static double narrowness(int64_t panel) { return panel >= 3 ? 1 : panel == 2 ? 1.1 : 1.4; }

static int64_t choosePanel(int64_t outBlocks) {
  for (int64_t panel = std::min(kMaxPanel, outBlocks); panel > 1; --panel)
    if (outBlocks % panel == 0)
      return panel;
  return 1;
}

static int64_t chooseDepth(int64_t channels) {
  return divideCeil(channels, divideCeil(channels, kMaxDepth));
}

static double estimateUnit(const Blocks &blocks, int64_t channels, int64_t lanes) {
  double tiles = blocks.tiles();
  double rows = divideCeil(blocks.tiles(), kProductRows) * kProductRows;
  double sourceVectors = divideCeil(channels, lanes);
  return tiles * sourceVectors * kPatchCycles + channels * blocks.outBlocks * kKernelCycles +
         tiles * blocks.outBlocks * kProductCycles +
         kPoints * rows * channels * blocks.outBlocks;
}

/// What is not known is assumed.
static Extents complete(Extents e) {
  for (int64_t *size : {&e.rows, &e.columns})
    *size = *size ? *size : kAssumedSize;
  e.images = std::max<int64_t>(e.images, 1);
  return e;
}

static int64_t countUnits(const Blocks &blocks, const Extents &e) {
  return e.images * divideCeil(e.rows, kTile * blocks.tileRows) *
         divideCeil(e.columns, kTile * blocks.tileColumns) *
         divideCeil(e.outBlocks, blocks.outBlocks);
}

double estimateCycles(const Blocks &blocks, const Extents &extents, int64_t lanes) {
  Extents e = complete(extents);
  return countUnits(blocks, e) * estimateUnit(blocks, e.channels, lanes);
}

static bool fitsCache(const Blocks &blocks, const Extents &e) {
  int64_t bytes = blocks.tiles() * kPoints * e.channels * int64_t(sizeof(float));
  return blocks.tiles() <= kFewTiles || bytes <= kPatchesLimit;
}

double estimateDirectCycles(const Extents &extents) {
  Extents e = complete(extents);
  return static_cast<double>(e.images * e.rows * e.columns) * e.outBlocks * e.channels *
         kKernel * kKernel;
}

/// The times with several numbers of threads, added up.
static double estimate(const Blocks &blocks, const Extents &e, int64_t lanes) {
  int64_t turns = 0, units = countUnits(blocks, e);
  for (int64_t threads : {1, 2, 4, 8, 16})
    turns += divideCeil(units, threads);
  return turns * estimateUnit(blocks, e.channels, lanes);
}

/// Parts of at most `most`, as equal as can be.
static int64_t evenly(int64_t extent, int64_t most) {
  return divideCeil(extent, divideCeil(extent, most));
}

/// The fastest of those that `isAllowed` takes.
static Blocks chooseAmong(const Extents &extents, int64_t lanes,
                          bool (*isAllowed)(const Blocks &, const Extents &)) {
  Extents e = complete(extents);
  int64_t rows = divideCeil(e.rows, kTile), columns = divideCeil(e.columns, kTile);
  Blocks best{1, 1, 1, 1, chooseDepth(e.channels)};
  double least = std::numeric_limits<double>::max();
  for (int64_t mostRows : kTileRows)
    for (int64_t mostColumns : kTileColumns)
      for (int64_t out = 1; out <= e.outBlocks; ++out) {
        // What a block has beyond the image is wasted: small ones where that is unknown.
        Blocks blocks{evenly(rows, extents.rows ? mostRows : std::min(mostRows, kFreeRows)),
                      evenly(columns, extents.columns ? mostColumns
                                                      : std::min(mostColumns, kFreeColumns)),
                      out, choosePanel(out), best.depth};
        if (!isAllowed(blocks, e))
          continue;
        double cycles = narrowness(blocks.panel) * estimate(blocks, e, lanes);
        if (cycles < least)
          least = cycles, best = blocks;
      }
  return best;
}

Blocks chooseBlocks(const Extents &extents, int64_t lanes) {
  return chooseAmong(extents, lanes, fitsCache);
}

double estimateLeastCycles(const Extents &extents, int64_t lanes) {
  auto all = [](const Blocks &, const Extents &) { return true; };
  return estimateCycles(chooseAmong(extents, lanes, all), extents, lanes);
}

} // namespace lz::cpu::winograd
