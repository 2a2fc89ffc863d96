//===- OneDnnCompiler.cpp - lz.fused "onednn" regions to primitive calls --===//
//
// See OneDnnCompiler.h. A weight has one layout, good for every number of rows or
// images; those of convolutions stand in Packings.cpp.
//
//===----------------------------------------------------------------------===//

#include "backends/onednn/compile/OneDnnCompiler.h"

#include "backends/onednn/compile/Packings.h"
#include "backends/onednn/compile/PostOps.h"

#include "llvm/ADT/TypeSwitch.h"

using namespace mlir;
using namespace lz;
using onednn::Isa;

/// How many output channels oneDNN's kernels compute at a time.
static int64_t getOutputBlock(int64_t outputs) {
  for (int64_t block : {16, 32, 48})
    if (outputs <= block)
      return block;
  return 64;
}

namespace {

class Translator {
public:
  Translator(FusedOp op, Isa isa) : fused(op), isa(isa) {}
  FailureOr<onednn::PrimitiveCode> run();

private:
  LogicalResult translateRoot(Operation *root);
  void translateLinear(LinearOp op);
  void translateMatmul(MatmulOp op);
  template <typename Op> void translateConvolution(Op op, fmt::PrimitiveKind kind);
  LogicalResult translatePostOps(Operation *root);
  LogicalResult addOperand(Value value);
  void translateLstm(RecurrentOp op);
  void setWeightsPacking(fmt::PackingT packing) { code.packings = {{}, std::move(packing)}; }
  void packMatrix(lz::TensorType weights);
  void packConvolution(ConvOp op);
  void packConvolution(ConvTransposeOp op);

  FusedOp fused;
  Isa isa;
  onednn::PrimitiveCode code;
};

} // namespace

/// The region's operand that `value` is.
LogicalResult Translator::addOperand(Value value) {
  auto argument = dyn_cast<BlockArgument>(value);
  if (!argument)
    return fused.emitOpError("computes an operand of its primitive inside the region");
  code.call.inputs.push_back(argument.getArgNumber());
  return success();
}

/// [out, in] weights of lz.linear in the layout of oneDNN's AVX-512 kernels,
/// which name it for the transposed matrix [in, out].
void Translator::packMatrix(lz::TensorType weights) {
  if (isa != Isa::Avx512 || !weights.isStatic())
    return;
  std::string block = std::to_string(getOutputBlock(*weights.getDim(0).getConstant()));
  code.call.weights_tag = "BA16a" + block + "b";
  setWeightsPacking(onednn::makePacking("AB16b" + block + "a", *weights.getStaticShape()));
}

void Translator::packConvolution(ConvOp op) {
  std::optional<fmt::PackingT> packing = onednn::choosePacking(op, isa);
  if (!packing)
    return;
  code.call.weights_tag = packing->tag;
  setWeightsPacking(std::move(*packing));
}

void Translator::packConvolution(ConvTransposeOp op) {
  std::optional<fmt::PackingT> packing = onednn::choosePacking(op, isa);
  if (!packing)
    return;
  for (char letter : packing->tag) {
    size_t at = StringRef("abB").find(letter);
    code.call.weights_tag += at == StringRef::npos ? letter : "baA"[at];
  }
  setWeightsPacking(std::move(*packing));
}

void Translator::translateLinear(LinearOp op) {
  code.call.kind = fmt::PrimitiveKind_MatMul;
  code.call.transpose_b = true;
  code.call.has_bias = static_cast<bool>(op.getBias());
  packMatrix(tensorType(op.getWeights()));
}

void Translator::translateMatmul(MatmulOp) { code.call.kind = fmt::PrimitiveKind_MatMul; }

/// [gates * hidden, k] as [gates, hidden, k], blocks of the hidden units innermost.
static fmt::PackingT packGates(RecurrentOp op, lz::TensorType weights, int64_t block) {
  int64_t rows = *weights.getDim(0).getConstant(), gates = op.getNumGates();
  return onednn::makePacking("aBc" + std::to_string(block) + "b",
                             {gates, rows / gates, *weights.getDim(1).getConstant()});
}

