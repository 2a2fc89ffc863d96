// Lazuli's runtime for C++17: the C API of lazuli.h with ownership, names and
// containers.
//
//   lazuli::Model model = lazuli::Model::load("digits.lzm").value();
//   lazuli::Session session = lazuli::Session::create(model).value();
//   std::vector<float> image(64);
//   session.setInput("image", lazuli::tensorOf(image, {1, 1, 8, 8})).check();
//   session.run().check();
//   lazuli::TensorView y = session.getOutput(0).value();
//
// Header-only. Functions that can fail return Status or Result; what is done
// with an error is the caller's choice: look at it, or let check() and value()
// throw lazuli::Error. Nothing else throws (but for containers that run out of
// memory). Threads: as in lazuli.h.
#ifndef LAZULI_LAZULI_HPP
#define LAZULI_LAZULI_HPP

#include <lazuli/lazuli.h>

#include <cstdint>
#include <memory>
#include <optional>
#include <stdexcept>
#include <string>
#include <type_traits>
#include <utility>
#include <vector>

namespace lazuli {

/// What check() and value() throw.
class Error : public std::runtime_error {
public:
  Error(lz_status code, const std::string &message)
      : std::runtime_error(message), statusCode(code) {}
  lz_status code() const { return statusCode; }

private:
  lz_status statusCode;
};

/// Success, or a code and a text.
class [[nodiscard]] Status {
public:
  Status() = default;
  /// Takes the calling thread's last message if `code` is an error.
  explicit Status(lz_status code) : statusCode(code) {
    if (code != LZ_OK)
      text = lz_error_message();
  }

  bool ok() const { return statusCode == LZ_OK; }
  lz_status code() const { return statusCode; }
  const std::string &message() const { return text; }
  /// Throws Error unless ok.
  void check() const {
    if (!ok())
      throw Error(statusCode, text);
  }

private:
  lz_status statusCode = LZ_OK;
  std::string text;
};

/// A value, or the status that says why there is none.
template <typename T> class [[nodiscard]] Result {
public:
  Result(T value) : held(std::move(value)) {}
  Result(Status status) : error(std::move(status)) {}

  bool ok() const { return held.has_value(); }
  const Status &status() const { return error; }
  /// The value; throws Error if there is none.
  T &value() & {
    error.check();
    return *held;
  }
  T &&value() && {
    error.check();
    return std::move(*held);
  }

private:
  std::optional<T> held;
  Status error;
};

/// The dtype of a C++ element type.
template <typename T> constexpr lz_dtype dtypeOf() {
  if constexpr (std::is_same_v<T, float>)
    return LZ_F32;
  else if constexpr (std::is_same_v<T, double>)
    return LZ_F64;
  else if constexpr (std::is_same_v<T, bool>)
    return LZ_BOOL;
  else {
    static_assert(std::is_integral_v<T>, "no dtype for this element type");
    constexpr bool isSigned = std::is_signed_v<T>;
    if constexpr (sizeof(T) == 1)
      return isSigned ? LZ_I8 : LZ_U8;
    else if constexpr (sizeof(T) == 2)
      return isSigned ? LZ_I16 : LZ_U16;
    else if constexpr (sizeof(T) == 4)
      return isSigned ? LZ_I32 : LZ_U32;
    else
      return isSigned ? LZ_I64 : LZ_U64;
  }
}

/// Borrowed data with its own dimensions; strides in elements, empty: dense
/// row-major.
struct TensorView {
  void *data = nullptr;
  lz_dtype dtype = LZ_F32;
  std::vector<int64_t> dims;
  std::vector<int64_t> strides;

  size_t numElements() const {
    size_t product = 1;
    for (int64_t dim : dims)
      product *= static_cast<size_t>(dim);
    return product;
  }
  /// The elements, if their type is `T`; null otherwise.
  template <typename T> T *as() const {
    return dtypeOf<T>() == dtype ? static_cast<T *>(data) : nullptr;
  }
  /// For calls of the C API; valid as long as this object.
  lz_tensor get() const {
    return {data, dtype, static_cast<int32_t>(dims.size()), dims.data(),
            strides.empty() ? nullptr : strides.data()};
  }
};

/// A view of dense data at `data`, which must hold all elements.
template <typename T> TensorView tensorOf(T *data, std::vector<int64_t> dims) {
  using Element = std::remove_const_t<T>;
  // The runtime never writes to an input.
  return {const_cast<Element *>(data), dtypeOf<Element>(), std::move(dims), {}};
}
/// A view of a container with data(), such as std::vector or std::array.
template <typename Container,
          typename = decltype(std::declval<Container &>().data())>
TensorView tensorOf(Container &container, std::vector<int64_t> dims) {
  return tensorOf(container.data(), std::move(dims));
}

/// An input, output or state: -1 stands for a dimension that a run decides.
struct TensorInfo {
  std::string name;
  lz_dtype dtype = LZ_F32;
  std::vector<int64_t> dims;
  std::vector<std::string> dimsText;

