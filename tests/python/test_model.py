"""lazuli.compile, lazuli.load and Model.run: every way to give inputs, every error."""

import gc
import os
import subprocess
import sys

import numpy as np
import onnx
import onnx.reference
import pytest

import lazuli
import models

A = np.array([[5, 6], [7, 8], [9, 10]], np.float32)
B = np.array([[1, 2], [3, 4], [5, 6]], np.float32)


# ---- compile and load ------------------------------------------------------


def test_compile_and_load(tmp_path):
    output = tmp_path / "kept.lzm"
    compiled = lazuli.compile(models.save(models.subtraction(), tmp_path), output=output)
    assert compiled.summary["kernels"] >= 1 and compiled.summary["warnings"] == ""
    assert compiled.summary["artifact_bytes"] == output.stat().st_size
    del compiled
    gc.collect()
    loaded = lazuli.load(output)
    np.testing.assert_array_equal(loaded.run(A, B)[0], A - B)


def test_an_artifact_without_a_name_goes_with_its_model(subtract):
    path = subtract._path
    assert os.path.exists(path)
    copy = subtract.copy()
    del subtract
    gc.collect()
    np.testing.assert_array_equal(copy.run(A, B)[0], A - B)  # still mapped


def test_ports(subtract):
    assert [(p["name"], p["kind"], p["dtype"], p["shape"]) for p in subtract.inputs] == [
        ("a", "tensor", "f32", ("n", 2)), ("b", "tensor", "f32", ("n", 2))]
    assert [(p["name"], p["shape"]) for p in subtract.outputs] == [("difference", ("n", 2))]


def test_text_of_the_dialect(tmp_path):
    (tmp_path / "net.mlir").write_text("""
lz.func @forward(%x: !lz.tensor<2 x f32> {lz.name = "x"}) -> (!lz.tensor<2 x f32> {lz.name = "y"}) {
  %0 = lz.relu %x : (!lz.tensor<2 x f32>) -> !lz.tensor<2 x f32>
  lz.return %0 : !lz.tensor<2 x f32>
}
""")
    y, = lazuli.compile(tmp_path / "net.mlir").run(np.array([-1, 2], np.float32))
    np.testing.assert_array_equal(y, [0, 2])


def test_examples_give_shapes_and_elements(tmp_path):
    """A target shape that only an input holds is known from the example."""
    proto = models.model([models.node("Reshape", "x shape", "y")],
                         [models.value("x", None), models.value("shape", [2], 7)],
                         [models.value("y", None)])
    path = models.save(proto, tmp_path)
    x, shape = np.arange(6, dtype=np.float32), np.array([2, 3])
    for given in ([x, shape], {"shape": shape, "x": x}):
        y, = lazuli.compile(path, example_inputs=given).run(x, shape)
        np.testing.assert_array_equal(y, x.reshape(2, 3))


def relu(folder):
    return models.save(models.model([models.node("Relu", "x", "y")], [models.value("x", ["n", 2])],
                                    [models.value("y", None)]), folder)


def test_one_example_or_dimension_needs_no_list(tmp_path):
    model = lazuli.compile(relu(tmp_path), example_inputs=-A, threads=1)
    np.testing.assert_array_equal(model.run(-A)[0], np.zeros_like(A))
    for given in ("x:0=rows", ["x:0=rows"]):
        model = lazuli.compile(relu(tmp_path), examples="x=f32[3,2]", dynamic=given, threads=1)
        assert model.inputs[0]["shape"] == ("rows", 2)


def test_more_examples_than_inputs(tmp_path):
    with pytest.raises(lazuli.Error, match="^found 2 example inputs, the model takes 1: x"):
        lazuli.compile(relu(tmp_path), example_inputs=[A, A])
    path = models.save(models.subtraction(), tmp_path)
    with pytest.raises(lazuli.Error, match="^found 3 example inputs, the model takes 2: a, b"):
        lazuli.compile(path, example_inputs=[A, A, A])


