"""lazuli diff: a model beside ONNX Runtime and beside other models."""

import json
import os
import re
import subprocess
import sys

import numpy as np
import onnx
import pytest
from onnx import TensorProto, helper, numpy_helper

from cli import BIN, failing, lazuli, lazuli_json

DIFFERS = 4


@pytest.fixture(autouse=True)
def python(monkeypatch):
    """The interpreter of the tests has all that a comparison needs."""
    monkeypatch.setenv("LAZULI_PYTHON", sys.executable)


def value(name, shape, dtype=TensorProto.FLOAT):
    return helper.make_tensor_value_info(name, dtype, shape)


def save(path, nodes, inputs, outputs, weights=()):
    graph = helper.make_graph(nodes, "graph", inputs, outputs, list(weights))
    onnx.save(helper.make_model(graph, opset_imports=[helper.make_opsetid("", 20)],
                                ir_version=10), path)
    return path


def layers(path, gain=1.0):
    """y = softmax(relu(x @ w) * gain), rows free; nodes have names."""
    weight = np.linspace(-1, 1, 12, dtype=np.float32).reshape(3, 4)
    nodes = [helper.make_node("MatMul", ["x", "w"], ["m"], name="project"),
             helper.make_node("Relu", ["m"], ["r"], name="act"),
             helper.make_node("Mul", ["r", "gain"], ["g"], name="amplify"),
             helper.make_node("Softmax", ["g"], ["y"], name="normalize")]
    return save(path, nodes, [value("x", ["batch", 3])], [value("y", ["batch", 4])],
                [numpy_helper.from_array(weight, "w"),
                 numpy_helper.from_array(np.float32(gain), "gain")])


@pytest.fixture
def model(tmp_path):
    return layers(tmp_path / "model.onnx")


@pytest.fixture
def other(tmp_path):
    """The same but for one operator."""
    return layers(tmp_path / "other.onnx", 1.5)


# ---- agreement -------------------------------------------------------------


def test_a_model_that_agrees(model):
    text = lazuli("diff", model).stdout
    assert text.startswith("model.onnx against ONNX Runtime ")
    assert "f32[1, 3]" in text and "random" in text
    assert "agrees" in text and text.endswith("the output agrees\n")
    text = lazuli("diff", model, "--per-op", "--dim", "batch=5").stdout
    assert "f32[5, 3]" in text and "all 4 values agree" in text


def test_json(model):
    report = lazuli_json("diff", model, "--per-op", "--example", "x=f32[7,3]")
    assert report["agrees"] and report["model"] == "model.onnx"
    assert report["inputs"] == [{"name": "x", "type": "f32[7, 3]", "random": True}]
    output, = report["outputs"]
    assert output["name"] == "y" and output["elements"] == 28 and output["differing"] == 0
    assert 0 <= output["max_abs_error"] < 1e-6 and output["rtol"] == 5e-4
    assert report["per_op"] == {"values": 4, "first": None}


def test_inputs_are_those_of_run(model, tmp_path):
    """The same seed gives the same numbers; files, literals and folders are read alike."""
    y, = lazuli_json("run", model, "-i", "x=f32[2,3]", "--seed", 7)["outputs"]
    report = lazuli_json("diff", model, "-i", "x=f32[2,3]", "--seed", 7, "--atol", 0, "--rtol", 0,
                         "--reference", freeze(tmp_path, y))
    assert report["outputs"][0]["elements"] == 8
    x = np.arange(6, dtype=np.float32).reshape(2, 3)
    np.save(tmp_path / "x.npy", x)
    np.savez(tmp_path / "x.npz", key=x)
    (tmp_path / "x.json").write_text(json.dumps({"key": x.tolist()}))
    (tmp_path / "data").mkdir()
    (tmp_path / "data" / "input_0.pb").write_bytes(
        numpy_helper.from_array(x).SerializeToString())
    for given in (["-i", "x=[[0,1,2],[3,4,5]]"], ["-i", f"@{tmp_path}/x.npy"],
                  ["-i", f"x=@{tmp_path}/x.npz:key"], ["-i", f"x=@{tmp_path}/x.json:key"],
                  ["-i", "x=[[0,1,2]]", "-i", "x=[[3,4,5]]"],
                  ["--inputs-from", tmp_path / "data"]):
        report = lazuli_json("diff", model, *given)
        assert report["inputs"] == [{"name": "x", "type": "f32[2, 3]", "random": False}], given


