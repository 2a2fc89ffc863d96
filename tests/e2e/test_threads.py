"""lazuli compile --threads: how many threads work on a model."""

import pathlib
import subprocess

from cli import BIN

TENSOR = "!lz.tensor<4 x 4 x f32>"
# Running sums do not fuse, and each of these is a kernel of its own.
KINDS = [f"{kind} {{}} {{{{axis = {axis}, reverse = {reverse}}}}}"
         for kind in ("sum", "prod") for axis in (0, 1) for reverse in ("false", "true")]
MANY_KERNELS = "\n".join(
    [f"lz.func @forward(%x: {TENSOR}) -> {TENSOR} {{"]
    + [f"  %{i} = lz.cumulative {kind.format('%' + (str(i - 1) if i else 'x'))} : ({TENSOR}) -> "
       f"{TENSOR}" for i, kind in enumerate(KINDS)]
    + [f"  lz.return %{len(KINDS) - 1} : {TENSOR}", "}"])


def most_threads(folder, threads):
    """The most threads that the compiler was seen with; they live as long as it does."""
    (folder / "net.mlir").write_text(MANY_KERNELS)
    process = subprocess.Popen([BIN / "lazuli", "compile", folder / "net.mlir", "-o",
                                folder / "net.lzm", "--threads", str(threads)],
                               stdout=subprocess.DEVNULL)
    most = 0
    while process.poll() is None:
        try:
            most = max(most, len(list(pathlib.Path(f"/proc/{process.pid}/task").iterdir())))
        except FileNotFoundError:
            pass
    assert process.returncode == 0
    return most


def test_one_thread_is_one(tmp_path):
    assert most_threads(tmp_path, 1) <= 2  # the linker's output is read by a second


def test_as_many_as_were_asked_for(tmp_path):
    assert 4 <= most_threads(tmp_path, 4) <= 6
