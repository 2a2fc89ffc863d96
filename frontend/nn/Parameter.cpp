//===- Parameter.cpp - Weights and running statistics of modules ----------===//
//
// Values, initialization rules and the handle.
//
//===----------------------------------------------------------------------===//

#include "frontend/nn/Parameter.h"

#include "frontend/nn/Emit.h"

#include <cstring>

namespace lz::nn {

Array::Array(DType dtype, Ints shape, const void *data)
    : elementType(dtype), sizes(std::move(shape)) {
  size_t size = sizeBytes();
  std::shared_ptr<char> copy(new char[size ? size : 1], std::default_delete<char[]>());
  if (size)
    std::memcpy(copy.get(), data, size);
  bytes = copy.get();
  owner = std::move(copy);
}

Array::Array(DType dtype, Ints shape, std::shared_ptr<const void> owner, const void *data)
    : elementType(dtype), sizes(std::move(shape)), owner(std::move(owner)), bytes(data) {}

size_t Array::numElements() const {
  size_t count = 1;
  for (int64_t size : sizes)
    count *= static_cast<size_t>(size);
  return count;
}

Array Array::to(DType dtype) const {
  if (dtype == elementType)
    return *this;
  size_t size = numElements() * weights::getSizeBytes(dtype);
  std::shared_ptr<char> converted(new char[size ? size : 1], std::default_delete<char[]>());
  if (!weights::convertFloats(elementType, bytes, dtype, converted.get(), numElements()))
    throw Error(std::string("a value of ") + weights::getName(elementType) +
                " cannot become one of " + weights::getName(dtype));
  return Array(dtype, sizes, converted, converted.get());
}

Init Init::uniformFanIn(const Parameter &weight) {
  Init init = make(Kind::UniformFanIn, 0, 0);
  init.other = std::make_shared<const Parameter>(weight);
  return init;
}

Parameter::Parameter(Dims shape, Init init, DType dtype, bool isBuffer)
    : slot(std::make_shared<Slot>()) {
  slot->data = std::make_shared<detail::ParameterData>();
  slot->data->shape = std::move(shape);
  slot->data->init = std::move(init);
  slot->data->dtype = dtype;
  slot->data->isBuffer = isBuffer;
}

detail::ParameterData &Parameter::data() const {
  if (!slot)
    throw Error("a parameter is used that the module does not have");
  return *slot->data;
}

Dims Parameter::shape() const {
  Dims result;
  for (const Dim &dim : data().shape)
    result.push_back(dim.resolved());
  return result;
}

bool Parameter::isMaterialized() const {
  for (const Dim &dim : shape())
    if (!dim.isKnown())
      return false;
  return true;
}

void Parameter::tie(const Parameter &other) {
  if (data().dtype != other.data().dtype)
    throw Error(std::string("a parameter of ") + weights::getName(dtype()) +
                " cannot be tied to one of " + weights::getName(other.dtype()));
  slot->data = other.slot->data;
}

Tensor Parameter::tensor() const { return defined() ? detail::readParameter(*this) : Tensor(); }

Parameter::operator Tensor() const { return tensor(); }

void Parameter::assign(const Tensor &value) const { detail::writeBuffer(*this, value); }

} // namespace lz::nn
