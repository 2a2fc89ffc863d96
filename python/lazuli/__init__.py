"""Lazuli: compile models ahead of time and run them.

    import lazuli
    model = lazuli.compile("model.onnx", example_inputs=[x])
    y, = model.run(x)

`compile` makes an artifact (.lzm) of an ONNX file, an unresolved artifact or text
of the lz dialect; `load` maps one that was compiled before. `diff` compares a model
with what ONNX Runtime makes of it.
`diff` and the modules `bench` and `onnx_backend` are imported when they are first used.
"""

import importlib

try:
    from ._lazuli import Defect, Error, version as _version
except ImportError as error:
    hint = "; the Python package tbb brings it" if "libtbb" in str(error) else ""
    raise ImportError(f"lazuli's runtime cannot be loaded: {error}{hint}", name=error.name,
                      path=error.path) from error
from ._model import Model, compile, load

# Made in C++, with texts and the name that a traceback shows.
Error.__doc__ = """What was given cannot be compiled, loaded or run; the text says what was found, what
was expected and where."""
Defect.__doc__ = """An Error that is Lazuli's own fault; worth a report."""
Error.__module__ = Defect.__module__ = __name__

__version__ = _version()
_MODULES = ("bench", "onnx_backend")
__all__ = ["Defect", "Error", "Model", "compile", "diff", "load", "__version__"]


def __getattr__(name):
    if name == "diff":
        from ._diff import diff
        return diff
    if name in _MODULES:
        return importlib.import_module(f".{name}", __name__)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")


def __dir__():
    return sorted({*globals(), *_MODULES, "diff"})
