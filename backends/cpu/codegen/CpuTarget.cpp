//===- CpuTarget.cpp - parse and describe a target processor --------------===//
//
// All questions about features are answered by LLVM's own subtarget, so that a
// name, its implied features and the user's additions are one thing.
//
//===----------------------------------------------------------------------===//

#include "backends/cpu/codegen/CpuTarget.h"

#include "llvm/ADT/StringExtras.h"
#include "llvm/MC/MCSubtargetInfo.h"
#include "llvm/MC/TargetRegistry.h"
#include "llvm/Support/CodeGen.h"
#include "llvm/Support/TargetSelect.h"
#include "llvm/Target/TargetMachine.h"
#include "llvm/Target/TargetOptions.h"
#include "llvm/TargetParser/Host.h"
#include "llvm/TargetParser/Triple.h"
#include <mutex>

using namespace llvm;

namespace lz {
namespace {

constexpr StringLiteral kTriple = "x86_64-unknown-linux-gnu";

const Target &x86() {
  static std::once_flag once;
  static const Target *target = nullptr;
  std::call_once(once, [] {
    LLVMInitializeX86TargetInfo();
    LLVMInitializeX86Target();
    LLVMInitializeX86TargetMC();
    LLVMInitializeX86AsmPrinter();
    std::string error;
    target = TargetRegistry::lookupTarget(Triple(kTriple), error);
  });
  return *target;
}

std::unique_ptr<MCSubtargetInfo> subtarget(const CpuTarget &target) {
  return std::unique_ptr<MCSubtargetInfo>(
      x86().createMCSubtargetInfo(Triple(kTriple), target.cpu, target.features));
}

/// Sets vectorBytes and checks the minimum.
LogicalResult complete(CpuTarget &target, StringRef text, std::string &error) {
  for (StringRef feature : {"avx2", "fma", "f16c"}) {
    if (target.has(feature))
      continue;
    error = ("target cpu '" + text + "' lacks " + feature +
             ", expected x86-64-v3 or a later processor")
                .str();
    return failure();
  }
  bool wide = target.has("avx512f") && target.has("avx512vl") &&
              target.has("avx512dq") && target.has("avx512bw");
  target.vectorBytes = wide ? 64 : 32;
  return success();
}

} // namespace

CpuTarget CpuTarget::host() {
  CpuTarget target;
  target.cpu = sys::getHostCPUName().str();
  SmallVector<std::string> features;
  for (const auto &entry : sys::getHostCPUFeatures())
    features.push_back((entry.second ? "+" : "-") + entry.first().str());
  llvm::sort(features);
  target.features = join(features, ",");
  std::string ignored;
  (void)complete(target, "native", ignored);
  return target;
}

FailureOr<CpuTarget> CpuTarget::parse(StringRef text, std::string &error) {
  auto [name, rest] = text.split(',');
  CpuTarget target;
  if (name == "native")
    target = host();
  else
    target.cpu = name.str();
  auto base = subtarget({"x86-64", "", 0});
  if (!base->isCPUStringValid(target.cpu)) {
    error = ("unknown target cpu '" + name +
             "', expected native, x86-64-v3, x86-64-v4 or a CPU name of LLVM such "
             "as znver4 or sapphirerapids")
                .str();
    return failure();
  }
  SmallVector<StringRef> extras;
  rest.split(extras, ',', -1, /*KeepEmpty=*/false);
  for (StringRef extra : extras) {
    StringRef feature = extra.drop_front(1);
    bool known = any_of(base->getAllProcessorFeatures(), [&](const SubtargetFeatureKV &kv) {
      return feature == kv.Key;
    });
    if ((extra[0] != '+' && extra[0] != '-') || !known) {
      error = ("unknown feature '" + extra + "' in target cpu '" + text +
               "', expected +name or -name, such as +avx512bf16")
                  .str();
      return failure();
    }
    target.features += (target.features.empty() ? "" : ",") + extra.str();
  }
  if (failed(complete(target, text, error)))
    return failure();
  return target;
}

FailureOr<std::vector<CpuTarget>> CpuTarget::parseList(StringRef text, std::string &error) {
  std::vector<std::string> items;
  for (StringRef part : llvm::split(text, ',')) {
    bool isFeature = part.starts_with("+") || part.starts_with("-");
    if (isFeature && !items.empty())
      items.back() += ("," + part).str();
    else
      items.push_back(part.str());
  }
  std::vector<CpuTarget> targets;
  for (const std::string &item : items) {
    FailureOr<CpuTarget> target = parse(item, error);
    if (failed(target))
      return failure();
    // A runtime that is asked for one of them goes by the name.
    if (any_of(targets, [&](const CpuTarget &other) { return other.cpu == target->cpu; })) {
      error = ("target cpu '" + target->cpu + "' is named twice in '" + text + "', expected each once").str();
      return failure();
    }
    targets.push_back(std::move(*target));
  }
  return targets;
}

bool CpuTarget::has(StringRef feature) const {
  return subtarget(*this)->checkFeatures(("+" + feature).str());
}

std::vector<std::string> CpuTarget::requiredFeatures() const {
  static constexpr StringLiteral kUsable[] = {
      "avx",        "avx2",         "avx512bf16", "avx512bitalg", "avx512bw",
      "avx512cd",   "avx512dq",     "avx512f",    "avx512fp16",   "avx512ifma",
      "avx512vbmi", "avx512vbmi2",  "avx512vl",   "avx512vnni",   "avx512vpopcntdq",
      "avxvnni",    "bmi",          "bmi2",       "cx16",         "f16c",
      "fma",        "gfni",         "lzcnt",      "movbe",        "popcnt",
      "sse3",       "sse4.1",       "sse4.2",     "ssse3",        "vpclmulqdq"};
  auto info = subtarget(*this);
  std::vector<std::string> required;
  for (StringRef feature : kUsable)
    if (info->checkFeatures(("+" + feature).str()))
      required.push_back(feature.str());
  return required;
}

std::unique_ptr<TargetMachine> CpuTarget::createMachine() const {
  TargetOptions options;
  options.AllowFPOpFusion = FPOpFusion::Standard;
  return std::unique_ptr<TargetMachine>(
      x86().createTargetMachine(Triple(kTriple), cpu, features, options, Reloc::PIC_,
                                CodeModel::Small, CodeGenOptLevel::Aggressive));
}

} // namespace lz
