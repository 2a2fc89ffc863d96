//===- Executor.h - What the executors of oneDNN have in common -------------===//
//
// Descriptors from the runtime's words, one engine per process, and a base
// class that sets the memory of a prepared primitive and runs it.
//
//===----------------------------------------------------------------------===//

#ifndef LAZULI_BACKENDS_ONEDNN_RUN_EXECUTOR_H
#define LAZULI_BACKENDS_ONEDNN_RUN_EXECUTOR_H

#include "runtime/base/Buffer.h"
#include "runtime/exec/Primitive.h"

#include "oneapi/dnnl/dnnl.hpp"

#include <string_view>
#include <unordered_map>

namespace lz::onednn {

using Dims = dnnl::memory::dims;

/// The engine of the process, made at its first use.
const dnnl::engine &getEngine();

/// Throws dnnl::error for a dtype oneDNN does not have; the callers' boundary
/// turns that into a status.
dnnl::memory::data_type getDataType(fmt::DType dtype);
/// The enumerator of a layout; `tag` has passed isTag().
dnnl::memory::format_tag getTag(std::string_view tag);
/// Plain row-major and channels-last layouts of a rank.
dnnl::memory::format_tag getPlainTag(size_t rank);
dnnl::memory::format_tag getChannelsLastTag(size_t rank);

/// The result of a primitive as oneDNN sees it.
struct ResultLayout {
  Dims dims;
  dnnl::memory::format_tag tag;
  size_t channelAxis; ///< of operands with one value per channel
};

/// Post-ops of a call, and where the binary ones find their operands.
struct PostOps {
  dnnl::post_ops ops;
  struct Operand {
    int position;   ///< number of the post-op
    uint32_t input; ///< number in the call's inputs
    dnnl::memory::desc desc;
  };
  std::vector<Operand> operands;
};
/// An operand of the result's shape lies in memory as the result does.
PostOps makePostOps(const rt::PrimitiveRequest &request, const ResultLayout &dst);

/// One primitive and its arguments. Activations are read and written where the
/// caller has them; weights alone may be reordered.
class PreparedPrimitive : public rt::PrimitiveExecutor {
public:
  uint64_t getScratchBytes() const override { return scratchBytes; }
  uint64_t getMemoryBytes() const override { return ownedBytes; }
  rt::Status execute(void *const *buffers, void *scratch) override;

protected:
  explicit PreparedPrimitive(const rt::PrimitiveRequest &request);
  /// Argument `arg` of the primitive is buffer `buffer` of the call.
  /// Throws dnnl::error where the buffer has fewer bytes: a file may say anything.
  void bind(int arg, unsigned buffer, const dnnl::memory::desc &desc);
  /// The same weights as they lie in the artifact, as they would lie there without a
  /// packing, and as the primitive reads them.
  struct WeightLayouts {
    dnnl::memory::desc given, plain, wanted;
  };
  /// Weights in the layout that the primitive wants. Constants: the mapped bytes
  /// themselves where they have it, a copy made now otherwise. Those that a run
  /// computes are reordered in it, through scratch.
  void bindWeights(int arg, unsigned buffer, const rt::PrimitiveOperand &operand,
                   const WeightLayouts &layouts);
  /// Argument `arg` is zeros, which this object holds.
  void bindZeros(int arg, const dnnl::memory::desc &desc);
  void bindPostOps(const PostOps &postOps);
  void finish(dnnl::primitive primitive, const dnnl::memory::desc &scratchpad);

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
  void bindComputedWeights(int arg, unsigned buffer, const WeightLayouts &layouts);
  /// Takes `bytes` of scratch and gives their offset.
  uint64_t takeScratch(uint64_t bytes);
  dnnl::memory makeEmpty(const dnnl::memory::desc &desc);
  void checkSize(unsigned buffer, const dnnl::memory::desc &desc) const;

  std::vector<uint64_t> bufferBytes; ///< of the call's inputs, then its outputs
  dnnl::primitive primitive;
  std::unordered_map<int, dnnl::memory> arguments;
  std::vector<Bound> bound;
  std::vector<Reorder> reorders;
  std::vector<rt::Buffer> owned;
  dnnl::memory scratchpad;
  uint64_t scratchpadOffset = 0;
  uint64_t scratchBytes = 0, ownedBytes = 0;
  dnnl::stream stream;
};

std::unique_ptr<rt::PrimitiveExecutor> makeMatMul(const rt::PrimitiveRequest &request);
std::unique_ptr<rt::PrimitiveExecutor> makeConvolution(const rt::PrimitiveRequest &request);
std::unique_ptr<rt::PrimitiveExecutor> makeLstm(const rt::PrimitiveRequest &request);

} // namespace lz::onednn

#endif // LAZULI_BACKENDS_ONEDNN_RUN_EXECUTOR_H
