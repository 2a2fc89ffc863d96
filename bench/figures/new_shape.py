"""The first run at sizes that a loaded model has not seen."""

import statistics

from bench import zoo
from bench.results import row_of_rounds

MODEL = "bert_base_dynamic"
PROCESSES, STEADY_RUNS = 3, 7


def run(lab):
    threads = max(lab.settings.threads)
    figure = lab.figure(
        "new-shape", "First run at a new length", "ms",
        "A transformer with a free length is loaded and run at 128; then the first run at each "
        "of some other lengths, less a steady run at that length. The median over lengths, in "
        f"{PROCESSES} processes. A difference below the spread of the steady runs counts as that "
        "spread.")
    lab.each([figure], lambda engine, case: measure(lab, engine, case, threads), cases(lab))


def cases(lab):
    """The transformer of the zoo, and files of somebody else that bring variants."""
    own = any(case.function for case in lab.cases)
    made = zoo.ensure([MODEL], lab.folder / "zoo", lab.say) if own else []
    return made + [case for case in lab.cases if not case.function and case.variants()]


def measure(lab, engine, case, threads):
    rounds, steady, errors = [], [], []
    for _ in range(PROCESSES):
        worker = lab.open(engine, case, threads)
        try:
            found = [worker.ask("shape", variant=variant, steady=STEADY_RUNS)
                     for variant in case.variants()]
        finally:
            worker.close()
        rounds.append([extra_ms(answer) for answer in found])
        steady += [statistics.median(answer["steady"]) for answer in found]
        errors += [worker.error] + [answer["error"] for answer in found]
    row = row_of_rounds(case.name, engine.name, rounds, max(errors))
    row.parts["steady_ms"] = statistics.median(steady)
    return [row]


def extra_ms(answer):
    """What the first run took longer than a steady one; not less than can be told."""
    low, middle, high = statistics.quantiles(answer["steady"], n=4)
    return max(answer["first"] - middle, (high - low) / 2)
