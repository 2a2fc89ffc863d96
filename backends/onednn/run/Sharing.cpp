//===- Sharing.cpp - What the sessions of a process share of oneDNN ---------===//
//
// See Sharing.h. No lock is held while oneDNN works: a thread that waits inside
// of it may take up another task of its arena, which may come here.
//
//===----------------------------------------------------------------------===//

#include "backends/onednn/run/Sharing.h"

#include <mutex>
#include <tbb/parallel_for.h>
#include <unordered_map>

using namespace lz;
using namespace lz::onednn;
using dnnl::memory;

namespace {

/// Objects by key, as long as somebody else holds them.
template <typename Key, typename T, typename Hash = std::hash<Key>> class WeakMap {
public:
  std::shared_ptr<const T> find(const Key &key) {
    std::lock_guard<std::mutex> lock(mutex);
    auto at = objects.find(key);
    return at == objects.end() ? nullptr : at->second.lock();
  }

  /// The one that is known by now, if another thread was faster.
  std::shared_ptr<const T> insert(const Key &key, std::shared_ptr<const T> made) {
    std::lock_guard<std::mutex> lock(mutex);
    if (objects.size() >= limit)
      removeExpired();
    std::weak_ptr<const T> &known = objects[key];
    if (std::shared_ptr<const T> before = known.lock())
      return before;
    known = made;
    return made;
  }

private:
  void removeExpired() {
    for (auto at = objects.begin(); at != objects.end();)
      at = at->second.expired() ? objects.erase(at) : std::next(at);
    limit = std::max<size_t>(kFirstLimit, 2 * objects.size());
  }

  static constexpr size_t kFirstLimit = 256;
  std::mutex mutex;
  std::unordered_map<Key, std::weak_ptr<const T>, Hash> objects;
  size_t limit = kFirstLimit;
};

/// Requests that want one definition.
struct Group {
  std::string key;
  rt::PrimitiveRequest request; ///< normalized
  SharedDefinition result;
};

/// All that decides the bytes of reordered weights. oneDNN compares descriptors by
/// everything in them, in opaque ones too, where getters show nothing. The size is not
/// in them: equal ones may differ in the stride of a dimension of one element.
struct Reordering {
  const void *data;
  Definition::WeightLayouts layouts;
  size_t bytes;

  bool operator==(const Reordering &other) const {
    return data == other.data && bytes == other.bytes && layouts.given == other.layouts.given &&
           layouts.plain == other.layouts.plain && layouts.wanted == other.layouts.wanted;
  }
};

/// Few layouts of the same data are wanted.
struct HashReordering {
  size_t operator()(const Reordering &key) const { return std::hash<const void *>()(key.data); }
};

} // namespace

template <typename T> static void append(std::string &key, const T &value) {
  key.append(reinterpret_cast<const char *>(&value), sizeof(value));
}

static void append(std::string &key, const std::vector<int64_t> &dims) {
  append(key, dims.size());
  for (int64_t dim : dims)
    append(key, dim);
}

/// All that a definition depends on: the call without the numbers of its values, its
/// operands' types, the threads, and what is computed in place, of a normalized request.
/// Whatever the format learns to say is in it.
static std::string makeKey(const rt::PrimitiveRequest &request) {
  std::unique_ptr<fmt::PrimitiveCallT> call(request.call->UnPack());
  call->inputs.clear();
  call->outputs.clear();
  flatbuffers::FlatBufferBuilder builder;
  builder.Finish(fmt::PrimitiveCall::Pack(builder, call.get()));
  std::string key(reinterpret_cast<const char *>(builder.GetBufferPointer()), builder.GetSize());
  append(key, request.threads);
  append(key, request.inPlace.value_or(UINT32_MAX));
  for (auto *operands : {&request.inputs, &request.outputs}) {
    append(key, operands->size());
    for (const rt::PrimitiveOperand &operand : *operands) {
      append(key, operand.dtype);
      append(key, operand.packing != nullptr);
      append(key, operand.dims);
    }
  }
  return key;
}

static SharedDefinition define(const rt::PrimitiveRequest &request) {
  SharedDefinition made;
  made.status =
      enterOneDnn(request.name, [&] { made.definition = makeDefinition(request); });
  return made;
}

std::vector<SharedDefinition>
onednn::shareDefinitions(const std::vector<rt::PrimitiveRequest> &requests) {
  // Never destroyed: sessions of other threads may outlive this file's objects.
  static auto &known = *new WeakMap<std::string, Definition>;
  std::vector<Group> groups;
  std::vector<size_t> groupOf, missing;
  std::unordered_map<std::string, size_t> numbers;
  for (const rt::PrimitiveRequest &given : requests) {
    rt::PrimitiveRequest request = normalize(given);
    std::string key = makeKey(request);
    auto [at, isNew] = numbers.emplace(key, groups.size());
    groupOf.push_back(at->second);
    if (!isNew)
      continue;
    groups.push_back({key, std::move(request), {known.find(key), {}}});
    if (!groups.back().result.definition)
      missing.push_back(at->second);
  }
  auto make = [&](size_t i) {
    groups[missing[i]].result = define(groups[missing[i]].request);
  };
  tbb::parallel_for(size_t(0), missing.size(), size_t(1), make, tbb::simple_partitioner());
  for (size_t i : missing)
    if (groups[i].result.definition)
      groups[i].result.definition = known.insert(groups[i].key, groups[i].result.definition);
  std::vector<SharedDefinition> results;
  for (size_t group : groupOf)
    results.push_back(groups[group].result);
  return results;
}

static rt::Buffer reorder(const void *data, const memory::desc &from, const memory::desc &to) {
  auto buffer = rt::Buffer::allocate(to.get_size());
  if (!buffer.isOk())
    throw dnnl::error(dnnl_out_of_memory, "no memory to repack weights");
  memory source(from, getEngine(), const_cast<void *>(data));
  memory target(to, getEngine(), buffer->getData());
  dnnl::stream stream(getEngine());
  dnnl::reorder(source, target).execute(stream, source, target);
  stream.wait();
  return std::move(*buffer);
}

std::shared_ptr<const rt::Buffer>
onednn::shareReordered(const void *data, const Definition::WeightLayouts &layouts) {
  static auto &known = *new WeakMap<Reordering, rt::Buffer, HashReordering>;
  Reordering key = {data, layouts, layouts.wanted.get_size()};
  if (auto found = known.find(key))
    return found;
  // Between two packings oneDNN has its slow code alone, from and to plain ones fast code.
  rt::Buffer plain;
  if (layouts.given != layouts.plain) {
    plain = reorder(data, layouts.given, layouts.plain);
    data = plain.getData();
  }
  return known.insert(
      key, std::make_shared<const rt::Buffer>(reorder(data, layouts.plain, layouts.wanted)));
}
