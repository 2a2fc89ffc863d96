"""What the tests of the Python package share: models written with onnx.helper."""

import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper


def value(name, shape, dtype=TensorProto.FLOAT):
    return helper.make_tensor_value_info(name, dtype, shape)


def model(nodes, inputs, outputs, initializers=(), opset=21):
    graph = helper.make_graph(nodes, "graph", inputs, outputs, list(initializers))
    opsets = [helper.make_opsetid("", opset)]
    return helper.make_model(graph, opset_imports=opsets, ir_version=10)


def node(op, inputs, outputs, **attributes):
    return helper.make_node(op, inputs.split(), outputs.split(), **attributes)


def save(proto, folder, name="model.onnx"):
    onnx.save(proto, folder / name)
    return folder / name


def subtraction():
    """difference = a - b, rows free."""
    return model([node("Sub", "a b", "difference")], [value("a", ["n", 2]), value("b", ["n", 2])],
                 [value("difference", ["n", 2])])


def products(size=384, count=12):
    """y = tanh(x @ w) over and over: work for some milliseconds."""
    generator = np.random.default_rng(0)
    weight = generator.standard_normal((size, size)).astype(np.float32) / size ** 0.5
    nodes, last = [], "x"
    for index in range(count):
        out = "y" if index == count - 1 else f"t{index}"
        nodes += [node("MatMul", f"{last} w", f"p{index}"), node("Tanh", f"p{index}", out)]
        last = out
    return model(nodes, [value("x", [size, size])], [value("y", [size, size])],
                 [numpy_helper.from_array(weight, "w")]), weight
