"""OpenVINO, its precision pinned to f32: the ONNX file, and its own cache of compiled models."""

import importlib.util
import pathlib

from . import base


class Session(base.Session):
    def __init__(self, model):
        self._inputs = {name for port in model.inputs for name in port.get_names()}
        self._request = model.create_infer_request()
        self._outputs = list(model.outputs)

    def bind(self, feed):
        self._feed = {name: array for name, array in feed.items() if name in self._inputs}

    def run(self):
        self._request.infer(self._feed, share_inputs=True)
        return [self._request.get_tensor(port).data for port in self._outputs]


def _properties(threads, sessions):
    # A CPU may compute in bfloat16 unless it is told not to.
    hint = "LATENCY" if sessions == 1 else "THROUGHPUT"
    return {"INFERENCE_NUM_THREADS": threads if sessions == 1 else 2, "PERFORMANCE_HINT": hint,
            "INFERENCE_PRECISION_HINT": "f32"}


def _package():
    return pathlib.Path(importlib.util.find_spec("openvino").origin).parent


class OpenVino(base.Engine):
    name = "openvino"
    about = "the ONNX file, f32"
    needs = {"openvino": "openvino"}

    def _compile(self, core, case, threads, sessions):
        return core.compile_model(str(case.path), "CPU", _properties(threads, sessions))

    def open(self, case, folder, threads, sessions=1):
        import openvino
        model = self._compile(openvino.Core(), case, threads, sessions)
        return [Session(model) for _ in range(sessions)]

    def artifacts(self, case, folder):
        return [case.path]

    def program(self, case, folder):
        library = next((_package() / "libs").glob("libopenvino_c.so.*"))
        return base.Program("openvino.c", case.path, include=(_package() / "include",),
                            libraries=(library,))


class OpenVinoCached(OpenVino):
    name = "openvino-cached"
    about = "from the cache that it filled before, f32"
    bakes_threads = True  # the cache's key holds the properties

    def _compile(self, core, case, threads, sessions):
        core.set_property({"CACHE_DIR": str(self._folder)})
        return super()._compile(core, case, threads, sessions)

    def prepare(self, case, folder, threads):
        self.open(case, folder, threads)

    def open(self, case, folder, threads, sessions=1):
        self._folder = folder / "cache"
        return super().open(case, folder, threads, sessions)

    def artifacts(self, case, folder):
        return [case.path] + base.files_below(folder / "cache")

    def program(self, case, folder):
        program = super().program(case, folder)
        program.option = str(folder / "cache")
        return program
