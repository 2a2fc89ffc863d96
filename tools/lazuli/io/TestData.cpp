//===- TestData.cpp ---------------------------------------------------------===//
//
// See TestData.h. A file does not say which message it holds: a wrong one shows
// in fields that the right one does not have, or in what they hold.
//
//===----------------------------------------------------------------------===//

#include "tools/lazuli/io/TestData.h"

#include "frontend/onnx/data/TensorData.h"
#include "runtime/base/Text.h"
#include "tools/lazuli/Failure.h"
#include "tools/lazuli/io/File.h"

#include "onnx/onnx-data.pb.h"

#include <cstring>
#include <filesystem>

using namespace lz;
using namespace lz::cli;
namespace fs = std::filesystem;
namespace proto = ::onnx;
using onnximport::ElementInfo;
using onnximport::TensorData;

//===----------------------------------------------------------------------===//
// Reading
//===----------------------------------------------------------------------===//

namespace {

/// One file, for an input of one type; `input` is null if nobody knows it.
class InputFile {
public:
  InputFile(const fs::path &path, const NamedType *input)
      : path(path), input(input), bytes(readTextFile(path.string())),
        files(path.parent_path().string()) {
    if (bytes.empty())
      failKind("is empty");
  }

  Value read() {
    if (!input)
      return readTensor(parse<proto::TensorProto>(), nullptr);
    return readKind(input->type);
  }

private:
  /// "a tensor", told by what the bytes can be; several kinds look alike.
  std::string describeContent() const {
    if (isMessage<proto::TensorProto>())
      return "holds a tensor";
    if (isMessage<proto::SequenceProto>())
      return "holds a sequence or an optional";
    return "holds no value of ONNX, or only a part of one";
  }

  [[noreturn]] void failKind(const std::string &found) const {
    if (input)
      fail(rt::quote(path.string()), ' ', found, ", expected ", input->type.describe(),
           " for input ", rt::quote(input->name));
    fail(rt::quote(path.string()), ' ', found,
         ", expected a tensor: only compiled models and ONNX files tell which inputs are of "
         "another kind");
  }

  template <typename Message> static bool isPlausible(const Message &message) {
    return message.unknown_fields().empty();
  }
  /// The field that nobody writes is where the others have their elements.
  static bool isPlausible(const proto::TensorProto &message) {
    return message.unknown_fields().empty() && !message.has_segment();
  }

  template <typename Message> bool isMessage() const {
    Message message;
    return message.ParseFromString(bytes) && isPlausible(message);
  }

  template <typename Message> Message parse() const {
    Message message;
    if (!message.ParseFromString(bytes) || !isPlausible(message))
      failKind(describeContent());
    return message;
  }

  Value readKind(const ValueType &type) {
    switch (type.kind) {
    case fmt::ValueKind_Sequence:
      return readSequence(parse<proto::SequenceProto>(), type);
    case fmt::ValueKind_Optional:
      return readOptional(parse<proto::OptionalProto>(), type);
    default:
      return readTensor(parse<proto::TensorProto>(), &type);
    }
  }

  Value readTensor(const proto::TensorProto &message, const ValueType *type) {
    rt::StatusOr<TensorData> tensor = onnximport::readTensor(message, files, nullptr);
    if (!tensor.isOk())
      fail(rt::quote(path.string()), ": ", tensor.getStatus().getMessage());
    if (type)
      requireType(*tensor, *type);
    if (tensor->element->storage == fmt::DType_string)
      return Value::makeStrings(tensor->dims, tensor->strings);
    Array array(tensor->element->storage, tensor->dims);
    if (tensor->size)
      std::memcpy(array.getData(), tensor->data, tensor->size);
    return array;
  }

  void requireType(const TensorData &tensor, const ValueType &type) const {
    const ElementInfo &element = *tensor.element;
    std::string logical = element.isLogical ? element.name : "";
    bool fits = element.storage == type.dtype && logical == type.logicalType;
    if (type.dims) {
      fits &= tensor.dims.size() == type.dims->size();
      for (size_t i = 0; fits && i < tensor.dims.size(); ++i)
        fits = (*type.dims)[i] < 0 || (*type.dims)[i] == tensor.dims[i];
    }
    if (!fits)
      failKind(rt::concat("holds ", logical.empty() ? rt::getDTypeName(element.storage) : logical,
                          rt::formatDims(tensor.dims.data(), tensor.dims.size())));
  }

  Value readSequence(const proto::SequenceProto &message, const ValueType &type) {
    std::vector<Value> elements;
    ValueType element = type.getElement();
    int others = message.sparse_tensor_values_size() + message.sequence_values_size() +
                 message.map_values_size() + message.optional_values_size();
    bool isOther = message.elem_type() != proto::SequenceProto::TENSOR &&
                   message.elem_type() != proto::SequenceProto::UNDEFINED;
    if (others || isOther)
      failKind("holds a sequence of something else than tensors");
    for (const proto::TensorProto &tensor : message.tensor_values())
      elements.push_back(readTensor(tensor, &element));
    return Value::makeContainer(fmt::ValueKind_Sequence, type.dtype, std::move(elements));
  }

