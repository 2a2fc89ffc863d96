"""Strings in operators of which the backend suite has numbers only."""

import numpy as np
import pytest
from onnx import TensorProto, helper

import reference

STRING, BOOL, INT = TensorProto.STRING, TensorProto.BOOL, TensorProto.INT64
WORDS = np.array([["a", "bc", ""], ["ü", "a", "\U0001f600"]], object)


def test_equal():
    reference.compare("Equal", [WORDS, np.array(["a", "a", "\U0001f600"], object)], [BOOL])


def test_where_broadcasts():
    condition = np.array([[True], [False]])
    reference.compare("Where", [condition, WORDS, np.array(["x", "y", "z"], object)],
                      [STRING])


@pytest.mark.parametrize("op,attributes", [
    ("Transpose", {"perm": [1, 0]}),
    ("Flatten", {"axis": 0}),
    ("Identity", {}),
    ("Shape", {}),
    ("Size", {}),
])
def test_moves(op, attributes):
    kind = INT if op in ("Shape", "Size") else STRING
    reference.compare(op, [WORDS], [kind], **attributes)


@pytest.mark.parametrize("op,indices,attributes", [
    ("Gather", [[2, 0], [1, -1]], {"axis": 1}),
    ("GatherElements", [[2, 0, 1], [0, 0, 2]], {"axis": 1}),
    ("GatherND", [[1, 2], [0, 0]], {}),
])
def test_gathers(op, indices, attributes):
    reference.compare(op, [WORDS, np.array(indices)], [STRING], **attributes)


def test_concat():
    reference.compare("Concat", [WORDS, WORDS[:1]], [STRING], axis=0)


@pytest.mark.parametrize("op,operand", [
    ("Reshape", [3, -1]), ("Expand", [2, 2, 3]), ("Tile", [2, 1]), ("Unsqueeze", [1]),
])
def test_shapes(op, operand):
    reference.compare(op, [WORDS, np.array(operand)], [STRING])


def test_slice():
    operands = [np.array(x) for x in ([2, 0], [-4, 2], [1, 0], [-1, 1])]
    reference.compare("Slice", [WORDS, *operands], [STRING])


def test_constants():
    node = helper.make_node("Constant", [], ["c"], value_strings=["p", "", "q"])
    equal = helper.make_node("Equal", ["x", "c"], ["y"])
    initializer = helper.make_tensor("x", STRING, [2, 1], [b"", b"q"])
    graph = helper.make_graph([node, equal], "g", [],
                              [helper.make_tensor_value_info("y", BOOL, None)],
                              initializer=[initializer])
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 22)],
                              ir_version=10)
    (found,) = reference.run(model, [])
    assert found.tolist() == [[False, True, False], [False, False, True]]


def test_numbers_are_no_strings():
    model = reference.make_model("StringSplit", [np.arange(3)], [STRING, INT])
    with pytest.raises(Exception, match="expected strings"):
        reference.run(model, [np.arange(3)])
