//===- KernelName.cpp - What a kernel is called ---------------------------===//
//
// See KernelName.h.
//
//===----------------------------------------------------------------------===//

#include "backends/cpu/KernelName.h"

#include "ir/Diagnostics.h"

#include "llvm/ADT/STLExtras.h"
#include "llvm/ADT/StringExtras.h"

using namespace mlir;
using namespace lz;

static constexpr size_t kMaxLength = 60;
static constexpr size_t kMaxFollowers = 3;

/// `encoder.fc-1` as `encoder_fc_1`.
static std::string toIdentifier(StringRef name) {
  std::string out;
  for (char c : name.take_front(kMaxLength)) {
    bool isPlain = llvm::isAlnum(c);
    if (isPlain || (!out.empty() && out.back() != '_'))
      out += isPlain ? c : '_';
  }
  while (!out.empty() && out.back() == '_')
    out.pop_back();
  return out;
}

/// Operations that say little about a kernel.
static bool isMinor(Operation *op) { return isa<CastOp, FullOp, IotaOp, ConstantOp, ExpandOp>(op); }

/// The operation that the region is named after: the first that has its name.
static Operation *findMain(FusedOp op) {
  auto body = op.getBody().front().without_terminator();
  StringRef user = userName(op.getLoc());
  for (Operation &inner : body)
    if (!isMinor(&inner) && userName(inner.getLoc()) == user)
      return &inner;
  return body.empty() ? nullptr : &*body.begin();
}

std::string cpu::makeKernelName(FusedOp op) {
  Operation *main = findMain(op);
  std::string name = toIdentifier(userName(op.getLoc()));
  if (main && llvm::none_of(name, llvm::isAlpha))
    name = (main->getName().stripDialect() + (name.empty() ? "" : "_") + name).str();
  StringRef last;
  size_t followers = 0;
  for (Operation &inner : op.getBody().front().without_terminator()) {
    StringRef kind = inner.getName().stripDialect();
    // What a module was decomposed into has its name already.
    bool isOther = &inner != main && userName(inner.getLoc()) != userName(op.getLoc());
    if (!isOther || isMinor(&inner) || kind == last)
      continue;
    if (followers++ == kMaxFollowers)
      break;
    name += ("_" + kind).str();
    last = kind;
  }
  return name.empty() ? "copy" : name.substr(0, kMaxLength);
}
