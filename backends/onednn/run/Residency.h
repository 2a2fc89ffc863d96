//===- Residency.h - Memory of a library that is only read ------------------===//
//
// Making primitives reads four times as much of oneDNN (65 MB) as running them: symbols,
// relocations, implementations that are asked and refuse, generators of code. It stays
// resident, up to 10 MB, unless it is given back to the page cache.
//
//===----------------------------------------------------------------------===//

#ifndef LAZULI_BACKENDS_ONEDNN_RUN_RESIDENCY_H
#define LAZULI_BACKENDS_ONEDNN_RUN_RESIDENCY_H

#include <cstddef>

namespace lz::onednn {

/// Unmaps the pages that the process only reads of the loaded library that contains
/// `address`; what is used again comes back from the page cache. Other threads may run
/// code of the library meanwhile. Gives the bytes of address space concerned: 0 if no
/// library contains `address`, or if relocation wrote to such pages.
size_t releaseReadOnlyPages(const void *address);

} // namespace lz::onednn

#endif // LAZULI_BACKENDS_ONEDNN_RUN_RESIDENCY_H
