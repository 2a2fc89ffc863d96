"""Latency: single runs of every engine, in turns."""

from bench.results import row_of_rounds


def run(lab):
    for threads in lab.settings.threads:
        figure = lab.figure(
            f"latency-{threads}", f"Latency, {threads} thread{'s' * (threads > 1)}", "ms",
            "Median over rounds of the median of single runs. All engines have the model loaded, "
            "each in a process of its own, and run in turns.")
        for case in lab.cases:
            measure(lab, figure, case, threads)


def measure(lab, figure, case, threads):
    lab.say(f"{figure.key}: {case.name}")
    with lab.workers(figure, case, threads) as workers:
        rounds = lab.in_turns(figure, case, workers, lambda worker: worker.ask(
            "measure", seconds=lab.settings.seconds)["milliseconds"])
        for name, samples in rounds.items():
            figure.rows.append(row_of_rounds(case.name, name, samples, workers[name].error))
    lab.checkpoint()
