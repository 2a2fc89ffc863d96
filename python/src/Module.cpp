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

#include <memory>
#include <stdexcept>

namespace nb = nanobind;

namespace {

/// (dtype name, dimensions, address); the caller keeps the memory.
using ArrayView = std::tuple<std::string, std::vector<int64_t>, uintptr_t>;

/// Text from a model as Python's: names in a file may be any bytes, and those
/// that are no UTF-8 become replacement characters.
nb::str toText(const std::string &text) {
  PyObject *object = PyUnicode_DecodeUTF8(
      text.data(), static_cast<Py_ssize_t>(text.size()), "replace");
  if (!object)
    throw nb::python_error();
  return nb::steal<nb::str>(object);
}

/// What Python sees as lazuli.Error. Made only with the interpreter's lock.
struct Error : std::runtime_error {
  explicit Error(const std::string &text)
      : std::runtime_error(toText(text).c_str()) {}
};

/// What Python sees as lazuli.Defect, an Error that is our fault.
struct Defect : Error {
  using Error::Error;
};

void requireOk(lz_status status) {
  if (status == LZ_INTERNAL)
    throw Defect(lz_error_message());
  if (status != LZ_OK)
    throw Error(lz_error_message());
}

lz_dtype parseDType(const std::string &name) {
  for (int i = LZ_F32; i <= LZ_STRING; ++i)
    if (name == lz_dtype_name(static_cast<lz_dtype>(i)))
      return static_cast<lz_dtype>(i);
  throw Error("there is no dtype '" + name + "'");
}

const char *kindName(lz_kind kind) {
  constexpr const char *names[] = {"tensor", "strings", "sequence", "optional"};
  return kind >= LZ_TENSOR && kind <= LZ_OPTIONAL ? names[kind] : "?";
}

nb::dict describePort(const lz_tensor_info &info, const lz_type_info &type) {
  nb::dict port;
  port["name"] = toText(info.name);
  port["kind"] = kindName(type.kind);
  port["element_kind"] = kindName(type.element_kind);
  port["logical_type"] = type.logical_type;
  port["dtype"] = lz_dtype_name(info.dtype);
  nb::list dims;
  for (int i = 0; i < info.rank; ++i)
    if (info.dims[i] >= 0)
      dims.append(info.dims[i]);
    else
      dims.append(toText(info.dims_text[i]));
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
    return describePorts(lz_model_num_inputs, lz_model_input_info, lz_model_input_type);
  }
  nb::list outputs() const {
    return describePorts(lz_model_num_outputs, lz_model_output_info, lz_model_output_type);
  }
  nb::str metadata(const std::string &key) const {
    const char *value = lz_model_metadata(handle, key.c_str());
    return toText(value ? value : "");
  }

  lz_model *handle = nullptr;

private:
  using Count = size_t(const lz_model *, size_t);
  using Info = lz_status(const lz_model *, size_t, size_t, lz_tensor_info *);
  using Type = lz_status(const lz_model *, size_t, size_t, lz_type_info *);
  nb::list describePorts(Count count, Info getInfo, Type getType) const {
    nb::list ports;
    for (size_t i = 0; i < count(handle, 0); ++i) {
      lz_tensor_info info;
      lz_type_info type;
      requireOk(getInfo(handle, 0, i, &info));
      requireOk(getType(handle, 0, i, &type));
      ports.append(describePort(info, type));
    }
    return ports;
  }
};

//===----------------------------------------------------------------------===//
// Values of all kinds, as nested tuples:
//   ("tensor", dtype, dims, address or bytes), ("strings", dims, [bytes, ...]),
//   ("sequence", dtype, [value, ...]), ("optional", dtype, value or None)
//===----------------------------------------------------------------------===//

struct ReleaseValue {
  void operator()(lz_value *value) const { lz_value_release(value); }
};
using Value = std::unique_ptr<lz_value, ReleaseValue>;