  Value readOptional(const proto::OptionalProto &message, const ValueType &type) {
    std::vector<Value> held;
    ValueType element = type.getElement();
    bool isSequence = element.kind == fmt::ValueKind_Sequence;
    bool isOther = message.has_sparse_tensor_value() || message.has_map_value() ||
                   message.has_optional_value() ||
                   (isSequence ? message.has_tensor_value() : message.has_sequence_value());
    if (isOther)
      failKind("holds an optional of something else");
    if (message.has_tensor_value())
      held.push_back(readTensor(message.tensor_value(), &element));
    if (message.has_sequence_value())
      held.push_back(readSequence(message.sequence_value(), element));
    return Value::makeContainer(fmt::ValueKind_Optional, type.dtype, std::move(held));
  }

  const fs::path &path;
  const NamedType *input;
  std::string bytes;
  onnximport::ExternalFiles files;
};

} // namespace

static fs::path getPath(const std::string &folder, const char *kind, size_t index) {
  return fs::path(folder) / (kind + std::to_string(index) + ".pb");
}

std::string cli::getTestInputPath(const std::string &folder, size_t index) {
  return getPath(folder, "input_", index).string();
}

static void requireFolder(const std::string &folder) {
  if (!fs::is_directory(folder))
    fail(rt::quote(folder), " is no folder, expected one with input_0.pb and so on");
}

/// "the model takes 2 inputs: x: f32[?, 3], s: sequence of f32 tensors".
static std::string describeInputs(const std::vector<NamedType> &inputs) {
  std::string text;
  for (const NamedType &input : inputs)
    text += (text.empty() ? ": " : ", ") + input.name + ": " + input.type.describe();
  return rt::concat("the model takes ", inputs.size(), inputs.size() == 1 ? " input" : " inputs",
                    text);
}

std::vector<Value> cli::readTestInputs(const std::string &folder,
                                       const std::vector<NamedType> &inputs) {
  requireFolder(folder);
  std::vector<Value> values;
  for (size_t i = 0; i < inputs.size(); ++i) {
    fs::path path = getPath(folder, "input_", i);
    if (!fs::exists(path))
      fail(rt::quote(path.string()), " is missing, ", describeInputs(inputs));
    values.push_back(InputFile(path, &inputs[i]).read());
  }
  fs::path more = getPath(folder, "input_", inputs.size());
  if (fs::exists(more))
    fail(rt::quote(more.string()), " is one too many, ", describeInputs(inputs));
  return values;
}

std::vector<Value> cli::readTestTensors(const std::string &folder) {
  requireFolder(folder);
  std::vector<Value> values;
  for (fs::path path = getPath(folder, "input_", 0); fs::exists(path);
       path = getPath(folder, "input_", values.size()))
    values.push_back(InputFile(path, nullptr).read());
  return values;
}

//===----------------------------------------------------------------------===//
// Writing
//===----------------------------------------------------------------------===//

static void fill(proto::TensorProto &message, const Value &value, const ValueType &type) {
  if (value.getKind() == fmt::ValueKind_Strings) {
    message.set_data_type(proto::TensorProto::STRING);
    for (int64_t dim : value.getDims())
      message.add_dims(dim);
    for (const std::string &text : value.getStrings())
      message.add_string_data(text);
    return;
  }
  const ElementInfo *element = onnximport::findElementInfo(type.logicalType);
  const Array &array = value.getArray();
  onnximport::writeTensor(element ? *element : onnximport::getElementInfo(array.getDType()),
                          array.getDims(), array.getData(), message);
}

static void fill(proto::SequenceProto &message, const Value &value, const ValueType &type) {
  message.set_elem_type(proto::SequenceProto::TENSOR);
  for (const Value &element : value.getElements())
    fill(*message.add_tensor_values(), element, type);
}

static void fill(proto::OptionalProto &message, const Value &value, const ValueType &type) {
  bool isSequence = type.elementKind == fmt::ValueKind_Sequence;
  message.set_elem_type(isSequence ? proto::OptionalProto::SEQUENCE
                                   : proto::OptionalProto::TENSOR);
  if (value.getElements().empty())
    return;
  if (isSequence)
    fill(*message.mutable_sequence_value(), value.getElements().front(), type.getElement());
  else
    fill(*message.mutable_tensor_value(), value.getElements().front(), type.getElement());
}

template <typename Message> static std::string serialize(const Value &value, const NamedType &of) {
  Message message;
  fill(message, value, of.type);
  message.set_name(of.name);
  return message.SerializeAsString();
}

void cli::writeTestOutput(const std::string &folder, size_t index, const Value &value,
                          const NamedType &type) {
  auto serializer = value.getKind() == fmt::ValueKind_Sequence   ? serialize<proto::SequenceProto>
                    : value.getKind() == fmt::ValueKind_Optional ? serialize<proto::OptionalProto>
                                                                 : serialize<proto::TensorProto>;
  writeFile(getPath(folder, "output_", index).string(), serializer(value, type));
}
