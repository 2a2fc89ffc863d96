//===- Runtime.cpp ----------------------------------------------------------===//
//
// See Runtime.h.
//
//===----------------------------------------------------------------------===//

#include "tools/lazuli/model/Runtime.h"

#include "tools/lazuli/Failure.h"

#include <cstring>

using namespace lz;
using namespace lz::cli;

void cli::requireOk(lz_status status) {
  if (status == LZ_OK)
    return;
  throw Failure(status == LZ_INTERNAL ? ExitCode::Defect : ExitCode::BadInput,
                lz_status_name(status), lz_error_message());
}

NamedType Port::getType() const {
  bool hasDims = kind == fmt::ValueKind_Tensor || kind == fmt::ValueKind_Strings;
  std::optional<std::vector<int64_t>> sizes;
  if (hasDims)
    sizes = dims;
  return {name, {kind, elementKind, dtype, logicalType, sizes}};
}

std::vector<NamedType> cli::getTypes(const std::vector<Port> &ports) {
  std::vector<NamedType> types;
  for (const Port &port : ports)
    types.push_back(port.getType());
  return types;
}

std::string Port::describe() const {
  if (kind == fmt::ValueKind_Sequence || kind == fmt::ValueKind_Optional)
    return getType().type.describe();
  std::string text = rt::getDTypeName(dtype);
  text += '[';
  for (size_t i = 0; i < dimsText.size(); ++i)
    text += (i ? ", " : "") + dimsText[i];
  return text + ']';
}

std::string cli::describePorts(const std::vector<Port> &ports) {
  std::string text;
  for (const Port &port : ports)
    text += (text.empty() ? "" : ", ") + port.name + ": " + port.describe();
  return text.empty() ? "none" : text;
}

static Port toPort(const lz_tensor_info &info, const lz_type_info &type = {}) {
  Port port;
  port.name = info.name;
  port.dtype = static_cast<DType>(info.dtype);
  port.dims.assign(info.dims, info.dims + info.rank);
  port.dimsText.assign(info.dims_text, info.dims_text + info.rank);
  port.kind = static_cast<ValueKind>(type.kind);
  port.elementKind = static_cast<ValueKind>(type.element_kind);
  port.logicalType = type.logical_type ? type.logical_type : "";
  return port;
}

Model::Model(const std::string &path, lz_verify verify) {
  lz_model_options options{sizeof(options), verify};
  lz_model *model = nullptr;
  lz_status status = lz_model_load(path.c_str(), &options, &model);
  if (status != LZ_OK && !std::strstr(lz_error_message(), path.c_str()))
    throw Failure(status == LZ_INTERNAL ? ExitCode::Defect : ExitCode::BadInput,
                  lz_status_name(status),
                  rt::concat(rt::quote(path), ": ", lz_error_message()));
  requireOk(status);
  handle = std::shared_ptr<lz_model>(model, lz_model_release);
  lz_tensor_info info;
  lz_type_info type;
  for (size_t entry = 0; entry < lz_model_num_entries(model); ++entry) {
    Entry ports;
    for (size_t i = 0; i < lz_model_num_inputs(model, entry); ++i) {
      requireOk(lz_model_input_info(model, entry, i, &info));
      requireOk(lz_model_input_type(model, entry, i, &type));
      ports.inputs.push_back(toPort(info, type));
    }
    for (size_t i = 0; i < lz_model_num_outputs(model, entry); ++i) {
      requireOk(lz_model_output_info(model, entry, i, &info));
      requireOk(lz_model_output_type(model, entry, i, &type));
      ports.outputs.push_back(toPort(info, type));
    }
    entries.push_back(std::move(ports));
  }
  for (size_t i = 0; i < lz_model_num_states(model); ++i) {
    requireOk(lz_model_state_info(model, i, &info));
    states.push_back(toPort(info));
  }
}

Session::Session(const Model &model, size_t entry, int threads) : model(model), entry(entry) {
  lz_session_options options{};
  options.struct_size = sizeof(options);
  options.threads = threads;
  lz_session *session = nullptr;
  requireOk(lz_session_create(model.get(), &options, &session));
  handle = std::shared_ptr<lz_session>(session, lz_session_destroy);
  requireOk(lz_session_select_entry(session, entry));
  inputs.resize(model.getInputs(entry).size());
}

static lz_tensor toTensor(Array &array) {
  return {array.getData(), static_cast<lz_dtype>(array.getDType()),
          static_cast<int32_t>(array.getRank()), array.getDims().data(), nullptr};
}

