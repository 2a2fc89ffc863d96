"""Replays every model of a folder with each of its numbers at extremes, one at a time.

    build/venv/bin/python tests/fuzz/sweep_extremes.py build-fuzz/tests/bin/OnnxFuzzReplay \\
        build-fuzz/corpus/seeds --keep build-fuzz/corpus/extremes

Numbers are the integer and float attributes, elements of small constants, and declared
dimensions, of subgraphs and functions too. A fuzzer finds such values by chance, this finds all
that one of them alone can do. Models that crash the replay are kept; exit code 1 if any.
"""

import argparse
import pathlib
import subprocess
import sys
import tempfile

import numpy as np
import onnx
from onnx import numpy_helper

INTEGERS = (-(2**63), 2**63 - 1, 2**62, 2**31, -1, 0)
FLOATS = (float("nan"), float("inf"), -3e38, 1e-45, 0.0)
#: Elements of a constant or of a list that are tried: the first ones say what all of them do.
MAX_ELEMENTS = 4
BATCH = 200


def attribute_places(attribute):
    """(set, restore) for each extreme of one attribute."""
    for field, extremes in (("i", INTEGERS), ("f", FLOATS)):
        if attribute.HasField(field):
            for value in extremes:
                yield from place(attribute, field, value)
    for numbers, extremes in ((attribute.ints, INTEGERS), (attribute.floats, FLOATS)):
        for index in range(min(len(numbers), MAX_ELEMENTS)):
            for value in extremes:
                yield from element(numbers, index, value)


def place(message, field, value):
    before = getattr(message, field)
    yield (lambda: setattr(message, field, value)), (lambda: setattr(message, field, before))


def element(numbers, index, value):
    before = numbers[index]
    yield (lambda: numbers.__setitem__(index, value)), (
        lambda: numbers.__setitem__(index, before))


def tensor_places(tensor):
    """The first elements of a small integer or float constant."""
    if tensor.data_location == onnx.TensorProto.EXTERNAL:
        return
    try:
        array = numpy_helper.to_array(tensor)
    except (ValueError, TypeError, KeyError):
        return
    if array.dtype not in (np.int64, np.int32, np.float32) or not 0 < array.size <= 64:
        return
    before = onnx.TensorProto()
    before.CopyFrom(tensor)
    floats = array.dtype == np.float32
    for index in range(min(array.size, MAX_ELEMENTS)):
        for value in FLOATS if floats else INTEGERS:
            changed = array.copy()
            with np.errstate(all="ignore"):
                changed.flat[index] = np.array(value).astype(array.dtype)
            made = numpy_helper.from_array(changed, tensor.name)
            yield (lambda made=made: tensor.CopyFrom(made)), (lambda: tensor.CopyFrom(before))


def shape_places(info):
    for dim in info.type.tensor_type.shape.dim:
        if dim.HasField("dim_value"):
            for value in INTEGERS:
                yield from place(dim, "dim_value", value)


def node_places(nodes):
    for node in nodes:
        for attribute in node.attribute:
            yield from attribute_places(attribute)
            if attribute.HasField("t"):
                yield from tensor_places(attribute.t)
            for graph in [attribute.g] * attribute.HasField("g") + list(attribute.graphs):
                yield from graph_places(graph)


def graph_places(graph):
    yield from node_places(graph.node)
    for tensor in graph.initializer:
        yield from tensor_places(tensor)
    for info in graph.input:
        yield from shape_places(info)


def variants(model):
    """The bytes of the model with one number changed, for each number and extreme."""
    for change, restore in list(graph_places(model.graph)):
        change()
        yield model.SerializeToString()
        restore()
    for function in model.functions:
        for change, restore in list(node_places(function.node)):
            change()
            yield model.SerializeToString()
            restore()


def replay(binary, files):
    """The files that crash the replay, or take longer than it allows."""
    crashed = []
    while files:
        run = subprocess.run([binary, *map(str, files)], capture_output=True, text=True,
                             errors="replace", check=False)
        if run.returncode == 0:
            break
        print(run.stderr[-2000:], file=sys.stderr)
        crashed += [file for file in files if f"{file}: took " in run.stderr]
        if run.returncode == 1 and f"{len(files)} files" in run.stdout:
            break  # none crashed, those were slow
        done = set(run.stdout.split())
        last = max((i for i, file in enumerate(files) if str(file) in done), default=0)
        crashed.append(files[last])
        files = files[last + 1:]
    return crashed


def sweep(binary, paths, keep):
    count, found = 0, 0
    with tempfile.TemporaryDirectory() as folder:
        batch = []

        def run_batch():
            nonlocal found
            for file in replay(binary, batch):
                keep.mkdir(parents=True, exist_ok=True)
                (keep / file.name).write_bytes(file.read_bytes())
                print(f"kept {keep / file.name}", flush=True)
                found += 1
            for file in batch:
                file.unlink()
            batch.clear()

        for path in paths:
            try:
                model = onnx.ModelProto.FromString(path.read_bytes())
            except Exception:  # what is no model is the fuzzer's concern
                continue
            for number, content in enumerate(variants(model)):
                file = pathlib.Path(folder, f"{path.stem[:80]}-{number}.onnx")
                file.write_bytes(content)
                batch.append(file)
                count += 1
                if len(batch) == BATCH:
                    run_batch()
        run_batch()
    return count, found


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("replay", help="the program OnnxFuzzReplay")
    parser.add_argument("folder", type=pathlib.Path, help="of models")
    parser.add_argument("--keep", type=pathlib.Path, required=True, help="folder for what crashes")
    parser.add_argument("--part", default="0/1", help="i/n: every n-th model from the i-th on")
    given = parser.parse_args()
    first, step = map(int, given.part.split("/"))
    paths = sorted(given.folder.iterdir())[first::step]
    count, found = sweep(given.replay, paths, given.keep)
    print(f"{len(paths)} models, {count} variants, {found} findings")
    return found != 0


if __name__ == "__main__":
    sys.exit(main())