def freeze(folder, output):
    """A model that gives `output` whatever its input is."""
    array = np.array(output["data"], np.float32)
    nodes = [helper.make_node("Mul", ["x", "zero"], ["none"]),
             helper.make_node("ReduceSum", ["none"], ["nothing"], keepdims=0),
             helper.make_node("Add", ["frozen", "nothing"], ["y"])]
    return save(folder / "frozen.onnx", nodes, [value("x", ["batch", 3])],
                [value("y", list(array.shape))],
                [numpy_helper.from_array(array, "frozen"),
                 numpy_helper.from_array(np.float32(0), "zero")])


def test_images(tmp_path):
    path = save(tmp_path / "model.onnx", [helper.make_node("Relu", ["x"], ["y"])],
                [value("x", [1, 3, 4, 5])], [value("y", [1, 3, 4, 5])])
    (tmp_path / "x.ppm").write_bytes(b"P6 2 2 255\n" + bytes(range(12)))
    report = lazuli_json("diff", path, "-i", f"x=@{tmp_path}/x.ppm")
    assert report["inputs"] == [{"name": "x", "type": "f32[1, 3, 4, 5]", "random": False}]


def test_values_of_every_kind(tmp_path):
    """Strings, sequences, an optional that holds nothing, integers, and f16."""
    tensor = helper.make_tensor_type_proto(TensorProto.FLOAT, None)
    sequence = helper.make_sequence_type_proto(tensor)
    nodes = [helper.make_node("StringConcat", ["a", "a"], ["aa"]),
             helper.make_node("SequenceInsert", ["s", "x"], ["t"]),
             helper.make_node("Cast", ["x"], ["h"], to=TensorProto.FLOAT16),
             helper.make_node("NonZero", ["x"], ["n"])]
    path = save(tmp_path / "model.onnx", nodes,
                [value("a", [2], TensorProto.STRING), helper.make_value_info("s", sequence),
                 value("x", [3])],
                [value("aa", [2], TensorProto.STRING), helper.make_value_info("t", sequence),
                 value("h", [3], TensorProto.FLOAT16), value("n", [1, "k"], TensorProto.INT64)])
    data = tmp_path / "data"
    data.mkdir()
    x = np.array([0, 1, 2], np.float32)
    for index, message in enumerate((numpy_helper.from_array(np.array(["a", "\u00df"], object)),
                                     numpy_helper.from_list([x[:1], x]),
                                     numpy_helper.from_array(x))):
        (data / f"input_{index}.pb").write_bytes(message.SerializeToString())
    report = lazuli_json("diff", path, "--inputs-from", data, "--per-op")
    assert report["agrees"]
    assert [output["type"] for output in report["outputs"]] == \
        ["string[2]", "sequence of 3", "f16[3]", "i64[1, 2]"]
    assert "'a' is of kind strings, which cannot be random" in failing("diff", path, code=2)
    for index, message in ((0, numpy_helper.from_array(x)), (1, numpy_helper.from_array(x)),
                           (2, numpy_helper.from_array(x.astype(np.float64)))):
        kept = (data / f"input_{index}.pb").read_bytes()
        (data / f"input_{index}.pb").write_bytes(message.SerializeToString())
        assert f"input_{index}.pb' holds" in failing("diff", path, "--inputs-from", data)
        (data / f"input_{index}.pb").write_bytes(kept[:-1])
        assert f"'{data}/input_{index}.pb'" in failing("diff", path, "--inputs-from", data)
        (data / f"input_{index}.pb").write_bytes(kept)
    (data / "input_2.pb").unlink()
    assert "input_2.pb' is missing" in failing("diff", path, "--inputs-from", data)


# ---- differences -----------------------------------------------------------