def test_models_and_errors_describe_themselves(subtract):
    assert repr(subtract) == "<lazuli.Model (a: f32[n, 2], b: f32[n, 2]) -> (difference: f32[n, 2])>"
    for kind in (lazuli.Error, lazuli.Defect, lazuli.Model):
        assert kind.__doc__
    assert issubclass(lazuli.Defect, lazuli.Error)
    assert [kind.__module__ for kind in (lazuli.Error, lazuli.Defect)] == ["lazuli", "lazuli"]


def test_modules_are_imported_when_they_are_used():
    program = """
import sys, lazuli
assert not {"lazuli.bench", "lazuli.onnx_backend"} & set(sys.modules)
assert {"bench", "onnx_backend", "compile"} <= set(dir(lazuli))
assert callable(lazuli.bench.load) and callable(lazuli.onnx_backend.prepare)
assert not hasattr(lazuli, "nothing")
"""
    folder = os.path.dirname(os.path.dirname(lazuli.__file__))
    subprocess.run([sys.executable, "-c", program], check=True,
                   env=dict(os.environ, PYTHONPATH=folder))


# ---- inputs ----------------------------------------------------------------


def test_by_position_by_name_and_as_a_dict(subtract):
    for got in (subtract.run(A, B), subtract(A, B), subtract.run(b=B, a=A),
                subtract.run({"b": B, "a": A})):
        assert len(got) == 1
        np.testing.assert_array_equal(got[0], A - B)


def test_free_dimensions(subtract):
    for rows in (1, 3, 100):
        a = np.full((rows, 2), 3, np.float32)
        np.testing.assert_array_equal(subtract.run(a, a)[0], np.zeros((rows, 2)))


def test_inputs_are_borrowed_unchanged(subtract):
    a, b = A.copy(), B.copy()
    a.flags.writeable = False
    first, = subtract.run(a, b)
    b += 1  # the next run reads the same memory anew
    second, = subtract.run(a, b)
    np.testing.assert_array_equal(first, A - B)
    np.testing.assert_array_equal(second, A - B - 1)
    np.testing.assert_array_equal(a, A)


def test_layouts(subtract):
    wide = np.arange(12, dtype=np.float32).reshape(3, 4)
    for a in (wide[:, ::2], wide[::-1, :2], np.asfortranarray(wide[:, 1:3]), wide.T[:2].T):
        np.testing.assert_array_equal(subtract.run(a, B)[0], a - B)


def test_outputs_are_the_callers(subtract):
    """A result is neither overwritten by the next run nor freed with the model."""
    first, = subtract.run(A, B)
    first += 100
    second, = subtract.run(B, A)
    np.testing.assert_array_equal(first, A - B + 100)
    np.testing.assert_array_equal(second, B - A)
    del subtract
    gc.collect()
    np.testing.assert_array_equal(second, B - A)


def test_copies_share_nothing_but_the_file(subtract):
    copy = subtract.copy()
    first, = subtract.run(A, B)
    second, = copy.run(B, A)
    np.testing.assert_array_equal(first, A - B)
    np.testing.assert_array_equal(second, B - A)


# ---- windows ------------------------------------------------------------------


