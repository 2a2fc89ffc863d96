"""ONNX models on the command line: test data, free dimensions, weights in files of
their own, and files that are damaged or mean harm."""

import random
import subprocess

import numpy as np
import onnx
import pytest
from onnx import TensorProto, helper, numpy_helper

from cli import BIN, failing, lazuli, lazuli_json

WEIGHT = np.arange(12, dtype=np.float32).reshape(3, 4) - 5


def value(name, shape, dtype=TensorProto.FLOAT):
    return helper.make_tensor_value_info(name, dtype, shape)


def make_model(nodes, inputs, outputs, initializers=()):
    graph = helper.make_graph(nodes, "graph", inputs, outputs, list(initializers))
    return helper.make_model(graph, opset_imports=[helper.make_opsetid("", 20)], ir_version=10)


def linear():
    """y = relu(x @ w), of any number of rows."""
    nodes = [helper.make_node("MatMul", ["x", "w"], ["m"], name="product"),
             helper.make_node("Relu", ["m"], ["y"], name="act")]
    return make_model(nodes, [value("x", ["batch", 3])], [value("y", ["batch", 4])],
                      [numpy_helper.from_array(WEIGHT, "w")])


@pytest.fixture
def model(tmp_path):
    path = tmp_path / "model.onnx"
    onnx.save(linear(), path)
    return path


def write_data(folder, *arrays):
    folder.mkdir()
    for index, array in enumerate(arrays):
        message = numpy_helper.from_array(array)
        (folder / f"input_{index}.pb").write_bytes(message.SerializeToString())
    return folder


def read_output(folder, index):
    message = onnx.TensorProto()
    message.ParseFromString((folder / f"output_{index}.pb").read_bytes())
    return message.name, numpy_helper.to_array(message)


def run_one(*arguments):
    output, = lazuli_json("run", *arguments)["outputs"]
    return np.array(output["data"], np.float32).reshape(output["shape"])


# ---- test data -------------------------------------------------------------


def test_data_as_onnx_keeps_it(model, tmp_path):
    x = np.random.default_rng(0).random((5, 3), np.float32)
    data = write_data(tmp_path / "in", x)
    lazuli("run", model, "--inputs-from", data, "--outputs-to", tmp_path / "out")
    name, y = read_output(tmp_path / "out", 0)
    assert name == "y" and y.dtype == np.float32
    np.testing.assert_allclose(y, np.maximum(x @ WEIGHT, 0), rtol=1e-5)
    assert len(list((tmp_path / "out").iterdir())) == 1


def test_data_of_every_type(tmp_path):
    """Outputs keep the type of the file, also where it is stored as another."""
    types = [TensorProto.INT64, TensorProto.BOOL, TensorProto.FLOAT16, TensorProto.UINT8,
             TensorProto.BFLOAT16, TensorProto.INT4, TensorProto.FLOAT8E5M2]
    inputs = [value(f"x{i}", [2, 3], t) for i, t in enumerate(types)]
    outputs = [value(f"y{i}", [3, 2], t) for i, t in enumerate(types)]
    nodes = [helper.make_node("Transpose", [f"x{i}"], [f"y{i}"]) for i in range(len(types))]
    proto = make_model(nodes, inputs, outputs)
    proto.opset_import[0].version = 21
    onnx.save(proto, tmp_path / "model.onnx")
    arrays = [np.array([[0, 1, 0], [1, 1, 0]]).astype(helper.tensor_dtype_to_np_dtype(t))
              for t in types]
    data = write_data(tmp_path / "in", *arrays)
    lazuli("run", tmp_path / "model.onnx", "--inputs-from", data, "--outputs-to", tmp_path / "out")
    for index, array in enumerate(arrays):
        _, got = read_output(tmp_path / "out", index)
        assert got.dtype == array.dtype
        np.testing.assert_array_equal(got.astype(np.float32), array.T.astype(np.float32))


# ---- compilation -----------------------------------------------------------


def test_named_dimensions_stay_free(model, tmp_path):
    lazuli("compile", model, "-o", tmp_path / "model.lzm")
    shown = lazuli_json("inspect", tmp_path / "model.lzm")
    assert [symbol["name"] for symbol in shown["symbols"]] == ["batch"]
    for rows in (1, 2, 9):
        x = np.random.default_rng(rows).random((rows, 3), np.float32)
        np.save(tmp_path / "x.npy", x)
        np.testing.assert_allclose(run_one(tmp_path / "model.lzm", "-i", f"x=@{tmp_path}/x.npy"),
                                   np.maximum(x @ WEIGHT, 0), rtol=1e-5)


def test_equal_names_are_equal_dimensions(tmp_path):
    proto = make_model([helper.make_node("Add", ["a", "b"], ["c"])],
                       [value("a", ["n", 2]), value("b", ["n", 2])], [value("c", ["n", 2])])
    onnx.save(proto, tmp_path / "add.onnx")
    lazuli("compile", tmp_path / "add.onnx", "-o", tmp_path / "add.lzm")
    assert "3" in failing("run", tmp_path / "add.lzm", "-i", "a=random[3,2]", "-i", "b=random[4,2]")
    np.testing.assert_array_equal(
        run_one(tmp_path / "add.lzm", "-i", "a=[[1,2]]", "-i", "b=[[3,4]]"), [[4, 6]])


