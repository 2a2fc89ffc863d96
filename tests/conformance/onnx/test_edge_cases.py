"""Operators at the edges of what they accept, against ONNX Runtime: empty axes, indices
outside one axis of several, samples whose keys are all masked, exponents that a float would
round, shapes that do not fit.
"""

import numpy as np
import onnx
import pytest
from onnx import TensorProto, helper, numpy_helper

import lazuli

onnxruntime = pytest.importorskip("onnxruntime")
onnxruntime.set_default_logger_severity(4)

F32 = np.float32
MICROSOFT = "com.microsoft"


def node(op, inputs, outputs=("y",), **attributes):
    return helper.make_node(op, list(inputs), list(outputs), **attributes)


def value(name, array):
    return helper.make_tensor_value_info(
        name, helper.np_dtype_to_tensor_dtype(array.dtype), array.shape)


def save(folder, nodes, inputs, constants=None, outputs=None, opset=20):
    """A model file; constants are arrays or tensors as ONNX has them."""
    tensors = [x if isinstance(x, TensorProto) else numpy_helper.from_array(np.asarray(x), name)
               for name, x in (constants or {}).items()]
    results = [helper.make_tensor_value_info(name, kind, None)
               for name, kind in (outputs or {"y": TensorProto.FLOAT}).items()]
    graph = helper.make_graph(nodes, "graph", [value(*item) for item in inputs.items()],
                              results, tensors)
    model = helper.make_model(graph, ir_version=10, opset_imports=[
        helper.make_opsetid("", opset), helper.make_opsetid(MICROSOFT, 1)])
    path = folder / "model.onnx"
    onnx.save(model, path)
    return str(path)


def run_lazuli(path, inputs):
    found = lazuli.compile(path, threads=1).run(*inputs.values())
    return [np.asarray(y) for y in (found if isinstance(found, (list, tuple)) else [found])]


def run_runtime(path, inputs):
    session = onnxruntime.InferenceSession(path, providers=["CPUExecutionProvider"])
    return session.run(None, inputs)


def agree(folder, nodes, inputs, constants=None, **more):
    path = save(folder, nodes, inputs, constants, **more)
    expected = run_runtime(path, inputs)
    for y, z in zip(run_lazuli(path, inputs), expected, strict=True):
        assert y.shape == z.shape and y.dtype == z.dtype
        np.testing.assert_allclose(y, z, rtol=1e-5, atol=1e-6)
    return expected


def refused(folder, message, nodes, inputs, constants=None, **more):
    """Neither takes it; Lazuli says why."""
    path = save(folder, nodes, inputs, constants, **more)
    with pytest.raises(Exception):
        run_runtime(path, inputs)
    with pytest.raises(lazuli.Error, match=message):
        run_lazuli(path, inputs)


def numbers(*shape):
    return np.random.default_rng(7).standard_normal(shape).astype(F32)


# ---- empty axes --------------------------------------------------------------


def test_slice_beside_an_empty_axis(tmp_path):
    agree(tmp_path, [node("Slice", ["x", "starts", "ends", "axes"])], {"x": numbers(0, 4)},
          {"starts": [1], "ends": [3], "axes": [1]})


def test_split_beside_an_empty_axis(tmp_path):
    agree(tmp_path, [node("Split", ["x"], ["y", "z"], axis=1, num_outputs=2)],
          {"x": numbers(0, 4)}, outputs={"y": TensorProto.FLOAT, "z": TensorProto.FLOAT})


def test_lstm_of_no_steps(tmp_path):
    """Y is empty and the state stays as it was; ONNX Runtime leaves that undefined."""
    inputs = {"x": numbers(0, 2, 3), "h": numbers(1, 2, 4)}
    path = save(tmp_path, [node("LSTM", ["x", "w", "r", "", "", "h"], ["y", "y_h", "y_c"],
                                hidden_size=4)],
                inputs, {"w": numbers(1, 16, 3), "r": numbers(1, 16, 4)},
                outputs=dict.fromkeys(["y", "y_h", "y_c"], TensorProto.FLOAT))
    y, state, cell = run_lazuli(path, inputs)
    assert y.shape == (0, 1, 2, 4)
    assert state.tolist() == inputs["h"].tolist()
    assert cell.tolist() == np.zeros((1, 2, 4)).tolist()


@pytest.mark.parametrize("op, inputs", [
    ("GatherND", {"x": numbers(2, 3), "i": np.zeros((0, 2), np.int64)}),
    ("ScatterND", {"x": numbers(2, 3), "i": np.zeros((0, 2), np.int64), "u": numbers(0)}),
    ("ScatterND", {"x": numbers(0, 3), "i": np.zeros((0, 1), np.int64), "u": numbers(0, 3)}),
    ("ScatterElements", {"x": numbers(0, 3), "i": np.zeros((0, 2), np.int64),
                         "u": numbers(0, 2)}),
])
def test_no_indices(tmp_path, op, inputs):
    agree(tmp_path, [node(op, inputs)], inputs)


