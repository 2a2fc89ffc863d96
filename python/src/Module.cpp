//===- Module.cpp - What Python calls --------------------------------------===//
//
// Models and sessions over the C API, the compiler through its one function.
// Arrays are passed as addresses with a dtype and dimensions; the Python side
// keeps them alive and gives them NumPy's types (numpy knows no bf16 by itself).
//
//===----------------------------------------------------------------------===//

#include "tools/driver/Driver.h"

#include <lazuli/lazuli.h>

#include <dlpack/dlpack.h>
#include <nanobind/nanobind.h>
#include <nanobind/ndarray.h>
#include <nanobind/stl/pair.h>
#include <nanobind/stl/string.h>
#include <nanobind/stl/tuple.h>
#include <nanobind/stl/vector.h>

#include <dlfcn.h>

#include <stdexcept>

namespace nb = nanobind;

namespace {

/// (dtype name, dimensions, address); the caller keeps the memory.
using ArrayView = std::tuple<std::string, std::vector<int64_t>, uintptr_t>;

/// What Python sees as lazuli.Error.
struct Error : std::runtime_error {
  using std::runtime_error::runtime_error;
};

void requireOk(lz_status status) {
  if (status != LZ_OK)
    throw Error(lz_error_message());
}

lz_dtype parseDType(const std::string &name) {
  for (int i = LZ_F32; i <= LZ_STRING; ++i)
    if (name == lz_dtype_name(static_cast<lz_dtype>(i)))
      return static_cast<lz_dtype>(i);
  throw Error("there is no dtype '" + name + "'");
}

nb::dict describePort(const lz_tensor_info &info) {
  nb::dict port;
  port["name"] = info.name;
  port["dtype"] = lz_dtype_name(info.dtype);
  nb::list dims;
  for (int i = 0; i < info.rank; ++i)
    if (info.dims[i] >= 0)
      dims.append(info.dims[i]);
    else
      dims.append(info.dims_text[i]);
  port["shape"] = nb::tuple(dims);
  return port;
}

class Model {
public:
  explicit Model(const std::string &path) {
    lz_status status;
    {
      nb::gil_scoped_release release;
      status = lz_model_load(path.c_str(), nullptr, &handle);
    }
    requireOk(status);
  }
  Model(const Model &) = delete;
  ~Model() { lz_model_release(handle); }

  nb::list inputs() const {
    nb::list ports;
    for (size_t i = 0; i < lz_model_num_inputs(handle, 0); ++i) {
      lz_tensor_info info;
      requireOk(lz_model_input_info(handle, 0, i, &info));
      ports.append(describePort(info));
    }
    return ports;
  }
  nb::list outputs() const {
    nb::list ports;
    for (size_t i = 0; i < lz_model_num_outputs(handle, 0); ++i) {
      lz_tensor_info info;
      requireOk(lz_model_output_info(handle, 0, i, &info));
      ports.append(describePort(info));
    }
    return ports;
  }
  std::string metadata(const std::string &key) const {
    const char *value = lz_model_metadata(handle, key.c_str());
    return value ? value : "";
  }

  lz_model *handle = nullptr;
};

class Session {
public:
  Session(const Model &model, int threads) {
    lz_session_options options{};
    options.struct_size = sizeof(options);
    options.threads = threads;
    requireOk(lz_session_create(model.handle, &options, &handle));
    numOutputs = lz_model_num_outputs(model.handle, 0);
  }
  Session(const Session &) = delete;
  ~Session() { lz_session_destroy(handle); }

  void setInput(size_t index, const ArrayView &view) {
    const auto &[dtype, dims, address] = view;
    lz_tensor tensor{reinterpret_cast<void *>(address), parseDType(dtype),
                     static_cast<int32_t>(dims.size()), dims.data(), nullptr};
    requireOk(lz_session_set_input(handle, index, &tensor));
  }

  void run() {
    lz_status status;
    {
      nb::gil_scoped_release release;
      status = lz_session_run(handle);
    }
    requireOk(status);
  }

