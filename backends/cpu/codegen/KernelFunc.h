//===- KernelFunc.h - the IR handed from op lowering to code generation ---===//
//
// One generated kernel starts as one func.func on builtin tensors in a module of
// its own. This header says exactly what such a function may contain, so that the
// two halves of the CPU backend can be written and tested apart: `lower/` produces
// it from an lz.fused region, `codegen/` turns it into machine code.
//
//===----------------------------------------------------------------------===//
//
// ## The function
//
//   module {
//     func.func private @lz_index_error(i32, i64, i64)            // only if used
//     func.func @kernel(%in0: tensor<?x64xf32> {lz.dims = array<i64: 0, -1>}, ...,
//                       %out0: tensor<?x8xf32> {lz.dims = array<i64: 0, -1>}, ...,
//                       %s0: index {lz.min = 1 : i64, lz.max = 4096 : i64}, ...)
//         -> (tensor<?x8xf32>, ...)
//         attributes {lz.num_inputs = 1 : i64, lz.num_outputs = 1 : i64,
//                     lz.num_sizes = 1 : i64}
//   }
//
// - Exactly one public func.func, any name; one block. Arguments: inputs, then
//   destinations (one per output), then sizes (`index`). Results: one tensor per
//   output, same type and order as the destinations.
// - `lz.dims` on every tensor argument of rank > 0 with a dynamic dimension: one
//   entry per dimension, -1 for a static one, else the number of the size argument
//   that holds it. Hence *every* distinct dynamic dimension expression of an
//   argument is a size of the kernel (the runtime evaluates the expression).
// - A size may carry `lz.min`, `lz.max` (inclusive) and `lz.divisor` (i64). Small
//   temporaries are allocated for the maximum, others for what the sizes are in a run. An
//   extent that is neither bounded nor an affine function or a product of sizes is an error.
// - Inputs and outputs do not overlap, inputs are never written; nothing but the
//   element alignment is assumed. Memory is dense row-major.
// - Result i should be computed *into* destination i (destination-passing style:
//   last op has `outs(%out0)`), but any tensor is correct: it is then copied.
//   Prior contents of destinations are undefined; fill before accumulating.
//
// ## Types
//
// f64 f32 f16 bf16, i64 i32 i16 i8 (unsigned types are signless here, the op decides:
// arith.divui, uitofp, ...), index (not as an element type in memory). Boolean tensors
// of the arguments and of temporaries are tensor<..xi8> holding 0 or 1, or tensor<..xi1>:
// i1 is stored as one byte 0/1 (codegen rewrites i1 tensors to i8 before bufferizing).
//
// ## Operations
//
// - linalg: structured ops of every kind (generic, fill, matmul, transpose, broadcast,
//   reduce, map, conv_*, pooling_*); they are generalized first, so linalg.generic is as
//   good as any. `linalg.index` is fine. A contraction (mul + add, possibly with extf of
//   both factors before) with any number of batch/m/n/k dimensions and convolution-like
//   accesses (d0 * 2 + d5) is register tiled; nothing else need be done for it. Write
//   reductions with the combiner as the op that uses the accumulator block argument.
// - tensor: empty, dim, cast, extract_slice, insert_slice, expand_shape, collapse_shape,
//   pad (constant value), extract (also inside a linalg body: gathers), from_elements,
//   generate (only small), concat. No tensor.reshape, scatter, gather.
// - vector: transfer_read and transfer_write of one axis, in bounds, and arith on what they
//   read, for algorithms that LLVM's vectorizer would not see through (lz.conv_winograd).
// - arith, math, affine.apply/min/max, complex is not used. scf.for/if/while on tensors or
//   scalars, at top level (then the grid is one unit unless inside a linalg body) and inside
//   bodies (scalars only). Sequential algorithms (recurrences, cumulative sums,
//   scatter) are scf.for at top level with tensor iter_args and tensor.insert/insert_slice;
//   see `lz.grid` to make them parallel.
// - math, all of: absf ceil floor round roundeven trunc sqrt rsqrt cbrt exp exp2 expm1 log
//   log2 log10 log1p powf sin cos tan asin acos atan atan2 sinh cosh tanh asinh acosh
//   atanh erf erfc fma copysign ctpop ctlz cttz absi ipowi fpowi isnan isinf isfinite, and
//   arith.remf, for f64 f32 f16 bf16 (the latter two compute in f32). Accuracy: codegen/math/.
// - arith.maximumf/minimumf propagate NaN; maxnumf/minnumf do not.
//
// ## Fast-math
//
// Set no flags: codegen adds `contract` everywhere, `reassoc, nsz` on the combiner of sum
// and product reductions, `nsz` on maximumf and minimumf. An op that already carries flags
// keeps them. `afn` on math.exp2 promises an argument of at most 128 and allows 0 for what
// is below 2^-126, and infinity from 2^127.5 on; on math.exp it allows the least and the
// largest normal number for what is beyond them; on math.erfc it promises an argument that
// is not negative and allows errors of 2e-7, however small the result is.
//
// ## Grid
//
// Codegen finds the grid: the parallel dimensions of the op that computes the outputs on which
// every producer depends. To run a hand-written body in parallel, write a
// top-level `scf.forall` (no mapping; static or size-derived bounds; lower bound 0, step 1;
// shared_outs = destinations; tensor.parallel_insert_slice at the end) as the only op that
// computes results, but for elementwise ops on them, which are moved into it: its iteration
// space is the grid then. Extents that are not constants must be size arguments themselves.
// `lz.grain` (i64) on it: iterations below which a task does not pay, 1 where it is not
// given.
//
// ## Errors found by data
//
// `func.call @lz_index_error(%operand, %value, %bound)`: i32 number of the fused op's operand
// (the input's number), the offending i64 index as given by the user, and the i64 bound; legal
// range is [-bound, bound). The first one recorded wins, the kernel finishes its unit and
// returns code 1. Use it as: scf.if %bad { call }, then continue with a clamped index (the
// access must stay in bounds). Allowed anywhere, also in a linalg body (which then is
// not vectorized, so prefer one check per row: linalg over the indices alone).
//
// ## Scratch
//
// tensor.empty is a temporary. After tiling small static ones (<= 16 KiB together) are on the
// stack and the others in the worker's scratch, where those that are not in use at once
// share memory. Nothing to be done by `lower/`.
//
//===----------------------------------------------------------------------===//

