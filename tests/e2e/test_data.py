"""Folders of test data: values of every kind, ONNX's own cases, and files that are
damaged or hold something else."""

import random
import subprocess
import warnings

import numpy as np
import onnx
import pytest
from onnx import TensorProto, helper, numpy_helper
from onnx.backend.test.loader import load_model_tests

from cli import BIN, failing, lazuli, lazuli_json

MESSAGES = {"tensor_type": onnx.TensorProto, "sequence_type": onnx.SequenceProto,
            "optional_type": onnx.OptionalProto}
DECODE = {onnx.TensorProto: numpy_helper.to_array, onnx.SequenceProto: numpy_helper.to_list,
          onnx.OptionalProto: numpy_helper.to_optional}


def encode(value, type_proto):
    """The message of a value, as ONNX writes it for an input of that type."""
    if isinstance(value, tuple(DECODE)):
        return value
    encoders = {"tensor_type": numpy_helper.from_array, "sequence_type": numpy_helper.from_list,
                "optional_type": numpy_helper.from_optional}
    return encoders[type_proto.WhichOneof("value")](value)


def decode(path, type_proto):
    message = MESSAGES[type_proto.WhichOneof("value")]()
    message.ParseFromString(path.read_bytes())
    return DECODE[type(message)](message)


def write_inputs(folder, graph, values):
    folder.mkdir(exist_ok=True)
    for index, (port, value) in enumerate(zip(graph.input, values)):
        message = encode(value, port.type)
        (folder / f"input_{index}.pb").write_bytes(message.SerializeToString())
    return folder


def run(path, folder, values):
    """Runs the model at `path` on `values` by way of files, as a user would."""
    graph = onnx.load(path).graph
    write_inputs(folder, graph, values)
    lazuli("run", path, "--inputs-from", folder, "--outputs-to", folder)
    outputs = [decode(folder / f"output_{i}.pb", port.type)
               for i, port in enumerate(graph.output)]
    assert len(list(folder.glob("output_*"))) == len(outputs)
    return outputs


def compare(got, expected, rtol=1e-3, atol=1e-7):
    """Values of any kind; numbers within the suite's tolerances."""
    if expected is None:
        assert got is None
    elif isinstance(expected, list):
        assert isinstance(got, list) and len(got) == len(expected)
        for left, right in zip(got, expected):
            compare(left, right, rtol, atol)
    elif np.asarray(expected).dtype.kind in "OUS":
        assert np.shape(got) == np.shape(expected)
        assert np.ravel(got).astype(str).tolist() == np.ravel(expected).astype(str).tolist()
    else:
        assert got.dtype == expected.dtype and got.shape == expected.shape
        np.testing.assert_allclose(got, expected, rtol=rtol, atol=atol)


# ---- ONNX's own cases ------------------------------------------------------


