"""One operator on Lazuli and on ONNX's reference implementation."""

import numpy as np
import onnx
from onnx import TensorProto, helper
from onnx.reference import ReferenceEvaluator

import lazuli.onnx_backend as backend


def _element_type(array):
    if array.dtype == object:
        return TensorProto.STRING
    return helper.np_dtype_to_tensor_dtype(array.dtype)


def make_model(op, inputs, output_types, domain="", **attributes):
    names = [f"x{i}" for i in range(len(inputs))]
    results = [f"y{i}" for i in range(len(output_types))]
    node = helper.make_node(op, names, results, domain=domain, **attributes)
    graph = helper.make_graph(
        [node],
        op,
        [helper.make_tensor_value_info(name, _element_type(x), x.shape)
         for name, x in zip(names, inputs)],
        [helper.make_tensor_value_info(name, kind, None)
         for name, kind in zip(results, output_types)],
    )
    opsets = [helper.make_opsetid("", 22), helper.make_opsetid("ai.onnx.ml", 5)]
    return helper.make_model(graph, opset_imports=opsets, ir_version=10)


def run(model, inputs):
    return [np.asarray(y) for y in backend.prepare(model).run(list(inputs))]


def same(found, expected):
    """Strings and integers exactly, floats nearly."""
    assert found.shape == expected.shape
    if expected.dtype.kind in "UO":
        assert found.tolist() == expected.tolist()
    elif expected.dtype.kind == "f":
        np.testing.assert_allclose(found, expected, rtol=1e-4, atol=1e-5)
    else:
        np.testing.assert_array_equal(found, expected)


def compare(op, inputs, output_types, domain="", **attributes):
    model = make_model(op, inputs, output_types, domain, **attributes)
    named = {f"x{i}": x for i, x in enumerate(inputs)}
    expected = ReferenceEvaluator(model).run(None, named)
    for y, z in zip(run(model, inputs), expected, strict=True):
        same(y, np.asarray(z))
