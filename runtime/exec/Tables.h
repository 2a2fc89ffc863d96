//===- Tables.h - Constants of which a run reads some rows ----------------===//
//
// Weights are mapped in huge pages where the system can; of an embedding that
// would make all of it resident for the rows of a few words.
//
//===----------------------------------------------------------------------===//

#ifndef LAZULI_RUNTIME_EXEC_TABLES_H
#define LAZULI_RUNTIME_EXEC_TABLES_H

#include "runtime/format/program_generated.h"

#include <cstdint>
#include <vector>

namespace lz::rt {

/// The segments of a huge page or more whose constants are read by kernels only, by each
/// in part. `roots`: see
/// computeRoots.
std::vector<uint32_t> findTables(const fmt::Program &program,
                                 const std::vector<uint32_t> &roots);

} // namespace lz::rt

#endif // LAZULI_RUNTIME_EXEC_TABLES_H
