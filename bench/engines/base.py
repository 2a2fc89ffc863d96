"""What an engine has to say to be timed.

`prepare` does what an engine can do ahead of time and leaves it in a folder; it is what the
figure `compile` times. `open` is what a program does when it starts. Both run in a process of
the engine's own, so a module of this folder imports its engine inside the functions.
"""

import dataclasses
import importlib.util
import pathlib
from importlib import metadata


@dataclasses.dataclass
class Program:
    """A C program of bench/start that runs a model by an engine's C interface."""

    source: str
    artifact: pathlib.Path
    option: str = ""
    include: tuple = ()
    libraries: tuple = ()  # paths of shared libraries to link


class Session:
    """One stream of inference: inputs are bound, then it is run any number of times."""

    def bind(self, feed):
        """Takes {name: array}, which stay alive and unchanged until the next bind."""
        raise NotImplementedError

    def run(self):
        """One inference; the outputs as arrays, readable until the next run."""
        raise NotImplementedError


class Engine:
    name = ""
    about = ""
    needs = {}             # modules to import: distribution that has them
    needs_module = False   # compiles the PyTorch module, not the ONNX file
    bakes_threads = False  # what `prepare` leaves is for one number of threads

    def missing(self):
        """Distributions that are not installed."""
        return sorted({name for module, name in self.needs.items() if not _is_there(module)})

    def version(self):
        return ", ".join(sorted({f"{name} {metadata.version(name)}"
                                 for name in self.needs.values()}))

    def fingerprint(self):
        """Changes when what `prepare` left before is outdated."""
        return self.version()

    def environment(self, folder, threads):
        """Variables of the process that the engine is loaded in."""
        return {"OMP_NUM_THREADS": str(threads)}

    def prepare(self, case, folder, threads):
        """Leaves in `folder` what can be made ahead of time."""

    def prepares(self):
        """Whether there is anything that it makes ahead of time."""
        return type(self).prepare is not Engine.prepare

    def open(self, case, folder, threads, sessions=1):
        """Sessions over one loaded model, for as many threads of the caller's."""
        raise NotImplementedError

    def artifacts(self, case, folder):
        """The files that a program is shipped with besides the engine's libraries."""
        raise NotImplementedError

    def program(self, case, folder):
        """Its C program for this case, or None if it has none."""
        return None


def _is_there(module):
    try:
        return importlib.util.find_spec(module) is not None
    except ModuleNotFoundError:  # of a parent package
        return False


def files_below(folder):
    return sorted(path for path in folder.rglob("*") if path.is_file())
