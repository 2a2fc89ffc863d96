//===- CpuTarget.h - the processor that kernels are compiled for ----------===//
//
// A target is a CPU name of LLVM and the features it has. It is chosen on the
// command line and recorded in the artifact as the features a machine must have.
//
//===----------------------------------------------------------------------===//

#ifndef LAZULI_BACKENDS_CPU_CODEGEN_CPUTARGET_H
#define LAZULI_BACKENDS_CPU_CODEGEN_CPUTARGET_H

#include "llvm/ADT/StringRef.h"
#include "llvm/Support/LogicalResult.h"
#include <memory>
#include <string>
#include <vector>

namespace llvm {
class TargetMachine;
}

namespace lz {

struct CpuTarget {
  /// LLVM's name, such as "znver4" or "x86-64-v3".
  std::string cpu;
  /// LLVM's feature string, such as "+avx2,-avx512f"; empty where the name says all.
  std::string features;
  /// Bytes of the widest vector the code uses: 32 or 64.
  int vectorBytes = 32;

  /// The processor this process runs on. Its features are written out, because an
  /// operating system or a hypervisor may hide some of those its name implies.
  static CpuTarget host();

  /// Reads "native" or a CPU name of LLVM ("x86-64-v3", "x86-64-v4", "znver4", ...),
  /// optionally with "+feature" or "-feature" appended after commas. On failure `error`
  /// says what was found and what was expected. AVX2 and FMA are required.
  static llvm::FailureOr<CpuTarget> parse(llvm::StringRef text, std::string &error);

  /// Reads several of these, separated by commas too: "x86-64-v3,native,+avx512bf16" are
  /// two. None may be named twice.
  static llvm::FailureOr<std::vector<CpuTarget>> parseList(llvm::StringRef text,
                                                           std::string &error);

  /// True if code for this target may use the feature, by LLVM's name ("avx512f").
  bool has(llvm::StringRef feature) const;

  /// The features a machine must have to run the code, by LLVM's names, sorted: those that
  /// kernels can come to use (vector, FMA, bit manipulation and half precision sets).
  std::vector<std::string> requiredFeatures() const;

  /// A new TargetMachine for position-independent code; never null for a target
  /// made by host() or parse(). Threads need one each.
  std::unique_ptr<llvm::TargetMachine> createMachine() const;
};

} // namespace lz

#endif // LAZULI_BACKENDS_CPU_CODEGEN_CPUTARGET_H
