//===- HostAttributes.cpp - Attributes for the runtime --------------------===//
//
// See HostAttributes.h. The op's verifier admits no other attributes.
//
//===----------------------------------------------------------------------===//

#include "backends/emit/HostAttributes.h"

#include "llvm/ADT/TypeSwitch.h"

#include <flatbuffers/flexbuffers.h>

using namespace mlir;

using Writer = flexbuffers::Builder;

static void write(Writer &writer, Attribute attr);

static void writeNumber(Writer &writer, IntegerAttr number) {
  if (number.getType().isInteger(1))
    writer.Bool(!number.getValue().isZero());
  else if (number.getType().isUnsignedInteger())
    writer.UInt(number.getValue().getZExtValue());
  else
    writer.Int(number.getValue().getSExtValue());
}

template <typename List, typename WriteOne>
static void writeList(Writer &writer, const List &list, WriteOne writeOne) {
  size_t start = writer.StartVector();
  for (const auto &entry : list)
    writeOne(entry);
  writer.EndVector(start, /*typed=*/false, /*fixed=*/false);
}

static void write(Writer &writer, Attribute attr) {
  llvm::TypeSwitch<Attribute>(attr)
      .Case([&](IntegerAttr number) { writeNumber(writer, number); })
      .Case([&](FloatAttr number) { writer.Double(number.getValueAsDouble()); })
      // FlexBuffers reads the end's NUL too, which an attribute need not have.
      .Case([&](StringAttr text) { writer.String(text.str()); })
      .Case([&](ArrayAttr list) {
        writeList(writer, list, [&](Attribute entry) { write(writer, entry); });
      })
      .Case<DenseI64ArrayAttr, DenseI32ArrayAttr>([&](auto list) {
        writeList(writer, list.asArrayRef(), [&](int64_t entry) { writer.Int(entry); });
      })
      .Case<DenseF64ArrayAttr, DenseF32ArrayAttr>([&](auto list) {
        writeList(writer, list.asArrayRef(), [&](double entry) { writer.Double(entry); });
      })
      .Case([&](DenseBoolArrayAttr list) {
        writeList(writer, list.asArrayRef(), [&](bool entry) { writer.Bool(entry); });
      })
      .Default([](Attribute) { llvm_unreachable("the op's verifier refuses others"); });
}

std::vector<uint8_t> lz::encodeHostAttributes(DictionaryAttr attributes) {
  if (!attributes || attributes.empty())
    return {};
  Writer writer;
  size_t start = writer.StartMap();
  for (NamedAttribute attr : attributes) {
    writer.Key(attr.getName().data(), attr.getName().size());
    write(writer, attr.getValue());
  }
  writer.EndMap(start);
  writer.Finish();
  return writer.GetBuffer();
}