#ifndef LAZULI_BACKENDS_CPU_CODEGEN_KERNELFUNC_H
#define LAZULI_BACKENDS_CPU_CODEGEN_KERNELFUNC_H

#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "mlir/IR/BuiltinOps.h"

namespace lz::cpu {

inline constexpr llvm::StringLiteral kNumInputsAttr = "lz.num_inputs";
inline constexpr llvm::StringLiteral kNumOutputsAttr = "lz.num_outputs";
inline constexpr llvm::StringLiteral kNumSizesAttr = "lz.num_sizes";
inline constexpr llvm::StringLiteral kDimsAttr = "lz.dims";
inline constexpr llvm::StringLiteral kMinAttr = "lz.min";
inline constexpr llvm::StringLiteral kMaxAttr = "lz.max";
inline constexpr llvm::StringLiteral kDivisorAttr = "lz.divisor";
inline constexpr llvm::StringLiteral kGrainAttr = "lz.grain";
inline constexpr llvm::StringLiteral kIndexErrorFunc = "lz_index_error";

/// A checked view of a kernel function. Cheap to copy.
class KernelFunc {
public:
  /// Checks every rule above that a look at the signature can check; emits a
  /// diagnostic at the function and fails otherwise.
  static mlir::FailureOr<KernelFunc> get(mlir::ModuleOp module);

  mlir::func::FuncOp func() const { return op; }
  unsigned numInputs() const { return inputs; }
  unsigned numOutputs() const { return outputs; }
  unsigned numSizes() const { return sizes; }

  mlir::BlockArgument input(unsigned i) const { return func().getArgument(i); }
  mlir::BlockArgument output(unsigned i) const { return func().getArgument(inputs + i); }
  mlir::BlockArgument size(unsigned i) const {
    return func().getArgument(inputs + outputs + i);
  }

  /// Number of the size that holds dimension `dim` of tensor argument `arg`
  /// (inputs and outputs counted together), or -1 where the dimension is static.
  int64_t sizeOfDim(unsigned arg, unsigned dim) const;

  /// Inclusive upper bound of size `i`, if one is known.
  std::optional<int64_t> maxOfSize(unsigned i) const;

private:
  explicit KernelFunc(mlir::func::FuncOp op) : op(op) {}
  mlir::func::FuncOp op;
  unsigned inputs = 0, outputs = 0, sizes = 0;
};

} // namespace lz::cpu

#endif // LAZULI_BACKENDS_CPU_CODEGEN_KERNELFUNC_H
