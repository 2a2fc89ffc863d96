//===- SafetensorsWriter.cpp - Writes safetensors files -------------------===//
//
// Builds the header, then writes it and the tensors, largest elements first. An
// interrupted write leaves the old file as it was.
//
//===----------------------------------------------------------------------===//

#include "frontend/weights/Header.h"
#include "frontend/weights/Safetensors.h"

#include "runtime/base/AtomicFile.h"

#include <algorithm>
#include <set>

#include <nlohmann/json.hpp>

namespace lz::weights {

namespace {

using rt::Status;

Status checkTensors(const std::vector<NamedTensor> &tensors) {
  std::set<std::string_view> names;
  for (const NamedTensor &named : tensors) {
    if (named.name == "__metadata__" || !names.insert(named.name).second)
      return rt::invalidArgument("the tensor name '" + named.name + "' is " +
                                 (named.name == "__metadata__" ? "reserved" : "given twice"));
    size_t bytes = getSizeBytes(named.tensor.dtype);
    for (int64_t dim : named.tensor.shape)
      if (dim < 0 || __builtin_mul_overflow(bytes, static_cast<size_t>(dim), &bytes))
        return rt::invalidArgument("tensor '" + named.name + "' has an impossible shape");
    if (bytes != named.tensor.sizeBytes)
      return rt::invalidArgument("tensor '" + named.name + "' has " +
                                 std::to_string(named.tensor.sizeBytes) + " bytes, expected " +
                                 std::to_string(bytes) + " for its shape");
  }
  return Status::success();
}

/// Length and text of the header, padded so that the data begins aligned.
rt::StatusOr<std::string> makeHeader(const std::vector<NamedTensor> &tensors,
                                     const std::map<std::string, std::string> &metadata) {
  nlohmann::ordered_json json = nlohmann::ordered_json::object();
  if (!metadata.empty())
    json["__metadata__"] = metadata;
  uint64_t offset = 0;
  for (const NamedTensor &named : tensors) {
    uint64_t end = offset + named.tensor.sizeBytes;
    json[named.name] = {{"dtype", getFileName(named.tensor.dtype)},
                        {"shape", named.tensor.shape},
                        {"data_offsets", {offset, end}}};
    offset = end;
  }
  std::string text;
  try {
    text = json.dump();
  } catch (const nlohmann::json::exception &) {
    return rt::invalidArgument("a tensor name or metadata string is no valid UTF-8");
  }
  text.resize((text.size() + 7) / 8 * 8, ' ');
  std::string result(8, '\0');
  for (int i = 0; i < 8; ++i)
    result[i] = static_cast<char>(text.size() >> (8 * i) & 0xff);
  return result + text;
}

} // namespace

Status writeSafetensors(const std::string &path, std::vector<NamedTensor> tensors,
                        const std::map<std::string, std::string> &metadata) {
  LZ_RETURN_IF_ERROR(checkTensors(tensors));
  std::sort(tensors.begin(), tensors.end(), [](const NamedTensor &a, const NamedTensor &b) {
    size_t sizeA = getSizeBytes(a.tensor.dtype), sizeB = getSizeBytes(b.tensor.dtype);
    return sizeA != sizeB ? sizeA > sizeB : a.name < b.name;
  });
  LZ_ASSIGN_OR_RETURN(std::string header, makeHeader(tensors, metadata));
  rt::AtomicFile file(path);
  LZ_RETURN_IF_ERROR(file.open());
  LZ_RETURN_IF_ERROR(file.write(header.data(), header.size()));
  for (const NamedTensor &named : tensors)
    LZ_RETURN_IF_ERROR(file.write(named.tensor.data, named.tensor.sizeBytes));
  return file.commit(rt::Durability::Flushed);
}

} // namespace lz::weights
