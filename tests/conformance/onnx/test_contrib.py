"""Operators of com.microsoft, as common exporters and ONNX Runtime's own optimizer emit them,
against ONNX Runtime; those that it computes on GPUs only, against NumPy.
"""

import numpy as np
import onnx
import pytest
from onnx import TensorProto, helper, numpy_helper

import lazuli

onnxruntime = pytest.importorskip("onnxruntime")
onnxruntime.set_default_logger_severity(4)

F32, U8, I8, I32 = np.float32, np.uint8, np.int8, np.int32
CASES = {}


class Case:
    """One node. Operands are arrays, or None where one is left out; `constants` are the
    positions of those that the file holds; `expected` replaces ONNX Runtime."""

    def __init__(self, op, operands, constants=(), outputs=1, expected=None, tolerance=1e-5,
                 dtypes=None, **attributes):
        self.op, self.operands, self.constants = op, operands, set(constants)
        self.names = [f"x{i}" if x is not None else "" for i, x in enumerate(operands)]
        self.outputs, self.expected, self.tolerance = outputs, expected, tolerance
        self.dtypes, self.attributes = dtypes or [F32] * outputs, attributes

    def inputs(self):
        return {name: x for i, (name, x) in enumerate(zip(self.names, self.operands))
                if x is not None and i not in self.constants}

    def model(self):
        results = [f"y{i}" for i in range(self.outputs)]
        node = helper.make_node(self.op, self.names, results, name="it", domain="com.microsoft",
                                **self.attributes)
        graph = helper.make_graph(
            [node], "graph",
            [helper.make_tensor_value_info(name, dtype_of(x), x.shape)
             for name, x in self.inputs().items()],
            [helper.make_tensor_value_info(name, helper.np_dtype_to_tensor_dtype(np.dtype(kind)),
                                           None) for name, kind in zip(results, self.dtypes)],
            [numpy_helper.from_array(np.asarray(self.operands[i]), self.names[i])
             for i in sorted(self.constants)])
        return helper.make_model(graph, ir_version=10, opset_imports=[
            helper.make_opsetid("", 20), helper.make_opsetid("com.microsoft", 1)])


def dtype_of(array):
    return helper.np_dtype_to_tensor_dtype(array.dtype)


def case(name, *args, **kwargs):
    assert name not in CASES
    CASES[name] = Case(*args, **kwargs)


def normal(*shape, seed=0, scale=1.0):
    return (np.random.default_rng([seed, *shape]).standard_normal(shape) * scale).astype(F32)


def codes(*shape, dtype=U8, seed=0):
    limits = np.iinfo(dtype)
    return np.random.default_rng([seed, *shape]).integers(limits.min, limits.max + 1, shape, dtype)


def scale(value):
    return np.array(value, F32)


def gelu(x):
    from math import erf
    return (x * 0.5 * (1 + np.vectorize(erf)(x / np.sqrt(2.0)))).astype(F32)


X = normal(2, 5, 16)

# Activations.
case("gelu", "Gelu", [X])
case("bias-gelu", "BiasGelu", [X, normal(16, seed=1)])
case("fast-gelu", "FastGelu", [X], tolerance=1e-4)
case("fast-gelu-bias", "FastGelu", [X, normal(16, seed=1)], tolerance=1e-4)
case("quick-gelu", "QuickGelu", [X], alpha=1.702)
case("bias-split-gelu", "BiasSplitGelu", [X, normal(16, seed=1)],
     expected=lambda x, bias: [(x + bias)[..., :8] * gelu((x + bias)[..., 8:])])
case("bias-add", "BiasAdd", [X, normal(16, seed=1), normal(2, 5, 16, seed=2)],
     expected=lambda x, bias, skip: [x + bias + skip])

# Normalizations.
GAMMA, BETA, SKIP = normal(16, seed=3), normal(16, seed=4), normal(2, 5, 16, seed=5)
case("layer-norm", "LayerNormalization", [X, GAMMA, BETA], axis=-1, epsilon=1e-5,
     expected=lambda x, g, b: [(x - x.mean(-1, keepdims=True)) / np.sqrt(
         x.var(-1, keepdims=True) + 1e-5) * g + b])
