"""Latency beside a process that keeps one CPU busy, as on a machine with other services."""

import contextlib
import subprocess
import sys

from bench.figures import latency


@contextlib.contextmanager
def busy_neighbour():
    process = subprocess.Popen([sys.executable, "-c", "while True: pass"])
    try:
        yield
    finally:
        process.kill()
        process.wait()


def run(lab):
    threads = max(lab.settings.threads)
    figure = lab.figure(
        "neighbour", f"Latency beside a busy neighbour, {threads} threads", "ms",
        "As latency, while another process of the same priority computes without a pause in one "
        "thread.")
    with busy_neighbour():
        for case in lab.cases:
            latency.measure(lab, figure, case, threads)