def load_cases():
    """Those whose inputs or outputs are not all numbers, by name."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # the suite overflows on purpose
        cases = load_model_tests(kind="node")
    return {case.name.removeprefix("test_"): case for case in cases
            if any(not is_numbers(port.type)
                   for port in [*case.model.graph.input, *case.model.graph.output])}


def is_numbers(type_proto):
    return (type_proto.HasField("tensor_type")
            and type_proto.tensor_type.elem_type != TensorProto.STRING)


CASES = load_cases()


def as_value(value):
    decoder = DECODE.get(type(value))
    return decoder(value) if decoder else value


@pytest.mark.parametrize("name", CASES)
def test_cases_of_onnx(name, tmp_path):
    case = CASES[name]
    onnx.save(case.model, tmp_path / "model.onnx")
    for index, (inputs, outputs) in enumerate(case.data_sets):
        got = run(tmp_path / "model.onnx", tmp_path / f"set{index}", inputs)
        for left, right in zip(got, outputs, strict=True):
            compare(left, as_value(right), case.rtol, case.atol)


# ---- other models ----------------------------------------------------------


def tensor(name, shape, dtype=TensorProto.FLOAT):
    return helper.make_tensor_value_info(name, dtype, shape)


def sequence(name, dtype=TensorProto.FLOAT):
    element = helper.make_tensor_type_proto(dtype, None)
    return helper.make_value_info(name, helper.make_sequence_type_proto(element))


def save(path, nodes, inputs, outputs):
    graph = helper.make_graph(nodes, "graph", inputs, outputs)
    onnx.save(helper.make_model(graph, opset_imports=[helper.make_opsetid("", 20)],
                                ir_version=10), path)
    return path


@pytest.fixture
def insert(tmp_path):
    """A sequence and a tensor in; the longer sequence and its length out."""
    return save(tmp_path / "insert.onnx",
                [helper.make_node("SequenceInsert", ["s", "x"], ["t"]),
                 helper.make_node("SequenceLength", ["t"], ["n"])],
                [sequence("s"), tensor("x", [2])],
                [sequence("t"), tensor("n", [], TensorProto.INT64)])


ITEMS = [np.array([[1, 2, 3]], np.float32), np.array([4], np.float32)]
X = np.array([5, 6], np.float32)


def test_a_compiled_model_says_its_types_too(insert, tmp_path):
    graph = onnx.load(insert).graph
    data = write_inputs(tmp_path / "in", graph, [ITEMS, X])
    lazuli("compile", insert, "-o", tmp_path / "insert.lzm")
    for items in (ITEMS, []):
        write_inputs(data, graph, [items, X])
        lazuli("run", tmp_path / "insert.lzm", "--inputs-from", data, "--outputs-to", data)
        compare(decode(data / "output_0.pb", graph.output[0].type), items + [X])
        assert decode(data / "output_1.pb", graph.output[1].type) == len(items) + 1


def test_values_on_a_terminal_and_as_json(insert, tmp_path):
    data = write_inputs(tmp_path / "in", onnx.load(insert).graph, [ITEMS, X])
    text = lazuli("run", insert, "--inputs-from", data).stdout
    assert text == ("t: sequence of 3\n  [0] f32[1, 3]\n    [[1, 2, 3]]\n  [1] f32[1]\n    [4]\n"
                    "  [2] f32[2]\n    [5, 6]\nn: i64[]\n  3\n")
    sequence_out, length = lazuli_json("run", insert, "--inputs-from", data)["outputs"]
    assert sequence_out["kind"] == "sequence" and sequence_out["name"] == "t"
    assert [element["data"] for element in sequence_out["elements"]] == [[[1, 2, 3]], [4], [5, 6]]
    assert length == {"name": "n", "dtype": "i64", "shape": [], "data": 3}
    assert "expected a tensor; --outputs-to" in failing(
        "run", insert, "--inputs-from", data, "--output-dir", tmp_path / "npy")


def test_strings_on_a_terminal(tmp_path):
    path = save(tmp_path / "concat.onnx", [helper.make_node("StringConcat", ["a", "b"], ["c"])],
                [tensor(name, [2], TensorProto.STRING) for name in "ab"],
                [tensor("c", [2], TensorProto.STRING)])
    data = write_inputs(tmp_path / "in", onnx.load(path).graph,
                        [np.array(["x", "Gr\u00f6\u00dfe"], object), np.array(["1", '"2'], object)])
    assert lazuli("run", path, "--inputs-from", data).stdout == \
        'c: string[2]\n  ["x1", "Gr\u00f6\u00dfe\\"2"]\n'
    c, = lazuli_json("run", path, "--inputs-from", data)["outputs"]
    assert c == {"name": "c", "dtype": "string", "shape": [2], "data": ["x1", "Gr\u00f6\u00dfe\"2"]}


def test_bench_takes_them(insert, tmp_path):
    data = write_inputs(tmp_path / "in", onnx.load(insert).graph, [ITEMS, X])
    found = lazuli_json("bench", insert, "--inputs-from", data, "--seconds", 0.01, "--warmup", 0)
    assert [port["type"] for port in found["inputs"]] == ["sequence of 2", "f32[2]"]
    assert "'s' is sequence of f32 tensors, which is no plain tensor" in failing(
        "bench", insert, "--seconds", 0.01, code=2)


def test_the_extension_is_read_in_either_case(insert, tmp_path):
    data = write_inputs(tmp_path / "in", onnx.load(insert).graph, [ITEMS, X])
    loud = tmp_path / "INSERT.ONNX"
    insert.rename(loud)
    assert lazuli_json("run", loud, "--inputs-from", data)["outputs"][1]["data"] == 3


# ---- files that do not fit -------------------------------------------------


def write(data, index, message):
    (data / f"input_{index}.pb").write_bytes(message.SerializeToString())


@pytest.mark.parametrize("compiled", [False, True])
def test_files_that_do_not_fit(insert, tmp_path, compiled):
    """One message, that names the file, what it holds and what the model takes."""
    if compiled:
        lazuli("compile", insert, "-o", tmp_path / "insert.lzm")
    graph = onnx.load(insert).graph
    model = tmp_path / "insert.lzm" if compiled else insert
    good_items = numpy_helper.from_list(ITEMS, "s").SerializeToString()
    good_x = numpy_helper.from_array(X).SerializeToString()
    cases = [
        (0, numpy_helper.from_array(X).SerializeToString(),
         "holds a tensor, expected sequence of f32 tensors for input 's'"),
        (0, numpy_helper.from_list([X.astype(np.float64)]).SerializeToString(),
         "holds f64[2], expected sequence of f32 tensors"),
        (0, good_items[:-3], "holds no value of ONNX, or only a part of one"),
        (0, b"", "is empty, expected sequence of f32 tensors"),
        (1, numpy_helper.from_list(ITEMS, "x").SerializeToString(),
         "holds a sequence or an optional, expected f32[2]"),
        (1, numpy_helper.from_array(X.astype(np.int64)).SerializeToString(),
         "holds i64[2], expected f32[2] for input 'x'"),
        (1, numpy_helper.from_array(np.ones(3, np.float32)).SerializeToString(),
         "holds f32[3], expected f32[2]"),
        (1, good_x[:-3], "holds no value of ONNX, or only a part of one"),
        (1, TensorProto(dims=[3], data_type=TensorProto.FLOAT, raw_data=X.tobytes())
         .SerializeToString(), "it holds 8 bytes, expected 12 for its shape"),
    ]
    for number, (index, content, expected) in enumerate(cases):
        data = write_inputs(tmp_path / f"case{number}", graph, [ITEMS, X])
        (data / f"input_{index}.pb").write_bytes(content)
        message = failing("run", model, "--inputs-from", data)
        assert f"'{data}/input_{index}.pb'" in message and expected in message, message


def test_files_that_are_missing_or_too_many(insert, tmp_path):
    graph = onnx.load(insert).graph
    data = write_inputs(tmp_path / "in", graph, [ITEMS, X])
    (data / "input_2.pb").write_bytes((data / "input_1.pb").read_bytes())
    takes = "the model takes 2 inputs: s: sequence of f32 tensors, x: f32[2]"
    assert failing("run", insert, "--inputs-from", data) == \
        f"'{data}/input_2.pb' is one too many, {takes}"
    (data / "input_2.pb").unlink()
    (data / "input_1.pb").unlink()
    assert failing("run", insert, "--inputs-from", data) == \
        f"'{data}/input_1.pb' is missing, {takes}"
    assert "is no folder" in failing("run", insert, "--inputs-from", tmp_path / "missing")
    failing("run", insert, "--inputs-from", data, "-i", "x=[1,2]", code=2)


def test_text_takes_tensors(models, tmp_path):
    """What is neither compiled nor ONNX does not tell kinds before it is compiled."""
    data = tmp_path / "in"
    data.mkdir()
    for index in range(2):
        write(data, index, numpy_helper.from_array(np.ones((3, 2), np.float32)))
    assert lazuli_json("run", models / "add.mlir", "--inputs-from", data)["outputs"][0]["data"] \
        == [[2, 2]] * 3
    write(data, 1, numpy_helper.from_list(ITEMS, "s"))
    assert "input_1.pb' holds a sequence or an optional, expected a tensor: only" in \
        failing("run", models / "add.mlir", "--inputs-from", data)
    (data / "input_1.pb").unlink()
    failing("run", models / "add.mlir", "--inputs-from", data)


def test_models_that_are_cut_off(insert, tmp_path):
    data = write_inputs(tmp_path / "in", onnx.load(insert).graph, [ITEMS, X])
    content = insert.read_bytes()
    for size in range(1, len(content), 9):
        (tmp_path / "cut.onnx").write_bytes(content[:size])
        failing("run", tmp_path / "cut.onnx", "--inputs-from", data)


def test_changed_bytes(insert, tmp_path):
    """200 folders with up to four wrong bytes: one message, or outputs; never a crash."""
    lazuli("compile", insert, "-o", tmp_path / "insert.lzm")
    data = write_inputs(tmp_path / "in", onnx.load(insert).graph, [ITEMS, X])
    contents = [(data / f"input_{index}.pb").read_bytes() for index in range(2)]
    generator = random.Random(3)
    codes = []
    for number in range(200):
        index = number % 2
        changed = bytearray(contents[index])
        for _ in range(generator.randint(1, 4)):
            changed[generator.randrange(len(changed))] = generator.choice(
                (0, 1, 0x7f, 0x80, 0xff, generator.randrange(256)))
        (data / f"input_{index}.pb").write_bytes(changed)
        result = subprocess.run([BIN / "lazuli", "run", tmp_path / "insert.lzm", "--inputs-from",
                                 data], capture_output=True, text=True, errors="replace",
                                timeout=60)
        (data / f"input_{index}.pb").write_bytes(contents[index])
        codes.append(result.returncode)
        assert result.returncode in (0, 1), f"{bytes(changed)}\n{result.stderr}"
        assert result.returncode == 0 or result.stderr.startswith("error: "), result.stderr
    assert 0 < codes.count(1) < 200