@pytest.mark.parametrize("op", ["ReduceMin", "ReduceMax"])
@pytest.mark.parametrize("dtype", [np.int32, np.int64, np.uint64, np.uint32, F32])
def test_extreme_of_nothing(tmp_path, op, dtype):
    """ONNX's definition: the neutral element, which is the type's other extreme."""
    x = np.zeros((2, 0), dtype)
    path = save(tmp_path, [node(op, ["x", "axes"], keepdims=0)], {"x": x}, {"axes": [1]},
                outputs={"y": helper.np_dtype_to_tensor_dtype(x.dtype)})
    [found] = run_lazuli(path, {"x": x})
    info = np.finfo(dtype) if dtype == F32 else np.iinfo(dtype)
    least, greatest = (-np.inf, np.inf) if dtype == F32 else (info.min, info.max)
    assert found.tolist() == [greatest if op == "ReduceMin" else least] * 2


# ---- indices -----------------------------------------------------------------


@pytest.mark.parametrize("index", [[0, 4], [0, -4], [2, 0], [-3, 0]])
def test_index_outside_one_axis(tmp_path, index):
    """[0, 4] of [2, 3] is not element [1, 1]."""
    x, i = numbers(2, 3), np.array([index], np.int64)
    refused(tmp_path, "out of range|outside", [node("GatherND", ["x", "i"])], {"x": x, "i": i})
    refused(tmp_path, "out of range|outside", [node("ScatterND", ["x", "i", "u"])],
            {"x": x, "i": i, "u": numbers(1)})


@pytest.mark.parametrize("index", [[[3]], [[-4]]])
def test_index_outside_an_entry_of_the_batch(tmp_path, index):
    i = np.array([index, [[0]]], np.int64).reshape(2, 1)
    refused(tmp_path, "out of range|outside", [node("GatherND", ["x", "i"], batch_dims=1)],
            {"x": numbers(2, 3), "i": i})


def test_indices_from_the_end(tmp_path):
    i = np.array([[-1, -3], [1, 2], [-2, -1]], np.int64)
    agree(tmp_path, [node("GatherND", ["x", "i"])], {"x": numbers(2, 3), "i": i})
    agree(tmp_path, [node("ScatterND", ["x", "i", "u"])],
          {"x": numbers(2, 3), "i": i, "u": numbers(3)})
    agree(tmp_path, [node("GatherND", ["x", "i"], batch_dims=1)],
          {"x": numbers(3, 2, 3), "i": i})


# ---- numbers -----------------------------------------------------------------


@pytest.mark.parametrize("name", ["uint4", "int4"])
def test_contrib_quantizes_to_four_bits(tmp_path, name):
    kind = getattr(TensorProto, name.upper())
    zero = helper.make_tensor("zero", kind, [], [1])
    agree(tmp_path, [node("QuantizeLinear", ["x", "scale", "zero"], ["q"], domain=MICROSOFT),
                     node("DequantizeLinear", ["q", "scale", "zero"], domain=MICROSOFT)],
          {"x": np.array([-100, -3, -0.4, 0, 2.2, 7, 11, 300], F32)},
          {"scale": F32(0.5), "zero": zero}, opset=21)


@pytest.mark.parametrize("op, opset, scales", [
    ("Resize", 10, [0.6, 0.6]), ("Resize", 10, [0.5, 1.5]), ("Resize", 10, [2, 0.3]),
    ("Upsample", 9, [1.5, 2.6]),
])
def test_nearest_of_old_versions(tmp_path, op, opset, scales):
    """Resize rounds up where an axis shrinks; Upsample only enlarges."""
    agree(tmp_path, [node(op, ["x", "scales"])], {"x": numbers(1, 1, 5, 7)},
          {"scales": np.array([1, 1] + scales, F32)}, opset=opset)


@pytest.mark.parametrize("op", ["NegativeLogLikelihoodLoss", "SoftmaxCrossEntropyLoss"])
@pytest.mark.parametrize("reduction", ["none", "sum", "mean"])
def test_ignored_target_of_infinite_loss(tmp_path, op, reduction):
    x = numbers(3, 4)
    x[1, 0] = -np.inf  # what an ignored target is looked up at
    [found] = run_lazuli(save(tmp_path, [node(op, ["x", "t"], ignore_index=-1,
                                              reduction=reduction)],
                              {"x": x, "t": np.array([2, -1, 1])}),
                         {"x": x, "t": np.array([2, -1, 1])})
    logs = x if op.startswith("Neg") else x - np.log(np.exp(x).sum(1, keepdims=True))
    losses = np.array([-logs[0, 2], 0, -logs[2, 1]])
    expected = {"none": losses, "sum": losses.sum(), "mean": losses.sum() / 2}[reduction]
    np.testing.assert_allclose(found, expected, rtol=1e-5)