case("simplified-layer-norm", "SimplifiedLayerNormalization", [X, GAMMA], axis=-1, epsilon=1e-5,
     expected=lambda x, g: [x / np.sqrt((x * x).mean(-1, keepdims=True) + 1e-5) * g])
case("skip-layer-norm", "SkipLayerNormalization", [X, SKIP, GAMMA, BETA, normal(16, seed=6)],
     epsilon=1e-5)
case("skip-layer-norm-no-beta", "SkipLayerNormalization", [X, SKIP, GAMMA])
case("skip-simplified", "SkipSimplifiedLayerNormalization", [X, SKIP, GAMMA, normal(16, seed=6)])
WORDS, PLACES, KINDS = normal(20, 16, seed=7), normal(9, 16, seed=8), normal(2, 16, seed=9)
IDS = np.array([[3, 19, 0, 7], [1, 2, 2, 5]], I32)
SEGMENTS = np.array([[0, 0, 1, 1], [0, 1, 1, 1]], I32)
MASK = np.array([[1, 1, 1, 0], [1, 1, 1, 1]], I32)
case("embed-layer-norm", "EmbedLayerNormalization",
     [IDS, SEGMENTS, WORDS, PLACES, KINDS, GAMMA, BETA, MASK], constants=range(2, 7), outputs=2,
     dtypes=[F32, I32])
case("embed-layer-norm-no-segments", "EmbedLayerNormalization",
     [IDS, None, WORDS, PLACES, None, GAMMA, BETA], constants=(2, 3, 5, 6), outputs=2,
     dtypes=[F32, I32])

# Products and convolutions.
case("fused-matmul", "FusedMatMul", [normal(3, 7, 5), normal(3, 7, 4)], transA=1, alpha=0.5)
case("fused-matmul-b", "FusedMatMul", [normal(3, 5, 7), normal(4, 7)], transB=1)
case("transpose-matmul", "TransposeMatMul", [normal(7, 5), normal(7, 4)], transA=1,
     expected=lambda a, b: [a.T @ b])
case("fused-gemm", "FusedGemm", [normal(3, 7), normal(7, 4), normal(4)], activation="Relu")
case("fused-gemm-leaky", "FusedGemm", [normal(3, 7), normal(4, 7)], transB=1,
     activation="LeakyRelu", activation_alpha=0.2)
IMAGE, KERNEL = normal(1, 4, 6, 5), normal(3, 4, 3, 3, scale=0.2)
case("fused-conv", "FusedConv", [IMAGE, KERNEL, normal(3)], constants=(1, 2), pads=[1, 1, 1, 1],
     activation="Relu")
case("fused-conv-sum", "FusedConv", [IMAGE, KERNEL, normal(3), normal(1, 3, 6, 5, seed=1)],
     constants=(1, 2), pads=[1, 1, 1, 1], activation="Clip", activation_params=[-0.5, 1.5])


def conv_last(x, w, relu=False):
    """A 3x3 convolution of channels-last images, padded by 1."""
    padded = np.pad(x, [(0, 0), (1, 1), (1, 1), (0, 0)])
    y = sum(np.einsum("nhwc,oc->nhwo", padded[:, i:i + x.shape[1], j:j + x.shape[2]],
                      w[:, :, i, j]) for i in range(3) for j in range(3))
    return [np.maximum(y, 0) if relu else y]


case("nhwc-conv", "NhwcConv", [normal(1, 6, 5, 4), KERNEL], constants=[1], pads=[1, 1, 1, 1],
     expected=conv_last)
case("nhwc-fused-conv", "NhwcFusedConv", [normal(1, 6, 5, 4), KERNEL], constants=[1],
     pads=[1, 1, 1, 1], activation="Relu", expected=lambda x, w: conv_last(x, w, True))

# Attention.
HIDDEN = normal(2, 4, 16, seed=1)
case("attention", "Attention", [HIDDEN, normal(16, 48, scale=0.3), normal(48)], constants=(1, 2),
     num_heads=2)
case("attention-mask", "Attention",
     [HIDDEN, normal(16, 48, scale=0.3), normal(48), MASK], constants=(1, 2), num_heads=2)
