"""ONNX files without their weights: what becomes a parameter that --weights or
--random-weights fills, and what is refused."""

import numpy as np
import onnx
import pytest
from onnx import TensorProto, helper, numpy_helper
from safetensors.numpy import save_file

from cli import failing, lazuli, lazuli_json

random = np.random.default_rng(3)

WEIGHTS = {
    "conv.weight": random.standard_normal((4, 3, 3, 3), np.float32),
    "conv.bias": random.standard_normal(4, np.float32),
    "norm.scale": random.random(4, np.float32) + 0.5,
    "norm.bias": random.standard_normal(4, np.float32),
    "norm.mean": random.standard_normal(4, np.float32),
    "norm.var": random.random(4, np.float32) + 0.5,
    "fc.weight": random.standard_normal((10, 4), np.float32),
    "fc.bias": random.standard_normal(10, np.float32),
    "last": random.standard_normal((10, 5), np.float32),
}


def value(name, shape, dtype=TensorProto.FLOAT):
    return helper.make_tensor_value_info(name, dtype, shape)


def network():
    """Conv, BatchNormalization, Relu, mean, Gemm, MatMul; weights as initializers."""
    node = helper.make_node
    nodes = [
        node("Conv", ["x", "conv.weight", "conv.bias"], ["c"], name="conv", kernel_shape=[3, 3]),
        node("BatchNormalization", ["c", "norm.scale", "norm.bias", "norm.mean", "norm.var"],
             ["b"], name="norm"),
        node("Relu", ["b"], ["r"], name="act"),
        node("GlobalAveragePool", ["r"], ["p"], name="pool"),
        node("Flatten", ["p"], ["f"], name="flat"),
        node("Gemm", ["f", "fc.weight", "fc.bias"], ["g"], name="fc", transB=1),
        node("MatMul", ["g", "last"], ["y"], name="product"),
    ]
    graph = helper.make_graph(nodes, "graph", [value("x", ["n", 3, 8, 8])],
                              [value("y", ["n", 5])],
                              [numpy_helper.from_array(w, name) for name, w in WEIGHTS.items()])
    return helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=8)


def without_initializers(model):
    del model.graph.initializer[:]
    return model


def without_elements(model):
    """Their types and shapes stay."""
    for initializer in model.graph.initializer:
        initializer.ClearField("raw_data")
    return model


def as_inputs(model):
    """As old files list weights; their types are not said."""
    model.graph.input.extend(onnx.ValueInfoProto(name=name) for name in WEIGHTS)
    return without_initializers(model)


def with_shapes(model):
    """Says what the inner tensors are, from which the sizes of weights follow."""
    model.graph.value_info.extend([value("c", ["n", 4, 6, 6]), value("g", ["n", 10])])
    return model


def save(model, folder, name="net.onnx"):
    path = folder / name
    path.write_bytes(model.SerializeToString())
    return path


def save_weights(folder, **changes):
    path = folder / "net.safetensors"
    save_file({**WEIGHTS, **changes}, path)
    return path


def run(path):
    output, = lazuli_json("run", path, "-i", "x=random[2,3,8,8]", "--seed", 5)["outputs"]
    return np.array(output["data"], np.float32).reshape(output["shape"])


@pytest.fixture(scope="module")
def expected(tmp_path_factory):
    folder = tmp_path_factory.mktemp("whole")
    lazuli("compile", save(network(), folder), "-o", folder / "net.lzm")
    return run(folder / "net.lzm")


@pytest.mark.parametrize("strip", [without_initializers, without_elements, as_inputs])
def test_weights_from_a_file(strip, expected, tmp_path):
    lazuli("compile", save(strip(network()), tmp_path), "-o", tmp_path / "net.lzm",
           "--weights", save_weights(tmp_path))
    np.testing.assert_allclose(run(tmp_path / "net.lzm"), expected, rtol=1e-4, atol=1e-5)


def test_a_file_replaces_all_weights(expected, tmp_path):
    """Also small ones, which would be constants."""
    weights = save_weights(tmp_path, **{"fc.bias": WEIGHTS["fc.bias"] + 1})
    lazuli("compile", save(network(), tmp_path), "-o", tmp_path / "net.lzm", "--weights", weights)
    np.testing.assert_allclose(run(tmp_path / "net.lzm"), expected + WEIGHTS["last"].sum(axis=0),
                               rtol=1e-3, atol=1e-4)


@pytest.mark.parametrize("model", [without_elements(network()),
                                   with_shapes(without_initializers(network()))],
                         ids=["types", "shapes"])
def test_random_weights(model, tmp_path):
    path = save(model, tmp_path)
    lazuli("compile", path, "-o", tmp_path / "net.lzm", "--random-weights")
    result = run(tmp_path / "net.lzm")
    assert result.shape == (2, 5) and np.isfinite(result).all() and result.any()
    message = failing("compile", path, "-o", tmp_path / "none.lzm")
    assert message.startswith("9 parameters have no values: ")
    assert "--weights FILE or --random-weights" in message
    assert not (tmp_path / "none.lzm").exists()


def test_sizes_that_only_weights_know(tmp_path):
    result = lazuli("compile", save(without_initializers(network()), tmp_path), "-o",
                    tmp_path / "net.lzm", "--random-weights", code=1)
    assert "'conv.weight' cannot be materialized: its axis 0 is unknown" in result.stderr
    assert "weight file" in result.stderr


def test_weights_of_another_shape(tmp_path):
    weights = save_weights(tmp_path, **{"conv.weight": np.zeros((4, 3, 5, 5), np.float32)})
    path = save(without_elements(network()), tmp_path)
    message = failing("compile", path, "-o", tmp_path / "net.lzm", "--weights", weights)
    assert "'conv.weight' has the shape [4, 3, 5, 5], expected [4, 3, 3, 3]" in message


def test_a_file_without_a_weight(tmp_path):
    path = save(without_elements(network()), tmp_path)
    save_file({"last": WEIGHTS["last"]}, tmp_path / "part.safetensors")
    message = failing("compile", path, "-o", tmp_path / "net.lzm", "--weights",
                      tmp_path / "part.safetensors")
    assert "missing: " in message and "'conv.weight'" in message


def test_an_operand_that_may_be_anything(tmp_path):
    """Of an Add nothing follows for its operand: a name is needed that a file gives."""
    graph = helper.make_graph([helper.make_node("Add", ["x", "w"], ["y"], name="sum")], "graph",
                              [value("x", [2, 3])], [value("y", [2, 3])])
    path = save(helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)],
                                  ir_version=8), tmp_path)
    message = failing("compile", path, "-o", tmp_path / "net.lzm", "--random-weights")
    assert "Add 'sum': reads 'w'" in message and "no weight whose type is known" in message
    save_file({"w": np.ones((1, 3), np.float32)}, tmp_path / "w.safetensors")
    lazuli("compile", path, "-o", tmp_path / "net.lzm", "--weights", tmp_path / "w.safetensors")
    output, = lazuli_json("run", tmp_path / "net.lzm", "-i", "x=[[1,2,3],[4,5,6]]")["outputs"]
    assert output["data"] == [[2, 3, 4], [5, 6, 7]]