void Translator::translateLstm(RecurrentOp op) {
  code.call.kind = fmt::PrimitiveKind_Lstm;
  code.call.has_bias = static_cast<bool>(op.getBIh());
  code.call.batch_first = op.getBatchFirst();
  code.call.reverse = op.getReverse();
  int64_t block = isa == Isa::Avx512 ? 32 : 16;
  code.call.weights_tag = "abdEc" + std::to_string(block) + "e";
  code.packings = {{}};
  for (Value weights : {op.getWIh(), op.getWHh()})
    code.packings.push_back(packGates(op, tensorType(weights), block));
}

template <typename Op> void Translator::translateConvolution(Op op, fmt::PrimitiveKind kind) {
  code.call.kind = kind;
  code.call.has_bias = static_cast<bool>(op.getBias());
  code.call.strides = op.getStrides().vec();
  code.call.dilations = op.getDilations().vec();
  code.call.pads_begin = op.getPadsBegin().vec();
  code.call.pads_end = op.getPadsEnd().vec();
  code.call.groups = op.getGroups();
  code.call.channels_last = op.getChannelsLast();
}

LogicalResult Translator::translateRoot(Operation *root) {
  for (Value operand : root->getOperands())
    if (failed(addOperand(operand)))
      return failure();
  return llvm::TypeSwitch<Operation *, LogicalResult>(root)
      .Case([&](LinearOp op) { return translateLinear(op), success(); })
      .Case([&](MatmulOp op) { return translateMatmul(op), success(); })
      .Case([&](RecurrentOp op) { return translateLstm(op), success(); })
      .Case([&](ConvOp op) {
        translateConvolution(op, fmt::PrimitiveKind_Convolution);
        packConvolution(op);
        return success();
      })
      .Case([&](ConvTransposeOp op) {
        translateConvolution(op, fmt::PrimitiveKind_Deconvolution);
        packConvolution(op);
        // oneDNN derives the end padding from the output's size.
        for (auto [pad, extra] : llvm::zip_equal(code.call.pads_end, op.getOutputPadding()))
          pad -= extra;
        return success();
      })
      .Default([&](Operation *op) {
        return op->emitOpError("is no operation that oneDNN was asked for");
      });
}

LogicalResult Translator::translatePostOps(Operation *root) {
  Value previous = root->getResult(0);
  for (Operation *op = root->getNextNode(); !llvm::isa<YieldOp>(op); op = op->getNextNode()) {
    Value operand;
    std::unique_ptr<fmt::PostOpT> post = onednn::translatePostOp(op, previous, operand);
    if (!post)
      return op->emitOpError("is no post-operation of oneDNN");
    if (operand) {
      post->operand = code.call.inputs.size();
      if (failed(addOperand(operand)))
        return failure();
    }
    code.call.post_ops.push_back(std::move(post));
    previous = op->getResult(0);
  }
  return success();
}

FailureOr<onednn::PrimitiveCode> Translator::run() {
  Operation *root = &fused.getBody().front().front();
  if (failed(translateRoot(root)) || failed(translatePostOps(root)))
    return failure();
  // What a measurement said, where one decided.
  auto tuned = root->getAttrOfType<StringAttr>("lz.tuned");
  code.why = tuned ? tuned.str() : "dense and large: oneDNN";
  if (!code.call.post_ops.empty())
    code.why += " with " + std::to_string(code.call.post_ops.size()) + " fused operation(s)";
  if (!code.call.weights_tag.empty())
    code.why += ", weights packed as " + code.call.weights_tag;
  // What lz-winograd and lz-panels noted.
  if (auto why = root->getAttrOfType<StringAttr>("lz.direct"))
    code.why += "; not by Winograd's algorithm: " + why.str();
  if (auto why = root->getAttrOfType<StringAttr>("lz.matrix"))
    code.why += "; not a generated kernel on weights in panels: " + why.str();
  return std::move(code);
}

FailureOr<onednn::PrimitiveCode> onednn::compilePrimitive(FusedOp op, Isa isa) {
  return Translator(op, isa).run();
}