  static TensorInfo from(const lz_tensor_info &info) {
    return {info.name,
            info.dtype,
            {info.dims, info.dims + info.rank},
            {info.dims_text, info.dims_text + info.rank}};
  }
};

/// The type of an input or output of any kind.
struct TypeInfo {
  lz_kind kind = LZ_TENSOR;
  lz_kind elementKind = LZ_TENSOR;
  lz_dtype dtype = LZ_F32;
  std::string logicalType;
};

/// An immutable value of any kind. Copies share it.
class Value {
public:
  /// No value.
  Value() = default;
  /// Takes over the caller's hold.
  explicit Value(lz_value *value) : handle(value, lz_value_release) {}

  /// A copy of the tensor.
  static Result<Value> tensor(const TensorView &view) {
    lz_tensor raw = view.get();
    lz_value *value = nullptr;
    Status status(lz_value_create_tensor(&raw, &value));
    return wrap(std::move(status), value);
  }
  /// As many strings as `dims` says, row-major.
  static Result<Value> strings(const std::vector<std::string> &strings,
                               const std::vector<int64_t> &dims) {
    std::vector<lz_string> raw;
    for (const std::string &text : strings)
      raw.push_back({text.data(), text.size()});
    lz_value *value = nullptr;
    Status status(lz_value_create_strings(raw.data(), raw.size(),
                                          static_cast<int32_t>(dims.size()),
                                          dims.data(), &value));
    return wrap(std::move(status), value);
  }
  static Result<Value> sequence(lz_dtype dtype,
                                const std::vector<Value> &elements) {
    std::vector<const lz_value *> raw;
    for (const Value &element : elements)
      raw.push_back(element.get());
    lz_value *value = nullptr;
    Status status(
        lz_value_create_sequence(dtype, raw.data(), raw.size(), &value));
    return wrap(std::move(status), value);
  }
  /// Of `held`, or of no value.
  static Result<Value> optional(lz_dtype dtype, const Value &held = Value()) {
    lz_value *value = nullptr;
    Status status(lz_value_create_optional(dtype, held.get(), &value));
    return wrap(std::move(status), value);
  }

  explicit operator bool() const { return handle != nullptr; }
  lz_kind kind() const { return lz_value_kind(get()); }
  lz_dtype dtype() const { return lz_value_dtype(get()); }
  /// See lz_value_size.
  size_t size() const { return lz_value_size(get()); }
  /// A tensor, valid as long as the value and not to be written; of strings
  /// their dimensions.
  Result<TensorView> getTensor() const {
    lz_tensor raw;
    Status status(lz_value_get_tensor(get(), &raw));
    if (!status.ok())
      return status;
    return TensorView{raw.data, raw.dtype, {raw.dims, raw.dims + raw.rank}, {}};
  }
  Result<std::string> getString(size_t index) const {
    lz_string raw;
    Status status(lz_value_get_string(get(), index, &raw));
    if (!status.ok())
      return status;
    return std::string(raw.data, raw.size);
  }
  Result<Value> getElement(size_t index) const {
    lz_value *value = nullptr;
    Status status(lz_value_get_element(get(), index, &value));
    return wrap(std::move(status), value);
  }

  /// The C handle, owned by this object; null: no value.
  lz_value *get() const { return handle.get(); }

private:
  static Result<Value> wrap(Status status, lz_value *value) {
    if (!status.ok())
      return status;
    return Value(value);
  }

  std::shared_ptr<lz_value> handle;
};

using Verify = lz_verify;

/// A loaded artifact. Copies share it.
class Model {
public:
  /// See lz_model_load.
  static Result<Model> load(const std::string &path,
                            Verify verify = LZ_VERIFY_CODE) {
    lz_model_options options = {sizeof(options), verify};
    lz_model *model = nullptr;
    Status status(lz_model_load(path.c_str(), &options, &model));
    return wrap(std::move(status), model);
  }
  /// See lz_model_load_memory.
  static Result<Model> loadMemory(const void *data, size_t sizeBytes,
                                  Verify verify = LZ_VERIFY_CODE) {
    lz_model_options options = {sizeof(options), verify};
    lz_model *model = nullptr;
    Status status(lz_model_load_memory(data, sizeBytes, &options, &model));
    return wrap(std::move(status), model);
  }