def sum_of_rows_and_mask():
    """softmax(flatten(x) + mask): only a run knows that 3 * s * t is the mask's 24."""
    nodes = [helper.make_node("Flatten", ["x"], ["flat"], axis=1),
             helper.make_node("Add", ["flat", "mask"], ["sum"]),
             helper.make_node("Softmax", ["sum"], ["y"], axis=-1)]
    return make_model(nodes, [value("x", ["n", 3, "s", "t"]), value("mask", [24])],
                      [value("y", ["n", None])])


def test_a_number_meets_a_product_of_free_dimensions(tmp_path):
    path = tmp_path / "masked.onnx"
    onnx.save(sum_of_rows_and_mask(), path)
    x = np.random.default_rng(0).standard_normal((2, 3, 2, 4)).astype(np.float32)
    mask = np.where(np.arange(24) % 5, 0, -1e9).astype(np.float32)
    lazuli("compile", path, "-o", tmp_path / "masked.lzm")
    run = ["run", tmp_path / "masked.lzm", "--inputs-from"]
    folder = write_data(tmp_path / "data", x, mask)
    lazuli(*run, folder, "--outputs-to", tmp_path / "out")
    shifted = np.exp(x.reshape(2, 24) + mask)
    expected = shifted / shifted.sum(-1, keepdims=True)
    np.testing.assert_allclose(read_output(tmp_path / "out", 0)[1], expected, rtol=1e-5, atol=1e-7)
    folder = write_data(tmp_path / "other", x[:, :, :, :3], mask)
    assert "must broadcast must agree" in failing(*run, folder)


def test_a_free_dimension_that_can_only_be_one_number(tmp_path):
    nodes = [helper.make_node("Reshape", ["x", "shape"], ["y"], name="fixed")]
    path = tmp_path / "fixed.onnx"
    onnx.save(make_model(nodes, [value("x", ["batch", 3, 4])], [value("y", [1, 12])],
                         [numpy_helper.from_array(np.array([1, 12]), "shape")]), path)
    done = lazuli("compile", path, "-o", tmp_path / "fixed.lzm")
    assert "'fixed' dimension 'batch' is not dynamic, it can only be 1 here" in done.stderr


def test_the_model_is_not_written_over(model):
    before = model.read_bytes()
    other = model.parent / "." / model.name
    error = failing("compile", model, "-o", other, code=2)
    assert "is what is compiled, expected another file to write" in error
    assert model.read_bytes() == before


def test_what_takes_artifacts_says_so_of_an_onnx_file(model):
    for command in ("inspect", "verify"):
        assert "is an ONNX file, expected what 'lazuli compile' makes of it" in failing(command, model)


def test_the_default_name_of_the_artifact(model, tmp_path):
    lazuli("compile", model, cwd=tmp_path)
    assert [path.name for path in tmp_path.glob("*.lzm")] == ["model.compiled.lzm"]


# ---- external data ---------------------------------------------------------


def external(folder, location="weights.bin", offset=None, length=None):
    """The path of a model whose weight is said to lie at `location`."""
    proto = linear()
    weight = proto.graph.initializer[0]
    weight.ClearField("raw_data")
    weight.data_location = TensorProto.EXTERNAL
    entries = {"location": location, "offset": offset, "length": length}
    for key, text in entries.items():
        if text is not None:
            weight.external_data.add(key=key, value=str(text))
    folder.mkdir(exist_ok=True)
    (folder / "model.onnx").write_bytes(proto.SerializeToString())
    return folder / "model.onnx"


def test_external_data(tmp_path):
    path = external(tmp_path / "model", offset=16, length=48)
    (path.parent / "weights.bin").write_bytes(bytes(16) + WEIGHT.tobytes() + bytes(5))
    lazuli("compile", path, "-o", tmp_path / "model.lzm")
    np.testing.assert_array_equal(run_one(tmp_path / "model.lzm", "-i", "x=[[1,2,3]]"),
                                  np.maximum(np.array([[1, 2, 3]]) @ WEIGHT, 0))


def test_external_data_that_onnx_wrote(tmp_path):
    onnx.save(linear(), tmp_path / "model.onnx", save_as_external_data=True,
              location="model.data", size_threshold=0)
    assert (tmp_path / "model.data").exists()
    np.testing.assert_array_equal(run_one(tmp_path / "model.onnx", "-i", "x=[[1,2,3]]"),
                                  np.maximum(np.array([[1, 2, 3]]) @ WEIGHT, 0))


@pytest.mark.parametrize("location",
                         ["../secret.bin", "link.bin", "/etc/passwd", "missing.bin", ""])
def test_external_data_elsewhere(tmp_path, location):
    path = external(tmp_path / "model", location)
    (tmp_path / "secret.bin").write_bytes(WEIGHT.tobytes())
    (path.parent / "link.bin").symlink_to(tmp_path / "secret.bin")
    message = failing("compile", path, "-o", tmp_path / "model.lzm")
    assert "external data" in message and f"'{location}'" in message
    assert "initializer 'w'" in message
    assert not (tmp_path / "model.lzm").exists()


