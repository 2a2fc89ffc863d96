"""An ONNX backend, so that ONNX's own test suite runs on Lazuli.

    import lazuli.onnx_backend as backend
    outputs = backend.run("model.onnx", [x, y])
    prepared = backend.prepare(model_proto); prepared.run([x, y])
"""

import os
import tempfile

from . import _model


def run(model_path, inputs):
    """Compiles the model for these inputs and runs it on them."""
    model = _model.compile(os.fspath(model_path), example_inputs=list(inputs))
    return model.run(*inputs)


class Prepared:
    """A model that is compiled by the first inputs it is run on."""

    def __init__(self, model):
        self._proto = model.SerializeToString()
        self._model = None

    def run(self, inputs, **kwargs):
        if self._model is None:
            with tempfile.NamedTemporaryFile(suffix=".onnx") as file:
                file.write(self._proto)
                file.flush()
                self._model = _model.compile(file.name, example_inputs=list(inputs))
        return self._model.run(*inputs)


def prepare(model, device="CPU", **kwargs):
    return Prepared(model)


def run_model(model, inputs, device="CPU", **kwargs):
    return Prepared(model).run(inputs)


def supports_device(device):
    return device.split(":")[0] == "CPU"
