"""Start-up of a C program: from its start to the first result; and the memory it takes."""

import contextlib
import statistics

from bench import check, programs
from bench.process import Failed
from bench.results import Row, judged, row_of_rounds

STEADY_RUNS = 5


def run(lab):
    threads = max(lab.settings.threads)
    start = lab.figure(
        "start", "Start-up of a C program", "ms",
        "From the start of the process to its first result, less a steady run: loading of "
        "libraries, of the artifact on disk, first run. A fresh process per sample, in turns, "
        "the page cache warm.")
    memory = lab.figure(
        "start-memory", "Peak memory of the C program beyond the weights", "MB",
        "The most that was resident in the whole process, less the bytes of the weights. It may "
        "be negative where pages of the weights were not resident.")
    private = lab.figure(
        "start-private", "Private memory of the C program", "MB",
        "Pages that were written to, after the last run: what a second process needs again.")
    for case in lab.cases:
        lab.say(f"{start.key}: {case.name}")
        measure(lab, case, threads, start, memory, private)
        lab.checkpoint()


def measure(lab, case, threads, start, memory, private):
    with contextlib.ExitStack() as stack:
        runners = {}
        for engine in lab.engines:
            add_runner(lab, engine, case, threads, start, runners, stack)
        rounds = {name: [] for name in runners}
        # The first turn brings the files into the page cache.
        for turn in range(1 + lab.settings.starts):
            for name in list(rounds):
                take_sample(case, name, runners[name], rounds, start, counts=turn > 0)
        weights = case.weight_bytes()
        for name, samples in rounds.items():
            error = check.error_of(runners[name].outputs(), list(case.arrays("expected").values()))
            start.rows.append(row_of_rounds(
                case.name, name, [[first_result_ms(s)] for s in samples], error))
            peak = [s["peak_kb"] * 1024 - weights for s in samples]
            memory.rows.append(row_of_bytes(case, name, peak, error))
            private.rows.append(row_of_bytes(
                case, name, [s["private_kb"] * 1024 for s in samples], error))


def add_runner(lab, engine, case, threads, figure, runners, stack):
    try:
        runner = programs.runner(lab, engine, case, threads)
    except Failed as error:
        figure.rows.append(Row(case.name, engine.name, "failed", why=str(error)))
        return
    if runner is None:
        figure.rows.append(Row(case.name, engine.name, "none", why="has no C program here"))
        return
    runners[engine.name] = stack.enter_context(runner)


def take_sample(case, name, runner, rounds, figure, counts):
    try:
        sample = runner.run(STEADY_RUNS)
    except Failed as error:
        figure.rows.append(Row(case.name, name, "failed", why=str(error)))
        del rounds[name]
        return
    if counts:
        rounds[name].append(sample)


def first_result_ms(sample):
    return (sample["first_at"] - sample["spawned_at"] - sample["call_s"]) * 1e3


def row_of_bytes(case, engine, samples, error):
    return judged(Row(case.name, engine, value=statistics.median(samples) / 1e6,
                      least=min(samples) / 1e6, error=error))