  Status verify() const { return Status(lz_model_verify(get())); }
  size_t numEntries() const { return lz_model_num_entries(get()); }
  std::string entryName(size_t entry) const {
    const char *name = lz_model_entry_name(get(), entry);
    return name ? name : "";
  }
  Result<size_t> findEntry(const std::string &name) const {
    size_t entry = 0;
    Status status(lz_model_find_entry(get(), name.c_str(), &entry));
    if (!status.ok())
      return status;
    return entry;
  }
  std::vector<TensorInfo> inputs(size_t entry = 0) const {
    return list(lz_model_num_inputs(get(), entry),
                [&](size_t i, lz_tensor_info *info) {
                  return lz_model_input_info(get(), entry, i, info);
                });
  }
  std::vector<TensorInfo> outputs(size_t entry = 0) const {
    return list(lz_model_num_outputs(get(), entry),
                [&](size_t i, lz_tensor_info *info) {
                  return lz_model_output_info(get(), entry, i, info);
                });
  }
  Result<TypeInfo> inputType(size_t index, size_t entry = 0) const {
    lz_type_info info;
    Status status(lz_model_input_type(get(), entry, index, &info));
    return wrapType(std::move(status), info);
  }
  Result<TypeInfo> outputType(size_t index, size_t entry = 0) const {
    lz_type_info info;
    Status status(lz_model_output_type(get(), entry, index, &info));
    return wrapType(std::move(status), info);
  }
  std::vector<TensorInfo> states() const {
    return list(lz_model_num_states(get()),
                [&](size_t i, lz_tensor_info *info) {
                  return lz_model_state_info(get(), i, info);
                });
  }
  std::string producer() const { return lz_model_producer(get()); }
  std::optional<std::string> metadata(const std::string &key) const {
    const char *value = lz_model_metadata(get(), key.c_str());
    return value ? std::optional<std::string>(value) : std::nullopt;
  }
  std::string targetCpu() const { return lz_model_target_cpu(get()); }

  /// The C handle, owned by this object.
  lz_model *get() const { return handle.get(); }

private:
  explicit Model(lz_model *model) : handle(model, lz_model_release) {}
  static Result<Model> wrap(Status status, lz_model *model) {
    if (!status.ok())
      return status;
    return Model(model);
  }
  static Result<TypeInfo> wrapType(Status status, const lz_type_info &info) {
    if (!status.ok())
      return status;
    return TypeInfo{info.kind, info.element_kind, info.dtype,
                    info.logical_type};
  }
  template <typename Describe>
  static std::vector<TensorInfo> list(size_t size, const Describe &describe) {
    std::vector<TensorInfo> all;
    lz_tensor_info info;
    for (size_t i = 0; i < size; ++i)
      if (describe(i, &info) == LZ_OK)
        all.push_back(TensorInfo::from(info));
    return all;
  }

  std::shared_ptr<lz_model> handle;
};

/// A flag that stops sessions. Copies share it.
class CancelToken {
public:
  CancelToken() {
    lz_cancel_token *token = nullptr;
    Status(lz_cancel_token_create(&token)).check();
    handle.reset(token, lz_cancel_token_release);
  }
  void cancel() { (void)lz_cancel_token_cancel(get()); }
  void reset() { (void)lz_cancel_token_reset(get()); }
  lz_cancel_token *get() const { return handle.get(); }

private:
  std::shared_ptr<lz_cancel_token> handle;
};

struct SessionOptions {
  int threads = 0;
  uint64_t memoryLimitBytes = 0;
  uint64_t planCacheBytes = 0;
};

/// One stream of inference; movable. Keeps the model alive.
class Session {
public:
  static Result<Session> create(const Model &model,
                                const SessionOptions &options = {}) {
    lz_session_options read = {sizeof(read), options.threads,
                               options.memoryLimitBytes,
                               options.planCacheBytes};
    lz_session *session = nullptr;
    Status status(lz_session_create(model.get(), &read, &session));
    if (!status.ok())
      return status;
    return Session(model, session);
  }

