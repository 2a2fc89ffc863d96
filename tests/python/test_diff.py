"""lazuli.diff: what counts as different, and how the first operator is found."""

import subprocess
import sys

import ml_dtypes
import numpy as np
import onnx
import pytest
from onnx import TensorProto, numpy_helper

import lazuli
import models
from lazuli._diff import engines
from lazuli._diff.compare import Tolerances, compare
from lazuli._diff.inputs import random_array
from lazuli._diff.search import Search

NAN, INF = np.nan, np.inf


def check(found, expected, atol=None, rtol=None):
    return compare("y", found, expected, Tolerances(atol, rtol))


def f32(*values):
    return np.array(values, np.float32)


# ---- two values ------------------------------------------------------------


def test_errors_of_floats():
    result = check(f32(1, 2, 4), f32(1, 2.5, 4))
    assert not result.agrees
    assert (result.max_abs_error, result.max_rel_error) == (0.5, 0.125)
    assert (result.first, result.found, result.expected) == ("[1]", 2.0, 2.5)
    assert (result.differing, result.elements) == (1, 3)
    # Relative to the largest element: what cancels has the error of its terms.
    assert check(f32(1e-5, 1000), f32(2e-5, 1000)).agrees
    assert not check(f32(1e-5, 0.001), f32(2e-5, 0.001)).agrees
    assert check(f32(1, 2, 4), f32(1, 2.5, 4), rtol=0.125).agrees
    assert check(f32(1, 2, 4), f32(1, 2.5, 4), atol={"f32": 0.5}, rtol=0).agrees
    assert not check(f32(1, 2, 4), f32(1, 2.5, 4), atol={"f16": 0.5}).agrees


@pytest.mark.parametrize("found, expected, agrees", [
    (f32(NAN, INF, -INF, 1), f32(NAN, INF, -INF, 1), True),
    (f32(NAN), f32(1), False), (f32(1), f32(NAN), False), (f32(INF), f32(-INF), False),
    (f32(INF), f32(3e38), False), (f32(0.0), f32(-0.0), True), (f32(), f32(), True),
    (np.float32(2).reshape(()), np.float32(3).reshape(()), False),
])
def test_numbers_that_are_none(found, expected, agrees):
    result = check(found, expected)
    assert result.agrees == agrees
    assert result.max_abs_error > 0 or agrees


def test_nothing_but_nan_says_little():
    assert check(f32(NAN, INF), f32(NAN, INF)).is_hollow
    assert not check(f32(NAN, 1), f32(NAN, 1)).is_hollow
    assert not check(f32(), f32()).is_hollow


@pytest.mark.parametrize("dtype", [np.int8, np.uint8, np.int64, np.uint64, ml_dtypes.int4])
def test_integers_are_exact(dtype):
    a = np.array([1, 2, 3], np.int64).astype(dtype)
    b = np.array([1, 2, 4], np.int64).astype(dtype)
    assert check(a, a).agrees
    result = check(a, b)
    assert not result.agrees and (result.first, result.found, result.expected) == ("[2]", 3, 4)
    assert check(a, b, atol=1).agrees


def test_integers_far_apart():
    low, high = np.array([-2 ** 63]), np.array([2 ** 63 - 1])
    assert check(low, high).max_abs_error == 2.0 ** 64
    assert not check(np.array([2 ** 53]), np.array([2 ** 53 + 1])).agrees
    assert check(np.array([True, False]), np.array([True, True])).differing == 1


@pytest.mark.parametrize("dtype, step", [(np.float16, 2e-3), (ml_dtypes.bfloat16, 1e-2),
                                         (ml_dtypes.float8_e4m3fn, 0.1), (np.float64, 1e-10)])
def test_what_a_type_allows(dtype, step):
    """A unit in the last place is no difference, a tenth more than is allowed is one."""
    one = np.array([1.0], dtype)
    assert check((one.astype(np.float64) + step).astype(dtype), one).agrees
    assert not check((one.astype(np.float64) * 1.5).astype(dtype), one).agrees


def test_strings_sequences_and_optionals():
    words = np.array(["a", "b"], object)
    assert check(words, np.array(["a", "b"])).agrees
    assert check(words, np.array(["a", "c"], object)).first == "[1]"
    assert check([f32(1), f32(2, 3)], [f32(1), f32(2, 3)]).agrees
    assert check([f32(1), f32(2, 3)], [f32(1), f32(2, 4)]).first == "[1][1]"
    assert check([f32(1)], [f32(1), f32(2)]).reason == "is sequence of 1, expected sequence of 2"
    assert check(None, None).agrees
    assert check(None, f32(1)).reason == "is none, expected f32[1]"
    assert check(f32(1), f32(1, 2)).reason == "is f32[1], expected f32[2]"
    assert check(f32(1), np.array([1])).reason == "is f32[1], expected i64[1]"


# ---- models ----------------------------------------------------------------