  /// (dtype, dimensions, bytes), the last sharing the session's memory, which
  /// the session then no longer writes to.
  nb::tuple getOutput(size_t index) {
    lz_tensor tensor{};
    requireOk(lz_session_get_output(handle, index, &tensor));
    std::vector<int64_t> dims(tensor.dims, tensor.dims + tensor.rank);
    size_t size = lz_dtype_size(tensor.dtype);
    for (int64_t dim : dims)
      size *= static_cast<size_t>(dim);
    DLManagedTensor *managed = nullptr;
    requireOk(lz_session_share_output(handle, index, &managed));
    nb::capsule owner(managed, [](void *pointer) noexcept {
      auto *shared = static_cast<DLManagedTensor *>(pointer);
      if (shared->deleter)
        shared->deleter(shared);
    });
    auto *data = static_cast<uint8_t *>(managed->dl_tensor.data) +
                 managed->dl_tensor.byte_offset;
    nb::ndarray<nb::numpy, uint8_t> bytes(data, {size}, owner);
    return nb::make_tuple(lz_dtype_name(tensor.dtype), dims, bytes);
  }

  size_t numOutputs = 0;

private:
  lz_session *handle = nullptr;
};

using CompileFunction = int (*)(const lz::CompileOptions *,
                                lz::CompileSummary *);

CompileFunction loadCompiler(const std::string &library) {
  void *handle = dlopen(library.c_str(), RTLD_NOW | RTLD_LOCAL);
  if (!handle)
    throw Error(std::string("the compiler cannot be loaded: ") + dlerror());
  return reinterpret_cast<CompileFunction>(dlsym(handle, "lazuli_compile"));
}

/// Fills `options` from keyword arguments and compiles; gives the summary.
nb::dict compile(const std::string &library, const std::string &input,
                 const std::string &output,
                 const std::vector<std::string> &examples,
                 const std::vector<std::pair<std::string, ArrayView>> &tensors,
                 const std::vector<std::string> &dynamic,
                 const std::string &weights, bool randomWeights, uint64_t seed,
                 const std::string &targetCpu, int threads) {
  lz::CompileOptions options;
  options.input = input;
  options.output = output;
  options.examples = examples;
  options.dynamics = dynamic;
  options.weights = weights;
  options.randomWeights = randomWeights;
  options.seed = seed;
  options.targetCpu = targetCpu;
  options.threads = threads;
  for (const auto &[name, view] : tensors) {
    const auto &[dtype, dims, address] = view;
    options.exampleTensors.push_back(
        {name, dtype, dims, reinterpret_cast<const void *>(address)});
  }
  std::string diagnostics;
  options.diagnostics = [&](const std::string &text) { diagnostics += text; };
  lz::CompileSummary summary;
  int status;
  {
    CompileFunction function = loadCompiler(library);
    nb::gil_scoped_release release;
    status = function(&options, &summary);
  }
  while (!diagnostics.empty() && diagnostics.back() == '\n')
    diagnostics.pop_back();
  if (status != 0)
    throw Error(diagnostics.empty() ? "the model cannot be compiled"
                                    : diagnostics);
  nb::dict result;
  result["instructions"] = summary.numInstructions;
  result["kernels"] = summary.numKernels;
  result["parameters"] = summary.numParameters;
  result["code_bytes"] = summary.codeBytes;
  result["artifact_bytes"] = summary.artifactBytes;
  result["seconds"] = summary.seconds;
  result["warnings"] = diagnostics;
  return result;
}

} // namespace

NB_MODULE(_lazuli, module) {
  nb::exception<Error>(module, "Error");
  nb::class_<Model>(module, "Model")
      .def(nb::init<const std::string &>())
      .def("inputs", &Model::inputs)
      .def("outputs", &Model::outputs)
      .def("metadata", &Model::metadata);
  nb::class_<Session>(module, "Session")
      .def(nb::init<const Model &, int>(), nb::keep_alive<1, 2>())
      .def("set_input", &Session::setInput)
      .def("run", &Session::run)
      .def("get_output", &Session::getOutput)
      .def_ro("num_outputs", &Session::numOutputs);
  module.def("compile", &compile, nb::arg("library"), nb::arg("input"),
             nb::arg("output"), nb::arg("examples"), nb::arg("tensors"),
             nb::arg("dynamic"), nb::arg("weights"), nb::arg("random_weights"),
             nb::arg("seed"), nb::arg("target_cpu"), nb::arg("threads"));
  module.def("version", &lz_version);
}
