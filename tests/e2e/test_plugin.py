"""The oneDNN plugin beside a runtime that is of another build, or missing."""

import shutil
import subprocess

import pytest

from cli import BIN, lazuli, lazuli_json

# What is known at run time only is in no panels.
NET = """
lz.func @forward(%x: !lz.tensor<1024 x 1024 x f32> {lz.name = "x"}) -> (!lz.tensor<1024 x 1024 x f32> {lz.name = "y"}) {
  %0 = lz.matmul %x, %x : (!lz.tensor<1024 x 1024 x f32>, !lz.tensor<1024 x 1024 x f32>) -> !lz.tensor<1024 x 1024 x f32> loc("square")
  lz.return %0 : !lz.tensor<1024 x 1024 x f32>
}
"""


@pytest.fixture
def copied(tmp_path):
    """The command line and the runtime elsewhere, without the plugin, and a model that needs it."""
    (tmp_path / "net.mlir").write_text(NET)
    lazuli("compile", tmp_path / "net.mlir", "-o", tmp_path / "net.lzm")
    steps = lazuli_json("inspect", tmp_path / "net.lzm")["entries"][0]["instructions"]
    assert [step["backend"] for step in steps] == ["onednn"]
    for folder, file in [("bin", BIN / "lazuli"), ("lib", BIN.parent / "lib" / "liblazuli_runtime.so")]:
        (tmp_path / folder).mkdir()
        shutil.copy(file, tmp_path / folder)
    return tmp_path


def run_error(folder):
    result = subprocess.run([folder / "bin" / "lazuli", "run", folder / "net.lzm", "--input",
                             "x=random", "--json"], capture_output=True, text=True)
    assert result.returncode == 1, result.stderr
    return result.stderr.strip()


def test_missing(copied):
    error = run_error(copied)
    assert "this model needs oneDNN, which can not be loaded" in error


def test_of_another_build(copied):
    # Any library that lacks the function of this build's name.
    shutil.copy(copied / "lib" / "liblazuli_runtime.so", copied / "lib" / "liblazuli_onednn.so")
    error = run_error(copied)
    assert "this model needs oneDNN, but '" in error
    assert error.endswith("/lib/liblazuli_onednn.so' is of another build than the runtime")
