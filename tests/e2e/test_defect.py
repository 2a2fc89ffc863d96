"""A crash of the compiler: exit code 3, and a file that its report needs."""

import os
import re
import signal
import subprocess
import time

from cli import BIN
from test_threads import MANY_KERNELS


def crash_after(seconds, model, environment):
    """Gives exit code and standard error of a compilation that a signal crashes."""
    process = subprocess.Popen([BIN / "lazuli", "compile", model, "-o", model.with_suffix(".lzm"),
                                "--threads", "1"], env=environment, stdout=subprocess.DEVNULL,
                               stderr=subprocess.PIPE, text=True)
    time.sleep(seconds)
    process.send_signal(signal.SIGSEGV)
    return process.wait(), process.stderr.read()


def test_crash_leaves_a_reproducer(tmp_path):
    scratch, model = tmp_path / "scratch", tmp_path / "my net.mlir"
    scratch.mkdir()
    model.write_text(MANY_KERNELS)
    # Without cached kernels, which would leave too little time for a crash.
    environment = {**os.environ, "TMPDIR": str(scratch), "LAZULI_NO_CACHE": "1"}
    found = []
    # A signal may come too early, too late, or while a lock is held: then there is no file.
    for step in range(40):
        code, text = crash_after(0.01 + 0.005 * step, model, environment)
        assert code in (0, 3, -signal.SIGSEGV)
        if model.with_suffix(".lzm").exists():  # a crash after the last step leaves a whole one
            subprocess.run([BIN / "lazuli", "verify", model.with_suffix(".lzm")], check=True,
                           stdout=subprocess.DEVNULL)
            model.with_suffix(".lzm").unlink()
        if code == 3:
            assert "defect of lazuli" in text
            found += re.findall(r"both are in (.*)", text)
        if len(found) > 2:
            break
    assert found, "no crash was reported with a file"
    for path in found:
        text = open(path).read()
        assert f"lazuli compile '{model}' -o" in text and "// The module before " in text
        subprocess.run([BIN / "lazuli-opt", path], check=True, stdout=subprocess.DEVNULL)
