"""ONNX's own backend suite: which cases there are, and one process that runs them.

The suite is part of the onnx package: single operators, written in Python (kind
"node"), and small exported models (kinds "simple", "pytorch-..."), each with inputs
and the outputs that are right. Cases run in a forked child, so that one that ends
its process ends no other case.
"""

import functools
import glob
import multiprocessing
import os
import tempfile
import warnings

import onnx
from onnx import numpy_helper
from onnx.backend.test.loader import load_model_tests
from onnx.backend.test.runner import Runner

KINDS = ("node", "simple", "pytorch-converted", "pytorch-operator")

#: Every n-th case by name is in the fast part.
STRIDE = 8

#: The longest that a case may take, in seconds.
LIMIT = 120


@functools.lru_cache(maxsize=None)
def cases():
    """All cases by name, as in "node/abs"; in the order of names."""
    found = {}
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # the suite overflows on purpose
        for kind in KINDS:
            for case in load_model_tests(kind=kind):
                found[f"{kind}/{case.name.removeprefix('test_')}"] = case
    return dict(sorted(found.items()))


def selection(whole, listed):
    """The names of the cases to run: all, or the fast part and those in `listed`."""
    names = list(cases())
    if whole:
        return names
    fast = set(names[::STRIDE]) | set(listed)
    fast |= {name for name in names if not name.startswith("node/")}
    return sorted(fast & set(names))


# ---- one case --------------------------------------------------------------


def as_python(value):
    """A value of a data set, which is a message in some of the cases."""
    if isinstance(value, onnx.TensorProto):
        return numpy_helper.to_array(value)
    if isinstance(value, onnx.SequenceProto):
        return numpy_helper.to_list(value)
    if isinstance(value, onnx.OptionalProto):
        return numpy_helper.to_optional(value)
    return value


def read_value(path, type_proto):
    """The value in a file of an exported model's data set."""
    kinds = {"tensor_type": onnx.TensorProto, "sequence_type": onnx.SequenceProto,
             "optional_type": onnx.OptionalProto}
    message = kinds[type_proto.WhichOneof("value")]()
    with open(path, "rb") as file:
        message.ParseFromString(file.read())
    return as_python(message)


def read_values(folder, prefix, ports):
    count = len(glob.glob(os.path.join(folder, f"{prefix}_*.pb")))
    return [read_value(os.path.join(folder, f"{prefix}_{i}.pb"), ports[i].type)
            for i in range(count)]


def data_sets(case):
    """(inputs, outputs) of each data set of the case."""
    if case.data_sets is not None:
        return [([as_python(v) for v in inputs], [as_python(v) for v in outputs])
                for inputs, outputs in case.data_sets]
    graph = onnx.load(os.path.join(case.model_dir, "model.onnx")).graph
    folders = sorted(glob.glob(os.path.join(case.model_dir, "test_data_set*")))
    return [(read_values(folder, "input", graph.input),
             read_values(folder, "output", graph.output)) for folder in folders]


def check(path, case):
    """Compares what the model gives with what it should, by the suite's own rule."""
    from lazuli import onnx_backend
    sets = data_sets(case)
    assert sets, "the case has no data"
    for inputs, outputs in sets:
        got = onnx_backend.run(path, inputs)
        Runner.assert_similar_outputs(outputs, got, rtol=case.rtol, atol=case.atol)


def run_case(case):
    """None if it passes, else why not."""
    try:
        if case.model_dir is not None:
            check(os.path.join(case.model_dir, "model.onnx"), case)
            return None
        with tempfile.TemporaryDirectory() as folder:
            path = os.path.join(folder, "model.onnx")
            onnx.save(case.model, path)
            check(path, case)
        return None
    except Exception as error:  # pylint: disable=broad-except
        return f"{type(error).__name__}: {str(error).strip()}"


# ---- the process -----------------------------------------------------------


def serve(connection):
    """The child: runs the cases whose names it is sent."""
    while True:
        connection.send(run_case(cases()[connection.recv()]))


class Worker:
    """A child process that runs cases; a new one where the last has ended."""

    def __init__(self):
        self._process = None
        self._connection = None

    def _start(self):
        cases()  # so that a child finds them in its memory
        context = multiprocessing.get_context("fork")
        self._connection, theirs = context.Pipe()
        self._process = context.Process(target=serve, args=(theirs,), daemon=True)
        self._process.start()
        theirs.close()

    def run(self, name):
        """None if the case passes, else why not."""
        if self._process is None:
            self._start()
        try:
            self._connection.send(name)
            if not self._connection.poll(LIMIT):
                self.stop()
                return f"took longer than {LIMIT} s"
            return self._connection.recv()
        except (EOFError, OSError):
            process = self._process
            process.join()
            self.stop()
            return f"ended its process (exit code {process.exitcode})"

    def stop(self):
        if self._process is not None:
            self._process.kill()
            self._process.join()
            self._connection.close()
            self._process = None
