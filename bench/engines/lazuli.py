"""Lazuli: an artifact compiled ahead of time, loaded by the runtime."""

import os
import pathlib

from . import base


class Session(base.Session):
    def __init__(self, model):
        self._model = model

    def bind(self, feed):
        self._feed = feed

    def run(self):
        return self._model.run(self._feed)


def _libraries():
    import lazuli
    here = pathlib.Path(lazuli.__file__).resolve().parent
    folders = (here, here.parent / "lib", here.parent.parent / "lib")
    return {path.name: path for folder in reversed(folders)
            for path in folder.glob("liblazuli_*.so")}


def _header_folder():
    return pathlib.Path(__file__).resolve().parents[2] / "runtime" / "include"


class Lazuli(base.Engine):
    name = "lazuli"
    about = "compiled ahead of time for this CPU"
    needs = {"lazuli": "lazuli"}

    def version(self):
        import lazuli
        return f"lazuli {lazuli.__version__}"

    def fingerprint(self):
        # The version stands still while the compiler changes.
        stamps = (f"{name}@{os.stat(path).st_mtime_ns}"
                  for name, path in sorted(_libraries().items()))
        return " ".join([self.version(), *stamps])

    def prepare(self, case, folder, threads):
        os.environ["LAZULI_NO_CACHE"] = "1"  # kernels of other runs would be no compilation
        import lazuli
        lazuli.compile(case.path, folder / "model.lzm", example_inputs=case.arrays("inputs"))

    def open(self, case, folder, threads, sessions=1):
        import lazuli
        model = lazuli.load(folder / "model.lzm", threads=threads)
        return [Session(model)] + [Session(model.copy()) for _ in range(sessions - 1)]

    def artifacts(self, case, folder):
        return [folder / "model.lzm"]

    def program(self, case, folder):
        return base.Program("lazuli.c", folder / "model.lzm", include=(_header_folder(),),
                            libraries=(_libraries()["liblazuli_runtime.so"],))