  Status selectEntry(size_t index) {
    Status status(lz_session_select_entry(get(), index));
    if (status.ok())
      entry = index;
    return status;
  }
  /// The data behind `tensor` must stay until the input is bound anew.
  Status setInput(size_t index, const TensorView &tensor) {
    lz_tensor raw = tensor.get();
    return Status(lz_session_set_input(get(), index, &raw));
  }
  Status setInput(const std::string &name, const TensorView &tensor) {
    size_t index = 0;
    Status found(lz_model_find_input(owner.get(), entry, name.c_str(), &index));
    return found.ok() ? setInput(index, tensor) : found;
  }
  /// A value of any kind, which the session shares.
  Status setInputValue(size_t index, const Value &value) {
    return Status(lz_session_set_input_value(get(), index, value.get()));
  }
  Status setInputValue(const std::string &name, const Value &value) {
    size_t index = 0;
    Status found(lz_model_find_input(owner.get(), entry, name.c_str(), &index));
    return found.ok() ? setInputValue(index, value) : found;
  }
  Status setOutput(size_t index, const TensorView &tensor) {
    lz_tensor raw = tensor.get();
    return Status(lz_session_set_output(get(), index, &raw));
  }
  Status setOutput(const std::string &name, const TensorView &tensor) {
    size_t index = 0;
    Status found(
        lz_model_find_output(owner.get(), entry, name.c_str(), &index));
    return found.ok() ? setOutput(index, tensor) : found;
  }
  /// Back to memory of the session's own.
  Status clearOutput(size_t index) {
    return Status(lz_session_set_output(get(), index, nullptr));
  }
  Status prepare() { return Status(lz_session_prepare(get())); }
  Status run() { return Status(lz_session_run(get())); }

  Result<TensorView> getOutput(size_t index) const {
    lz_tensor raw;
    Status status(lz_session_get_output(get(), index, &raw));
    if (!status.ok())
      return status;
    TensorView view{raw.data, raw.dtype, {raw.dims, raw.dims + raw.rank}, {}};
    if (raw.strides)
      view.strides.assign(raw.strides, raw.strides + raw.rank);
    return view;
  }
  Result<TensorView> getOutput(const std::string &name) const {
    size_t index = 0;
    Status found(
        lz_model_find_output(owner.get(), entry, name.c_str(), &index));
    if (!found.ok())
      return found;
    return getOutput(index);
  }
  /// An output of any kind, which later runs leave alone.
  Result<Value> getOutputValue(size_t index) {
    lz_value *value = nullptr;
    Status status(lz_session_get_output_value(get(), index, &value));
    if (!status.ok())
      return status;
    return Value(value);
  }
  Result<Value> getOutputValue(const std::string &name) {
    size_t index = 0;
    Status found(
        lz_model_find_output(owner.get(), entry, name.c_str(), &index));
    if (!found.ok())
      return found;
    return getOutputValue(index);
  }
  Status readState(const std::string &name, const TensorView &dst) const {
    size_t index = 0;
    Status found(lz_model_find_state(owner.get(), name.c_str(), &index));
    lz_tensor raw = dst.get();
    return found.ok() ? Status(lz_session_read_state(get(), index, &raw))
                      : found;
  }
  Status writeState(const std::string &name, const TensorView &src) {
    size_t index = 0;
    Status found(lz_model_find_state(owner.get(), name.c_str(), &index));
    lz_tensor raw = src.get();
    return found.ok() ? Status(lz_session_write_state(get(), index, &raw))
                      : found;
  }
  Status resetStates() { return Status(lz_session_reset_states(get())); }

  Status setCancelToken(const CancelToken &token) {
    return Status(lz_session_set_cancel_token(get(), token.get()));
  }
  Status setProfiling(size_t maxEvents) {
    return Status(lz_session_set_profiling(get(), maxEvents));
  }
  /// A Chrome trace.
  Result<std::string> getProfile() const {
    const char *json = nullptr;
    Status status(lz_session_get_profile(get(), &json));
    if (!status.ok())
      return status;
    return std::string(json);
  }

  uint64_t memoryBytes() const { return lz_session_memory_bytes(get()); }
  size_t numPlans() const { return lz_session_num_plans(get()); }
  int threads() const { return lz_session_threads(get()); }
  const Model &model() const { return owner; }
  /// The C handle, owned by this object.
  lz_session *get() const { return handle.get(); }

private:
  struct Destroy {
    void operator()(lz_session *session) const { lz_session_destroy(session); }
  };
  Session(Model model, lz_session *session)
      : owner(std::move(model)), handle(session) {}

  Model owner;
  std::unique_ptr<lz_session, Destroy> handle;
  size_t entry = 0;
};

} // namespace lazuli

#endif // LAZULI_LAZULI_HPP
