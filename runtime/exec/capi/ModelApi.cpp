//===- ModelApi.cpp -------------------------------------------------------===//
//
// lz_model_*: loading and introspection.
//
//===----------------------------------------------------------------------===//

#include "runtime/base/Text.h"
#include "runtime/exec/capi/Api.h"
#include "runtime/format/DType.h"

using namespace lz;
using namespace lz::rt;

static StatusOr<ModelOptions> readOptions(const lz_model_options *options) {
  ModelOptions result;
  if (!options)
    return result;
  if (options->struct_size < sizeof(lz_model_options))
    return invalidArgument("lz_model_options.struct_size is not set");
  if (options->verify == LZ_VERIFY_CODE)
    result.verify = VerifyLevel::Code;
  else if (options->verify == LZ_VERIFY_PROGRAM)
    result.verify = VerifyLevel::Program;
  else if (options->verify == LZ_VERIFY_ALL)
    result.verify = VerifyLevel::All;
  else
    return invalidArgument(concat("found lz_model_options.verify ",
                                  static_cast<int>(options->verify)));
  return result;
}

lz_status lz_model_load(const char *path, const lz_model_options *options,
                        lz_model **out_model) {
  LZ_REQUIRE(path);
  LZ_REQUIRE(out_model);
  return capi::guarded([&]() -> Status {
    LZ_ASSIGN_OR_RETURN(ModelOptions read, readOptions(options));
    LZ_ASSIGN_OR_RETURN(std::shared_ptr<const Model> model,
                        Model::load(path, read));
    *out_model = new lz_model{std::move(model)};
    return Status::success();
  });
}

lz_status lz_model_load_memory(const void *data, size_t size_bytes,
                               const lz_model_options *options,
                               lz_model **out_model) {
  LZ_REQUIRE(data);
  LZ_REQUIRE(out_model);
  return capi::guarded([&]() -> Status {
    LZ_ASSIGN_OR_RETURN(ModelOptions read, readOptions(options));
    LZ_ASSIGN_OR_RETURN(std::shared_ptr<const Model> model,
                        Model::loadCopy(data, size_bytes, read));
    *out_model = new lz_model{std::move(model)};
    return Status::success();
  });
}

void lz_model_release(lz_model *model) { delete model; }

lz_status lz_model_verify(const lz_model *model) {
  LZ_REQUIRE(model);
  return capi::guarded([&]() -> Status {
    const ArtifactView &artifact = model->model->getArtifact();
    for (uint32_t i = 0; i < count(artifact.program->segments()); ++i)
      LZ_RETURN_IF_ERROR(verifySegment(artifact, i));
    return Status::success();
  });
}

/// The entry, or null.
static const EntryInfo *getEntry(const lz_model *model, size_t entry) {
  if (!model || entry >= model->model->getEntries().size())
    return nullptr;
  return &model->model->getEntries()[entry];
}

size_t lz_model_num_entries(const lz_model *model) {
  return model ? model->model->getEntries().size() : 0;
}

const char *lz_model_entry_name(const lz_model *model, size_t entry) {
  const EntryInfo *info = getEntry(model, entry);
  return info ? info->name.c_str() : nullptr;
}

/// The number of the element with that name among `all`; else an error that
/// lists them.
template <typename T>
static lz_status findByName(const std::vector<T> &all, const char *what,
                            const char *name, size_t *out_index) {
  return capi::guarded([&]() -> Status {
    std::string names;
    for (size_t i = 0; i < all.size(); ++i) {
      if (all[i].name == name) {
        *out_index = i;
        return Status::success();
      }
      names += concat(i == 0 ? "" : ", ", quote(all[i].name));
    }
    return notFound(concat("there is no ", what, ' ', quote(name), ", found ",
                           names.empty() ? "none" : names));
  });
}

lz_status lz_model_find_entry(const lz_model *model, const char *name,
                              size_t *out_entry) {
  LZ_REQUIRE(model);
  LZ_REQUIRE(name);
  LZ_REQUIRE(out_entry);
  return findByName(model->model->getEntries(), "entry", name, out_entry);
}

size_t lz_model_num_inputs(const lz_model *model, size_t entry) {
  const EntryInfo *info = getEntry(model, entry);
  return info ? info->inputs.size() : 0;
}

size_t lz_model_num_outputs(const lz_model *model, size_t entry) {
  const EntryInfo *info = getEntry(model, entry);
  return info ? info->outputs.size() : 0;
}

size_t lz_model_num_states(const lz_model *model) {
  return model ? model->model->getStates().size() : 0;
}

