//===- Primitive.h - The interface of libraries of primitives
//---------------===//
//
// What the executor asks of a library such as oneDNN: check a call when the
// artifact is loaded, make an executor for given dimensions when a plan is
// made, run it. A library registers one object of PrimitiveLibrary from a
// static initializer; nothing of it is loaded before the first plan needs it.
//
//===----------------------------------------------------------------------===//

#ifndef LAZULI_RUNTIME_EXEC_PRIMITIVE_H
#define LAZULI_RUNTIME_EXEC_PRIMITIVE_H

#include "runtime/base/Status.h"
#include "runtime/format/program_generated.h"

#include <cstdint>
#include <memory>
#include <optional>
#include <string_view>
#include <vector>

namespace lz::rt {

/// An operand of a primitive, as it is in one plan.
struct PrimitiveOperand {
  fmt::DType dtype = fmt::DType_f32;
  std::vector<int64_t> dims; ///< the value's dimensions, all known
  /// How a constant is laid out; null: plain row-major (or, for src and dst,
  /// the layout that the call's own tag names).
  const fmt::Packing *packing = nullptr;
  /// The bytes of a constant, which live as long as the model; null otherwise.
  const void *constantData = nullptr;
};

/// Everything a library needs to make an executor. Borrowed during the call of
/// create(), but for `call` and constant data, which live as long as the model.
struct PrimitiveRequest {
  const fmt::PrimitiveCall *call = nullptr;
  std::string_view name; ///< the user's name of the instruction, for messages
  std::vector<PrimitiveOperand> inputs;
  std::vector<PrimitiveOperand> outputs;
  int threads = 1; ///< concurrency of the task arena that creates and runs it
  /// The input in whose memory the result is computed: one that the library named
  /// (getAccumulated). Their buffers are the same.
  std::optional<uint32_t> inPlace;
};

/// A primitive for one set of dimensions. Used by one session at a time.
class PrimitiveExecutor {
public:
  virtual ~PrimitiveExecutor() = default;

  /// Memory that execute() may use meanwhile; 64-byte aligned, shared by all
  /// instructions of a session, contents lost between calls.
  virtual uint64_t getScratchBytes() const = 0;

  /// What this object itself holds (unpacked weights, say); counted against the
  /// limit of the plan cache. Of what several hold each counts a part, so it grows
  /// when another of them goes.
  virtual uint64_t getMemoryBytes() const = 0;

  /// Runs it. `buffers` are the call's inputs, then its outputs, at element 0;
  /// aligned to their element at least. Runs inside the session's task arena,
  /// does not throw.
  virtual Status execute(void *const *buffers, void *scratch) = 0;
};

class PrimitiveLibrary {
public:
  virtual ~PrimitiveLibrary() = default;

  /// For messages and profiles: "onednn".
  virtual const char *getName() const = 0;

  /// Whether this library knows such a call (kind, post-ops, tags, number of
  /// operands; dimensions are not known yet). Called when a model is loaded, so
  /// it must not load the library itself. The call has passed the reader's
  /// check.
  virtual Status check(const fmt::PrimitiveCall &call) const = 0;

  /// The input that such a call adds to its result and that may lie in the result's
  /// memory, if it has the result's type and dimensions. A plan then lets the result
  /// take the memory of an input that nobody reads afterwards.
  virtual std::optional<uint32_t> getAccumulated(const fmt::PrimitiveCall &) const {
    return std::nullopt;
  }

  /// Makes the executors of a plan, one per request and in their order, inside the
  /// task arena that will run them; may use its threads. May be called from several
  /// threads at once.
  virtual std::vector<StatusOr<std::unique_ptr<PrimitiveExecutor>>>
  create(const std::vector<PrimitiveRequest> &requests) = 0;
};

/// Registers `library` (not owned, never unregistered; a later one replaces an
/// earlier one). Call it from a static initializer or before any model is
/// loaded:
///   static const bool registered = (registerPrimitiveLibrary(&library), true);
void registerPrimitiveLibrary(PrimitiveLibrary *library);

/// The registered library, or null if this build has none.
PrimitiveLibrary *getPrimitiveLibrary();

} // namespace lz::rt

#endif // LAZULI_RUNTIME_EXEC_PRIMITIVE_H
