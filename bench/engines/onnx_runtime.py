"""ONNX Runtime: the ONNX file itself, and the optimized model that it can save."""

import pathlib

from . import base


class Session(base.Session):
    def __init__(self, session):
        self._session = session
        self._names = {port.name for port in session.get_inputs()}

    def bind(self, feed):
        self._feed = {name: array for name, array in feed.items() if name in self._names}

    def run(self):
        return self._session.run(None, self._feed)


def _options(threads, level="ORT_ENABLE_ALL"):
    import onnxruntime
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads, options.inter_op_num_threads = threads, 1
    options.graph_optimization_level = getattr(onnxruntime.GraphOptimizationLevel, level)
    options.log_severity_level = 3
    return options


def _create(path, options):
    import onnxruntime
    return onnxruntime.InferenceSession(str(path), options, providers=["CPUExecutionProvider"])


def _library():
    """Of the wheel, found without importing it."""
    import importlib.util
    package = pathlib.Path(importlib.util.find_spec("onnxruntime").origin).parent
    return next((package / "capi").glob("libonnxruntime.so.*"))


class OnnxRuntime(base.Engine):
    name = "onnxruntime"
    about = "the ONNX file, all optimizations"
    needs = {"onnxruntime": "onnxruntime"}

    def open(self, case, folder, threads, sessions=1):
        # Its sessions may be run by several threads at once, so one serves all.
        session = _create(case.path, _options(threads))
        return [Session(session) for _ in range(sessions)]

    def artifacts(self, case, folder):
        return [case.path]

    def program(self, case, folder):
        return base.Program("onnxruntime.c", case.path, "optimize", libraries=(_library(),))


class OnnxRuntimeCached(OnnxRuntime):
    name = "onnxruntime-cached"
    about = "the optimized model that it saved, its weights beside it as they are packed"

    def prepare(self, case, folder, threads):
        options = _options(threads)
        options.optimized_model_filepath = str(folder / "model.onnx")
        prefix = "session.optimized_model_external_initializers_"
        options.add_session_config_entry(prefix + "file_name", "model.data")
        options.add_session_config_entry(prefix + "min_size_in_bytes", "1024")
        packed = "session.save_external_prepacked_constant_initializers"
        options.add_session_config_entry(packed, "1")
        _create(case.path, options)

    def open(self, case, folder, threads, sessions=1):
        session = _create(folder / "model.onnx", _options(threads, "ORT_DISABLE_ALL"))
        return [Session(session) for _ in range(sessions)]

    def artifacts(self, case, folder):
        return [path for path in base.files_below(folder) if path.name.startswith("model.")]

    def program(self, case, folder):
        return base.Program("onnxruntime.c", folder / "model.onnx", "as-is",
                            libraries=(_library(),))
