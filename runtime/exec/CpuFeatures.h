//===- CpuFeatures.h - What this CPU can do
//---------------------------------===//
//
// Features by LLVM's names, read from the CPU's own bits and the operating
// system's, never from its model name.
//
//===----------------------------------------------------------------------===//

#ifndef LAZULI_RUNTIME_EXEC_CPUFEATURES_H
#define LAZULI_RUNTIME_EXEC_CPUFEATURES_H

#include <string_view>

namespace lz::rt {

/// Whether this CPU has the feature that LLVM calls `name` ("avx2",
/// "avx512bf16", "amx-tile", ...) and the operating system saves its registers.
/// False for a name that is not known.
bool hasCpuFeature(std::string_view name);

} // namespace lz::rt

#endif // LAZULI_RUNTIME_EXEC_CPUFEATURES_H
