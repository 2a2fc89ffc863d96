//===- Constants.cpp - Data of parameters and states in the artifact ------===//
//
// See Constants.h. Data is aligned to 64 bytes within its segment, which is
// what kernels and oneDNN like best.
//
//===----------------------------------------------------------------------===//

#include "backends/emit/Constants.h"

#include "mlir/IR/DialectResourceBlobManager.h"
#include "llvm/ADT/TypeSwitch.h"

using namespace mlir;
using namespace lz;

/// Data from here on is a segment of its own: a page is 4 KiB.
static constexpr size_t kLargeBytes = 64 * 1024;
static constexpr size_t kAlignment = 64;

void Artifact::addMetadata(std::string key, std::string value) {
  auto entry = std::make_unique<fmt::KeyValueT>();
  entry->key = std::move(key);
  entry->value = std::move(value);
  program.metadata.push_back(std::move(entry));
}

uint32_t Artifact::addSegment(fmt::SegmentKind kind, std::string name, std::vector<char> bytes) {
  owned.push_back(std::move(bytes));
  return addSegment(kind, std::move(name), ArrayRef<char>(owned.back()));
}

uint32_t Artifact::addSegment(fmt::SegmentKind kind, std::string name, ArrayRef<char> bytes) {
  segments.push_back({kind, std::move(name), bytes.data(), bytes.size()});
  return segments.size() - 1;
}

uint32_t Artifact::addSegment(fmt::SegmentKind kind, std::string name, size_t size,
                              std::function<std::vector<char>()> make) {
  segments.push_back({kind, std::move(name), nullptr, size, std::move(make)});
  return segments.size() - 1;
}

size_t Artifact::getNumInstructions() const {
  size_t count = 0;
  for (auto &block : program.blocks)
    count += block->instructions.size();
  return count;
}

size_t Artifact::getNumKernels() const {
  return program.targets.empty() ? 0 : program.targets.front()->kernels.size();
}

uint64_t Artifact::getCodeBytes() const {
  uint64_t bytes = 0;
  for (const rt::SegmentData &segment : segments)
    if (segment.kind == fmt::SegmentKind_Code)
      bytes += segment.size;
  return bytes;
}

static fmt::DType getIntegerDType(IntegerType type) {
  bool isUnsigned = type.isUnsigned();
  switch (type.getWidth()) {
  case 1:
    return fmt::DType_boolean;
  case 8:
    return isUnsigned ? fmt::DType_u8 : fmt::DType_i8;
  case 16:
    return isUnsigned ? fmt::DType_u16 : fmt::DType_i16;
  case 32:
    return isUnsigned ? fmt::DType_u32 : fmt::DType_i32;
  case 64:
    return isUnsigned ? fmt::DType_u64 : fmt::DType_i64;
  }
  llvm_unreachable("the dialect has no integers of this width");
}

fmt::DType lz::getDType(Type elementType) {
  return llvm::TypeSwitch<Type, fmt::DType>(elementType)
      .Case([](Float64Type) { return fmt::DType_f64; })
      .Case([](Float32Type) { return fmt::DType_f32; })
      .Case([](Float16Type) { return fmt::DType_f16; })
      .Case([](BFloat16Type) { return fmt::DType_bf16; })
      .Case([](lz::StringType) { return fmt::DType_string; })
      .Case([](IntegerType type) { return getIntegerDType(type); });
}

/// `parameter 'w'`
static InFlightDiagnostic emitValueError(Operation *op) {
  InFlightDiagnostic diagnostic = op->emitError() << op->getName().stripDialect();
  if (auto name = op->getAttrOfType<StringAttr>("name"))
    diagnostic << " '" << name.getValue() << "'";
  return diagnostic;
}

LogicalResult lz::checkElements(Operation *op, ElementsAttr attr) {
  if (isa<DenseElementsAttr>(attr))
    return success();
  auto resource = dyn_cast<DenseResourceElementsAttr>(attr);
  if (!resource)
    return emitValueError(op) << " has a value that is neither dense nor a resource of "
                                 "bytes, expected dense elements";
  AsmResourceBlob *blob = resource.getRawHandle().getBlob();
  if (!blob)
    return emitValueError(op) << " has as value the resource '"
           << resource.getRawHandle().getKey() << "', whose data the module does not hold";
  ShapedType type = resource.getType();
  uint64_t bits = type.getElementType().getIntOrFloatBitWidth();
  uint64_t expected = type.getNumElements() * ((bits + 7) / 8);
  if (blob->getData().size() == expected)
    return success();
  return emitValueError(op) << " has a value of "
         << blob->getData().size() << " bytes, expected " << expected << " for " << type;
}

static void expandBooleans(DenseElementsAttr attr, std::vector<char> &storage) {
  storage.clear();
  storage.reserve(attr.getNumElements());
  for (bool value : attr.getValues<bool>())
    storage.push_back(value);
}

static void repeatSplat(DenseElementsAttr attr, std::vector<char> &storage) {
  ArrayRef<char> one = attr.getRawData();
  storage.clear();
  storage.reserve(one.size() * attr.getNumElements());
  for (int64_t i = 0, e = attr.getNumElements(); i < e; ++i)
    storage.insert(storage.end(), one.begin(), one.end());
}

ArrayRef<char> lz::getRawBytes(ElementsAttr attr, std::vector<char> &storage) {
  if (auto resource = dyn_cast<DenseResourceElementsAttr>(attr)) {
    return resource.getRawHandle().getBlob()->getData();
  }
  auto dense = cast<DenseElementsAttr>(attr);
  if (dense.getElementType().isInteger(1)) {
    expandBooleans(dense, storage);
    return storage;
  }
  if (!dense.isSplat() || dense.getNumElements() == 1)
    return dense.getNumElements() ? dense.getRawData() : ArrayRef<char>();
  repeatSplat(dense, storage);
  return storage;
}

DataWriter::Place DataWriter::add(StringRef name, ElementsAttr attr) {
  std::vector<char> storage;
  ArrayRef<char> bytes = getRawBytes(attr, storage);
  if (!storage.empty())
    return add(name, std::move(storage));
  if (bytes.size() < kLargeBytes)
    return addSmall(bytes);
  return {artifact.addSegment(fmt::SegmentKind_Data, name.str(), bytes), 0, bytes.size()};
}

DataWriter::Place DataWriter::add(StringRef name, std::vector<char> bytes) {
  if (bytes.size() < kLargeBytes)
    return addSmall(bytes);
  uint64_t size = bytes.size();
  return {artifact.addSegment(fmt::SegmentKind_Data, name.str(), std::move(bytes)), 0, size};
}

DataWriter::Place DataWriter::add(StringRef name, size_t size,
                                  std::function<std::vector<char>()> make) {
  if (size < kLargeBytes)
    return addSmall(make());
  return {artifact.addSegment(fmt::SegmentKind_Data, name.str(), size, std::move(make)), 0, size};
}

DataWriter::Place DataWriter::addSmall(ArrayRef<char> bytes) {
  if (!smallSegment)
    smallSegment = artifact.addSegment(fmt::SegmentKind_Data, "constants", ArrayRef<char>());
  small.resize(llvm::alignTo(small.size(), kAlignment));
  uint64_t offset = small.size();
  small.insert(small.end(), bytes.begin(), bytes.end());
  return {*smallSegment, offset, bytes.size()};
}

void DataWriter::finish() {
  if (!smallSegment)
    return;
  artifact.owned.push_back(std::move(small));
  artifact.segments[*smallSegment].data = artifact.owned.back().data();
  artifact.segments[*smallSegment].size = artifact.owned.back().size();
}
