"""The first run at sizes that a loaded model has not seen."""

import statistics

from bench import zoo
from bench.results import row_of_rounds

MODEL = "bert_base_dynamic"


def run(lab):
    threads = max(lab.settings.threads)
    figure = lab.figure(
        "new-shape", "First run at a new length", "ms",
        "A transformer with a free length is loaded and run at 128; then the first run at each "
        "of some other lengths, less a steady run at that length. The median over lengths.")
    for case in cases(lab):
        lab.say(f"{figure.key}: {case.name}")
        lab.each(figure, case, lambda engine: measure(lab, engine, case, threads))
        lab.checkpoint()


def cases(lab):
    """The transformer of the zoo, and files of somebody else that bring variants."""
    own = any(case.function for case in lab.cases)
    made = zoo.ensure([MODEL], lab.folder / "zoo", lab.say) if own else []
    return made + [case for case in lab.cases if not case.function and case.variants()]


def measure(lab, engine, case, threads):
    worker = lab.open(engine, case, threads)
    try:
        found = [worker.ask("shape", variant=variant) for variant in case.variants()]
    finally:
        worker.close()
    # A difference of two times may fall below zero by noise; a ratio needs more than that.
    extra = [max(0.001, answer["first"] - answer["steady"]) for answer in found]
    row = row_of_rounds(case.name, engine.name, [[x] for x in extra],
                        max([worker.error] + [answer["error"] for answer in found]))
    row.parts["steady_ms"] = statistics.median(answer["steady"] for answer in found)
    return row
