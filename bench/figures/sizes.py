"""Sizes on disk: what a program ships besides itself."""

import pathlib
import shutil
import subprocess
import tempfile

from bench.results import Row


def run(lab):
    threads = max(lab.settings.threads)
    artifacts = lab.figure(
        "artifacts", "Size of the artifact beyond the weights", "MB",
        "The files that are loaded, less the bytes of the weights.")
    libraries = lab.figure(
        "libraries", "Size of the libraries", "MB",
        "All shared libraries that an engine has mapped after a run and that Python with NumPy "
        "had not, without symbols.")
    lab.each([artifacts, libraries], lambda engine, case: measure(lab, engine, case, threads))


def measure(lab, engine, case, threads):
    lab.prepare(engine, case, threads)
    with lab.start(engine, case, threads) as worker:
        worker.ask("load")
        mapped = {p: stripped_bytes(p) for p in worker.ask("footprint")["libraries"]
                  if not p.startswith(str(lab.folder / "artifacts"))}
    files = engine.artifacts(case, lab.artifact_folder(engine, case, threads))
    size = sum(path.stat().st_size for path in files) - case.weight_bytes()
    shipped = (Row(case.name, engine.name, value=size / 1e6) if files else
               Row(case.name, engine.name, "none", why="leaves no file to ship"))
    return [shipped, Row(case.name, engine.name, value=sum(mapped.values()) / 1e6,
                         parts={pathlib.Path(p).name: size for p, size in mapped.items()})]


def stripped_bytes(path):
    """As it would be shipped; the file's own size where it cannot be stripped."""
    if not shutil.which("strip"):
        return pathlib.Path(path).stat().st_size
    with tempfile.NamedTemporaryFile() as copy:
        done = subprocess.run(["strip", "--strip-unneeded", "-o", copy.name, path],
                              capture_output=True)
        return pathlib.Path(path if done.returncode else copy.name).stat().st_size
