//===- OnnxTypes.cpp --------------------------------------------------------===//
//
// See OnnxTypes.h. The file is walked field by field, so that the weights, which
// are most of it, are stepped over unread.
//
//===----------------------------------------------------------------------===//

#include "tools/lazuli/io/OnnxTypes.h"

#include "frontend/onnx/data/TensorData.h"
#include "runtime/base/MappedFile.h"
#include "tools/lazuli/Failure.h"

#include <google/protobuf/io/coded_stream.h>
#include <google/protobuf/wire_format_lite.h>

#include <algorithm>
#include <climits>
#include <functional>
#include <set>

using namespace lz;
using namespace lz::cli;
namespace proto = ::onnx;
using google::protobuf::internal::WireFormatLite;
using google::protobuf::io::CodedInputStream;

namespace {

class InputScanner {
public:
  explicit InputScanner(const std::string &path) : path(path) {}

  std::vector<NamedType> scan() {
    rt::MappedFile file = require(rt::MappedFile::open(path));
    if (file.getSize() > INT_MAX)
      fail(rt::quote(path), " has ", file.getSize(), " bytes, expected at most ", INT_MAX,
           ": larger weights lie in files of their own");
    CodedInputStream in(reinterpret_cast<const uint8_t *>(file.getData()),
                        static_cast<int>(file.getSize()));
    if (!scanModel(in))
      fail(rt::quote(path), " is no ONNX model: it is damaged or cut off");
    std::vector<NamedType> inputs;
    for (const proto::ValueInfoProto &info : infos)
      if (!initializers.count(info.name()))
        inputs.push_back({info.name(), toType(info.type(), info.name())});
    return inputs;
  }

private:
  /// Calls `visit` inside of each field of these numbers, which are messages or
  /// text; steps over all others. False on damage.
  using Visit = std::function<bool(int field)>;
  static bool walk(CodedInputStream &in, std::initializer_list<int> fields, const Visit &visit) {
    while (uint32_t tag = in.ReadTag()) {
      int field = WireFormatLite::GetTagFieldNumber(tag);
      bool isWanted = std::count(fields.begin(), fields.end(), field) > 0 &&
                      WireFormatLite::GetTagWireType(tag) ==
                          WireFormatLite::WIRETYPE_LENGTH_DELIMITED;
      if (!isWanted) {
        if (!WireFormatLite::SkipField(&in, tag))
          return false;
        continue;
      }
      int size = 0;
      if (!in.ReadVarintSizeAsInt(&size))
        return false;
      CodedInputStream::Limit limit = in.PushLimit(size);
      if (in.BytesUntilLimit() != size || !visit(field) || in.BytesUntilLimit() != 0)
        return false;
      in.PopLimit(limit);
    }
    return in.ConsumedEntireMessage() || in.BytesUntilLimit() == 0;
  }

  bool scanModel(CodedInputStream &in) {
    return walk(in, {proto::ModelProto::kGraphFieldNumber}, [&](int) { return scanGraph(in); });
  }

  bool scanGraph(CodedInputStream &in) {
    constexpr int input = proto::GraphProto::kInputFieldNumber;
    constexpr int initializer = proto::GraphProto::kInitializerFieldNumber;
    constexpr int sparse = proto::GraphProto::kSparseInitializerFieldNumber;
    return walk(in, {input, initializer, sparse}, [&](int field) {
      if (field == input)
        return infos.emplace_back().MergeFromCodedStream(&in);
      return field == initializer ? scanTensor(in) : scanSparse(in);
    });
  }

  bool scanSparse(CodedInputStream &in) {
    return walk(in, {proto::SparseTensorProto::kValuesFieldNumber},
                [&](int) { return scanTensor(in); });
  }

  bool scanTensor(CodedInputStream &in) {
    return walk(in, {proto::TensorProto::kNameFieldNumber}, [&](int) {
      std::string name;
      bool isRead = in.ReadString(&name, in.BytesUntilLimit());
      initializers.insert(name);
      return isRead;
    });
  }

  ValueType toTensorType(const proto::TypeProto_Tensor &tensor, const std::string &name) const {
    const onnximport::ElementInfo *element = onnximport::findElementInfo(tensor.elem_type());
    if (!element)
      fail(rt::quote(path), ": input ", rt::quote(name), " has the unknown element type ",
           tensor.elem_type());
    ValueType type;
    type.dtype = element->storage;
    if (type.dtype == fmt::DType_string)
      type.kind = type.elementKind = fmt::ValueKind_Strings;
    if (element->isLogical)
      type.logicalType = element->name;
    if (!tensor.has_shape())
      return type;
    type.dims.emplace();
    for (const auto &dim : tensor.shape().dim())
      type.dims->push_back(dim.has_dim_value() ? dim.dim_value() : -1);
    return type;
  }

  /// A container of `element`.
  static ValueType wrap(ValueKind kind, ValueType element) {
    element.elementKind = element.kind;
    element.kind = kind;
    element.dims.reset();
    return element;
  }

  ValueType toType(const proto::TypeProto &type, const std::string &name) const {
    if (type.has_tensor_type())
      return toTensorType(type.tensor_type(), name);
    if (type.has_sequence_type() && type.sequence_type().elem_type().has_tensor_type())
      return wrap(fmt::ValueKind_Sequence,
                  toTensorType(type.sequence_type().elem_type().tensor_type(), name));
    if (type.has_optional_type() && !type.optional_type().elem_type().has_optional_type())
      return wrap(fmt::ValueKind_Optional, toType(type.optional_type().elem_type(), name));
    fail(rt::quote(path), ": input ", rt::quote(name),
         " is of a type that cannot be read from a file, expected a tensor, or a sequence or an "
         "optional of tensors");
  }

  const std::string &path;
  std::vector<proto::ValueInfoProto> infos;
  std::set<std::string> initializers;
};

} // namespace

std::vector<NamedType> cli::readOnnxInputs(const std::string &path) {
  return InputScanner(path).scan();
}
