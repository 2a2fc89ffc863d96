"""What computes the two sides: a compiled model, and ONNX Runtime."""

import ctypes
import os

import numpy as np

from .. import _dtypes, _lazuli, _model
from .errors import DiffError, require

#: ONNX Runtime's names of element types and NumPy's.
_ORT_TYPES = {
    "float": "float32", "double": "float64", "float16": "float16", "bfloat16": "bfloat16",
    "float8e4m3fn": "float8_e4m3fn", "float8e4m3fnuz": "float8_e4m3fnuz",
    "float8e5m2": "float8_e5m2", "float8e5m2fnuz": "float8_e5m2fnuz",
    "int8": "int8", "int16": "int16", "int32": "int32", "int64": "int64",
    "uint8": "uint8", "uint16": "uint16", "uint32": "uint32", "uint64": "uint64",
    "bool": "bool", "string": "object",
}

#: How an artifact begins.
_MAGIC = b"LAZULI\r\n"

#: Types that ONNX Runtime's Python package passes only as raw memory, and the numbers
#: of TensorProto for them.
_RAW = {"bfloat16": 16, "float8_e4m3fn": 17, "float8_e4m3fnuz": 18, "float8_e5m2": 19,
        "float8_e5m2fnuz": 20}


def require_file(path):
    """Fails as the command line does for a file that is not there."""
    try:
        with open(path, "rb") as file:
            if not file.read(1):
                raise DiffError(f"'{path}' is empty, expected a model")
    except OSError as error:
        raise DiffError(f"cannot read '{path}': {error.strerror}", "IO_ERROR") from None


def is_onnx(path):
    return os.fspath(path).lower().endswith(".onnx")


def is_compiled(path):
    """Whether `path` is an artifact that has something to run."""
    require_file(path)
    with open(path, "rb") as file:
        if file.read(len(_MAGIC)) != _MAGIC:
            return False
    return bool(_lazuli.Model(os.fspath(path)).outputs())


class Lazuli:
    """A model that Lazuli runs; compiled for `examples` unless it is already.

    inputs, outputs   as those of lazuli.Model
    """

    def __init__(self, path, options, values=None):
        self.title = os.path.basename(os.fspath(path))
        self._model = self._open(path, options, values)
        self.inputs = self._model.inputs
        self.outputs = self._model.outputs

    @staticmethod
    def _open(path, options, values):
        if is_compiled(path):
            return _model.load(path, options.threads)
        return _model.compile(path, example_inputs=values, **options.for_compiler())

    def run(self, values):
        """A list of the outputs' values."""
        return self._model.run(dict(values))


class OnnxRuntime:
    """A model that ONNX Runtime runs as it stands: each operator as ONNX defines it,
    none rewritten."""

    def __init__(self, path, threads=0):
        require_file(path)
        self._runtime = require("onnxruntime", f"to run '{os.path.basename(os.fspath(path))}' "
                                               "for comparison")
        self._path = os.fspath(path)
        self.title = f"ONNX Runtime {self._runtime.__version__}"
        options = self._runtime.SessionOptions()
        options.graph_optimization_level = self._runtime.GraphOptimizationLevel.ORT_DISABLE_ALL
        options.intra_op_num_threads = threads
        options.log_severity_level = 4  # what is wrong comes back as an exception
        self._session = self._guarded("load", lambda: self._runtime.InferenceSession(
            self._path, options, providers=["CPUExecutionProvider"]))
        self.inputs = [self._port(port) for port in self._session.get_inputs()]
        self.outputs = [self._port(port) for port in self._session.get_outputs()]

    def _guarded(self, action, function):
        try:
            return function()
        except Exception as error:  # pylint: disable=broad-except  (a dozen classes of its own)
            text = " ".join(str(error).split())
            if text.startswith("[ONNXRuntimeError]"):
                text = text.split(" : ", 3)[-1]
            raise DiffError(f"ONNX Runtime cannot {action} '{self._path}': {text}") from None

    def _port(self, port):
        """"seq(tensor(float))" as the ports of lazuli.Model are."""
        kinds = {"tensor": "tensor", "seq": "sequence", "optional": "optional"}
        words = port.type.replace(")", "").split("(")
        if words[0] not in kinds or words[-1] not in _ORT_TYPES:
            raise DiffError(f"'{self._path}': '{port.name}' is {port.type}, which ONNX Runtime's "
                            "Python package cannot pass")
        kind = kinds[words[0]]
        name = _ORT_TYPES[words[-1]]
        is_text = name == "object"
        return {"name": port.name, "kind": "strings" if is_text and kind == "tensor" else kind,
                "element_kind": kinds[words[1]] if len(words) > 2 else kind,
                "dtype": "string" if is_text else _dtypes.name_of(_dtypes.numpy_dtype(name)),
                "numpy": name, "shape": tuple(port.shape or ())}

    def run(self, values):
        """A list of the outputs' values."""
        values = dict(values)
        raw = [port for port in self.inputs + self.outputs if port["numpy"] in _RAW]
        if raw:
            return self._guarded("run", lambda: self._run_raw(values))
        return self._guarded("run", lambda: [_as_value(value) for value in
                                             self._session.run(None, values)])

    def _run_raw(self, values):
        found = self._session.run_with_ort_values(
            [port["name"] for port in self.outputs],
            {port["name"]: self._wrap(port, values[port["name"]]) for port in self.inputs})
        return [_unwrap(port, value) for port, value in zip(self.outputs, found)]

    def _wrap(self, port, value):
        make = self._runtime.OrtValue
        if port["numpy"] not in _RAW:
            return make.ortvalue_from_numpy(value)
        bits = np.dtype(f"u{value.dtype.itemsize}")
        return make.ortvalue_from_numpy_with_onnx_type(value.view(bits), _RAW[port["numpy"]])


def _as_value(value):
    """Scalars of NumPy become arrays."""
    return value if value is None or isinstance(value, list) else np.asarray(value)


def _unwrap(port, value):
    if port["numpy"] not in _RAW:
        return np.asarray(value.numpy())
    dtype = _dtypes.numpy_dtype(port["numpy"])
    shape = value.shape()
    size = int(np.prod(shape)) * dtype.itemsize
    data = ctypes.string_at(value.data_ptr(), size) if size else b""
    return np.frombuffer(bytearray(data), dtype).reshape(shape)
