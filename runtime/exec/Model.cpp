//===- Model.cpp ----------------------------------------------------------===//
//
// See Model.h.
//
//===----------------------------------------------------------------------===//

#include "runtime/exec/Model.h"

#include "runtime/base/Text.h"
#include "runtime/exec/CpuFeatures.h"
#include "runtime/exec/Tables.h"
#include "runtime/format/Check.h"
#include "runtime/format/DType.h"
#include "runtime/format/ExprEval.h"

#include <cstdlib>
#include <cstring>

using namespace lz;
using namespace lz::rt;

StatusOr<std::shared_ptr<const Model>>
Model::load(const std::string &path, const ModelOptions &options) {
  LZ_ASSIGN_OR_RETURN(MappedFile file, MappedFile::open(path));
  auto model = create(std::move(file), options);
  if (!model.isOk())
    return model.getStatus().withContext(path);
  return model;
}

StatusOr<std::shared_ptr<const Model>>
Model::loadCopy(const void *data, size_t sizeBytes,
                const ModelOptions &options) {
  LZ_ASSIGN_OR_RETURN(MappedFile file, MappedFile::copyOf(data, sizeBytes));
  return create(std::move(file), options);
}

StatusOr<std::shared_ptr<const Model>>
Model::create(MappedFile file, const ModelOptions &options) {
  auto model = std::make_shared<Model>();
  model->file = std::move(file);
  LZ_ASSIGN_OR_RETURN(model->artifact,
                      readArtifact(model->file.getData(), model->file.getSize(),
                                   options.verify));
  LZ_RETURN_IF_ERROR(model->chooseTarget());
  LZ_RETURN_IF_ERROR(model->mapKernels());
  model->file.closeDescriptor();
  model->describeStates();
  model->roots = computeRoots(model->getProgram());
  model->lastUses = findLastUses(model->getProgram(), model->roots);
  for (uint32_t table : findTables(model->getProgram(), model->roots)) {
    const fmt::Segment &segment = *model->getProgram().segments()->Get(table);
    model->file.keepSmallPages(segment.offset(), segment.size());
  }
  LZ_RETURN_IF_ERROR(model->readStrings());
  for (const fmt::Entry *entry : items(model->getProgram().entries())) {
    auto info = describeEntry(model->getProgram(), model->roots, *entry);
    if (!info.isOk())
      return info.getStatus().withContext(
          concat("entry ", quote(view(entry->name()))));
    model->entries.push_back(std::move(*info));
  }
  return std::shared_ptr<const Model>(std::move(model));
}

const void *Model::getConstantData(uint32_t index) const {
  const fmt::Constant *constant = getProgram().constants()->Get(index);
  return artifact.getSegmentData(constant->segment()) + constant->offset();
}

/// The features of `target` that this CPU lacks, as text.
static std::string getMissingFeatures(const fmt::Target &target) {
  std::string missing;
  for (const flatbuffers::String *feature : items(target.features()))
    if (!hasCpuFeature(view(feature)))
      missing += concat(missing.empty() ? "" : ", ", view(feature));
  return missing;
}

/// The target that a test or a comparison asks for, by its name in an artifact that has
/// several; empty: the best.
static std::string_view getAskedTarget(const fmt::Program &program) {
  const char *asked = std::getenv("LAZULI_TARGET_CPU");
  return asked && count(program.targets()) > 1 ? asked : "";
}

Status Model::chooseTarget() {
  std::string refused;
  std::string_view asked = getAskedTarget(getProgram());
  for (uint32_t i = 0; i < count(getProgram().targets()); ++i) {
    const fmt::Target *candidate = getProgram().targets()->Get(i);
    std::string missing = getMissingFeatures(*candidate);
    if (!asked.empty() && asked != view(candidate->cpu()))
      missing = concat("LAZULI_TARGET_CPU=", view(candidate->cpu()));
    if (!missing.empty()) {
      refused += concat(refused.empty() ? "" : "; ", "its code for ",
                        view(candidate->cpu()), " needs ", missing);
      continue;
    }
    if (target && count(candidate->features()) <= count(target->features()))
      continue;
    target = candidate;
    targetIndex = i;
  }
  if (target || refused.empty())
    return Status::success();
  if (!asked.empty())
    return failedPrecondition(
        concat("LAZULI_TARGET_CPU is ", quote(asked), ", which this CPU or the artifact lacks (",
               refused, ")"));
  return failedPrecondition(
      concat("the artifact was compiled for another CPU (", refused,
             "); compile the model again for this one"));
}

Status Model::mapKernels() {
  if (!target)
    return Status::success();
  const fmt::Segment *segment = getProgram().segments()->Get(target->segment());
  LZ_ASSIGN_OR_RETURN(code,
                      file.mapExecutable(segment->offset(), segment->size()));
  for (const fmt::KernelSymbol *kernel : items(target->kernels()))
    kernels.push_back(reinterpret_cast<lz_kernel_fn>(
        reinterpret_cast<uintptr_t>(code.getData() + kernel->offset())));
  return Status::success();
}

/// The `size` strings in the bytes of a constant (see Constant in program.fbs).
static StatusOr<std::vector<std::string>>
readStringData(const uint8_t *data, uint64_t numBytes, uint64_t size) {
  if (size >= numBytes / sizeof(uint64_t))
    return dataLoss(concat("has ", numBytes, " bytes, too few for the ends of ",
                           size, " strings"));
  const uint8_t *bytes = data + (size + 1) * sizeof(uint64_t);
  uint64_t limit = numBytes - (size + 1) * sizeof(uint64_t), begin = 0;
  std::vector<std::string> strings;
  for (uint64_t i = 0; i <= size; ++i) {
    uint64_t end;
    std::memcpy(&end, data + i * sizeof(end), sizeof(end));
    if (end < begin || end > limit || (i == 0 && end != 0) ||
        (i == size && end != limit))
      return dataLoss(
          concat("string ", i, " ends at byte ", end, " of ", limit));
    if (i > 0)
      strings.emplace_back(reinterpret_cast<const char *>(bytes) + begin,
                           end - begin);
    begin = end;
  }
  return strings;
}

Status Model::readStrings() {
  for (uint32_t i = 0; i < count(getProgram().values()); ++i) {
    const fmt::Value &value = *getProgram().values()->Get(i);
    if (value.kind() != fmt::ValueKind_Strings ||
        value.storage() != fmt::Storage_Constant)
      continue;
    // The reader has checked that the dimensions are constants.
    uint64_t size = 1;
    for (uint32_t dim : items(value.dims()))
      size *= static_cast<uint64_t>(
          getConstant(*getProgram().exprs()->Get(dim)).value_or(0));
    auto read = readStringData(
        static_cast<const uint8_t *>(getConstantData(value.index())),
        getProgram().constants()->Get(value.index())->size(), size);
    if (!read.isOk())
      return read.getStatus().withContext(
          concat("value ", quote(view(value.name()))));
    strings[i] = std::make_shared<std::vector<std::string>>(std::move(*read));
  }
  return Status::success();
}

void Model::describeStates() {
  for (const fmt::State *state : items(getProgram().states())) {
    PortInfo info;
    info.name = view(state->name());
    info.value = static_cast<uint32_t>(states.size());
    info.dtype = state->dtype();
    for (uint64_t dim : items(state->dims())) {
      info.dims.push_back(static_cast<int64_t>(dim));
      info.dimsText.push_back(std::to_string(dim));
    }
    states.push_back(std::move(info));
  }
  for (PortInfo &info : states)
    for (const std::string &text : info.dimsText)
      info.dimsTextPointers.push_back(text.c_str());
}
