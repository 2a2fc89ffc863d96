"""Lazuli: compile models ahead of time and run them.

    import lazuli
    model = lazuli.compile("model.onnx", example_inputs=[x])
    y, = model.run(x)

`compile` makes an artifact (.lzm) of an ONNX file, an unresolved artifact or text
of the lz dialect; `load` maps one that was compiled before. `diff` compares a model
with what ONNX Runtime makes of it.
"""

try:
    from ._lazuli import Defect, Error, version as _version
except ImportError as error:
    hint = "; the Python package tbb brings it" if "libtbb" in str(error) else ""
    raise ImportError(f"lazuli's runtime cannot be loaded: {error}{hint}", name=error.name,
                      path=error.path) from error
from ._diff import diff
from ._model import Model, compile, load

__version__ = _version()
__all__ = ["Defect", "Error", "Model", "compile", "diff", "load", "__version__"]