case("attention-causal", "Attention", [HIDDEN, normal(16, 48, scale=0.3), normal(48)],
     constants=(1, 2), num_heads=4, unidirectional=1)
KEY, VALUE = normal(2, 6, 16, seed=2), normal(2, 6, 16, seed=3)
case("multi-head", "MultiHeadAttention", [HIDDEN, KEY, VALUE], num_heads=2)
case("multi-head-bias", "MultiHeadAttention", [HIDDEN, KEY, VALUE, normal(48)], num_heads=4,
     constants=[3])
case("multi-head-mask", "MultiHeadAttention",
     [HIDDEN, normal(2, 4, 16, seed=2), normal(2, 4, 16, seed=3), None, MASK], num_heads=2)
LENGTHS, TOTAL = np.array([3, 3], I32), np.array(4, I32)
case("grouped-query", "GroupQueryAttention",
     [normal(2, 4, 32), KEY[:, :4], VALUE[:, :4], None, None, LENGTHS, TOTAL],
     num_heads=4, kv_num_heads=2, outputs=3, dtypes=[F32] * 3)
case("grouped-query-past", "GroupQueryAttention",
     [normal(2, 1, 32), normal(2, 1, 16, seed=2), normal(2, 1, 16, seed=3),
      normal(2, 2, 3, 8, seed=4), normal(2, 2, 3, 8, seed=5), LENGTHS, TOTAL],
     num_heads=4, kv_num_heads=2, outputs=3, dtypes=[F32] * 3)
ANGLES = normal(10, 4, seed=6)
case("rotary", "RotaryEmbedding",
     [normal(2, 4, 16), np.array([[0, 1, 2, 3], [3, 4, 5, 6]], np.int64), np.cos(ANGLES),
      np.sin(ANGLES)], constants=(2, 3), num_heads=2)
case("rotary-interleaved", "RotaryEmbedding",
     [normal(2, 2, 4, 8), np.array([2], np.int64), np.cos(ANGLES), np.sin(ANGLES)],
     constants=(2, 3), interleaved=1)

# Quantized.
S, Z = scale(0.05), np.array(120, U8)
A, B = codes(2, 3, 6, 5), codes(2, 3, 6, 5, seed=1)
for name, op in (("add", "QLinearAdd"), ("mul", "QLinearMul")):
    case("q-" + name, op, [A, S, Z, B, scale(0.02), np.array(7, U8), scale(0.09), Z],
         dtypes=[U8], tolerance=1)
case("q-sigmoid", "QLinearSigmoid", [A, S, Z, scale(1 / 256), np.array(0, U8)],
     constants=range(1, 5), dtypes=[U8], tolerance=1)
case("q-leaky-relu", "QLinearLeakyRelu", [A, S, Z, scale(0.06), Z], constants=range(1, 5),
     alpha=0.1, dtypes=[U8], tolerance=1)
case("q-softmax", "QLinearSoftmax", [A, S, Z, scale(1 / 256), np.array(0, U8)],
     constants=range(1, 5), opset=13, axis=-1, dtypes=[U8], tolerance=1)
case("q-where", "QLinearWhere", [A > 100, A, S, Z, B, S, Z, scale(0.06), Z],
     constants=(2, 3, 5, 6, 7, 8), dtypes=[U8], tolerance=1)
case("q-concat", "QLinearConcat", [scale(0.06), Z, A, S, Z, B, scale(0.02), np.array(7, U8)],
     constants=(0, 1, 3, 4, 6, 7), axis=1, dtypes=[U8], tolerance=1)
case("q-average-pool", "QLinearAveragePool", [A, S, Z, scale(0.04), Z], constants=range(1, 5),
     kernel_shape=[2, 2], strides=[2, 1], dtypes=[U8], tolerance=1)
case("q-average-pool-last", "QLinearAveragePool", [A, S, Z, scale(0.04), Z],
     constants=range(1, 5), kernel_shape=[2, 2], channels_last=1, dtypes=[U8], tolerance=1)
case("q-global-average-pool", "QLinearGlobalAveragePool", [A, S, Z, scale(0.04), Z],
     constants=range(1, 5), dtypes=[U8], tolerance=1)
