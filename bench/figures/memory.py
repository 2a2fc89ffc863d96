"""Peak resident memory of an engine beyond the weights' own size, and its private part."""

import statistics

from bench.results import Row, judged

RUNS = 3


def run(lab):
    threads = max(lab.settings.threads)
    peak = lab.figure(
        "memory", "Peak memory beyond the weights", "MB",
        "The most that was resident while the model was loaded and run, less what the process "
        "held before (Python, NumPy, the inputs), less the bytes of the weights. It may be "
        "negative where pages of the weights were not resident.")
    private = lab.figure(
        "private", "Private memory", "MB",
        "Pages that were written to after the last run, less those before: what a second process "
        "with the same model needs again. Weights count where an engine copies them.")
    lab.each([peak, private], lambda engine, case: measure(lab, engine, case, threads))


def measure(lab, engine, case, threads):
    """(peak, private) rows of fresh processes."""
    lab.prepare(engine, case, threads)
    samples = []
    for _ in range(RUNS):
        with lab.start(engine, case, threads) as worker:
            worker.ask("load")
            worker.ask("measure", seconds=0, least=3)
            # Before the outputs are checked, which takes memory as well.
            samples.append(worker.ask("footprint"))
            error = worker.ask("verify")["error"]
    weights = case.weight_bytes()
    values = {"memory": [s["peak"] - weights for s in samples],
              "private": [s["private"] for s in samples]}
    return [judged(Row(case.name, engine.name, value=statistics.median(v) / 1e6,
                       least=min(v) / 1e6, error=error)) for v in values.values()]
