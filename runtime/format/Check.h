//===- Check.h - The second check of a program
//------------------------------===//
//
// What FlatBuffers' verifier cannot know: that every number means something.
//
//===----------------------------------------------------------------------===//

#ifndef LAZULI_RUNTIME_FORMAT_CHECK_H
#define LAZULI_RUNTIME_FORMAT_CHECK_H

#include "runtime/base/Status.h"
#include "runtime/format/program_generated.h"

#include <cstdint>
#include <vector>

namespace lz::rt {

constexpr unsigned maxRank = 32;

/// Absent index (a trip count, a condition, an unknown flop count).
constexpr uint32_t noIndex = UINT32_MAX;

/// Checks every index, enumerator, rank, offset and size of a program whose
/// file has `fileSize` bytes. Afterwards:
/// - expressions are well formed, and so is everything that names one;
/// - segments lie page-aligned in the file, constants and states in their
/// segments
///   with the size that dtype, dimensions and packing ask for;
/// - a view's chain of bases ends at a value that is no view;
/// - kernels' entries lie in their code segments, and all targets have the same
/// ones;
/// - in every block of an entry a temporary is given exactly one value before
/// it
///   is used, blocks are nested as a tree, and block arguments agree in number
///   and dtype.
/// Fails with DataLoss and a text that names the culprit.
Status checkProgram(const fmt::Program &program, uint64_t fileSize);

/// The part of checkProgram about blocks and entries (CheckBlocks.cpp);
/// everything else has been checked.
Status checkBlocks(const fmt::Program &program);

/// For each value the one at the end of its chain of bases: itself if it is no
/// view.
std::vector<uint32_t> computeRoots(const fmt::Program &program);

/// The number of bytes of `dims` elements of `dtype`; false on a negative
/// dimension and on overflow.
bool getNumBytes(fmt::DType dtype, const std::vector<int64_t> &dims,
                 uint64_t &numBytes);

} // namespace lz::rt

#endif // LAZULI_RUNTIME_FORMAT_CHECK_H