static lz_status describe(const std::vector<PortInfo> &ports, const char *what,
                          size_t index, lz_tensor_info *out_info) {
  return capi::guarded([&]() -> Status {
    if (index >= ports.size())
      return notFound(concat(what, ' ', index, " of ", ports.size()));
    const PortInfo &port = ports[index];
    out_info->name = port.name.c_str();
    out_info->dtype = static_cast<lz_dtype>(port.dtype);
    out_info->rank = static_cast<int32_t>(port.dims.size());
    out_info->dims = port.dims.data();
    out_info->dims_text = port.dimsTextPointers.data();
    return Status::success();
  });
}

static lz_status failEntry() {
  return capi::fail(LZ_NOT_FOUND, "there is no such entry");
}

lz_status lz_model_input_info(const lz_model *model, size_t entry, size_t index,
                              lz_tensor_info *out_info) {
  LZ_REQUIRE(model);
  LZ_REQUIRE(out_info);
  const EntryInfo *info = getEntry(model, entry);
  return info ? describe(info->inputs, "input", index, out_info) : failEntry();
}

lz_status lz_model_output_info(const lz_model *model, size_t entry,
                               size_t index, lz_tensor_info *out_info) {
  LZ_REQUIRE(model);
  LZ_REQUIRE(out_info);
  const EntryInfo *info = getEntry(model, entry);
  return info ? describe(info->outputs, "output", index, out_info)
              : failEntry();
}

static lz_status describeType(const std::vector<PortInfo> &ports,
                              const char *what, size_t index,
                              lz_type_info *out_type) {
  return capi::guarded([&]() -> Status {
    if (index >= ports.size())
      return notFound(concat(what, ' ', index, " of ", ports.size()));
    const PortInfo &port = ports[index];
    *out_type = {static_cast<lz_kind>(port.kind),
                 static_cast<lz_kind>(port.elementKind),
                 static_cast<lz_dtype>(port.dtype), port.logicalType.c_str()};
    return Status::success();
  });
}

lz_status lz_model_input_type(const lz_model *model, size_t entry, size_t index,
                              lz_type_info *out_type) {
  LZ_REQUIRE(model);
  LZ_REQUIRE(out_type);
  const EntryInfo *info = getEntry(model, entry);
  return info ? describeType(info->inputs, "input", index, out_type)
              : failEntry();
}

lz_status lz_model_output_type(const lz_model *model, size_t entry,
                               size_t index, lz_type_info *out_type) {
  LZ_REQUIRE(model);
  LZ_REQUIRE(out_type);
  const EntryInfo *info = getEntry(model, entry);
  return info ? describeType(info->outputs, "output", index, out_type)
              : failEntry();
}

lz_status lz_model_state_info(const lz_model *model, size_t index,
                              lz_tensor_info *out_info) {
  LZ_REQUIRE(model);
  LZ_REQUIRE(out_info);
  return describe(model->model->getStates(), "state", index, out_info);
}

lz_status lz_model_find_input(const lz_model *model, size_t entry,
                              const char *name, size_t *out_index) {
  LZ_REQUIRE(model);
  LZ_REQUIRE(name);
  LZ_REQUIRE(out_index);
  const EntryInfo *info = getEntry(model, entry);
  return info ? findByName(info->inputs, "input", name, out_index)
              : failEntry();
}

lz_status lz_model_find_output(const lz_model *model, size_t entry,
                               const char *name, size_t *out_index) {
  LZ_REQUIRE(model);
  LZ_REQUIRE(name);
  LZ_REQUIRE(out_index);
  const EntryInfo *info = getEntry(model, entry);
  return info ? findByName(info->outputs, "output", name, out_index)
              : failEntry();
}

lz_status lz_model_find_state(const lz_model *model, const char *name,
                              size_t *out_index) {
  LZ_REQUIRE(model);
  LZ_REQUIRE(name);
  LZ_REQUIRE(out_index);
  return findByName(model->model->getStates(), "state", name, out_index);
}

const char *lz_model_producer(const lz_model *model) {
  if (!model || !model->model->getProgram().producer())
    return "";
  return model->model->getProgram().producer()->c_str();
}

const char *lz_model_metadata(const lz_model *model, const char *key) {
  if (!model || !key)
    return nullptr;
  for (const fmt::KeyValue *item : items(model->model->getProgram().metadata()))
    if (view(item->key()) == key)
      return item->value() ? item->value()->c_str() : "";
  return nullptr;
}

const char *lz_model_target_cpu(const lz_model *model) {
  const fmt::Target *target = model ? model->model->getTarget() : nullptr;
  return target && target->cpu() ? target->cpu()->c_str() : "";
}
