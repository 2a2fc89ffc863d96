//===- Attention.h - What operators of attention share ----------*- C++ -*-===//
//
// Internal. Attention in its general form, for ONNX's own operator and for
// those of com.microsoft.
//
//===----------------------------------------------------------------------===//

#ifndef LAZULI_FRONTEND_ONNX_ATTENTION_H
#define LAZULI_FRONTEND_ONNX_ATTENTION_H

#include "frontend/onnx/Node.h"

namespace lz::onnximport {

/// Operands are [batch, heads, length, size]; key and value may have fewer heads
/// than the query, each then serves a group of consecutive ones.
struct AttentionForm {
  mlir::Value query, key, value;
  /// Broadcasts to [batch, heads, queries, keys]: i1 (true: attend) or added.
  mlir::Value mask, bias;
  double scale = 0;   ///< 0: 1 / sqrt(size)
  double softcap = 0; ///< 0: none
  /// Key j serves query i where j <= i; masks for other alignments are the
  /// caller's.
  bool causal = false;
  /// The type that softmax is computed in; null: the query's.
  mlir::Type precision;
  /// Which intermediate result is wanted: -1 none, else as qk_matmul_output_mode.
  int outputMode = -1;
};

struct AttentionResult {
  mlir::Value dst;          ///< [batch, heads, queries, value size]
  mlir::Value intermediate; ///< if wanted
};

/// lz.attention where that says it all, else products and a softmax.
AttentionResult buildAttention(Node &n, AttentionForm form);

/// [batch, length, heads * size] as [batch, heads, length, size].
mlir::Value splitHeads(Node &n, mlir::Value x, int64_t heads);

/// The inverse of splitHeads.
mlir::Value mergeHeads(Node &n, mlir::Value x);

/// Whether key `j` is within [i + offset - left, i + offset + right] of query
/// `i`, as i1 [..., queries, keys]; -1 is no bound. `offset` broadcasts to it.
mlir::Value windowMask(Node &n, const lz::DimExpr &queries,
                       const lz::DimExpr &keys, mlir::Value offset,
                       int64_t left, int64_t right);

/// Rotates pairs of the last axis of x by angles whose cosines and sines
/// broadcast to half of it. Elements beyond `rotated` stay as they are.
mlir::Value rotate(Node &n, mlir::Value x, mlir::Value cos, mlir::Value sin,
                   const lz::DimExpr &rotated, bool interleaved);

} // namespace lz::onnximport

#endif // LAZULI_FRONTEND_ONNX_ATTENTION_H
