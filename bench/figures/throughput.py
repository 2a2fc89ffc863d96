"""Throughput of a server: eight sessions of one thread each in one process, on two CPUs."""

import os

from bench.results import row_of_rounds

SESSIONS, CPUS = 8, 2


def run(lab):
    figure = lab.figure(
        "throughput", f"Throughput, {SESSIONS} sessions on {CPUS} CPUs", "runs/s",
        f"{SESSIONS} threads of one process run a session each; the process may use {CPUS} CPUs. "
        "OpenVINO gets its throughput hint, the others one thread per session.",
        more_is_better=True)
    for case in lab.cases:
        lab.say(f"{figure.key}: {case.name}")
        with lab.workers(figure, case, 1, SESSIONS) as workers:
            for worker in workers.values():
                pin(worker.pid)
            rounds = lab.in_turns(figure, case, workers, lambda worker: [worker.ask(
                "throughput", seconds=2 * lab.settings.seconds)["per_second"]])
            for name, samples in rounds.items():
                figure.rows.append(row_of_rounds(case.name, name, samples, workers[name].error))
        lab.checkpoint()


def pin(pid):
    """All threads of the process to the first CPUs that it may use."""
    for thread in os.listdir(f"/proc/{pid}/task"):
        allowed = sorted(os.sched_getaffinity(int(thread)))
        os.sched_setaffinity(int(thread), allowed[:CPUS])
