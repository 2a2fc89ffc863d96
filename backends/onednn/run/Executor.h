//===- Executor.h - A primitive with the memory of one plan -----------------===//
//
// Gives a definition the buffers of a call and runs it. Activations are read
// and written where the caller has them; weights alone may be reordered.
//
//===----------------------------------------------------------------------===//

#ifndef LAZULI_BACKENDS_ONEDNN_RUN_EXECUTOR_H
#define LAZULI_BACKENDS_ONEDNN_RUN_EXECUTOR_H

#include "backends/onednn/run/Definition.h"
#include "runtime/base/Buffer.h"

#include <unordered_map>

namespace lz::onednn {

class Executor : public rt::PrimitiveExecutor {
public:
  /// Throws dnnl::error where a buffer has fewer bytes than the definition reads: a
  /// file may say anything. Constant weights that lie otherwise than wanted are
  /// reordered now, once for all executors of the process.
  Executor(std::shared_ptr<const Definition> definition, const rt::PrimitiveRequest &request);

  uint64_t getScratchBytes() const override { return scratchBytes; }
  /// Its share of weights that others hold too: all holders together count them once.
  uint64_t getMemoryBytes() const override;
  rt::Status execute(void *const *buffers, void *scratch) override;

private:
  struct Bound {
    dnnl::memory memory;
    unsigned buffer;
  };
  struct Reorder {
    dnnl::reorder reorder;
    dnnl::memory from, to;
    unsigned buffer;
    uint64_t scratchOffset;
  };
  void bind(const Definition::Argument &argument);
  void bindWeights(const Definition::Weights &weights, const rt::PrimitiveOperand &operand);
  void bindComputedWeights(const Definition::Weights &weights);
  void bindZeros(int arg, const dnnl::memory::desc &desc);
  /// Takes `bytes` of scratch and gives their offset.
  uint64_t takeScratch(uint64_t bytes);
  void checkSize(unsigned buffer, const dnnl::memory::desc &desc) const;
  void checkCopy(const Definition::Copy &copy) const;
  void runCopies(void *const *buffers) const;

  std::shared_ptr<const Definition> definition;
  std::vector<uint64_t> bufferBytes; ///< of the call's inputs, then its outputs
  std::unordered_map<int, dnnl::memory> arguments;
  std::vector<Bound> bound;
  std::vector<Reorder> reorders;
  std::vector<std::shared_ptr<const rt::Buffer>> owned;
  dnnl::memory scratchpad;
  uint64_t scratchpadOffset = 0;
  uint64_t scratchBytes = 0;
  dnnl::stream stream;
};

} // namespace lz::onednn

#endif // LAZULI_BACKENDS_ONEDNN_RUN_EXECUTOR_H
