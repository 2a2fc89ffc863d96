"""Models as Python objects."""

import os
import pathlib
import threading

from . import _lazuli, _values


def _compiler_library():
    """liblazuli_compiler.so: beside this file when installed, in build/lib else."""
    here = pathlib.Path(__file__).resolve().parent
    for folder in (here, here.parent / "lib", here.parent.parent / "lib"):
        library = folder / "liblazuli_compiler.so"
        if library.exists():
            return str(library)
    raise _lazuli.Error("liblazuli_compiler.so is not where it was installed")


def _describe_port(port):
    kind = {"sequence": "sequence of ", "optional": "optional "}.get(port["kind"], "")
    dims = f"[{', '.join(map(str, port['shape']))}]" if not kind else ""
    return f"{port['name']}: {kind}{port['logical_type'] or port['dtype']}{dims}"


def _describe_input(port, value, alive):
    """What the session takes for the value; its arrays are added to `alive`."""
    if port["kind"] != "tensor":
        return _values.describe(value, port, alive)
    array = _values.as_array(value)
    alive.append(array)
    return _values.view(array)


class Model:
    """A compiled model: `run` it on arrays, look at `inputs` and `outputs`.

    One object runs for one thread at a time, others wait for their turn; `copy()` gives
    another that shares everything but the state, for threads that run at the same time.
    """

    def __init__(self, path, threads=0):
        self._path = os.fspath(path)
        self._threads = threads
        self._model = _lazuli.Model(self._path)
        self._open()

    def _open(self):
        self._inputs = self._model.inputs()
        self._outputs = self._model.outputs()
        self._names = [port["name"] for port in self._inputs]
        self._session = _lazuli.Session(self._model, self._threads)
        self._turn = threading.Lock()  # from the first input set to the last output taken

    def __repr__(self):
        inputs, outputs = (", ".join(map(_describe_port, ports))
                           for ports in (self._inputs, self._outputs))
        return f"<lazuli.Model ({inputs}) -> ({outputs})>"

    def copy(self):
        """A model of its own over the same mapped file."""
        other = object.__new__(Model)
        other._path, other._threads, other._model = self._path, self._threads, self._model
        other._open()
        return other

    @property
    def inputs(self):
        """Names, dtypes and shapes of the inputs; a string is a free dimension."""
        return list(self._inputs)

    @property
    def outputs(self):
        """The same of the outputs."""
        return list(self._outputs)

    def _order(self, args, kwargs):
        if len(args) == 1 and not kwargs and isinstance(args[0], dict):
            args, kwargs = (), args[0]
        if args and kwargs:
            raise TypeError("inputs are given by position or by name, not both")
        if not kwargs:
            if len(args) != len(self._names):
                raise TypeError(f"found {len(args)} inputs, expected {len(self._names)}: "
                                + ", ".join(self._names))
            return args
        if set(kwargs) != set(self._names):
            raise TypeError(f"found the inputs {', '.join(sorted(kwargs))}, expected "
                            + ", ".join(self._names))
        return [kwargs[name] for name in self._names]

    def run(self, *args, **kwargs):
        """Runs on inputs given in order, by name, or as one dict: NumPy arrays, which
        are read where they are; arrays of strings; lists for sequences; None for an
        optional that is not there. Returns a list of the same, which is the
        caller's. Waits while another thread runs the same object."""
        alive = []  # until the run has read them
        described = [_describe_input(port, value, alive)
                     for port, value in zip(self._inputs, self._order(args, kwargs))]
        with self._turn:
            for index, (port, value) in enumerate(zip(self._inputs, described)):
                if port["kind"] == "tensor":
                    self._session.set_input(index, value)
                else:
                    self._session.set_input_value(index, value)
            self._session.run()
            return [self._output(index) for index in range(self._session.num_outputs)]

    __call__ = run

    def _output(self, index):
        port = self._outputs[index]
        if port["kind"] != "tensor":
            return _values.undescribe(self._session.get_output_value(index),
                                      port["logical_type"])
        name, dims, data = self._session.get_output(index)
        return _values.from_bytes(name, dims, data, port["logical_type"])


def load(path, threads=0):
    """Maps a compiled artifact. `threads`: 0 for one per CPU."""
    return Model(path, threads)


class _TemporaryModel(Model):
    """A model whose artifact goes with it."""

    def __del__(self):
        try:
            os.unlink(self._path)
        except (OSError, AttributeError):
            pass


def _texts(given):
    """One text is a list of one."""
    return [given] if isinstance(given, str) else list(given)


def _examples(example_inputs):
    """(name, value) of each; by position the name is empty."""
    if example_inputs is None:
        return []
    if isinstance(example_inputs, dict):
        return list(example_inputs.items())
    if isinstance(example_inputs, (str, bytes, int, float)) or hasattr(example_inputs, "__array__"):
        return [("", example_inputs)]
    return [("", value) for value in example_inputs]


def _describe_examples(example_inputs, alive):
    """What the compiler takes; values that are no tensors only keep their place."""
    described = []
    for name, value in _examples(example_inputs):
        if not _values.is_tensor(value):
            described.append((name, ("", [], 0)))
            continue
        array = _values.as_array(value)
        alive.append(array)
        described.append((name, _values.view(array)))
    return described


def compile(model, output=None, example_inputs=None, examples=(), dynamic=(), weights=None,
            random_weights=False, seed=0, target_cpu="native", threads=0,
            allow_partial_weights=False, cache=True, autotune=False, winograd=True):
    """Compiles `model` (a path) and loads what came of it.

    output          where the artifact is kept; None: it goes with the model
    example_inputs  arrays, in the order of the inputs or by name, or one alone: their
                    types, shapes and, where shapes follow from them, their elements
    examples        types alone, as on the command line: "x=f32[1,3,224,224]"
    dynamic         dimensions that stay free: "x:0=batch[1..64]", one text or several
    weights         a safetensors file; allow_partial_weights: keys that are missing
                    or unexpected in it are accepted
    random_weights  parameters that have no value are initialized by `seed`
    threads         to compile and to run with; 0: one per CPU
    cache           a folder where compiled kernels are kept, or whether they are at all:
                    True is the user's own, as LAZULI_CACHE_DIR, XDG_CACHE_HOME and
                    LAZULI_NO_CACHE say
    autotune        measure on this machine whether oneDNN or a generated kernel is faster
                    for products of few rows or little work
    winograd        convolutions may be computed by Winograd's algorithm, which is
                    faster and rounds otherwise than their definition does

    Raises lazuli.Error with the compiler's diagnostics; lazuli.Defect where it is
    the compiler that is at fault.
    """
    alive = []
    tensors = _describe_examples(example_inputs, alive)
    kind = Model
    if output is None:
        kind = _TemporaryModel
        import tempfile  # the half megabyte that it takes is for who compiles
        handle, output = tempfile.mkstemp(suffix=".lzm")
        os.close(handle)
    try:
        summary = _lazuli.compile(
            _compiler_library(), os.fspath(model), os.fspath(output), _texts(examples), tensors,
            _texts(dynamic), os.fspath(weights) if weights else "", allow_partial_weights,
            random_weights, seed, target_cpu, winograd, threads,
            os.fspath(cache) if not isinstance(cache, bool) else "", cache is False, autotune)
        result = kind(output, threads)
    except BaseException:
        if kind is _TemporaryModel:
            os.unlink(output)
        raise
    result.summary = summary
    return result