Value makeTensorValue(const nb::tuple &description) {
  auto dims = nb::cast<std::vector<int64_t>>(description[2]);
  lz_tensor tensor{reinterpret_cast<void *>(nb::cast<uintptr_t>(description[3])),
                   parseDType(nb::cast<std::string>(description[1])),
                   static_cast<int32_t>(dims.size()), dims.data(), nullptr};
  lz_value *value = nullptr;
  requireOk(lz_value_create_tensor(&tensor, &value));
  return Value(value);
}

Value makeStringsValue(const nb::tuple &description) {
  auto dims = nb::cast<std::vector<int64_t>>(description[1]);
  nb::list list = nb::cast<nb::list>(description[2]);
  std::vector<lz_string> strings;
  for (nb::handle item : list) {
    nb::bytes bytes = nb::cast<nb::bytes>(item);
    strings.push_back({bytes.c_str(), bytes.size()}); // `list` keeps the bytes
  }
  lz_value *value = nullptr;
  requireOk(lz_value_create_strings(strings.data(), strings.size(),
                                    static_cast<int32_t>(dims.size()),
                                    dims.data(), &value));
  return Value(value);
}

Value makeValue(const nb::tuple &description) {
  std::string kind = nb::cast<std::string>(description[0]);
  if (kind == "tensor")
    return makeTensorValue(description);
  if (kind == "strings")
    return makeStringsValue(description);
  lz_dtype dtype = parseDType(nb::cast<std::string>(description[1]));
  lz_value *value = nullptr;
  if (kind == "sequence") {
    std::vector<Value> elements;
    std::vector<const lz_value *> pointers;
    for (nb::handle item : nb::cast<nb::list>(description[2])) {
      elements.push_back(makeValue(nb::cast<nb::tuple>(item)));
      pointers.push_back(elements.back().get());
    }
    requireOk(lz_value_create_sequence(dtype, pointers.data(), pointers.size(),
                                       &value));
    return Value(value);
  }
  Value held;
  if (!description[2].is_none())
    held = makeValue(nb::cast<nb::tuple>(description[2]));
  requireOk(lz_value_create_optional(dtype, held.get(), &value));
  return Value(value);
}

nb::object describeTensor(Value value) {
  lz_tensor tensor{};
  requireOk(lz_value_get_tensor(value.get(), &tensor));
  std::vector<int64_t> dims(tensor.dims, tensor.dims + tensor.rank);
  size_t size = lz_dtype_size(tensor.dtype);
  for (int64_t dim : dims)
    size *= static_cast<size_t>(dim);
  // A copy: NumPy may write to it, the value is shared.
  nb::bytes bytes(static_cast<const char *>(tensor.data), size);
  return nb::make_tuple("tensor", lz_dtype_name(tensor.dtype), dims, bytes);
}

nb::object describeStrings(Value value) {
  lz_tensor tensor{};
  requireOk(lz_value_get_tensor(value.get(), &tensor));
  nb::list strings;
  for (size_t i = 0; i < lz_value_size(value.get()); ++i) {
    lz_string text{};
    requireOk(lz_value_get_string(value.get(), i, &text));
    strings.append(nb::bytes(text.data ? text.data : "", text.size));
  }
  return nb::make_tuple(
      "strings", std::vector<int64_t>(tensor.dims, tensor.dims + tensor.rank),
      strings);
}

