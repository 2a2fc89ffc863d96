"""lazuli.onnx_backend: the interface that ONNX's own tools call."""

import numpy as np
import onnx
import pytest

import lazuli
import models
from lazuli import onnx_backend

A = np.array([[5, 6]], np.float32)
B = np.array([[1, 2]], np.float32)


def test_run_of_a_file(tmp_path):
    path = models.save(models.subtraction(), tmp_path)
    np.testing.assert_array_equal(onnx_backend.run(path, [A, B])[0], A - B)


def test_prepared_models():
    prepared = onnx_backend.prepare(models.subtraction())
    for rows in (1, 4):
        a, b = np.repeat(A, rows, 0), np.repeat(B, rows, 0)
        np.testing.assert_array_equal(prepared.run([a, b])[0], a - b)
    np.testing.assert_array_equal(onnx_backend.run_model(models.subtraction(), [A, B])[0], A - B)


def test_models_by_their_paths(tmp_path):
    path = models.save(models.subtraction(), tmp_path)
    for given in (path, str(path)):
        np.testing.assert_array_equal(onnx_backend.prepare(given).run([A, B])[0], A - B)
        np.testing.assert_array_equal(onnx_backend.run_model(given, [A, B])[0], A - B)


def test_devices():
    assert onnx_backend.supports_device("CPU") and onnx_backend.supports_device("CPU:0")
    assert not onnx_backend.supports_device("CUDA")
    with pytest.raises(ValueError, match="found the device 'CUDA:1', expected 'CPU'"):
        onnx_backend.prepare(models.subtraction(), "CUDA:1")
    with pytest.raises(ValueError, match="found the device 'CUDA', expected 'CPU'"):
        onnx_backend.run_model(models.subtraction(), [A, B], device="CUDA")
    np.testing.assert_array_equal(
        onnx_backend.run_model(models.subtraction(), [A, B], device="CPU:0")[0], A - B)


def test_errors_are_lazulis(tmp_path):
    proto = models.subtraction()
    proto.graph.node[0].op_type = "Frobnicate"
    with pytest.raises(lazuli.Error, match="Frobnicate"):
        onnx_backend.prepare(proto).run([A, B])
    with pytest.raises(lazuli.Error):
        onnx_backend.run(tmp_path / "missing.onnx", [])


def test_external_data_beside_the_file(tmp_path):
    proto = models.model([models.node("Sub", "a b", "c")], [models.value("a", [1, 2])],
                         [models.value("c", [1, 2])], [onnx.numpy_helper.from_array(B, "b")])
    onnx.save(proto, tmp_path / "model.onnx", save_as_external_data=True, location="weights",
              size_threshold=0)
    np.testing.assert_array_equal(onnx_backend.run(tmp_path / "model.onnx", [A])[0], A - B)
