//===- Attributes.cpp -----------------------------------------------------===//
//
// See Attributes.h.
//
//===----------------------------------------------------------------------===//

#include "runtime/host_ops/Attributes.h"

#include "runtime/base/Text.h"
#include "runtime/format/DType.h"

using namespace lz;
using namespace lz::rt;

StatusOr<Attributes> Attributes::read(const fmt::HostCall &call) {
  Attributes attributes;
  if (count(call.attributes()) == 0)
    return attributes;
  auto bytes = std::make_shared<const std::vector<uint8_t>>(
      call.attributes()->begin(), call.attributes()->end());
  attributes.bytes = bytes;
  std::vector<uint8_t> reuseTracker;
  if (bytes->size() < 3 ||
      !flexbuffers::VerifyBuffer(bytes->data(), bytes->size(), &reuseTracker))
    return dataLoss("the attributes are damaged");
  attributes.root = flexbuffers::GetRoot(bytes->data(), bytes->size());
  if (!attributes.root.IsMap())
    return dataLoss("the attributes are no map");
  return attributes;
}

flexbuffers::Reference Attributes::find(const char *name) const {
  return root.IsNull() ? flexbuffers::Reference() : root.AsMap()[name];
}

bool Attributes::has(const char *name) const { return !find(name).IsNull(); }

static Status refuse(const char *name, const char *expected) {
  return invalidArgument(
      concat("attribute ", quote(name), " is not ", expected));
}

static bool readOne(const flexbuffers::Reference &from, bool &value) {
  if (!from.IsBool() && !from.IsIntOrUint())
    return false;
  value = from.IsBool() ? from.AsBool() : from.AsInt64() != 0;
  return true;
}

static bool readOne(const flexbuffers::Reference &from, int64_t &value) {
  if (!from.IsBool() && !from.IsIntOrUint())
    return false;
  value = from.AsInt64();
  return true;
}

static bool readOne(const flexbuffers::Reference &from, double &value) {
  if (!from.IsBool() && !from.IsNumeric())
    return false;
  value = from.AsDouble();
  return true;
}

static bool readOne(const flexbuffers::Reference &from, std::string &value) {
  if (!from.IsString())
    return false;
  value = from.AsString().str();
  return true;
}

template <typename List, typename T>
static bool readElements(const List &list, std::vector<T> &value) {
  for (size_t i = 0; i < list.size(); ++i) {
    T element = T();
    if (!readOne(list[i], element))
      return false;
    value.push_back(std::move(element));
  }
  return true;
}

template <typename T>
static bool readList(const flexbuffers::Reference &from,
                     std::vector<T> &value) {
  value.clear();
  if (from.IsTypedVector())
    return readElements(from.AsTypedVector(), value);
  if (from.IsFixedTypedVector())
    return readElements(from.AsFixedTypedVector(), value);
  if (from.IsUntypedVector())
    return readElements(from.AsVector(), value);
  T element = T();
  if (!readOne(from, element))
    return false;
  value.push_back(std::move(element));
  return true;
}

Status Attributes::get(const char *name, bool &value) const {
  flexbuffers::Reference found = find(name);
  return found.IsNull() || readOne(found, value) ? Status::success()
                                                 : refuse(name, "a boolean");
}

Status Attributes::get(const char *name, int64_t &value) const {
  flexbuffers::Reference found = find(name);
  return found.IsNull() || readOne(found, value) ? Status::success()
                                                 : refuse(name, "an integer");
}

Status Attributes::get(const char *name, double &value) const {
  flexbuffers::Reference found = find(name);
  return found.IsNull() || readOne(found, value) ? Status::success()
                                                 : refuse(name, "a number");
}

Status Attributes::get(const char *name, std::string &value) const {
  flexbuffers::Reference found = find(name);
  return found.IsNull() || readOne(found, value) ? Status::success()
                                                 : refuse(name, "a string");
}

Status Attributes::get(const char *name, std::vector<int64_t> &value) const {
  flexbuffers::Reference found = find(name);
  return found.IsNull() || readList(found, value)
             ? Status::success()
             : refuse(name, "a list of integers");
}

Status Attributes::get(const char *name, std::vector<double> &value) const {
  flexbuffers::Reference found = find(name);
  return found.IsNull() || readList(found, value)
             ? Status::success()
             : refuse(name, "a list of numbers");
}

Status Attributes::get(const char *name,
                       std::vector<std::string> &value) const {
  flexbuffers::Reference found = find(name);
  return found.IsNull() || readList(found, value)
             ? Status::success()
             : refuse(name, "a list of strings");
}
