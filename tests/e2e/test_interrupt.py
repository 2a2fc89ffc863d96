"""lazuli compile, interrupted: nothing is left behind, the old artifact stays."""

import os
import signal
import subprocess
import time

import pytest

from cli import BIN
from test_threads import MANY_KERNELS


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_interrupt_leaves_nothing(tmp_path, number):
    model, output, scratch = tmp_path / "net.mlir", tmp_path / "net.lzm", tmp_path / "scratch"
    model.write_text(MANY_KERNELS)
    scratch.mkdir()
    command = [BIN / "lazuli", "compile", model, "-o", output]
    environment = {**os.environ, "TMPDIR": str(scratch)}
    begin = time.perf_counter()
    subprocess.run(command, env=environment, check=True, capture_output=True)
    whole = time.perf_counter() - begin
    before = output.read_bytes()
    ended = set()
    for step in range(25):
        process = subprocess.Popen(command, env=environment, stdout=subprocess.DEVNULL,
                                   stderr=subprocess.DEVNULL)
        time.sleep(whole * step / 20)
        process.send_signal(number)
        ended.add(process.wait())
        assert not list(scratch.iterdir()), f"left after {step} of 20 parts of the time"
        assert {path.name for path in tmp_path.iterdir()} == {"net.mlir", "net.lzm", "scratch"}
        assert output.read_bytes() == before
    assert -number in ended and ended <= {-number, 0}