@pytest.mark.parametrize("dtype", [np.int32, np.int64])
def test_exponents_that_a_float_would_round(tmp_path, dtype):
    e = np.array([16777217, 3, 16777219, 2], dtype)
    agree(tmp_path, [node("Pow", ["x", "e"])], {"x": np.array([-1, 3, -1, 0.5], F32), "e": e})


def test_small_constant_exponents(tmp_path):
    agree(tmp_path, [node("Pow", ["x", "e"])], {"x": numbers(3, 2)}, {"e": np.array([2, 3])})


# ---- masks -------------------------------------------------------------------


def attention_operands():
    return {"q": numbers(2, 3, 8), "k": numbers(2, 4, 8) * F32(0.5), "v": numbers(2, 4, 8)}


@pytest.mark.parametrize("mask", [[0, 3], [4, 1], [0, 2, 0, 3, 6, 0, 4, 8]])
def test_lengths_of_no_keys(tmp_path, mask):
    """The lengths of samples, alone or before running sums; a sample may have none."""
    inputs = attention_operands()
    agree(tmp_path, [node("MultiHeadAttention", ["q", "k", "v", "", "m"], num_heads=2,
                          domain=MICROSOFT)], inputs, {"m": np.array(mask, np.int32)})


@pytest.mark.parametrize("mask", [[0, 3], [3, 2, 1, 2], [4, 3, 0, 1]])
@pytest.mark.parametrize("causal", [0, 1])
def test_ends_and_begins_of_no_keys(tmp_path, mask, causal):
    agree(tmp_path, [node("Attention", ["x", "w", "b", "m"], num_heads=2,
                          unidirectional=causal, domain=MICROSOFT)],
          {"x": numbers(2, 4, 8)}, {"w": numbers(8, 24), "b": numbers(24),
                                    "m": np.array(mask, np.int32)})


# ---- shapes ------------------------------------------------------------------


def test_einsum_broadcasts_ones(tmp_path):
    for equation, a, b in (("ij,jk->ik", (3, 1), (4, 2)), ("ij,jk->ijk", (3, 4), (1, 2)),
                           ("bij,bjk->bik", (1, 3, 4), (5, 4, 2))):
        agree(tmp_path, [node("Einsum", ["a", "b"], equation=equation)],
              {"a": numbers(*a), "b": numbers(*b)})


def test_einsum_refuses_a_diagonal_of_two_sizes(tmp_path):
    refused(tmp_path, "one label for axes of 3 and 1", [node("Einsum", ["x"], equation="ii->i")],
            {"x": numbers(3, 1)})


def test_split_refuses_parts_of_another_size(tmp_path):
    refused(tmp_path, "parts of 4 in all, expected 5",
            [node("Split", ["x", "parts"], ["y", "z"])], {"x": numbers(5)}, {"parts": [2, 2]},
            outputs={"y": TensorProto.FLOAT, "z": TensorProto.FLOAT})


def test_split_refuses_negative_parts(tmp_path):
    """Four parts of 5 are 2, 2, 2 and what is left: -1."""
    outputs = dict.fromkeys("abcd", TensorProto.FLOAT)
    refused(tmp_path, "a part of -1", [node("Split", ["x"], "abcd", num_outputs=4)],
            {"x": numbers(5)}, outputs=outputs)


def test_scatter_refuses_updates_of_another_shape(tmp_path):
    refused(tmp_path, r"updates of shape \[4, 1\], expected \[1, 4\]",
            [node("ScatterND", ["x", "i", "u"])],
            {"x": numbers(3, 4), "i": np.array([[1]]), "u": numbers(4, 1)})


@pytest.mark.parametrize("scale", [0.0, -1.0, np.inf, np.nan])
def test_resize_refuses_what_is_no_scale(tmp_path, scale):
    refused(tmp_path, "expected one greater than 0",
            [node("Resize", ["x", "", "scales"])], {"x": numbers(1, 1, 3, 4)},
            {"scales": np.array([1, 1, scale, 1], F32)})


def test_range_refuses_to_count_forever(tmp_path):
    refused(tmp_path, "expected a number of steps", [node("Range", ["a", "b", "c"])], {},
            {"a": F32(0), "b": F32(np.inf), "c": F32(1)})


def test_equal_channels_have_equal_means(tmp_path):
    """Also those of the last, partly filled vector: a softmax of large equal values tells."""
    random = np.random.default_rng(0)
    weights = np.tile(random.standard_normal((1, 64, 1, 1)), (1000, 1, 1, 1)).astype(F32)
    inputs = {"x": random.standard_normal((1, 64, 13, 13)).astype(F32) * F32(1e7)}
    nodes = [node("Conv", ["x", "w"], ["c"]), node("Relu", ["c"], ["r"]),
             node("GlobalAveragePool", ["r"])]
    y, = run_lazuli(save(tmp_path, nodes, inputs, {"w": weights}), inputs)
    assert np.unique(y).size == 1
