"""Start from Python: from an interpreter with NumPy and the inputs to the first result."""

import statistics

from bench.results import row_of_rounds


def run(lab):
    threads = max(lab.settings.threads)
    figure = lab.figure(
        "start-python", "Start from Python", "ms",
        "From an interpreter that holds NumPy and the inputs to the first result, less a steady "
        "run: import of the engine, load of what was prepared, first run. A fresh process per "
        "sample, the page cache warm.")
    lab.each([figure], lambda engine, case: measure(lab, engine, case, threads))


def measure(lab, engine, case, threads):
    lab.prepare(engine, case, threads)
    starts = []
    for _ in range(1 + lab.settings.starts):
        with lab.start(engine, case, threads) as worker:
            loaded = worker.ask("load")
            steady = worker.ask("measure", seconds=0, least=5)["milliseconds"]
            starts.append((loaded["first_at"] - worker.ready_at) * 1e3 - statistics.median(steady))
            error = worker.ask("verify")["error"]
    # The first brought the files into the page cache.
    return [row_of_rounds(case.name, engine.name, [[s] for s in starts[1:]], error)]
