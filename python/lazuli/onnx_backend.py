"""An ONNX backend, so that ONNX's own test suite runs on Lazuli.

    import lazuli.onnx_backend as backend
    outputs = backend.run("model.onnx", [x, y])
    prepared = backend.prepare(model_proto)     # or a path
    prepared.run([x, y])

There is one device, "CPU"; asking for another is a ValueError.
"""

import os
import tempfile

from . import _model


def run(model_path, inputs):
    """Compiles the model for these inputs and runs it on them."""
    return Prepared(model_path).run(inputs)


class Prepared:
    """A model, a ModelProto or a path, that is compiled by the first inputs it is run on."""

    def __init__(self, model):
        self._path = self._proto = None
        if hasattr(model, "SerializeToString"):
            self._proto = model.SerializeToString()
        else:
            self._path = os.fspath(model)
        self._model = None

    def run(self, inputs, **kwargs):
        inputs = list(inputs)
        if self._model is None:
            self._model = self._compile(inputs)
        return self._model.run(*inputs)

    def _compile(self, inputs):
        if self._path is not None:
            return _model.compile(self._path, example_inputs=inputs)
        with tempfile.NamedTemporaryFile(suffix=".onnx") as file:
            file.write(self._proto)
            file.flush()
            return _model.compile(file.name, example_inputs=inputs)


def prepare(model, device="CPU", **kwargs):
    if not supports_device(device):
        raise ValueError(f"found the device {device!r}, expected 'CPU'")
    return Prepared(model)


def run_model(model, inputs, device="CPU", **kwargs):
    return prepare(model, device).run(inputs)


def supports_device(device):
    return device.split(":")[0] == "CPU"
