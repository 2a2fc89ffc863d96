"""What can be passed in and out: arrays of every type, strings, sequences, optionals."""

import ml_dtypes
import numpy as np
import pytest
from onnx import TensorProto, helper

import lazuli
import models

FLOATS = [np.float32, np.float64, np.float16, ml_dtypes.bfloat16]
INTEGERS = [np.int8, np.int16, np.int32, np.int64, np.uint8, np.uint16, np.uint32, np.uint64]
# Types that a model only stores and moves.
STORED = [ml_dtypes.float8_e4m3fn, ml_dtypes.float8_e4m3fnuz, ml_dtypes.float8_e5m2,
          ml_dtypes.float8_e5m2fnuz, ml_dtypes.int4, ml_dtypes.uint4]


@pytest.mark.parametrize("dtype", FLOATS + INTEGERS + [np.bool_] + STORED)
def test_arrays_of_every_type(tmp_path, dtype):
    onnx_type = helper.np_dtype_to_tensor_dtype(np.dtype(dtype))
    proto = models.model([models.node("Transpose", "x", "y")],
                         [models.value("x", [2, 3], onnx_type)],
                         [models.value("y", [3, 2], onnx_type)])
    x = np.array([[0, 1, 2], [3, 1, 0]]).astype(dtype)
    y, = lazuli.compile(models.save(proto, tmp_path), threads=1).run(x)
    assert y.dtype == x.dtype and y.shape == (3, 2)
    np.testing.assert_array_equal(y.astype(np.float32), x.T.astype(np.float32))


@pytest.mark.parametrize("dtype", [">f2", ">f4", ">f8", ">i2", ">i8", ">u4"])
def test_arrays_of_the_other_byte_order(tmp_path, dtype):
    swapped = np.array([[0, 1, 2], [3, 1, 0]], dtype)
    assert not swapped.dtype.isnative
    onnx_type = helper.np_dtype_to_tensor_dtype(swapped.dtype.newbyteorder("="))
    proto = models.model([models.node("Transpose", "x", "y")],
                         [models.value("x", None, onnx_type)],
                         [models.value("y", None, onnx_type)])
    model = lazuli.compile(models.save(proto, tmp_path), example_inputs=[swapped], threads=1)
    for x in (swapped, swapped[:, ::-1]):
        y, = model.run(x)
        assert y.dtype.isnative and y.dtype == x.dtype.newbyteorder("=")
        np.testing.assert_array_equal(y, x.T)


def test_elements_of_the_other_byte_order(tmp_path):
    """Of examples, in sequences, and in an array of no dimensions."""
    proto = models.model([models.node("Reshape", "x shape", "y")],
                         [models.value("x", None), models.value("shape", [2], TensorProto.INT64)],
                         [models.value("y", None)])
    x, shape = np.arange(6).astype(">f4"), np.array([2, 3], ">i8")
    model = lazuli.compile(models.save(proto, tmp_path), example_inputs=[x, shape], threads=1)
    np.testing.assert_array_equal(model.run(x, shape)[0], x.reshape(2, 3))

    proto = models.model([models.node("SequenceInsert", "s x", "t")],
                         [sequence("s"), models.value("x", [])], [sequence("t")])
    scalar = np.array(7, ">f4")
    model = lazuli.compile(models.save(proto, tmp_path), example_inputs=[[x], scalar], threads=1)
    (first, second), = model.run([x], scalar)
    np.testing.assert_array_equal(first, x)
    assert second.shape == () and second == 7


@pytest.mark.parametrize("shape", [(), (0, 3), (1,), (2, 0, 4)])
def test_scalars_and_empty_arrays(tmp_path, shape):
    proto = models.model([models.node("Neg", "x", "y")], [models.value("x", shape)],
                         [models.value("y", shape)])
    x = np.full(shape, 3, np.float32)
    y, = lazuli.compile(models.save(proto, tmp_path), threads=1).run(x)
    assert y.shape == shape
    np.testing.assert_array_equal(y, -x)


def test_strings(tmp_path):
    proto = models.model([models.node("StringConcat", "a b", "c")],
                         [models.value("a", ["n"], TensorProto.STRING),
                          models.value("b", ["n"], TensorProto.STRING)],
                         [models.value("c", ["n"], TensorProto.STRING)])
    model = lazuli.compile(models.save(proto, tmp_path), threads=1)
    assert [port["kind"] for port in model.inputs] == ["strings", "strings"]
    for left in (["x", "Größe", ""], np.array(["x", "Größe", ""]),
                 np.array(["x", "Größe", ""], object), ["x".encode(), "Größe".encode(), b""]):
        c, = model.run(left, ["1", "2", "3"])
        assert c.dtype == object
        assert c.tolist() == ["x1", "Größe2", "3"]


def sequence(name):
    tensor = helper.make_tensor_type_proto(TensorProto.FLOAT, None)
    return helper.make_value_info(name, helper.make_sequence_type_proto(tensor))


def test_sequences(tmp_path):
    """Elements of a sequence may have shapes of their own."""
    proto = models.model([models.node("SequenceInsert", "s x", "t"),
                          models.node("SequenceLength", "t", "n")],
                         [sequence("s"), models.value("x", [2])],
                         [sequence("t"), models.value("n", [], TensorProto.INT64)])
    items = [np.array([[1, 2, 3]], np.float32), np.array([4], np.float32)]
    x = np.array([5, 6], np.float32)
    model = lazuli.compile(models.save(proto, tmp_path), example_inputs=[items, x], threads=1)
    assert model.inputs[0]["kind"] == "sequence"
    for given in (items, items[:1], []):
        result, count = model.run(given, x)
        assert count == len(given) + 1 and len(result) == len(given) + 1
        for got, expected in zip(result, given + [x]):
            np.testing.assert_array_equal(got, expected)


def test_optionals(tmp_path):
    tensor = helper.make_tensor_type_proto(TensorProto.FLOAT, [2])
    optional = helper.make_value_info("o", helper.make_optional_type_proto(tensor))
    proto = models.model([models.node("OptionalHasElement", "o", "there")], [optional],
                         [models.value("there", [], TensorProto.BOOL)])
    model = lazuli.compile(models.save(proto, tmp_path), threads=1)
    assert model.inputs[0]["kind"] == "optional"
    assert model.run(np.array([1, 2], np.float32))[0]
    assert not model.run(None)[0]


def test_sequences_that_hold_something_else(tmp_path):
    proto = models.model([models.node("SequenceLength", "s", "n")], [sequence("s")],
                         [models.value("n", [], TensorProto.INT64)])
    model = lazuli.compile(models.save(proto, tmp_path), threads=1)
    with pytest.raises(lazuli.Error):
        model.run([np.array([1], np.int64)])
    assert model.run([np.array([1], np.float32)])[0] == 1
