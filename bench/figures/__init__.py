"""The figures, by name, in the order in which they are taken. Each module has `run(lab)`."""

import importlib

# Compile time comes first: what it makes anew, the others use.
FIGURES = ["compile", "latency", "throughput", "neighbour", "start", "overhead", "start-python",
           "memory", "new-shape", "sizes"]
_MODULES = {"compile": "compile_time"}


def find(name):
    if name not in FIGURES:
        raise SystemExit(f"bench: no figure is called {name}, expected " + ", ".join(FIGURES))
    module = _MODULES.get(name, name.replace("-", "_"))
    return importlib.import_module(f"{__name__}.{module}")
