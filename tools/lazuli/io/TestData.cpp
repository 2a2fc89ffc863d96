//===- TestData.cpp ---------------------------------------------------------===//
//
// See TestData.h.
//
//===----------------------------------------------------------------------===//

#include "tools/lazuli/io/TestData.h"

#include "frontend/onnx/data/TensorData.h"
#include "runtime/base/Text.h"
#include "tools/lazuli/Failure.h"
#include "tools/lazuli/io/File.h"

#include <cstring>
#include <filesystem>

using namespace lz;
using namespace lz::cli;
namespace fs = std::filesystem;

static Array readTensorFile(const fs::path &path) {
  std::string bytes = readTextFile(path.string());
  auto message = std::make_shared<::onnx::TensorProto>();
  if (!message->ParseFromString(bytes))
    fail(rt::quote(path.string()), " is no tensor message");
  onnximport::ExternalFiles files(path.parent_path().string());
  rt::StatusOr<onnximport::TensorData> tensor = onnximport::readTensor(*message, files, message);
  if (!tensor.isOk())
    fail(rt::quote(path.string()), ": ", tensor.getStatus().getMessage());
  if (!tensor->data)
    fail(rt::quote(path.string()), " holds strings, which cannot be read yet");
  Array array(tensor->element->storage, tensor->dims);
  if (tensor->size)
    std::memcpy(array.getData(), tensor->data, tensor->size);
  return array;
}

static fs::path getPath(const std::string &folder, const char *kind, size_t index) {
  return fs::path(folder) / (kind + std::to_string(index) + ".pb");
}

std::vector<Array> cli::readTestInputs(const std::string &folder) {
  if (!fs::is_directory(folder))
    fail(rt::quote(folder), " is no folder, expected one with input_0.pb and so on");
  std::vector<Array> arrays;
  while (fs::exists(getPath(folder, "input_", arrays.size())))
    arrays.push_back(readTensorFile(getPath(folder, "input_", arrays.size())));
  return arrays;
}

void cli::writeTestOutput(const std::string &folder, size_t index, const Array &array,
                          const std::string &name, const std::string &logicalType) {
  const onnximport::ElementInfo *element = onnximport::findElementInfo(logicalType);
  ::onnx::TensorProto message;
  onnximport::writeTensor(element ? *element : onnximport::getElementInfo(array.getDType()),
                          array.getDims(), array.getData(), message);
  message.set_name(name);
  writeFile(getPath(folder, "output_", index).string(), message.SerializeAsString());
}
