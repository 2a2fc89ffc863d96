"""What a program that times engines side by side calls.

    run, info = lazuli.bench.load("model.onnx", {"x": x}, threads=2)
    outputs = run()

`bench/` of the source tree does the timing; this is the way in for other tools.
"""

import os
import pathlib
import time

from ._model import compile, load as _load


def _artifact_beside(path):
    """model.lzm beside model.onnx if it is not older; None else."""
    artifact = path.with_suffix(".lzm")
    if artifact.exists() and artifact.stat().st_mtime_ns >= path.stat().st_mtime_ns:
        return artifact
    return None


def load(path, inputs, threads=0, precision="f32"):
    """A function that runs the model on `inputs` (a dict of arrays, borrowed) and returns its
    outputs, and {"load": seconds, "compile": seconds}.

    An artifact model.lzm beside model.onnx that is not older is loaded; without one the model
    is compiled first, into a file that goes with the function. `load` is what a program waits
    for that has an artifact: loading and, for these inputs, what a first run does beforehand.
    """
    if precision != "f32":
        raise ValueError(f"found the precision {precision!r}, expected 'f32': models are computed "
                         "in the types that they are written in")
    path = pathlib.Path(os.fspath(path))
    begin = time.perf_counter()
    artifact = path if path.suffix == ".lzm" else _artifact_beside(path)
    compiled = None
    if artifact is None:
        compiled = compile(path, example_inputs=inputs, threads=threads)
        artifact = compiled._path
    ready = time.perf_counter()
    model = _load(artifact, threads)
    loaded = time.perf_counter()
    feed = {port["name"]: inputs[port["name"]] for port in model.inputs}

    def run():
        return model.run(feed)

    run.artifact = compiled  # alive as long as the file is needed
    return run, {"load": loaded - ready, "compile": ready - begin if compiled else 0.0}
