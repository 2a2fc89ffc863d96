"""The cost of a call: a network so small that there is next to nothing to compute."""

import contextlib

from bench import check, programs, zoo
from bench.figures import start
from bench.results import row_of_rounds

MODEL = "two_layers"
ROUNDS, CALLS = 101, 200


def run(lab):
    figure = lab.figure(
        "overhead", "Call overhead", "µs",
        "A network of two small dense layers, batch 1, called by the C interface with one thread, "
        "inputs bound and outputs allocated before: mean of 200 calls, median of 101 such, "
        "median of processes.")
    for case in cases(lab):
        lab.say(f"{figure.key}: {case.name}")
        with contextlib.ExitStack() as stack:
            runners = {}
            for engine in lab.engines:
                start.add_runner(lab, engine, case, 1, figure, runners, stack)
            for name, runner in runners.items():
                measure(lab, case, name, runner, figure)
        lab.checkpoint()


def cases(lab):
    """The small network, or files of somebody else: there the whole call is timed."""
    own = any(case.function for case in lab.cases)
    return (zoo.ensure([MODEL], lab.folder / "zoo", lab.say) if own else
            [case for case in lab.cases if not case.function])


def measure(lab, case, name, runner, figure):
    times = []
    for _ in range(lab.settings.rounds):
        try:
            times.append(runner.run(ROUNDS, CALLS)["call_s"] * 1e6)
        except programs.Failed as error:
            figure.rows.append(start.Row(case.name, name, "failed", why=str(error)))
            return
    error = check.error_of(runner.outputs(), list(case.arrays("expected").values()))
    figure.rows.append(row_of_rounds(case.name, name, [[t] for t in times], error))