void Session::setInput(size_t index, const Array &array) {
  inputs[index] = array;
  lz_tensor tensor = toTensor(inputs[index]);
  requireOk(lz_session_set_input(handle.get(), index, &tensor));
}

/// A copy of what is dense, as outputs are without memory bound by us.
static Array toArray(const lz_tensor &tensor) {
  Array array(static_cast<DType>(tensor.dtype), {tensor.dims, tensor.dims + tensor.rank});
  if (array.getSizeBytes() > 0)
    std::memcpy(array.getData(), tensor.data, array.getSizeBytes());
  return array;
}

Array Session::getOutput(size_t index) const {
  lz_tensor tensor{};
  requireOk(lz_session_get_output(handle.get(), index, &tensor));
  return toArray(tensor);
}

using ValueHandle = std::unique_ptr<lz_value, decltype(&lz_value_release)>;

static ValueHandle makeHandle(const Value &value) {
  lz_value *handle = nullptr;
  auto rank = static_cast<int32_t>(value.getDims().size());
  auto dtype = static_cast<lz_dtype>(value.getDType());
  if (value.isTensor()) {
    Array array = value.getArray();
    lz_tensor tensor = toTensor(array);
    requireOk(lz_value_create_tensor(&tensor, &handle));
  } else if (value.getKind() == fmt::ValueKind_Strings) {
    std::vector<lz_string> strings;
    for (const std::string &text : value.getStrings())
      strings.push_back({text.data(), text.size()});
    requireOk(lz_value_create_strings(strings.data(), strings.size(), rank,
                                      value.getDims().data(), &handle));
  } else {
    std::vector<ValueHandle> elements;
    std::vector<const lz_value *> pointers;
    for (const Value &element : value.getElements())
      pointers.push_back(elements.emplace_back(makeHandle(element)).get());
    if (value.getKind() == fmt::ValueKind_Sequence)
      requireOk(lz_value_create_sequence(dtype, pointers.data(), pointers.size(), &handle));
    else
      requireOk(lz_value_create_optional(dtype, pointers.empty() ? nullptr : pointers.front(),
                                         &handle));
  }
  return ValueHandle(handle, lz_value_release);
}

void Session::setInput(size_t index, const Value &value) {
  if (value.isTensor())
    return setInput(index, value.getArray());
  ValueHandle handle = makeHandle(value);
  requireOk(lz_session_set_input_value(this->handle.get(), index, handle.get()));
}

static Value toValue(const lz_value *handle) {
  lz_kind kind = lz_value_kind(handle);
  lz_tensor tensor{};
  if (kind == LZ_TENSOR || kind == LZ_STRINGS)
    requireOk(lz_value_get_tensor(handle, &tensor));
  if (kind == LZ_TENSOR)
    return toArray(tensor);
  size_t size = lz_value_size(handle);
  if (kind == LZ_STRINGS) {
    std::vector<std::string> strings;
    lz_string text{};
    for (size_t i = 0; i < size; ++i) {
      requireOk(lz_value_get_string(handle, i, &text));
      strings.emplace_back(text.data ? text.data : "", text.size);
    }
    return Value::makeStrings({tensor.dims, tensor.dims + tensor.rank}, std::move(strings));
  }
  std::vector<Value> elements;
  for (size_t i = 0; i < size; ++i) {
    lz_value *element = nullptr;
    requireOk(lz_value_get_element(handle, i, &element));
    elements.push_back(toValue(ValueHandle(element, lz_value_release).get()));
  }
  return Value::makeContainer(static_cast<ValueKind>(kind),
                              static_cast<DType>(lz_value_dtype(handle)), std::move(elements));
}

Value Session::getOutputValue(size_t index) const {
  lz_value *value = nullptr;
  requireOk(lz_session_get_output_value(handle.get(), index, &value));
  return toValue(ValueHandle(value, lz_value_release).get());
}

Array Session::readState(size_t index) const {
  const Port &port = model.getStates()[index];
  Array array(port.dtype, port.dims);
  lz_tensor tensor = toTensor(array);
  requireOk(lz_session_read_state(handle.get(), index, &tensor));
  return array;
}

void Session::writeState(size_t index, const Array &array) {
  Array source = array;
  lz_tensor tensor = toTensor(source);
  requireOk(lz_session_write_state(handle.get(), index, &tensor));
}

std::string Session::getProfile() {
  const char *json = nullptr;
  requireOk(lz_session_get_profile(handle.get(), &json));
  return json;
}
