// Makes attributes out of bytes. See Values.h for what becomes a resource.

#include "ir/Values.h"

#include "mlir/IR/DialectResourceBlobManager.h"
#include "mlir/Interfaces/SideEffectInterfaces.h"

using namespace mlir;
using llvm::ArrayRef;
using llvm::MutableArrayRef;
using llvm::StringRef;

namespace lz {

/// Up to this size a value is an attribute of its own: readable in dumps, and
/// cheap to compare and fold.
static constexpr int64_t kSmallBytes = 64;
/// What vector loads and library calls like best.
static constexpr size_t kAlignment = 64;

unsigned elementBytes(Type type) {
  return (type.getIntOrFloatBitWidth() + 7) / 8;
}

int64_t sizeBytes(ShapedType type) {
  return type.getNumElements() * elementBytes(type.getElementType());
}

static ElementsAttr makeSmallValue(RankedTensorType type,
                                   ArrayRef<char> bytes) {
  if (!type.getElementType().isInteger(1))
    return DenseElementsAttr::getFromRawBuffer(type, bytes);
  llvm::SmallVector<bool> bits(bytes.begin(), bytes.end());
  return DenseElementsAttr::get(type, bits);
}

/// The alignment that an address can promise.
static size_t alignmentOf(const char *data) {
  auto address = reinterpret_cast<uintptr_t>(data);
  size_t alignment = address & -address;
  return std::min(alignment, kAlignment);
}

ElementsAttr makeValue(RankedTensorType type, StringRef name,
                       ArrayRef<char> bytes,
                       std::shared_ptr<const void> owner) {
  if (sizeBytes(type) <= kSmallBytes)
    return makeSmallValue(type, bytes);
  AsmResourceBlob blob;
  if (owner)
    blob = UnmanagedAsmResourceBlob::allocateWithAlign(
        bytes, alignmentOf(bytes.data()),
        [owner = std::move(owner)](void *, size_t, size_t) mutable {
          owner.reset();
        });
  else
    blob = HeapAsmResourceBlob::allocateAndCopyWithAlign(bytes, kAlignment);
  return DenseResourceElementsAttr::get(type, name, std::move(blob));
}

ElementsAttr
makeFilledValue(RankedTensorType type, StringRef name,
                llvm::function_ref<void(MutableArrayRef<char>)> fill) {
  int64_t size = sizeBytes(type);
  if (size <= kSmallBytes) {
    llvm::SmallVector<char> bytes(size);
    fill(bytes);
    return makeSmallValue(type, bytes);
  }
  AsmResourceBlob blob = HeapAsmResourceBlob::allocate(size, kAlignment);
  fill(blob.getMutableData());
  return DenseResourceElementsAttr::get(type, name, std::move(blob));
}

ElementsAttr makeOwnedValue(RankedTensorType type, StringRef name, AsmResourceBlob blob) {
  if (sizeBytes(type) <= kSmallBytes)
    return makeSmallValue(type, blob.getData());
  return DenseResourceElementsAttr::get(type, name, std::move(blob));
}

ElementsAttr makeSplatValue(RankedTensorType type, double value) {
  Type element = type.getElementType();
  Attribute attr;
  if (isa<FloatType>(element))
    attr = FloatAttr::get(element, value);
  else
    attr = IntegerAttr::get(
        element, llvm::APInt(element.getIntOrFloatBitWidth(),
                             static_cast<uint64_t>(static_cast<int64_t>(value)),
                             /*isSigned=*/true, /*implicitTrunc=*/true));
  return DenseElementsAttr::get(type, attr);
}

bool isConstantValue(Value value) {
  llvm::SmallPtrSet<Operation *, 16> seen;
  llvm::SmallVector<Value> worklist{value};
  while (!worklist.empty()) {
    Operation *op = worklist.pop_back_val().getDefiningOp();
    if (!op || op->getNumRegions() || !isMemoryEffectFree(op))
      return false;
    if (seen.insert(op).second)
      llvm::append_range(worklist, op->getOperands());
  }
  return true;
}

} // namespace lz
