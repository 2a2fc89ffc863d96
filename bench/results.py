"""What was measured, and what follows from it: who is best, by how much, and whether that is
more than the noise of the run."""

import dataclasses
import math
import statistics

from bench.check import TOLERANCE
from bench.engines import ENGINES, OURS


@dataclasses.dataclass
class Row:
    """A figure of one engine on one model. `status`: ok; wrong (outputs are off, so that its
    time says nothing); failed; none (the engine has no such thing)."""

    model: str
    engine: str
    status: str = "ok"
    value: float = None
    least: float = None     # of single samples
    p90: float = None
    noise: float = None     # relative spread of the medians of the rounds
    error: float = None     # against PyTorch, of its largest value
    why: str = ""
    parts: dict = dataclasses.field(default_factory=dict)


@dataclasses.dataclass
class Figure:
    key: str
    title: str
    unit: str
    how: str                # one or two sentences for the reader
    more_is_better: bool = False
    rows: list = dataclasses.field(default_factory=list)

    def models(self):
        return list(dict.fromkeys(row.model for row in self.rows))

    def engines(self):
        """Ours, then the others in the order in which they are listed; those of somebody's own
        come last."""
        listed = list(ENGINES)
        names = dict.fromkeys(row.engine for row in self.rows)
        return sorted(names, key=lambda name: listed.index(name) if name in listed else len(listed))

    def row(self, model, engine):
        return next((r for r in self.rows if (r.model, r.engine) == (model, engine)), None)


def spread(values):
    """Half the distance of the quartiles over the median: what a repetition may differ by."""
    if len(values) < 3:
        return None
    low, _, high = statistics.quantiles(values, n=4, method="inclusive")
    middle = statistics.median(values)
    return (high - low) / 2 / middle if middle > 0 else None


def percentile(values, share):
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, int(share * len(ordered)))]


def row_of_rounds(model, engine, rounds, error):
    """The row of samples taken in rounds: the median of the rounds' medians."""
    medians = [statistics.median(samples) for samples in rounds]
    samples = [sample for one in rounds for sample in one]
    return judged(Row(model, engine, value=statistics.median(medians), least=min(samples),
                      p90=percentile(samples, 0.9), noise=spread(medians), error=error,
                      parts={"rounds": medians}))


def judged(row):
    if row.error is not None and not row.error <= TOLERANCE:
        row.status = "wrong"
        row.why = f"error {row.error:.1e}, expected at most {TOLERANCE:.0e}"
    return row


def ratio(figure, mine, other):
    """How many times better `mine` is than `other`; above 1 is a win. None where a value is not
    above zero, as memory beyond the weights may be."""
    if mine.value <= 0 or other.value <= 0:
        return None
    return mine.value / other.value if figure.more_is_better else other.value / mine.value


def best_peer(figure, model):
    """The best row of a model that is not ours and is right; None if there is none."""
    rows = [r for r in figure.rows if r.model == model and r.engine != OURS and r.status == "ok"]
    return (max if figure.more_is_better else min)(rows, key=lambda r: r.value, default=None)


def against_best(figure, model):
    """(ratio, best peer's row, verdict) of Lazuli on a model; None where there is nothing to
    compare. The verdict is win, loss, or even: within the noise of both."""
    mine, best = figure.row(model, OURS), best_peer(figure, model)
    if mine is None or best is None or mine.status != "ok":
        return None
    times = ratio(figure, mine, best)
    if times is None:
        return None
    margin = (mine.noise or 0) + (best.noise or 0)
    verdict = "even" if abs(math.log(times)) <= margin else "win" if times > 1 else "loss"
    return times, best, verdict


def geometric_mean(values):
    return math.exp(statistics.fmean(map(math.log, values))) if values else None


def summary(figure):
    """Over all models: {engine: (geometric mean of Lazuli's ratio to it, number of models)},
    and under "best peer" that to the best of each model."""
    found = {}
    ours = {r.model: r for r in figure.rows if r.engine == OURS and r.status == "ok"}
    for engine in figure.engines():
        pairs = [(ours[r.model], r) for r in figure.rows
                 if r.engine == engine != OURS and r.status == "ok" and r.model in ours]
        ratios = [x for x in (ratio(figure, a, b) for a, b in pairs) if x]
        if ratios:
            found[engine] = (geometric_mean(ratios), len(ratios))
    best = [x[0] for x in (against_best(figure, m) for m in figure.models()) if x]
    if best:
        found["best peer"] = (geometric_mean(best), len(best))
    return found
