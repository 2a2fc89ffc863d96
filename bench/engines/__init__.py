"""The engines, by name. `FILE.py:CLASS` names one that is not of this folder."""

import importlib
import importlib.util
import pathlib

# Name: module and class. Ours comes first, the others are its peers.
ENGINES = {
    "lazuli": ("lazuli", "Lazuli"),
    "onnxruntime": ("onnx_runtime", "OnnxRuntime"),
    "onnxruntime-cached": ("onnx_runtime", "OnnxRuntimeCached"),
    "openvino": ("open_vino", "OpenVino"),
    "openvino-cached": ("open_vino", "OpenVinoCached"),
    "torch.compile": ("torch_compile", "TorchCompile"),
    "aotinductor": ("aot_inductor", "AotInductor"),
    "iree": ("iree", "Iree"),
}
OURS = "lazuli"


def find(name):
    """The engine of that name."""
    if name in ENGINES:
        module, kind = ENGINES[name]
        return getattr(importlib.import_module(f"{__name__}.{module}"), kind)()
    path, _, kind = name.rpartition(":")
    if path.endswith(".py") and pathlib.Path(path).exists():
        spec = importlib.util.spec_from_file_location(pathlib.Path(path).stem, path)
        module = importlib.util.module_from_spec(spec)
        spec.loader.exec_module(module)
        return getattr(module, kind)()
    raise SystemExit(f"bench: no engine is called {name}, expected FILE.py:CLASS or one of "
                     + ", ".join(ENGINES))
