//===- OnnxHooks.cpp - How libFuzzer changes and joins models -------------===//
//
// The entries that libFuzzer calls in place of its own mutations: a model is
// parsed, changed (OnnxMutator.h) and written back. Now and then, and where the
// bytes are no model, they are changed as bytes.
//
//===----------------------------------------------------------------------===//

#include "tests/fuzz/OnnxMutator.h"

using namespace lz::fuzz;
namespace proto = ::onnx;

extern "C" size_t LLVMFuzzerMutate(uint8_t *data, size_t size, size_t maxSize);

/// The size written, or 0 where the model is too large.
static size_t write(const proto::ModelProto &model, uint8_t *data,
                    size_t maxSize) {
  size_t size = model.ByteSizeLong();
  if (size > maxSize)
    return 0;
  model.SerializePartialToArray(data, static_cast<int>(size));
  return size;
}

extern "C" size_t LLVMFuzzerCustomMutator(uint8_t *data, size_t size,
                                          size_t maxSize, unsigned seed) {
  proto::ModelProto model;
  if (seed % 32 == 0 ||
      !model.ParsePartialFromArray(data, static_cast<int>(size)))
    return LLVMFuzzerMutate(data, size, maxSize);
  Mutator(model, seed).deposit();
  for (unsigned i = 0, count = 1 + seed / 32 % 4; i < count; ++i)
    Mutator(model, seed + i * 7919).change();
  size_t written = write(model, data, maxSize);
  return written ? written : LLVMFuzzerMutate(data, size, maxSize);
}

extern "C" size_t LLVMFuzzerCustomCrossOver(const uint8_t *data1, size_t size1,
                                            const uint8_t *data2, size_t size2,
                                            uint8_t *out, size_t maxOutSize,
                                            unsigned seed) {
  proto::ModelProto first, second;
  if (!first.ParsePartialFromArray(data1, static_cast<int>(size1)) ||
      !second.ParsePartialFromArray(data2, static_cast<int>(size2)))
    return 0;
  Mutator(first, seed).splice(second.graph());
  return write(first, out, maxOutSize);
}