def test_a_model_that_differs(model, other):
    result = lazuli("diff", model, "--reference", other, "-i", "x=[[1,2,3]]", code=DIFFERS)
    assert result.stderr == ""
    assert "model.onnx against other.onnx in ONNX Runtime" in result.stdout
    assert "differs in 4 of 4, first [0, 0] is" in result.stdout
    assert result.stdout.endswith("the output differs\n")
    lazuli("diff", model, "--reference", other, "-i", "x=[[1,2,3]]", "--atol", 1)
    lazuli("diff", model, "--reference", other, "-i", "x=[[1,2,3]]", "--rtol", "f32=1")
    lazuli("diff", model, "--reference", other, "-i", "x=[[1,2,3]]", "--rtol", "u8=1",
           code=DIFFERS)


def test_the_first_operator_is_named(model, other):
    arguments = ["diff", model, "--reference", other, "--per-op", "-i", "x=[[1,2,3]]"]
    text = lazuli(*arguments, code=DIFFERS).stdout
    assert "note: values are paired by their names, which 4 of 4 have in both files" in text
    assert "the first to differ is Mul 'amplify' (node 2), of 4 values compared" in text
    result = lazuli(*arguments, "--json", code=DIFFERS)
    first = json.loads(result.stdout)["per_op"]["first"]
    assert (first["node"], first["operator"], first["index"]) == ("amplify", "Mul", 2)
    assert [(port["name"], port["type"]) for port in first["inputs"]] == \
        [("r", "f32[1, 4]"), ("gain", "f32[]")]
    assert first["inputs"][0]["max_rel_error"] < 1e-5
    assert first["output"]["name"] == "g" and first["output"]["max_rel_error"] > 0.1


def test_compiled_models(model, other, tmp_path):
    lazuli("compile", model, "-o", tmp_path / "model.lzm")
    lazuli("compile", other, "-o", tmp_path / "other.lzm")
    lazuli("diff", tmp_path / "model.lzm", "--reference", model, "--dim", "batch=3")
    lazuli("diff", tmp_path / "model.lzm", "--reference", tmp_path / "model.lzm")
    lazuli("diff", tmp_path / "model.lzm", "--reference", tmp_path / "other.lzm",
           "-i", "x=[[1,2,3]]", code=DIFFERS)
    assert "expected --reference" in failing("diff", tmp_path / "model.lzm", code=2)
    assert "is compiled already" in failing("diff", tmp_path / "model.lzm", "--reference", model,
                                            "--dynamic", "x:0=n", code=2)
    assert "--per-op looks into the graphs of ONNX files" in failing(
        "diff", tmp_path / "model.lzm", "--reference", model, "--per-op", code=2)


def test_text_of_the_dialect(models):
    lazuli("diff", models / "add.mlir", "--reference", models / "add.lzm", "--dim", "n=3")


def test_numbers_that_are_none(tmp_path):
    path = save(tmp_path / "model.onnx", [helper.make_node("Log", ["x"], ["y"])],
                [value("x", [2])], [value("y", [2])])
    text = lazuli("diff", path, "-i", "x=[-1,0]").stdout
    assert "note: 'y' holds no finite number on either side" in text
    assert "note" not in lazuli("diff", path, "-i", "x=[-1,1]").stdout


def test_random_operators_are_noted(tmp_path):
    path = save(tmp_path / "model.onnx",
                [helper.make_node("RandomNormalLike", ["x"], ["r"]),
                 helper.make_node("Add", ["x", "r"], ["y"])],
                [value("x", [8])], [value("y", [8])])
    text = lazuli("diff", path, "--per-op", code=DIFFERS).stdout
    assert "note: RandomNormalLike" in text and "first to differ is RandomNormalLike" in text


# ---- what goes wrong -------------------------------------------------------


