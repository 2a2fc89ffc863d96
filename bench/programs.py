"""Builds and runs the C programs of bench/start: an engine with nothing around it."""

import json
import os
import pathlib
import re
import shutil
import subprocess
import tempfile
import time

from bench.process import Failed

ROOT = pathlib.Path(__file__).resolve().parents[1]
SOURCES = pathlib.Path(__file__).with_name("start")
DTYPES = {"float32": "f32", "float64": "f64", "float16": "f16", "int8": "i8", "int32": "i32",
          "int64": "i64", "uint8": "u8", "bool": "bool"}


def _checked(command, limit_seconds=300):
    try:
        done = subprocess.run([str(part) for part in command], capture_output=True, text=True,
                              timeout=limit_seconds)
    except subprocess.TimeoutExpired:
        raise Failed(f"took more than {limit_seconds:.0f} s") from None
    if done.returncode:
        raise Failed(" ".join((done.stderr or f"ended with code {done.returncode}").split())[:300])
    return done.stdout


def _soname(library):
    found = re.search(r"SONAME.*\[(.+)\]", _checked(["readelf", "-d", library]))
    return found[1] if found else library.name


def build(program, folder):
    """The path of the program, made by one line of the C compiler. Where a package holds a library
    under another name than the loader looks for, a link of that name is laid beside the program."""
    compiler = os.environ.get("CC") or shutil.which("cc")
    if not compiler:
        raise Failed("no C compiler was found")
    folder.mkdir(parents=True, exist_ok=True)
    out = folder / pathlib.Path(program.source).stem
    flags = ["-std=c11", "-D_GNU_SOURCE", "-O2", f"-I{ROOT}",
             *(f"-I{path}" for path in program.include)]
    for library in program.libraries:
        flags += [library, f"-Wl,-rpath,{library.parent}", f"-Wl,-rpath-link,{library.parent}"]
        if _soname(library) != library.name:
            link = folder / _soname(library)
            link.unlink(missing_ok=True)
            link.symlink_to(library)
            flags.append("-Wl,-rpath,$ORIGIN")
    _checked([compiler, SOURCES / "start.c", SOURCES / program.source, "-o", out, *flags])
    return out


class Runner:
    """Runs one program on one case: the inputs are written once, the outputs read back."""

    def __init__(self, path, program, case, threads):
        self._case = case
        self._folder = tempfile.TemporaryDirectory(prefix="lazuli-bench-")
        folder = pathlib.Path(self._folder.name)
        self._command = [path, program.artifact, program.option, threads]
        self._inputs = []
        for index, (name, array) in enumerate(case.arrays("inputs").items()):
            file = folder / f"input{index}"
            array.tofile(file)
            shape = "x".join(map(str, array.shape))
            self._inputs += [name, DTYPES[array.dtype.name], shape, file]

    def run(self, rounds, calls=1):
        """What the program prints, and when it was started."""
        begin = time.monotonic()
        text = _checked([*self._command, rounds, calls, self._folder.name, *self._inputs])
        return dict(json.loads(text), spawned_at=begin)

    def outputs(self):
        """Of the last run, in the types that are expected."""
        import numpy
        outputs = []
        for index, want in enumerate(self._case.arrays("expected").values()):
            file = pathlib.Path(self._folder.name) / str(index)
            found = numpy.empty(0, want.dtype)
            if file.exists():
                found = numpy.fromfile(file, want.dtype)
            outputs.append(found.reshape(want.shape) if found.size == want.size else found)
        return outputs

    def close(self):
        self._folder.cleanup()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()


def runner(lab, engine, case, threads):
    """The program of an engine, ready to run; None if it has none."""
    program = engine.program(case, lab.artifact_folder(engine, case, threads))
    if program is None:
        return None
    lab.prepare(engine, case, threads)
    return Runner(build(program, lab.folder / "bin"), program, case, threads)
