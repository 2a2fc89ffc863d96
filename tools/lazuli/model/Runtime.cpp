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

std::string Port::describe() const {
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

static Port toPort(const lz_tensor_info &info) {
  Port port;
  port.name = info.name;
  port.dtype = static_cast<DType>(info.dtype);
  port.dims.assign(info.dims, info.dims + info.rank);
  port.dimsText.assign(info.dims_text, info.dims_text + info.rank);
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
  for (size_t entry = 0; entry < lz_model_num_entries(model); ++entry) {
    Entry ports;
    for (size_t i = 0; i < lz_model_num_inputs(model, entry); ++i) {
      requireOk(lz_model_input_info(model, entry, i, &info));
      ports.inputs.push_back(toPort(info));
    }
    for (size_t i = 0; i < lz_model_num_outputs(model, entry); ++i) {
      requireOk(lz_model_output_info(model, entry, i, &info));
      ports.outputs.push_back(toPort(info));
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

Array Session::getOutput(size_t index) const {
  lz_tensor tensor{};
  requireOk(lz_session_get_output(handle.get(), index, &tensor));
  Array array(static_cast<DType>(tensor.dtype), {tensor.dims, tensor.dims + tensor.rank});
  // Without memory bound by us an output is dense.
  if (array.getSizeBytes() > 0)
    std::memcpy(array.getData(), tensor.data, array.getSizeBytes());
  return array;
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