@pytest.mark.parametrize("op", ["Conv", "grouped", "depthwise", "MaxPool", "AveragePool", "LpPool"])
@pytest.mark.parametrize("sizes", [(3,), (3, 5), (3, 4, 6)])
def test_windows_that_leave_a_rest(tmp_path, op, sizes):
    """One output position by strides, and elements of the input that nothing reads."""
    generator = np.random.default_rng(0)
    x = generator.standard_normal((2, 4, *sizes)).astype(np.float32)
    strides = [4] * len(sizes)
    inputs, weights = [models.value("x", x.shape)], []
    if "Pool" in op:
        node = models.node(op, "x", "y", strides=strides, kernel_shape=[2] * len(sizes))
    else:
        groups = {"Conv": 1, "grouped": 2, "depthwise": 4}[op]
        kernel = generator.standard_normal((4, 4 // groups) + (2,) * len(sizes)).astype(np.float32)
        weights = [onnx.numpy_helper.from_array(kernel, "w")]
        node = models.node("Conv", "x w", "y", strides=strides, group=groups)
    proto = models.model([node], inputs, [models.value("y", None)], weights)
    y, = lazuli.compile(models.save(proto, tmp_path), threads=1).run(x)
    expected, = onnx.reference.ReferenceEvaluator(proto).run(None, {"x": x})
    assert 1 in y.shape[2:]
    np.testing.assert_allclose(y, expected, rtol=1e-4, atol=1e-5)


# ---- errors ----------------------------------------------------------------


def test_compilation_fails_with_the_diagnostics(tmp_path):
    proto = models.model([models.node("Frobnicate", "x", "y", name="odd")],
                         [models.value("x", [2])], [models.value("y", [2])])
    path = models.save(proto, tmp_path)
    with pytest.raises(lazuli.Error, match="^Frobnicate 'odd': the operator is not supported"):
        lazuli.compile(path)
    with pytest.raises(lazuli.Error, match="missing.onnx"):
        lazuli.compile(tmp_path / "missing.onnx")
    with pytest.raises(lazuli.Error):
        lazuli.compile(models.save(models.subtraction(), tmp_path), examples=["a=f32[oops]"])


def test_names_that_are_no_utf8(tmp_path):
    """A file may call things by any bytes; what Python shows is text."""
    proto = models.model([models.node("Relu", "xxxx", "yyyy")], [models.value("xxxx", ["nnnn"])],
                         [models.value("yyyy", ["nnnn"])])
    content = proto.SerializeToString()
    content = content.replace(b"xxxx", b"x\xff\x80x").replace(b"nnnn", b"\xfenn\xfe")
    (tmp_path / "named.onnx").write_bytes(content)
    model = lazuli.compile(tmp_path / "named.onnx", threads=1)
    assert model.inputs[0]["name"] == "x\ufffd\ufffdx"
    np.testing.assert_array_equal(model.run(np.array([-1, 2], np.float32))[0], [0, 2])
    with pytest.raises(lazuli.Error, match="'x\ufffd\ufffdx'"):
        model.run(np.array([-1, 2]))
    (tmp_path / "bad.onnx").write_bytes(content.replace(b"Relu", b"Re\xffu"))
    with pytest.raises(lazuli.Error, match="Re\ufffdu 'yyyy': the operator is not supported"):
        lazuli.compile(tmp_path / "bad.onnx")


def test_a_failed_compilation_leaves_no_file(tmp_path, monkeypatch):
    (tmp_path / "temporary").mkdir()
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path / "temporary"))
    (tmp_path / "bad.onnx").write_bytes(b"nothing")
    with pytest.raises(lazuli.Error):
        lazuli.compile(tmp_path / "bad.onnx")
    assert not list((tmp_path / "temporary").iterdir())


def test_files_that_cannot_be_loaded(tmp_path):
    (tmp_path / "bad.lzm").write_bytes(b"nothing" * 100)
    for name in ("bad.lzm", "missing.lzm"):
        with pytest.raises(lazuli.Error, match=name):
            lazuli.load(tmp_path / name)


def test_arrays_that_do_not_fit(subtract):
    with pytest.raises(lazuli.Error, match="'a'.*f32"):
        subtract.run(A.astype(np.float64), B)
    with pytest.raises(lazuli.Error, match="'a'"):
        subtract.run(np.ones((3, 3), np.float32), B)
    with pytest.raises(lazuli.Error):
        subtract.run(A, B[:2])
    with pytest.raises(ValueError, match="complex"):
        subtract.run(A.astype(np.complex64), B)
    np.testing.assert_array_equal(subtract.run(A, B)[0], A - B)  # as if nothing had been


def test_wrong_numbers_and_names_of_inputs(subtract):
    with pytest.raises(TypeError, match="found 1 inputs, expected 2: a, b"):
        subtract.run(A)
    with pytest.raises(TypeError, match="found the inputs a, c, expected a, b"):
        subtract.run(a=A, c=B)
    with pytest.raises(TypeError, match="not both"):
        subtract.run(A, b=B)
