"""Models that several tests run, compiled once."""

import pytest

from cli import ADD, COUNTER, LAZY_LINEAR, lazuli


@pytest.fixture(scope="session")
def models(tmp_path_factory):
    """A folder with linear.mlir, linear.lzm (batch free), add.lzm, counter.lzm."""
    folder = tmp_path_factory.mktemp("models")
    for name, text in (("linear", LAZY_LINEAR), ("add", ADD), ("counter", COUNTER)):
        (folder / f"{name}.mlir").write_text(text)
    lazuli("compile", folder / "linear.mlir", "-o", folder / "linear.lzm",
           "--example", "x=f32[2,4]", "--dynamic", "x:0=batch[1..64]", "--random-weights",
           "--seed", 3)
    for name in ("add", "counter"):
        lazuli("compile", folder / f"{name}.mlir", "-o", folder / f"{name}.lzm")
    return folder