nb::object describeValue(Value value) {
  lz_kind kind = lz_value_kind(value.get());
  if (kind == LZ_TENSOR)
    return describeTensor(std::move(value));
  if (kind == LZ_STRINGS)
    return describeStrings(std::move(value));
  nb::list elements;
  for (size_t i = 0; i < lz_value_size(value.get()); ++i) {
    lz_value *element = nullptr;
    requireOk(lz_value_get_element(value.get(), i, &element));
    elements.append(describeValue(Value(element)));
  }
  return nb::make_tuple(kindName(kind), lz_dtype_name(lz_value_dtype(value.get())),
                        elements);
}

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

  void setInputValue(size_t index, const nb::tuple &description) {
    Value value = makeValue(description);
    requireOk(lz_session_set_input_value(handle, index, value.get()));
  }

  nb::object getOutputValue(size_t index) {
    lz_value *value = nullptr;
    requireOk(lz_session_get_output_value(handle, index, &value));
    return describeValue(Value(value));
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

/// Without LLVM and MLIR on the system the compiler is a module that is missing.
CompileFunction loadCompiler(const std::string &library) {
  void *handle = dlopen(library.c_str(), RTLD_NOW | RTLD_LOCAL);
  if (!handle)
    throw nb::import_error(
        (std::string("lazuli.compile needs the libraries of LLVM and MLIR 22: ") + dlerror() +
         "; on Debian they are the packages libmlir-22, libllvm22 and libprotobuf-lite32")
            .c_str());
  auto function = reinterpret_cast<CompileFunction>(dlsym(handle, "lazuli_compile"));
  if (!function)
    throw nb::import_error((library + " is of another release than the package").c_str());
  return function;
}

/// Fills `options` from keyword arguments and compiles; gives the summary.
nb::dict compile(const std::string &library, const std::string &input,
                 const std::string &output,
                 const std::vector<std::string> &examples,
                 const std::vector<std::pair<std::string, ArrayView>> &tensors,
                 const std::vector<std::string> &dynamic,
                 const std::string &weights, bool allowPartialWeights,
                 bool randomWeights, uint64_t seed,
                 const std::string &targetCpu, bool winograd, int threads,
                 const std::string &cacheDir, bool noCache, bool autotune) {
  lz::CompileOptions options;
  options.input = input;
  options.output = output;
  options.examples = examples;
  options.dynamics = dynamic;
  options.weights = weights;
  options.allowPartialWeights = allowPartialWeights;
  options.randomWeights = randomWeights;
  options.seed = seed;
  options.targetCpu = targetCpu;
  options.winograd = winograd;
  options.threads = threads;
  options.cacheDir = cacheDir;
  options.noCache = noCache;
  options.autotune = autotune;
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
  if (status == static_cast<int>(lz::CompileStatus::Defect))
    throw Defect(diagnostics);
  if (status != 0 && diagnostics.rfind("error: ", 0) == 0)
    diagnostics.erase(0, 7); // an exception need not say that it is one
  if (status != 0)
    throw Error(diagnostics.empty() ? "the model cannot be compiled"
                                    : diagnostics);
  nb::dict result;
  result["instructions"] = summary.numInstructions;
  result["kernels"] = summary.numKernels;
  result["cached_kernels"] = summary.numCachedKernels;
  result["measured"] = summary.numMeasured;
  result["parameters"] = summary.numParameters;
  result["code_bytes"] = summary.codeBytes;
  result["artifact_bytes"] = summary.artifactBytes;
  result["seconds"] = summary.seconds;
  result["warnings"] = toText(diagnostics);
  return result;
}

} // namespace

NB_MODULE(_lazuli, module) {
  auto error = nb::exception<Error>(module, "Error");
  nb::exception<Defect>(module, "Defect", error.ptr());
  nb::class_<Model>(module, "Model")
      .def(nb::init<const std::string &>())
      .def("inputs", &Model::inputs)
      .def("outputs", &Model::outputs)
      .def("metadata", &Model::metadata);
  nb::class_<Session>(module, "Session")
      .def(nb::init<const Model &, int>(), nb::keep_alive<1, 2>())
      .def("set_input", &Session::setInput)
      .def("set_input_value", &Session::setInputValue)
      .def("get_output_value", &Session::getOutputValue)
      .def("run", &Session::run)
      .def("get_output", &Session::getOutput)
      .def_ro("num_outputs", &Session::numOutputs);
  module.def("compile", &compile, nb::arg("library"), nb::arg("input"),
             nb::arg("output"), nb::arg("examples"), nb::arg("tensors"),
             nb::arg("dynamic"), nb::arg("weights"),
             nb::arg("allow_partial_weights"),
             nb::arg("random_weights"), nb::arg("seed"),
             nb::arg("target_cpu"), nb::arg("winograd"), nb::arg("threads"),
             nb::arg("cache_dir"), nb::arg("no_cache"), nb::arg("autotune"));
  module.def("version", &lz_version);
}