def test_models_that_are_none(model, tmp_path):
    assert "missing.onnx" in failing("diff", tmp_path / "missing.onnx")
    assert "missing.onnx" in failing("diff", model, "--reference", tmp_path / "missing.onnx")
    (tmp_path / "empty.onnx").write_bytes(b"")
    assert "empty.onnx' is empty" in failing("diff", tmp_path / "empty.onnx")
    (tmp_path / "cut.onnx").write_bytes(model.read_bytes()[:-20])
    assert "cut.onnx" in failing("diff", tmp_path / "cut.onnx")
    odd = save(tmp_path / "odd.onnx", [helper.make_node("Frobnicate", ["x"], ["y"], name="odd")],
               [value("x", [2])], [value("y", [2])])
    assert "ONNX Runtime cannot load" in failing("diff", odd)
    assert "Frobnicate 'odd': the operator is not supported" in failing(
        "diff", odd, "--reference", model, "-i", "x=[[1,2,3]]")


def test_usage(model):
    assert "expected a form like '1e-3' or 'u8=1'" in failing("diff", model, "--atol", "x", code=2)
    failing("diff", model, "--rtol", "-1", code=2)
    failing("diff", model, "--atol", "f31=1", code=2)
    assert "cannot read the input 'x=@'" in failing("diff", model, "-i", "x=@", code=2)
    assert "no input 'z'" in failing("diff", model, "-i", "z=[1]")
    assert "no dimension 'rows'" in failing("diff", model, "--dim", "rows=1")
    result = lazuli("diff", model, "-i", "z=[1]", "--json", code=1)
    assert json.loads(result.stdout)["error"]["exit_code"] == 1


def interpreter(folder, body):
    """A Python that is told `body` first."""
    (folder / "sitecustomize.py").write_text(body)
    path = os.pathsep.join([str(folder), os.environ.get("PYTHONPATH", "")])
    return {**os.environ, "LAZULI_PYTHON": sys.executable, "PYTHONPATH": path}


def run_with(environment, *arguments):
    result = subprocess.run([BIN / "lazuli", "diff", *map(str, arguments)], env=environment,
                            capture_output=True, text=True)
    assert result.returncode == 1 and result.stderr.startswith("error: "), result.stderr
    assert len(result.stderr.splitlines()) == 1
    return result.stderr


@pytest.mark.parametrize("package, arguments", [("onnxruntime", []), ("onnx", ["--per-op"])])
def test_packages_that_are_missing(model, tmp_path, package, arguments):
    environment = interpreter(tmp_path, f"import sys; sys.modules['{package}'] = None\n")
    message = run_with(environment, model, *arguments)
    assert f"the Python package {package} is needed" in message
    assert f"'pip install {package}' installs it" in message


def test_the_package_is_missing(model, tmp_path):
    bare = tmp_path / "python3"
    bare.write_text(f'#!/bin/sh\nexec {sys.executable} -I -S "$@"\n')
    bare.chmod(0o755)
    message = run_with({**os.environ, "LAZULI_PYTHON": str(bare)}, model)
    assert f"'{bare}' has no package lazuli" in message and "LAZULI_PYTHON=" in message


def test_python_is_missing(model, tmp_path):
    message = run_with({**os.environ, "LAZULI_PYTHON": str(tmp_path / "none")}, model)
    assert "none' is no Python that runs" in message


def test_the_environment_of_the_build_is_found(model, tmp_path):
    """`lazuli` lies in build/bin, the package in build/venv: no PATH leads there."""
    environment = {name: text for name, text in os.environ.items() if name != "LAZULI_PYTHON"}
    result = subprocess.run([BIN / "lazuli", "diff", str(model)], text=True, capture_output=True,
                            env={**environment, "PATH": str(tmp_path)})
    beside = BIN.parent / "venv" / "bin" / "python3"
    assert (result.returncode == 0) == beside.exists(), result.stderr
    assert beside.exists() or "'python3' is no Python that runs" in result.stderr


def test_the_python_module_is_the_same_command(model):
    """`python -m lazuli diff` knows what `lazuli diff --help` lists."""
    def options(text):
        return set(re.findall(r"--[a-z][a-z-]+", text.partition("Inputs that are not")[0]))
    text = subprocess.run([sys.executable, "-m", "lazuli", "diff", "--help"], check=True,
                          capture_output=True, text=True).stdout
    assert options(text) == options(lazuli("diff", "--help").stdout)
    result = subprocess.run([sys.executable, "-m", "lazuli", "diff", model], check=True,
                            capture_output=True, text=True)
    assert result.stdout.endswith("the output agrees\n")