WEIGHT = codes(4, 3, 3, 3, dtype=I8)
Q_CONV = [A, S, Z, WEIGHT, scale(0.01), np.array(0, I8), scale(0.4), Z,
          np.array([5, -300, 0, 77], I32)]
case("q-conv", "QLinearConv", Q_CONV, constants=range(1, 9), pads=[1, 1, 1, 1], dtypes=[U8],
     tolerance=1)
case("q-conv-last", "QLinearConv", [A.transpose(0, 2, 3, 1).copy()] + Q_CONV[1:],
     constants=range(1, 9), pads=[1, 1, 1, 1], channels_last=1, dtypes=[U8], tolerance=1)
MATRIX = codes(5, 4, dtype=I8)


def q_matmul(a, s, z, b, t, w, u, v):
    y = ((a.astype(I32) - z) @ (b.astype(I32) - w)).astype(F32) * (s * t / u)
    return [np.clip(np.rint(y) + v, 0, 255).astype(U8)]


case("q-matmul", "QLinearMatMul", [A, S, Z, MATRIX, scale(0.01), np.array(3, I8), scale(0.1), Z],
     constants=range(3, 8), dtypes=[U8], tolerance=1, expected=q_matmul)
case("q-gemm", "QGemm", [A[0, 0], S, Z, MATRIX, scale(0.01), np.array(0, I8),
                         np.array([1, -50, 300, 0], I32), scale(0.1), Z],
     constants=range(1, 9), dtypes=[U8], tolerance=1)
case("q-gemm-float", "QGemm", [A[0, 0], S, Z, MATRIX, scale(0.01), np.array(0, I8)],
     constants=range(1, 6))
case("matmul-integer-to-float", "MatMulIntegerToFloat",
     [A[0], codes(5, 4), S, scale([0.01, 0.02, 0.03, 0.04]), Z, np.array([1, 2, 3, 200], U8),
      normal(4)], constants=range(1, 7))
case("dynamic-quantize-matmul", "DynamicQuantizeMatMul",
     [normal(3, 5), codes(5, 4), scale(0.02), np.array(128, U8), normal(4)],
     constants=range(1, 5))
case("matmul-n-bits", "MatMulNBits",
     [normal(3, 32), codes(6, 2, 8), normal(12, scale=0.1), codes(6 * 1)], constants=(1, 2, 3),
     K=32, N=6, bits=4, block_size=16, tolerance=1e-4)
case("matmul-8-bits", "MatMulNBits", [normal(3, 32), codes(6, 2, 16), normal(12, scale=0.1)],
     constants=(1, 2), K=32, N=6, bits=8, block_size=16, tolerance=1e-4)
case("quantize", "QuantizeLinear", [X, S, Z], constants=(1, 2), dtypes=[U8], tolerance=1)
case("dequantize", "DequantizeLinear", [A, S, Z], constants=(1, 2))

# Standard operators under this domain.
case("trilu", "Trilu", [normal(4, 5)], upper=0, expected=lambda x: [np.tril(x)])
case("grid-sample", "GridSample", [normal(1, 2, 4, 5), normal(1, 3, 3, 2, seed=1, scale=0.4)],
     mode="bilinear", align_corners=1)


def expected_of(it, path):
    if it.expected is not None:
        return it.expected(*(x for x in it.operands if x is not None))
    session = onnxruntime.InferenceSession(str(path), providers=["CPUExecutionProvider"])
    return session.run(None, it.inputs())


@pytest.mark.parametrize("name", CASES)
def test_agrees(name, tmp_path):
    it, path = CASES[name], tmp_path / "model.onnx"
    onnx.save(it.model(), path)
    expected = expected_of(it, path)
    found = lazuli.compile(path, example_inputs=it.inputs(), threads=1).run(it.inputs())
    for y, z, kind in zip(found, expected, it.dtypes, strict=True):
        assert y.dtype == kind and y.shape == z.shape
        np.testing.assert_allclose(y.astype(np.float64), z.astype(np.float64), rtol=1e-4,
                                   atol=it.tolerance)