def chain(tmp_path, name="model.onnx", scale=2.0):
    """y = relu(x * scale + 1): three operators, one after the other."""
    numbers = {"scale": scale, "one": 1.0}
    proto = models.model([models.node("Mul", "x scale", "scaled"),
                          models.node("Add", "scaled one", "shifted"),
                          models.node("Relu", "shifted", "y")],
                         [models.value("x", ["n", 3])], [models.value("y", ["n", 3])],
                         [numpy_helper.from_array(np.float32(value), key)
                          for key, value in numbers.items()])
    for node, label in zip(proto.graph.node, ("scale it", "shift it", "act")):
        node.name = label
    onnx.save(proto, tmp_path / name)
    return tmp_path / name


def test_a_model_that_agrees(tmp_path):
    report = lazuli.diff(chain(tmp_path), dims={"n": 4}, per_op=True)
    assert report.agrees and report.first is None
    assert [output.type for output in report.outputs] == ["f32[4, 3]"]
    assert list(report.values) == ["scaled", "shifted", "y"]
    assert report.to_dict()["agrees"] is True and "the output agrees" in str(report)


def test_a_model_that_differs(tmp_path):
    other = chain(tmp_path, "other.onnx", 2.5)
    report = lazuli.diff(chain(tmp_path), other, inputs={"x": np.ones((2, 3), np.float32)},
                         per_op=True)
    assert not report.agrees
    assert (report.outputs[0].found, report.outputs[0].expected) == (3.0, 3.5)
    assert report.first.value.node.name == "scale it" and not report.first.one_at_a_time
    assert lazuli.diff(chain(tmp_path), other, atol=1.0).agrees


def test_errors(tmp_path):
    path = chain(tmp_path)
    with pytest.raises(lazuli.Error, match="no input 'z', expected one of: x"):
        lazuli.diff(path, inputs={"z": f32(1)})
    with pytest.raises(lazuli.Error, match="no dimension 'm', expected one of: n"):
        lazuli.diff(path, dims={"m": 1})
    with pytest.raises(lazuli.Error, match="cannot read 'missing.onnx'"):
        lazuli.diff("missing.onnx")


def test_types_that_onnx_runtime_passes_as_memory(tmp_path):
    proto = models.model([models.node("Transpose", "x", "y")],
                         [models.value("x", [2, 3], TensorProto.BFLOAT16)],
                         [models.value("y", [3, 2], TensorProto.BFLOAT16)])
    report = lazuli.diff(models.save(proto, tmp_path))
    assert report.agrees and report.outputs[0].type == "bf16[3, 2]"
    assert report.outputs[0].elements == 6


def test_random_inputs_are_those_of_the_command_line():
    x = random_array(np.float32, (2, 3), 7, "x")
    assert x.dtype == np.float32 and np.all((x >= -1) & (x < 1)) and len(set(x.ravel())) == 6
    assert np.all(random_array(np.int64, (50,), 7, "ids") < 10)
    assert np.all(random_array(np.int64, (5,), 7, "attention_mask") == 1)
    assert not np.array_equal(x, random_array(np.float32, (2, 3), 8, "x"))


# ---- a defect that shows only where values are fused -----------------------


class Fused:
    """Runs a model, wrong from `wrong` on unless `needed` is an output: what a defect
    of a fusion looks like, which is gone when a value inside has to be there."""

    def __init__(self, path, needed="scaled", wrong="shifted"):
        self._engine = engines.OnnxRuntime(path)
        self.outputs = self._engine.outputs
        self._names = [port["name"] for port in self.outputs]
        self._wrong = needed not in self._names
        self._from = wrong

    def run(self, values):
        found = self._engine.run(values)
        order = ["scaled", "shifted", "y"]
        return [value + self._wrong if order.index(name) >= order.index(self._from) else value
                for name, value in zip(self._names, found)]


def test_values_are_shown_one_at_a_time(tmp_path):
    path = str(chain(tmp_path))
    values = {"x": f32(1, 2, 3).reshape(1, 3)}
    engine, reference = Fused(path), engines.OnnxRuntime(path)
    plain = {"y": compare("y", engine.run(values)[0], reference.run(values)[0], Tolerances())}
    assert not plain["y"].agrees
    stages = []
    search = Search(path, path, Fused, engines.OnnxRuntime, Tolerances(), stages.append)
    first, found = search.run(values, plain)
    assert first.one_at_a_time and first.value.node.name == "shift it"
    assert first.comparison.max_abs_error == 1 and found["scaled"].agrees
    assert len(stages) == 1 + 1 + 2  # the reference, all at once, two halvings


def test_who_runs_models_does_not_import_it():
    code = ("import sys, lazuli; assert not {'lazuli._diff', 'lazuli.bench'} & set(sys.modules); "
            "assert callable(lazuli.diff) and 'diff' in dir(lazuli)")
    subprocess.run([sys.executable, "-c", code], check=True)