@pytest.mark.parametrize("offset, length", [(49, None), (8, 48), (0, 10**17), ("-1", None)])
def test_external_data_past_the_end(tmp_path, offset, length):
    path = external(tmp_path / "model", offset=offset, length=length)
    (path.parent / "weights.bin").write_bytes(WEIGHT.tobytes())
    assert "initializer 'w'" in failing("compile", path, "-o", tmp_path / "model.lzm")


# ---- damaged files ---------------------------------------------------------


def test_files_that_are_no_models(tmp_path):
    for name, content in (("empty", b""), ("text", b"hello, world\n"), ("zeros", bytes(64)),
                          ("ones", b"\xff" * 64)):
        (tmp_path / f"{name}.onnx").write_bytes(content)
        assert f"{name}.onnx" in failing("compile", tmp_path / f"{name}.onnx", "-o",
                                         tmp_path / "out.lzm")
    (tmp_path / "folder.onnx").mkdir()
    failing("compile", tmp_path / "folder.onnx", "-o", tmp_path / "out.lzm")
    failing("compile", tmp_path / "missing.onnx", "-o", tmp_path / "out.lzm")
    assert not (tmp_path / "out.lzm").exists()


def test_unknown_operators_are_named(tmp_path):
    proto = make_model([helper.make_node("Frobnicate", ["x"], ["y"], name="odd one")],
                       [value("x", [2])], [value("y", [2])])
    onnx.save(proto, tmp_path / "model.onnx")
    message = failing("compile", tmp_path / "model.onnx", "-o", tmp_path / "out.lzm")
    assert "Frobnicate 'odd one': the operator is not supported" in message
    assert "model.onnx" in message


def ends_well(path, out):
    """The exit code of compiling: 0, or 1 with one message; never a crash or a defect."""
    result = subprocess.run([BIN / "lazuli", "compile", path, "-o", out, "--threads", "1",
                             "--no-native-code"], capture_output=True, text=True, timeout=60,
                            errors="replace")
    errors = [line for line in result.stderr.splitlines() if line.startswith("error: ")]
    assert (result.returncode, len(errors)) in ((0, 0), (1, 1)), \
        f"{path}: exit code {result.returncode}\n{result.stderr}"
    return result.returncode


def test_truncated_files(tmp_path):
    content = linear().SerializeToString()
    codes = []
    for size in range(0, len(content), 7):
        path = tmp_path / f"cut{size}.onnx"
        path.write_bytes(content[:size])
        codes.append(ends_well(path, tmp_path / "out.lzm"))
    assert codes.count(1) > len(codes) // 2


def busy_model():
    """Small, but with attributes, constants, functions of shapes and a reduction."""
    nodes = [helper.make_node("Conv", ["x", "k"], ["a"], pads=[1, 1, 1, 1], strides=[2, 2]),
             helper.make_node("Shape", ["a"], ["s"]),
             helper.make_node("Gather", ["s", "first"], ["n"], axis=0),
             helper.make_node("Concat", ["n", "rest"], ["shape"], axis=0),
             helper.make_node("Reshape", ["a", "shape"], ["b"]),
             helper.make_node("Softmax", ["b"], ["c"], axis=-1),
             helper.make_node("Split", ["c"], ["d", "e"], axis=1, num_outputs=2),
             helper.make_node("ReduceMax", ["d", "axes"], ["f"], keepdims=0),
             helper.make_node("Cast", ["f"], ["y"], to=TensorProto.FLOAT16)]
    numbers = [("first", [0]), ("rest", [-1]), ("axes", [1])]
    kernel = np.linspace(-1, 1, 18, dtype=np.float32).reshape(2, 1, 3, 3)
    return make_model(nodes, [value("x", ["batch", 1, 8, 8])],
                      [value("y", None, TensorProto.FLOAT16)],
                      [numpy_helper.from_array(kernel, "k")]
                      + [numpy_helper.from_array(np.array(v, np.int64), n) for n, v in numbers])


def test_changed_bytes(tmp_path):
    """300 models with up to four wrong bytes: one clear message, or a model."""
    content = busy_model().SerializeToString()
    whole = tmp_path / "whole.onnx"
    whole.write_bytes(content)
    assert ends_well(whole, tmp_path / "out.lzm") == 0
    generator = random.Random(7)
    codes = []
    for number in range(300):
        changed = bytearray(content)
        for _ in range(generator.randint(1, 4)):
            changed[generator.randrange(len(changed))] = generator.choice(
                (0, 1, 0x7f, 0x80, 0xff, generator.randrange(256)))
        path = tmp_path / f"changed{number}.onnx"
        path.write_bytes(changed)
        codes.append(ends_well(path, tmp_path / "out.lzm"))
    assert 0 < codes.count(1) < 300


def test_random_input_of_declared_dimensions(model):
    output, = lazuli_json("run", model, "-i", "x=random", "--dim", "batch=5")["outputs"]
    assert output["shape"] == [5, 4]
