//===- HostValue.h - Values outside of plans ------------------------------===//
//
// What host operations, branches and loops of changing dimensions pass to each
// other, and what the C API hands out: tensors, string tensors, sequences and
// optionals. Copies share their contents, which nobody changes while they do.
//
//===----------------------------------------------------------------------===//

#ifndef LAZULI_RUNTIME_HOST_OPS_HOSTVALUE_H
#define LAZULI_RUNTIME_HOST_OPS_HOSTVALUE_H

#include "runtime/base/Buffer.h"
#include "runtime/base/Status.h"
#include "runtime/format/program_generated.h"

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

namespace lz::rt {

struct HostValue {
  fmt::ValueKind kind = fmt::ValueKind_Tensor;
  /// Of the elements; of a sequence or an optional that of the tensors in it.
  fmt::DType dtype = fmt::DType_f32;
  std::vector<int64_t> dims; ///< of tensors and strings

  /// A tensor: dense row-major, aligned to its element. `buffer` owns it; null:
  /// borrowed from the model or from the user for the time of a run.
  const void *data = nullptr;
  std::shared_ptr<Buffer> buffer;

  std::shared_ptr<std::vector<std::string>> strings; ///< of Strings
  /// The elements of a Sequence; none or one of an Optional.
  std::shared_ptr<std::vector<HostValue>> elements;

  template <typename T> const T *as() const {
    return static_cast<const T *>(data);
  }
  const std::string &getString(size_t index) const { return (*strings)[index]; }
};

/// The product of `dims`, which are those of a value that exists or have passed
/// getNumBytes.
int64_t getNumElements(const std::vector<int64_t> &dims);

/// Number `index` of a tensor of integers or booleans, and of any tensor as a
/// double.
int64_t readInteger(const HostValue &value, int64_t index);
double readNumber(fmt::DType dtype, const void *data, int64_t index);

/// An unsigned number that orders like element `index`: equal elements (the
/// two zeros, all NaNs) have equal ones, NaN has the largest.
uint64_t readOrdered(fmt::DType dtype, const void *data, int64_t index);

/// Memory that lasts as long as somebody holds it; its contents are arbitrary.
class HostMemory {
public:
  virtual ~HostMemory() = default;
  virtual StatusOr<std::shared_ptr<Buffer>> allocate(uint64_t sizeBytes) = 0;
};

/// A tensor with memory of its own. Fails with ResourceExhausted, also for
/// dimensions that no memory holds.
StatusOr<HostValue> makeTensor(fmt::DType dtype, std::vector<int64_t> dims,
                               HostMemory &memory);
HostValue makeStrings(std::vector<int64_t> dims,
                      std::vector<std::string> strings);
HostValue makeSequence(fmt::DType dtype, std::vector<HostValue> elements);

/// The elements of a sequence, to be changed: those of `value` itself if nobody
/// else holds them, else a copy.
std::shared_ptr<std::vector<HostValue>> takeElements(HostValue &value);

} // namespace lz::rt

#endif // LAZULI_RUNTIME_HOST_OPS_HOSTVALUE_H
