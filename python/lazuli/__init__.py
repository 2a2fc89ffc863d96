"""Lazuli: compile models ahead of time and run them.

    import lazuli
    model = lazuli.compile("model.onnx", example_inputs=[x])
    y, = model.run(x)

`compile` makes an artifact (.lzm) of an ONNX file, an unresolved artifact or text
of the lz dialect; `load` maps one that was compiled before.
"""

from ._lazuli import Error, version as _version
from ._model import Model, compile, load

__version__ = _version()
__all__ = ["Error", "Model", "compile", "load", "__version__"]
